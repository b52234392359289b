//! Crates in cells: those inside the library, those that the reader asks for, and what they print and show.

use std::path::Path;

use kernel_ext::client::Client;
use serde_json::Value;

fn kernel() -> Client {
    Client::start(Path::new(env!("CARGO_BIN_EXE_sd35"))).expect("the kernel starts")
}

/// Everything that a cell showed.
fn shown(kernel: &mut Client, code: &str) -> String {
    let outputs = kernel.execute(code).expect("the kernel survives");
    let text = |output: &Value| match output["output_type"].as_str() {
        Some("stream") => output["text"].as_str().map(str::to_owned),
        Some("error") => Some(format!("{}: {}", output["ename"], output["evalue"])),
        _ => {
            output["data"]["text/html"].as_str().or(output["data"]["text/plain"].as_str()).map(str::to_owned)
        }
    };
    outputs.iter().filter_map(text).collect()
}

#[track_caller]
fn expect(kernel: &mut Client, code: &str, expected: &str) {
    assert_eq!(shown(kernel, code), expected, "{code}");
}

#[test]
fn what_the_library_stands_on_can_be_named() {
    let kernel = &mut kernel();
    for name in [
        "bson",
        "bytes",
        "futures",
        "futures_util",
        "hyper",
        "lapin",
        "mongodb",
        "plotters",
        "redis",
        "serde",
        "serde_json",
        "sha2",
        "sqlx",
        "thiserror",
        "tokio",
        "tower",
    ] {
        expect(kernel, &format!("use {name} as _; use {name}; 1"), "1");
    }
    let derived = "use serde::{Deserialize, Serialize};\n\
                   #[derive(Debug, Deserialize, Serialize)] struct Point { x: u8 }\n\
                   serde_json::from_str::<Point>(&serde_json::to_string(&Point { x: 4 })?)?";
    expect(kernel, derived, "Point { x: 4 }");
    expect(kernel, "let (a, b) = (json!({ \"a\": 1 }), serde_json::json!({ \"a\": 1 })); a == b", "true");
    expect(kernel, "use sha2::Digest as _; sha2::Sha256::digest(b\"a\")[0]", "202");
    expect(kernel, "futures::future::ready(3).await", "3");
    // In a module, and in a macro that names its own crate.
    expect(
        kernel,
        "mod own { pub async fn f() -> u8 { tokio::join!(async { 1 }, async { 2 }).1 } } own::f().await",
        "2",
    );
}

#[test]
fn a_crate_that_is_inside_is_not_built_again() {
    let kernel = &mut kernel();
    expect(kernel, "let kept = serde_json::json!({ \"a\": 1 });", "");
    let first = ":dep serde = { version = \"1\", features = [\"derive\"] }\n:dep serde_json = \"1\"\n\
                 :dep tokio = { version = \"1\", features = [\"full\"] }\n\
                 :dep plotters = { version = \"^0.3\", default_features = false, features = [\"evcxr\", \"all_series\"] }";
    expect(kernel, first, "");
    expect(kernel, "extern crate serde; extern crate plotters;", "");
    expect(
        kernel,
        "#[derive(serde::Serialize)] struct S { a: i32 }\nserde_json::to_string(&S { a: 4 })?",
        "\"{\\\"a\\\":4}\"",
    );
    expect(kernel, "kept[\"a\"].as_i64()", "Some(1)");
    expect(kernel, "tokio::spawn(async { 3 }).await?", "3");
    let plot = "use plotters::prelude::*; evcxr_figure((30, 20), |root| { root.fill(&WHITE)?; Ok(()) })";
    assert!(shown(kernel, plot).contains("<svg"));
}

#[test]
fn a_crate_of_the_readers_shares_what_is_inside() {
    let kernel = &mut kernel();
    expect(kernel, "let kept = serde_json::json!({ \"x\": \"y\" });", "");
    let built = shown(
        kernel,
        ":dep serde_path_to_error = \"0.1\"\n:dep serde = { version = \"1\", features = [\"derive\"] }",
    );
    assert!(built.contains("Compiling serde_path_to_error") && !built.contains("ctx"), "{built}");
    // Its `serde` is the one that the derived code and the library's JSON are for.
    let path = "#[derive(Debug, serde::Deserialize)] struct Own { x: u8 }\n\
                let error = serde_path_to_error::deserialize::<_, Own>(kept.clone()).unwrap_err(); error.path().to_string()";
    expect(kernel, path, "\"x\"");
    expect(kernel, "kept[\"x\"].as_str()", "Some(\"y\")");
}

#[test]
fn nothing_that_a_cell_prints_reaches_the_next() {
    let kernel = &mut kernel();
    for printed in [
        "EVCXR_BEGIN_CONTENT text/html\\nnever ended",
        "Write EVCXR_BEGIN_CONTENT text/html and EVCXR_END_CONTENT around it\\n",
        "\\u{1e}sd35 {",
        "EVCXR_EXECUTION_COMPLETE",
        "EVCXR_PANIC_NOTIFICATION\\n",
    ] {
        let shown = shown(kernel, &format!("print!(\"{{}}\", \"{printed}\");"));
        assert!(shown.starts_with(&printed.replace("\\n", "\n").replace("\\u{1e}", "\u{1e}")), "{shown}");
        expect(kernel, "println!(\"next\");", "next\n");
    }
    let value = "struct Own; impl Own { fn evcxr_display(&self) { print!(\"EVCXR_BEGIN_CONTENT text/html\\nhalf\"); panic!(\"stop\") } }";
    expect(kernel, value, "");
    assert!(shown(kernel, "Own").contains("stop"));
    expect(kernel, "1 + 1", "2");
}

#[test]
fn a_trait_may_show_what_can_be_debugged() {
    let kernel = &mut kernel();
    let display = "mod d { pub trait D { fn evcxr_display(&self); } impl D for Vec<u8> { fn evcxr_display(&self) { \
                   print!(\"EVCXR_BEGIN_CONTENT text/html\\n<b>v</b>\\nEVCXR_END_CONTENT\"); } } }\n\
                   use d::D; vec![1_u8]";
    expect(kernel, display, "<b>v</b>");
    expect(kernel, "vec![1_u16]", "[1]");
}
