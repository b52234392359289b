//! BSON: how MongoDB writes documents in bytes.

use serde_json::{Map, Value, json};

/// Documents within documents deeper than this are refused; MongoDB allows 100.
const DEPTH: u32 = 100;
/// The fields whose order matters; their pairs become a document in that order.
const ORDERED: [&str; 4] = ["sort", "$sort", "key", "explain"];
/// The fields that hold documents of a reader, in which a list of pairs is a list.
const PLAIN: [&str; 2] = ["documents", "updates"];

/// A document of these fields, in their order.
pub(super) fn document<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    nested(fields, false)
}

fn nested<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Value)>, plain: bool) -> Vec<u8> {
    let mut inner = Vec::new();
    for (name, value) in fields {
        element(name, value, plain || PLAIN.contains(&name), &mut inner);
    }
    let length = i32::try_from(inner.len() + 5).expect("a document is far smaller than 2 GB");
    [&length.to_le_bytes()[..], &inner, &[0]].concat()
}

fn element(name: &str, value: &Value, plain: bool, out: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        // A name ends at the first zero, so it cannot hold one.
        out.extend(name.bytes().filter(|&byte| byte != 0));
        out.push(0);
        out.extend(bytes);
    };
    match value {
        Value::Null => put(0x0A, &[]),
        Value::Bool(truth) => put(0x08, &[(*truth).into()]),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => match i32::try_from(whole) {
                Ok(small) => put(0x10, &small.to_le_bytes()),
                Err(_) => put(0x12, &whole.to_le_bytes()),
            },
            None => put(0x01, &number.as_f64().unwrap_or_default().to_le_bytes()),
        },
        Value::String(text) => {
            let length = i32::try_from(text.len() + 1).expect("a text is far smaller than 2 GB");
            put(0x02, &[&length.to_le_bytes(), text.as_bytes(), &[0]].concat());
        }
        Value::Array(pairs) if !plain && ORDERED.contains(&name) => {
            let pairs = pairs.iter().filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?)));
            put(0x03, &nested(pairs, plain));
        }
        Value::Array(items) => {
            let names: Vec<String> = (0..items.len()).map(|number| number.to_string()).collect();
            put(0x04, &nested(names.iter().map(String::as_str).zip(items), plain));
        }
        Value::Object(fields) => {
            if let Some(id) = fields.get("$oid").and_then(Value::as_str).and_then(identifier) {
                put(0x07, &id);
            } else if let Some(time) = fields.get("$date").and_then(Value::as_i64) {
                put(0x09, &time.to_le_bytes());
            } else {
                put(0x03, &nested(fields.iter().map(|(name, value)| (name.as_str(), value)), plain));
            }
        }
    }
}

/// Twelve bytes from 24 digits.
fn identifier(digits: &str) -> Option<[u8; 12]> {
    let pairs = digits.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a document; `None` when the bytes are none.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    Reader(bytes).document(DEPTH).map(Value::Object)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(i32::from_le_bytes(self.array()?)).ok()
    }

    fn name(&mut self) -> Option<String> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let name = String::from_utf8_lossy(self.bytes(end)?).into_owned();
        self.bytes(1)?;
        Some(name)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let bytes = self.bytes(length)?.strip_suffix(&[0])?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn document(&mut self, depth: u32) -> Option<Map<String, Value>> {
        let depth = depth.checked_sub(1)?;
        let length = self.length()?.checked_sub(4)?;
        let mut inner = Reader(self.bytes(length)?);
        let mut fields = Map::new();
        loop {
            let kind = inner.bytes(1)?[0];
            if kind == 0 {
                return inner.0.is_empty().then_some(fields);
            }
            let name = inner.name()?;
            let value = inner.value(kind, depth)?;
            fields.insert(name, value);
        }
    }

    /// A value; kinds that JSON lacks as in MongoDB's extended JSON.
    fn value(&mut self, kind: u8, depth: u32) -> Option<Value> {
        Some(match kind {
            0x01 => f64::from_le_bytes(self.array()?).into(),
            0x02 => self.text()?.into(),
            0x03 => self.document(depth)?.into(),
            // In the order of their numbers, which is not that of their names.
            0x04 => {
                let mut items: Vec<(usize, Value)> = Vec::new();
                for (name, value) in self.document(depth)? {
                    items.push((name.parse().ok()?, value));
                }
                items.sort_by_key(|(number, _)| *number);
                items.into_iter().map(|(_, value)| value).collect::<Vec<_>>().into()
            }
            0x05 => {
                let length = self.length()?;
                let kind = self.bytes(1)?[0];
                json!({ "$binary": { "hex": digits(self.bytes(length)?), "subType": kind } })
            }
            0x06 | 0x0A => Value::Null,
            0x07 => json!({ "$oid": digits(self.bytes(12)?) }),
            0x08 => Value::Bool(self.bytes(1)?[0] != 0),
            0x09 => json!({ "$date": i64::from_le_bytes(self.array()?) }),
            0x0B => json!({ "$regularExpression": { "pattern": self.name()?, "options": self.name()? } }),
            0x0D | 0x0E => self.text()?.into(),
            0x10 => i32::from_le_bytes(self.array()?).into(),
            0x11 => json!({ "$timestamp": u64::from_le_bytes(self.array()?) }),
            0x12 => i64::from_le_bytes(self.array()?).into(),
            0x13 => json!({ "$numberDecimal": { "hex": digits(self.bytes(16)?) } }),
            0x7F => json!({ "$maxKey": 1 }),
            0xFF => json!({ "$minKey": 1 }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn write(value: &Value) -> Vec<u8> {
        document(value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)))
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9f64).prop_map(Value::from),
            ".{0,30}".prop_map(Value::from),
            prop::array::uniform12(any::<u8>()).prop_map(|bytes| json!({ "$oid": digits(&bytes) })),
            any::<i64>().prop_map(|time| json!({ "$date": time })),
        ];
        leaf.prop_recursive(3, 30, 12, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn documents_are_read_as_written(map in prop::collection::btree_map("[a-z]{1,6}", value(), 0..6)) {
            let map: Map<String, Value> = map.into_iter().filter(|(name, _)| name != "sort" && name != "key").collect();
            let all = Value::Object(map);
            prop_assert_eq!(read(&write(&all)), Some(all));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn the_example_of_the_specification() {
        // bsonspec.org, "How is BSON pronounced/used": {"hello": "world"}.
        let bytes = b"\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00";
        assert_eq!(write(&json!({"hello": "world"})), bytes);
        assert_eq!(read(bytes), Some(json!({"hello": "world"})));
        let kept = json!({"documents": [{"key": [["b", 1]], "sort": [1, 2]}]});
        assert_eq!(read(&write(&kept)), Some(kept));
        let sorted = write(&json!({"sort": [["b", 1], ["a", -1]]}));
        assert!(
            sorted.windows(2).position(|two| two == b"b\0") < sorted.windows(2).position(|two| two == b"a\0")
        );
    }
}
