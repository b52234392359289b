//! The collections for Postman that lie beside the chapters: they can be imported, each request has a test of its
//! status, and the chapter that links to one has a route for each request.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

const ENDING: &str = ".postman_collection.json";

fn collections() -> Vec<PathBuf> {
    let chapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("chapters");
    let files = fs::read_dir(chapters).expect("the chapters").map(|entry| entry.expect("a file").path());
    files.filter(|path| path.to_string_lossy().ends_with(ENDING)).collect()
}

#[test]
fn every_collection_can_be_imported_and_tests_the_routes_of_its_chapter() {
    let collections = collections();
    assert!(!collections.is_empty(), "day 16 has one");
    for path in collections {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("the collection");
        let collection: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            collection["info"]["schema"],
            "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            "{name}"
        );
        let chapter = chapter_of(&path, &name);
        let items = collection["item"].as_array().unwrap_or_else(|| panic!("{name} has no items"));
        assert!(items.len() >= 5, "{name}");
        for item in items {
            check(item, &collection, &chapter, &name);
        }
    }
}

/// The chapter that links to it.
fn chapter_of(path: &Path, name: &str) -> String {
    let files = fs::read_dir(path.parent().expect("a folder")).expect("the chapters");
    let chapters = files
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"));
    let mut texts = chapters.map(|path| fs::read_to_string(path).expect("a chapter"));
    texts
        .find(|text| text.contains(&format!("]({name})")))
        .unwrap_or_else(|| panic!("no chapter links to {name}"))
}

fn check(item: &Value, collection: &Value, chapter: &str, name: &str) {
    let title = item["name"].as_str().unwrap_or_else(|| panic!("{name}: an item without a name"));
    let request = &item["request"];
    let method = request["method"].as_str().unwrap_or_else(|| panic!("{name}, {title}: no method"));
    let url = request["url"].as_str().unwrap_or_else(|| panic!("{name}, {title}: no url"));
    let path =
        url.strip_prefix("{{base}}").unwrap_or_else(|| panic!("{name}, {title}: {url} is not under base"));
    // A path that an earlier answer set has a default among the variables.
    let variable = |path: &str| {
        let wanted = path.trim_matches(['{', '}']);
        let variables = collection["variable"].as_array().into_iter().flatten();
        variables
            .filter(|entry| entry["key"] == wanted)
            .find_map(|entry| entry["value"].as_str().map(str::to_owned))
    };
    let path = if path.starts_with('/') { path.to_owned() } else { variable(path).unwrap_or_default() };
    let pattern: Vec<&str> =
        path.split('/').map(|step| if step.parse::<u64>().is_ok() { "{id}" } else { step }).collect();
    let route = format!(".route(\"{}\"", pattern.join("/"));
    assert!(chapter.contains(&route), "{name}, {title}: the chapter has no {route}");
    let call = format!("{}(", method.to_lowercase());
    assert!(chapter.contains(&call), "{name}, {title}: the chapter handles no {method}");
    let scripts = item["event"].as_array().into_iter().flatten();
    let lines = scripts.flat_map(|event| event["script"]["exec"].as_array().into_iter().flatten());
    let tested = lines.filter_map(Value::as_str).any(|line| line.contains("pm.response.to.have.status("));
    assert!(tested, "{name}, {title}: no test of the status");
    if let Some(body) = request["body"]["raw"].as_str() {
        serde_json::from_str::<Value>(body)
            .unwrap_or_else(|error| panic!("{name}, {title}: the body: {error}"));
    }
}
