//! The data, the commands that know all kinds of values, and expiry.

use std::collections::BTreeMap;

use super::frame::Frame;
use super::value::Value;

/// A command's reply, or its error.
pub(super) type Reply = Result<Frame, String>;
type Bytes = Vec<u8>;

pub(super) const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
pub(super) const NOT_INTEGER: &str = "ERR value is not an integer or out of range";
pub(super) const SYNTAX: &str = "ERR syntax error";

#[derive(Debug)]
struct Entry {
    value: Value,
    /// When it is gone, in milliseconds.
    expires: Option<u64>,
}

/// The keys and values of a small Redis; time is an argument.
///
/// # Examples
///
/// ```
/// use lessons::lab::{Frame, Store};
///
/// let mut store = Store::new();
/// store.command("SET session abc PX 1000", 0);
/// assert_eq!(store.command("GET session", 999), Frame::Bulk(b"abc".to_vec()));
/// assert_eq!(store.command("GET session", 1000), Frame::Nil);
/// ```
#[derive(Debug, Default)]
pub struct Store {
    entries: BTreeMap<Bytes, Entry>,
    /// How often each key was written, for `WATCH`.
    writes: BTreeMap<Bytes, u64>,
    /// The time of the command that is running, in milliseconds.
    pub(super) now: u64,
}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a command whose words are apart by spaces, at a time in milliseconds.
    pub fn command(&mut self, command: &str, now: u64) -> Frame {
        let words: Vec<Bytes> = command.split_whitespace().map(|word| word.as_bytes().to_vec()).collect();
        self.run(&words, now)
    }

    /// Runs a command given by its words, at a time in milliseconds.
    pub fn run(&mut self, words: &[Vec<u8>], now: u64) -> Frame {
        self.now = now;
        let Some((name, arguments)) = words.split_first() else {
            return Frame::Error("ERR empty command".into());
        };
        let name = String::from_utf8_lossy(name).to_uppercase();
        let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        let reply = self
            .keys_command(&name, &arguments)
            .or_else(|| self.string_command(&name, &arguments))
            .or_else(|| self.collection_command(&name, &arguments))
            .or_else(|| self.sorted_command(&name, &arguments));
        match reply {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if error.is_empty() => {
                Frame::Error(format!("ERR wrong number of arguments for '{}' command", name.to_lowercase()))
            }
            Some(Err(error)) => Frame::Error(error),
            None => Frame::Error(format!(
                "ERR unknown command '{name}': this is the small stand-in; install redis-server for all of Redis"
            )),
        }
    }

    /// How often a key was written until now: changes when anything about it does.
    pub(super) fn version(&mut self, key: &[u8]) -> u64 {
        self.drop_expired(key);
        self.writes.get(key).copied().unwrap_or(0)
    }

    fn drop_expired(&mut self, key: &[u8]) {
        if self.entries.get(key).is_some_and(|entry| entry.expires.is_some_and(|at| at <= self.now)) {
            self.remove(key);
        }
    }

    pub(super) fn touch(&mut self, key: &[u8]) {
        *self.writes.entry(key.to_vec()).or_default() += 1;
    }

    pub(super) fn get(&mut self, key: &[u8]) -> Option<&Value> {
        self.drop_expired(key);
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// The value to be changed; an empty one is made when there is none. [`Self::done`] must follow.
    pub(super) fn get_or(&mut self, key: &[u8], empty: Value) -> &mut Value {
        self.drop_expired(key);
        self.touch(key);
        &mut self.entries.entry(key.to_vec()).or_insert(Entry { value: empty, expires: None }).value
    }

    /// Removes a collection that has become empty.
    pub(super) fn done(&mut self, key: &[u8]) {
        if self.entries.get(key).is_some_and(|entry| entry.value.is_empty()) {
            self.entries.remove(key);
        }
    }

    pub(super) fn put(&mut self, key: &[u8], value: Value, expires: Option<u64>) {
        self.touch(key);
        self.entries.insert(key.to_vec(), Entry { value, expires });
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        let was_there = self.entries.remove(key).is_some();
        if was_there {
            self.touch(key);
        }
        was_there
    }

    pub(super) fn expires(&mut self, key: &[u8]) -> Option<u64> {
        self.drop_expired(key);
        self.entries.get(key)?.expires
    }

    /// Commands about keys, whatever their values.
    fn keys_command(&mut self, name: &str, arguments: &[&[u8]]) -> Option<Reply> {
        Some(match (name, arguments) {
            ("PING", []) => Ok(Frame::Simple("PONG")),
            ("PING" | "ECHO", [text]) => Ok(Frame::Bulk(text.to_vec())),
            ("DEL" | "UNLINK", [_, ..]) => {
                arguments.iter().for_each(|key| self.drop_expired(key));
                Ok(Frame::count(arguments.iter().filter(|key| self.remove(key)).count()))
            }
            ("EXISTS", [_, ..]) => {
                Ok(Frame::count(arguments.iter().filter(|key| self.get(key).is_some()).count()))
            }
            ("TYPE", [key]) => Ok(Frame::Simple(self.get(key).map_or("none", Value::kind))),
            ("EXPIRE", [key, time]) => self.expire(key, time, 1000),
            ("PEXPIRE", [key, time]) => self.expire(key, time, 1),
            ("TTL", [key]) => Ok(self.remaining(key, 1000)),
            ("PTTL", [key]) => Ok(self.remaining(key, 1)),
            ("PERSIST", [key]) => {
                let had = self.expires(key).is_some();
                if had {
                    self.touch(key);
                    if let Some(entry) = self.entries.get_mut(*key) {
                        entry.expires = None;
                    }
                }
                Ok(Frame::truth(had))
            }
            ("KEYS", [pattern]) => {
                let mut keys: Vec<Bytes> = self.entries.keys().cloned().collect();
                keys.retain(|key| matches(pattern, key) && self.get(key).is_some());
                keys.sort_unstable();
                Ok(Frame::list(keys))
            }
            ("DBSIZE", []) => {
                let keys: Vec<Bytes> = self.entries.keys().cloned().collect();
                Ok(Frame::count(keys.iter().filter(|key| self.get(key).is_some()).count()))
            }
            ("FLUSHALL" | "FLUSHDB", _) => {
                let keys: Vec<Bytes> = self.entries.keys().cloned().collect();
                keys.iter().for_each(|key| {
                    self.remove(key);
                });
                Ok(Frame::OK)
            }
            ("SELECT", [b"0"]) => Ok(Frame::OK),
            ("SELECT", [_]) => Err("ERR DB index is out of range".into()),
            ("CLIENT", _) => Ok(Frame::OK),
            ("INFO", _) => Ok(Frame::text(format!(
                "# Server\r\nredis_mode:stand-in\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\
                 # Keyspace\r\ndb0:keys={}\r\n",
                self.entries.len()
            ))),
            (
                "ECHO" | "DEL" | "UNLINK" | "EXISTS" | "TYPE" | "EXPIRE" | "PEXPIRE" | "TTL" | "PTTL"
                | "PERSIST" | "KEYS" | "DBSIZE" | "PING" | "SELECT",
                _,
            ) => Err(String::new()),
            _ => return None,
        })
    }

    fn expire(&mut self, key: &[u8], time: &[u8], unit: i64) -> Reply {
        let time = integer(time)?.checked_mul(unit).ok_or("ERR invalid expire time in 'expire' command")?;
        if self.get(key).is_none() {
            return Ok(Frame::truth(false));
        }
        match u64::try_from(time) {
            Ok(after) if after > 0 => {
                let at = self.now.saturating_add(after);
                self.touch(key);
                if let Some(entry) = self.entries.get_mut(key) {
                    entry.expires = Some(at);
                }
            }
            // In the past: it is gone now.
            _ => {
                self.remove(key);
            }
        }
        Ok(Frame::truth(true))
    }

    fn remaining(&mut self, key: &[u8], unit: u64) -> Frame {
        if self.get(key).is_none() {
            return Frame::Integer(-2);
        }
        let now = self.now;
        // Rounded to the nearest unit, as Redis does.
        self.expires(key).map_or(Frame::Integer(-1), |at| {
            Frame::Integer(i64::try_from((at - now + unit / 2) / unit).unwrap_or(i64::MAX))
        })
    }
}

/// A whole number as Redis takes it: no sign but a minus, no leading zeros or spaces.
pub(super) fn integer(bytes: &[u8]) -> Result<i64, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| NOT_INTEGER)?;
    let number: i64 = text.parse().map_err(|_| NOT_INTEGER)?;
    if number.to_string() == text { Ok(number) } else { Err(NOT_INTEGER.into()) }
}

/// Whether a name matches a pattern of `*`, `?` and letters.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => matches(rest, name) || (!name.is_empty() && matches(pattern, &name[1..])),
        ([b'?', rest @ ..], [_, name @ ..]) => matches(rest, name),
        ([letter, rest @ ..], [first, name @ ..]) => letter == first && matches(rest, name),
        _ => false,
    }
}
