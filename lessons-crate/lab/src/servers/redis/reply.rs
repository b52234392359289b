//! Commands and replies of Redis as a person writes and reads them.

use std::fmt::{self, Display};

use redis::Value;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::Table;

/// What Redis replied. It prints as in `redis-cli`; lists and maps are drawn as tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply(Value);

impl Reply {
    pub(super) fn new(value: Value) -> Self {
        Self(value)
    }

    /// The reply as the `redis` crate gives it.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// True for `nil`: no such key.
    pub fn is_nil(&self) -> bool {
        self.0 == Value::Nil
    }

    /// The reply as a whole number, when it is one.
    pub fn integer(&self) -> Option<i64> {
        match &self.0 {
            Value::Int(number) => Some(*number),
            other => text(other).parse().ok(),
        }
    }

    /// The elements of a list, as text.
    pub fn list(&self) -> Vec<String> {
        match &self.0 {
            Value::Array(items) | Value::Set(items) => items.iter().map(text).collect(),
            Value::Map(pairs) => pairs.iter().flat_map(|(key, value)| [text(key), text(value)]).collect(),
            Value::Nil => Vec::new(),
            one => vec![text(one)],
        }
    }
}

impl Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.0))
    }
}

impl Render for Reply {
    fn render(&self) -> MimeBundle {
        let table = match &self.0 {
            Value::Array(items) | Value::Set(items) => {
                let rows = items.iter().enumerate().map(|(i, item)| [i.to_string(), text(item)]);
                rows.fold(Table::new(["", "value"]), Table::row)
            }
            Value::Map(pairs) => {
                let rows = pairs.iter().map(|(key, value)| [text(key), text(value)]);
                rows.fold(Table::new(["field", "value"]), Table::row)
            }
            _ => return MimeBundle::text(self.to_string()),
        };
        table.render()
    }
}

algorithms::rich_display!(Reply);

fn text(value: &Value) -> String {
    match value {
        Value::Nil => "nil".into(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(line) => line.clone(),
        Value::VerbatimString { text, .. } => text.clone(),
        Value::Okay => "OK".into(),
        Value::Array(items) | Value::Set(items) => {
            let lines: Vec<String> = items.iter().map(text).collect();
            format!("[{}]", lines.join(", "))
        }
        Value::Map(pairs) => {
            let lines: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{}: {}", text(key), text(value))).collect();
            format!("{{{}}}", lines.join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// The words of a command: apart by spaces, or held together by quotes.
pub(super) fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for letter in command.chars() {
        match quote {
            Some(mark) if mark == letter => quote = None,
            None if letter == '"' || letter == '\'' => (quote, begun) = (Some(letter), true),
            None if letter.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// An error as the server said it, such as `WRONGTYPE Operation against ...`, or as the client did.
pub(super) fn error(error: &redis::RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    }
}

/// Whether a slot has moved (or its key may be) elsewhere, and to which port of this machine.
pub(super) fn redirection(error: &str) -> Option<(bool, u16)> {
    let words: Vec<&str> = error.split_whitespace().rev().take(3).collect();
    let [address, _, kind] = words[..] else { return None };
    let moved = match kind {
        "MOVED" => true,
        "ASK" => false,
        _ => return None,
    };
    Some((moved, address.rsplit(':').next()?.parse().ok()?))
}

/// The lines `name:value` of `INFO`.
pub(super) fn info_table(section: &str, info: &str) -> Table {
    let table = Table::new(["field", "value"]).caption(format!("INFO {section}"));
    let pairs = info.lines().filter_map(|line| line.split_once(':'));
    pairs.fold(table, |table, (field, value)| table.row([field, value.trim_end()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(words("SET k 'two words' \"\" x"), ["SET", "k", "two words", "", "x"]);
        assert_eq!(words("  "), Vec::<String>::new());
    }

    #[test]
    fn replies_read_as_in_the_console() {
        let list = Reply(Value::Array(vec![Value::Int(1), Value::Nil, Value::BulkString(b"a".to_vec())]));
        assert_eq!(list.to_string(), "[1, nil, a]");
        assert_eq!(list.list(), ["1", "nil", "a"]);
        assert!(list.render().get("text/html").is_some());
        assert_eq!(Reply(Value::BulkString(b"42".to_vec())).integer(), Some(42));
    }

    #[test]
    fn redirections_name_a_port() {
        assert_eq!(redirection("Redis node 0: MOVED 3999 127.0.0.1:6381"), Some((true, 6381)));
        assert_eq!(redirection("Redis node 0: ASK 3999 127.0.0.1:6381"), Some((false, 6381)));
        assert_eq!(redirection("Redis node 0: ERR no such key"), None);
    }

    #[test]
    fn info_without_its_headings() {
        let table = info_table("replication", "# Replication\r\nrole:master\r\nconnected_slaves:2\r\n");
        assert_eq!(table.len(), 2);
        assert!(table.to_string().contains("role              master"), "{table}");
    }
}
