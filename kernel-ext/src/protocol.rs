//! Messages of the Jupyter protocol, version 5.4, as values; no transport here.
//!
//! The JSON form is the one that Jupyter's WebSocket and our own pipes carry: one object with `channel`,
//! `header`, `parent_header`, `metadata` and `content`. ZeroMQ splits the same parts into frames.
//!
//! Source: Jupyter Development Team, "Messaging in Jupyter", jupyter_client documentation, version 5.4.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The version of the protocol that we speak.
pub const VERSION: &str = "5.4";

/// One of the four ways between a kernel and its clients. (The fifth, the heartbeat, carries no messages.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Requests and their replies, in order.
    #[default]
    Shell,
    /// Requests that must not wait for a running cell: interrupt, shutdown.
    Control,
    /// What everyone connected may see: outputs and the kernel's state.
    Iopub,
    /// The kernel's questions to a client: input and passwords.
    Stdin,
}

/// Who sent a message, when, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Unique among all messages.
    pub msg_id: String,
    /// The sender's session: one for each client, one for each start of a kernel.
    #[serde(default)]
    pub session: String,
    /// The sender's name; nothing depends on it.
    #[serde(default)]
    pub username: String,
    /// When it was made, ISO 8601 in UTC; kept as it came.
    #[serde(default)]
    pub date: String,
    /// The kind, such as `execute_request`.
    pub msg_type: String,
    /// The sender's version of the protocol.
    #[serde(default)]
    pub version: String,
}

impl Header {
    /// A header of a new message, made now.
    pub fn new(session: &str, msg_type: &str) -> Self {
        Self {
            msg_id: uuid::Uuid::new_v4().to_string(),
            session: session.to_owned(),
            username: "sd35".to_owned(),
            date: iso_8601(SystemTime::now()),
            msg_type: msg_type.to_owned(),
            version: VERSION.to_owned(),
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The way it takes.
    #[serde(default)]
    pub channel: Channel,
    /// Its own header.
    pub header: Header,
    /// The header of the request that caused it; `{}` in JSON when there is none.
    #[serde(default, deserialize_with = "header_or_nothing", serialize_with = "header_or_empty")]
    pub parent_header: Option<Header>,
    /// Remarks that no one has to understand.
    #[serde(default = "empty_object")]
    pub metadata: Value,
    /// What it says, depending on `msg_type`.
    #[serde(default = "empty_object")]
    pub content: Value,
    /// ZeroMQ's routing frames: where a reply has to go. Not part of the JSON.
    #[serde(skip)]
    pub identities: Vec<Bytes>,
    /// Binary attachments. Only ZeroMQ carries them; the JSON form leaves them out.
    #[serde(skip)]
    pub buffers: Vec<Bytes>,
}

impl Message {
    /// An answer to `parent`, which goes back the way it came.
    pub fn reply(parent: &Self, msg_type: &str, content: Value) -> Self {
        Self {
            channel: parent.channel,
            header: Header::new(&parent.header.session, msg_type),
            parent_header: Some(parent.header.clone()),
            metadata: empty_object(),
            content,
            identities: parent.identities.clone(),
            buffers: Vec::new(),
        }
    }

    /// A message for everyone who listens, caused by the request with header `parent` if by any.
    pub fn publish(parent: Option<&Header>, session: &str, msg_type: &str, content: Value) -> Self {
        Self {
            channel: Channel::Iopub,
            header: Header::new(session, msg_type),
            parent_header: parent.cloned(),
            metadata: empty_object(),
            content,
            identities: Vec::new(),
            buffers: Vec::new(),
        }
    }

    /// A request of a client, from a session of its own.
    pub fn request(channel: Channel, msg_type: &str, content: Value) -> Self {
        let session = uuid::Uuid::new_v4().to_string();
        Self { channel, ..Self::publish(None, &session, msg_type, content) }
    }
}

fn empty_object() -> Value {
    Value::Object(Map::new())
}

fn header_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Header>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Object(fields) if fields.is_empty() => Ok(None),
        header => serde_json::from_value(header).map(Some).map_err(serde::de::Error::custom),
    }
}

fn header_or_empty<S: Serializer>(header: &Option<Header>, serializer: S) -> Result<S::Ok, S::Error> {
    match header {
        Some(header) => header.serialize(serializer),
        None => Map::new().serialize(serializer),
    }
}

/// `2026-11-23T22:09:41.000123Z`: microseconds, UTC. Times before 1970 count as 1970.
///
/// The date is that of the proleptic Gregorian calendar. Source: E. G. Richards, "Mapping Time", Oxford
/// University Press, 1998, in the form of H. Hinnant's `civil_from_days`, which counts years from March so
/// that the leap day comes last.
pub(crate) fn iso_8601(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March of year 0, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_micros()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What JupyterLab 4 sends for a cell, shortened.
    fn execute_request() -> Value {
        json!({
            "buffers": [],
            "channel": "shell",
            "content": {
                "silent": false, "store_history": true, "user_expressions": {}, "allow_stdin": true,
                "stop_on_error": true, "code": "1 + 1"
            },
            "header": {
                "date": "2026-01-05T10:00:00.000Z",
                "msg_id": "6e7d2c8f-5f5c-4f0e-9a70-3c0d5f2b8f11",
                "msg_type": "execute_request",
                "session": "0b7d6a0c-6c3e-4a0b-9df5-0a9a1e7b4c55",
                "username": "", "version": "5.2"
            },
            "metadata": { "deletedCells": [], "cellId": "cell-d03-first" },
            "parent_header": {}
        })
    }

    #[test]
    fn a_request_of_jupyterlab_is_read_and_written_alike() {
        let mut sent = execute_request();
        let message: Message = serde_json::from_value(sent.clone()).expect("a message");
        assert_eq!(message.channel, Channel::Shell);
        assert_eq!(message.header.msg_type, "execute_request");
        assert_eq!(message.parent_header, None);
        assert_eq!(message.content["code"], "1 + 1");
        sent.as_object_mut().expect("an object").remove("buffers");
        assert_eq!(serde_json::to_value(&message).expect("JSON"), sent);
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        let message: Message =
            serde_json::from_value(json!({ "header": { "msg_id": "1", "msg_type": "kernel_info_request" } }))
                .expect("a message");
        assert_eq!((message.channel, message.parent_header), (Channel::Shell, None));
        assert_eq!((message.metadata, message.content), (json!({}), json!({})));
    }

    #[test]
    fn what_must_be_there_must_be_there() {
        for (name, broken) in [
            ("no header", json!({ "channel": "shell" })),
            ("no msg_id", json!({ "header": { "msg_type": "x" } })),
            ("no msg_type", json!({ "header": { "msg_id": "1" } })),
            ("an unknown channel", json!({ "channel": "tv", "header": { "msg_id": "1", "msg_type": "x" } })),
            (
                "half a parent",
                json!({
                    "header": { "msg_id": "1", "msg_type": "x" }, "parent_header": { "msg_id": "0" }
                }),
            ),
        ] {
            assert!(serde_json::from_value::<Message>(broken).is_err(), "{name}");
        }
    }

    #[test]
    fn a_reply_goes_back_the_way_the_request_came() {
        let mut request = Message::request(Channel::Control, "interrupt_request", json!({}));
        request.identities = vec![Bytes::from_static(b"peer")];
        let reply = Message::reply(&request, "interrupt_reply", json!({ "status": "ok" }));
        assert_eq!(reply.channel, Channel::Control);
        assert_eq!(reply.identities, request.identities);
        assert_eq!(reply.parent_header.as_ref(), Some(&request.header));
        assert_ne!(reply.header.msg_id, request.header.msg_id);
    }

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_767_225_599, "2025-12-31T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(iso_8601(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
        assert_eq!(iso_8601(UNIX_EPOCH + Duration::from_micros(1_500_001)), "1970-01-01T00:00:01.500001Z");
    }
}
