//! Commands on hashes, lists and sets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::frame::Frame;
use super::store::{Reply, Store, WRONG_TYPE, integer};
use super::value::Value;

/// Gives the functions that look at a collection and that change it, for one kind of value.
macro_rules! access {
    ($look:ident, $change:ident, $kind:ident, $collection:ty) => {
        impl Store {
            pub(super) fn $look(&mut self, key: &[u8]) -> Result<&$collection, String> {
                static EMPTY: $collection = <$collection>::new();
                match self.get(key) {
                    None => Ok(&EMPTY),
                    Some(Value::$kind(value)) => Ok(value),
                    Some(_) => Err(WRONG_TYPE.into()),
                }
            }

            pub(super) fn $change<T>(
                &mut self,
                key: &[u8],
                change: impl FnOnce(&mut $collection) -> Result<T, String>,
            ) -> Result<T, String> {
                // Nothing is touched when the kind is wrong.
                self.$look(key)?;
                let Value::$kind(value) = self.get_or(key, Value::$kind(<$collection>::new())) else {
                    return Err(WRONG_TYPE.into());
                };
                let result = change(value);
                self.done(key);
                result
            }
        }
    };
}

pub(super) use access;

access!(hash, change_hash, Hash, BTreeMap<Vec<u8>, Vec<u8>>);
access!(list, change_list, List, VecDeque<Vec<u8>>);
access!(set_of, change_set, Set, BTreeSet<Vec<u8>>);

impl Store {
    pub(super) fn collection_command(&mut self, name: &str, arguments: &[&[u8]]) -> Option<Reply> {
        let (key, rest) = match arguments.split_first() {
            Some((key, rest)) => (*key, rest),
            None => (&[][..], &[][..]),
        };
        match name.as_bytes().first()? {
            b'H' => self.hash_command(name, key, rest),
            b'S' => self.set_command(name, key, rest),
            b'L' | b'R' => self.list_command(name, key, rest),
            _ => None,
        }
    }

    fn hash_command(&mut self, name: &str, key: &[u8], rest: &[&[u8]]) -> Option<Reply> {
        Some(match (name, rest) {
            ("HSET", [_, ..]) if rest.len().is_multiple_of(2) => self.change_hash(key, |hash| {
                let new = rest.chunks(2).filter(|pair| hash.insert(pair[0].into(), pair[1].into()).is_none());
                Ok(Frame::count(new.count()))
            }),
            ("HGET", [field]) => self.hash(key).map(|hash| Frame::maybe(hash.get(*field).map(Vec::as_slice))),
            ("HMGET", [_, ..]) => self.hash(key).map(|hash| {
                let values = rest.iter().map(|field| Frame::maybe(hash.get(*field).map(Vec::as_slice)));
                Frame::Array(values.collect())
            }),
            ("HDEL", [_, ..]) => self.change_hash(key, |hash| {
                Ok(Frame::count(rest.iter().filter(|field| hash.remove(**field).is_some()).count()))
            }),
            ("HEXISTS", [field]) => self.hash(key).map(|hash| Frame::truth(hash.contains_key(*field))),
            ("HLEN", []) => self.hash(key).map(|hash| Frame::count(hash.len())),
            ("HKEYS", []) => self.hash(key).map(|hash| Frame::list(hash.keys())),
            ("HVALS", []) => self.hash(key).map(|hash| Frame::list(hash.values())),
            ("HGETALL", []) => {
                self.hash(key).map(|hash| Frame::list(hash.iter().flat_map(|(field, value)| [field, value])))
            }
            ("HINCRBY", [field, by]) => integer(by).and_then(|by| {
                self.change_hash(key, |hash| {
                    let number = hash.get(*field).map_or(Ok(0), |value| integer(value));
                    let number = number.map_err(|_| "ERR hash value is not an integer")?;
                    let sum = number.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
                    hash.insert(field.to_vec(), sum.to_string().into_bytes());
                    Ok(Frame::Integer(sum))
                })
            }),
            (
                "HSET" | "HGET" | "HMGET" | "HDEL" | "HEXISTS" | "HLEN" | "HKEYS" | "HVALS" | "HGETALL"
                | "HINCRBY",
                _,
            ) => Err(String::new()),
            _ => return None,
        })
    }

    fn list_command(&mut self, name: &str, key: &[u8], rest: &[&[u8]]) -> Option<Reply> {
        Some(match (name, rest) {
            ("LPUSH" | "RPUSH", [_, ..]) => self.change_list(key, |list| {
                for item in rest {
                    if name == "LPUSH" {
                        list.push_front(item.to_vec())
                    } else {
                        list.push_back(item.to_vec())
                    }
                }
                Ok(Frame::count(list.len()))
            }),
            ("LPOP" | "RPOP", []) => self.change_list(key, |list| {
                let item = if name == "LPOP" { list.pop_front() } else { list.pop_back() };
                Ok(Frame::maybe(item.as_deref()))
            }),
            ("LLEN", []) => self.list(key).map(|list| Frame::count(list.len())),
            ("LINDEX", [index]) => self.list(key).and_then(|list| {
                // Redis looks at the number only when there is a list.
                if list.is_empty() {
                    return Ok(Frame::Nil);
                }
                let index = from_end(integer(index)?, list.len());
                Ok(Frame::maybe(usize::try_from(index).ok().and_then(|i| list.get(i)).map(Vec::as_slice)))
            }),
            ("LRANGE", [first, last]) => Span::read(first, last).and_then(|span| {
                let list = self.list(key)?;
                Ok(Frame::list(list.range(span.of(list.len()))))
            }),
            ("LTRIM", [first, last]) => Span::read(first, last).and_then(|span| {
                self.change_list(key, |list| {
                    let range = span.of(list.len());
                    list.truncate(range.end);
                    list.drain(..range.start.min(list.len()));
                    Ok(Frame::OK)
                })
            }),
            ("LPUSH" | "RPUSH" | "LPOP" | "RPOP" | "LLEN" | "LINDEX" | "LRANGE" | "LTRIM", _) => {
                Err(String::new())
            }
            _ => return None,
        })
    }

    fn set_command(&mut self, name: &str, key: &[u8], rest: &[&[u8]]) -> Option<Reply> {
        Some(match (name, rest) {
            ("SADD", [_, ..]) => self.change_set(key, |set| {
                Ok(Frame::count(rest.iter().filter(|member| set.insert(member.to_vec())).count()))
            }),
            ("SREM", [_, ..]) => self.change_set(key, |set| {
                Ok(Frame::count(rest.iter().filter(|member| set.remove(**member)).count()))
            }),
            ("SCARD", []) => self.set_of(key).map(|set| Frame::count(set.len())),
            ("SISMEMBER", [member]) => self.set_of(key).map(|set| Frame::truth(set.contains(*member))),
            ("SMEMBERS", []) => self.set_of(key).map(Frame::list),
            ("SINTER" | "SUNION" | "SDIFF", _) if !key.is_empty() => (|| {
                let mut result = self.set_of(key)?.clone();
                for other in rest {
                    let other = self.set_of(other)?;
                    result = match name {
                        "SINTER" => &result & other,
                        "SUNION" => &result | other,
                        _ => &result - other,
                    };
                }
                Ok(Frame::list(result))
            })(),
            ("SADD" | "SREM" | "SCARD" | "SISMEMBER" | "SMEMBERS" | "SINTER" | "SUNION" | "SDIFF", _) => {
                Err(String::new())
            }
            _ => return None,
        })
    }
}

/// -1 is the last.
fn from_end(index: i64, length: usize) -> i64 {
    if index < 0 { index.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { index }
}

/// The elements from one to another, both included, counted from the end when negative.
pub(super) struct Span {
    first: i64,
    last: i64,
}

impl Span {
    /// Redis looks at the numbers before it looks at the value.
    pub(super) fn read(first: &[u8], last: &[u8]) -> Result<Self, String> {
        Ok(Self { first: integer(first)?, last: integer(last)? })
    }

    /// The positions in a collection of this length.
    pub(super) fn of(&self, length: usize) -> std::ops::Range<usize> {
        let first = usize::try_from(from_end(self.first, length).max(0)).unwrap_or(usize::MAX);
        let end = from_end(self.last, length).saturating_add(1).max(0);
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(length);
        if first < end { first..end } else { 0..0 }
    }
}
