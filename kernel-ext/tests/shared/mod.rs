//! Cells through a real kernel process, and what they showed.

use std::path::Path;

use kernel_ext::client::Client;
use serde_json::Value;

pub(crate) fn kernel() -> Client {
    Client::start(Path::new(env!("CARGO_BIN_EXE_sd35"))).expect("the kernel starts")
}

pub(crate) fn run(kernel: &mut Client, code: &str) -> Vec<Value> {
    kernel.execute(code).expect("the kernel survives")
}

/// The plain text of everything a cell showed.
pub(crate) fn shown(outputs: &[Value]) -> String {
    let text = |output: &Value| match output["output_type"].as_str() {
        Some("stream") => output["text"].as_str().map(str::to_owned),
        Some("error") => Some(format!("{}: {}", output["ename"], output["evalue"]).replace('"', "")),
        _ => output["data"]["text/plain"].as_str().map(str::to_owned),
    };
    outputs.iter().filter_map(text).collect()
}

#[track_caller]
pub(crate) fn expect(kernel: &mut Client, code: &str, expected: &str) {
    assert_eq!(shown(&run(kernel, code)), expected, "{code}");
}

/// What a cell shows holds `words`, in the text or in the error.
#[track_caller]
pub(crate) fn expect_error(kernel: &mut Client, code: &str, name: &str, words: &str) {
    let outputs = run(kernel, code);
    let error = outputs.last().expect("an output");
    assert_eq!(error["ename"], name, "{code}: {error}");
    let traceback = error["traceback"].to_string();
    let plain = traceback.replace("\\u001b[0m", "").replace("\\u001b[1m", "");
    assert!(plain.contains(words) || shown(&outputs).contains(words), "{code}: {plain}");
}
