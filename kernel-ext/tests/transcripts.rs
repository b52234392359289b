//! Recorded conversations: the same requests must get the same answers, in the same order.
//!
//! Each line of a transcript is a request, or something that the kernel said because of the last one. With
//! `SD35_RECORD=1` in the environment the answers are written anew; read what changed before it is kept.

use std::path::Path;

use kernel_ext::client::Client;
use kernel_ext::protocol::{Channel, Message};
use serde_json::{Value, json};

/// What is the same every time.
fn lasting(message: &Message) -> Value {
    let mut content = message.content.clone();
    if let Some(id) = content.pointer_mut("/transient/display_id") {
        *id = "an id".into();
    }
    // Each part of the version has its own life.
    if content["language_info"].is_object() {
        content["language_info"]["version"] = "a version".into();
    }
    json!({ "channel": message.channel, "msg_type": message.header.msg_type, "content": content })
}

#[test]
fn a_session_goes_as_it_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/session.jsonl");
    let text = std::fs::read_to_string(&path).expect("a transcript");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let mut kernel = Client::start(Path::new(env!("CARGO_BIN_EXE_sd35"))).expect("the kernel starts");
    let mut heard = String::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line["request"].is_object()) {
        let request = &line["request"];
        let channel: Channel = serde_json::from_value(request["channel"].clone()).expect("a channel");
        let msg_type = request["msg_type"].as_str().expect("a type");
        let message = Message::request(channel, msg_type, request["content"].clone());
        let said: Vec<Value> = kernel
            .exchange(&message)
            .expect("the kernel lives")
            .iter()
            .map(|message| json!({ "answer": lasting(message) }))
            .collect();
        heard += &format!("{line}\n");
        heard.extend(said.iter().map(|answer| format!("{answer}\n")));
        if std::env::var_os("SD35_RECORD").is_none() {
            let expected: Vec<Value> =
                lines[at + 1..].iter().take_while(|line| line["answer"].is_object()).cloned().collect();
            assert_eq!(said, expected, "line {} of {}: {request}", at + 1, path.display());
        }
    }
    if std::env::var_os("SD35_RECORD").is_some() {
        std::fs::write(&path, heard).expect("the transcript is written");
    }
}
