//! Answers, written in JSON.
//!
//! By hand: with `serde_json`, and with the tables for reading numbers, a small figure's module was 70 KB, compressed; it
//! is 38 KB.

use std::fmt::{Display, Formatter, Result, Write as _};

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Text(String),
    /// A finite one: JSON has no others.
    Number(f64),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<usize> for Json {
    fn from(count: usize) -> Self {
        Self::Number(count as f64)
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Json>>(values: I) -> Self {
        Self::List(values.into_iter().collect())
    }
}

impl Display for Json {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(text) => quoted(text, out),
            Self::Number(number) => write!(out, "{number}"),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    write!(out, "{}{value}", if index == 0 { '[' } else { ',' })?;
                }
                out.write_str(if values.is_empty() { "[]" } else { "]" })
            }
            Self::Object(fields) => {
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.write_char(if index == 0 { '{' } else { ',' })?;
                    quoted(name, out)?;
                    write!(out, ":{value}")?;
                }
                out.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

/// A text in quotes. What stands between two characters that must not stand there is written as one piece.
fn quoted(text: &str, out: &mut Formatter<'_>) -> Result {
    out.write_char('"')?;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (before, from) = rest.split_at(at);
        let special = from.as_bytes()[0];
        write!(out, "{before}\\u{special:04x}")?;
        rest = &from[1..];
    }
    out.write_str(rest)?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let texts = ["", "plain", "\"quoted\"", "a\\b", "two\nlines\tand\u{1}", "größe 日本語", "</svg>"];
        let numbers = [0.0, -1.5, 0.1, 1e-12, 123_456_789.123, 1e300, f64::MIN_POSITIVE];
        let json = Json::Object(vec![
            ("texts", texts.map(Json::from).into_iter().collect()),
            ("numbers", numbers.map(Json::Number).into_iter().collect()),
            ("none", Json::List(Vec::new())),
            ("nothing", Json::Object(Vec::new())),
            ("count", 7.into()),
        ]);
        let read: serde_json::Value = serde_json::from_str(&json.to_string()).expect("JSON");
        assert_eq!(read["texts"], serde_json::json!(texts));
        let same = read["numbers"].as_array().expect("a list").iter().map(|n| n.as_f64().expect("a number"));
        assert_eq!(same.collect::<Vec<_>>(), numbers);
        assert_eq!((&read["none"], &read["nothing"]), (&serde_json::json!([]), &serde_json::json!({})));
        assert_eq!(read["count"], 7);
    }
}
