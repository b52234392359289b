//! The same conversation with the store inside this process and with a server that speaks as MongoDB does.

use lessons::lab::{DocumentStore, LabError, MemoryDocuments, MongoDb};
use lessons::prelude::Render as _;
use serde_json::{Value, json};

use crate::Outcome;

/// What a lesson does with documents.
async fn conversation(store: &dyn DocumentStore) -> Outcome {
    println!("with {}", store.kind());
    let people = (0..200).map(|n| {
        let city = if n % 2 == 0 { "Oslo" } else { "Rome" };
        json!({ "_id": n, "name": format!("p{n:03}"), "age": n % 50, "address": { "city": city },
            "tags": [format!("t{}", n % 3), "all"] })
    });
    assert_eq!(store.insert("people", people.collect()).await?, 200);
    let twice = store.insert("people", vec![json!({ "_id": 7 })]).await.expect_err("taken").to_string();
    assert!(twice.contains("E11000"), "{twice}");

    let filter = json!({ "age": { "$gte": 48 }, "address.city": "Rome" });
    let found = store.find("people", filter.clone()).await?;
    assert_eq!(found.len(), 4, "{found}");
    let sorted = json!({ "filter": filter, "sort": [["age", 1], ["name", -1]], "limit": 3,
        "projection": { "name": 1, "_id": 0 } });
    let sorted = store.find_with("people", sorted).await?;
    assert_eq!(sorted.field("name"), ["p199", "p149", "p099"].map(Value::from));
    assert_eq!(sorted.to_string().lines().next(), Some("{\"name\": \"p199\"}"));
    assert!(sorted.render().get("text/html").is_some_and(|html| html.contains("p199")));

    let scan = store.explain("people", json!({ "age": 7 })).await?;
    assert_eq!((scan.index.as_deref(), scan.examined, scan.found), (None, Some(200), Some(4)), "{scan}");
    store.index("people", &["age", "name"], false).await?;
    let seek = store.explain("people", json!({ "age": 7 })).await?;
    assert_eq!(
        (seek.index.as_deref(), seek.examined, seek.found),
        (Some("age_name"), Some(4), Some(4)),
        "{seek}"
    );
    store.index("people", &["name"], true).await?;
    assert!(store.insert("people", vec![json!({ "name": "p001" })]).await.is_err());

    let change = json!({ "$inc": { "age": 100 }, "$push": { "tags": "old" }, "$set": { "address.zip": 7 } });
    assert_eq!(store.update("people", json!({ "age": 49 }), change).await?, 4);
    let one = store.find("people", json!({ "age": 149, "tags": "old", "address.zip": 7 })).await?;
    assert_eq!((one.len(), &one.field("address.city")[0]), (4, &json!("Rome")));

    let by_city = [
        json!({ "$match": { "age": { "$lt": 100 } } }),
        json!({ "$unwind": "$tags" }),
        json!({ "$match": { "tags": { "$ne": "all" } } }),
        json!({ "$group": { "_id": "$tags", "people": { "$sum": 1 }, "oldest": { "$max": "$age" } } }),
        json!({ "$sort": { "_id": 1 } }),
    ];
    let groups = store.aggregate("people", by_city.into()).await?;
    assert_eq!(groups.field("_id"), ["t0", "t1", "t2"].map(Value::from));
    let people: i64 = groups.field("people").iter().filter_map(Value::as_i64).sum();
    assert_eq!((people, &groups.field("oldest")[0]), (196, &json!(48)));

    assert_eq!(store.delete("people", json!({ "age": { "$gt": 100 } })).await?, 4);
    assert_eq!(store.command("count", "people", json!({})).await?["n"], 196);
    let error =
        store.find("people", json!({ "age": { "$nonsense": 1 } })).await.expect_err("unknown").to_string();
    assert!(error.contains("$nonsense"), "{error}");
    Ok(())
}

#[tokio::test]
async fn documents_inside_this_process() -> Outcome {
    conversation(&MemoryDocuments::new()).await
}

/// In a process of its own, which has SecantusDB on its PATH.
#[test]
fn documents_on_a_server() -> Outcome {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "documents::documents_on_the_path"])
        .env("PATH", crate::path_with_tools()?)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "started by the test above, which says where the server is"]
async fn documents_on_the_path() -> Outcome {
    let server = MongoDb::start().await?;
    println!("START {server:?}, memory {} MB", server.memory() / 1_000_000);
    conversation(&server).await?;
    // A long answer comes in several parts.
    server.insert("many", (0..30_000).map(|n| json!({ "_id": n })).collect()).await?;
    assert_eq!(server.find("many", json!({})).await?.len(), 30_000);
    server.kill()?;
    assert!(matches!(server.find("people", json!({})).await, Err(LabError::Answer { .. })));
    server.restart().await?;
    assert_eq!(server.find("people", json!({})).await?.len(), 196, "what was acknowledged is there");
    Ok(())
}
