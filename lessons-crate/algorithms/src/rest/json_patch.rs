//! JSON patch: a list of operations.

use serde_json::Value;

use super::pointer::{index, steps};

/// Why a patch was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchError {
    /// Not an array of operations with the members that each needs. Answer 400.
    #[error("operation {0} is none: {1}")]
    Malformed(usize, &'static str),
    /// The place is not there. Answer 409 or 422.
    #[error("operation {0}: there is nothing at {1:?}")]
    NoSuchPlace(usize, String),
    /// A `test` found another value. Answer 409.
    #[error("operation {0}: {1:?} has another value")]
    TestFailed(usize, String),
}

/// What a document is after all operations of a patch, in order: `add`, `remove`, `replace`, `move`, `copy`, `test`.
/// When one fails, the document stays as it was.
///
/// A patch need not be idempotent: `add` to the end of an array adds another one each time. A `test` in front, or
/// `If-Match` on the request, makes a second try fail instead.
///
/// # Complexity
///
/// O(document) for the copy that makes it all or nothing, and O(place) for each operation; an `add` into an array
/// shifts what is behind.
///
/// # Errors
///
/// When an operation is malformed, its place does not exist, or a test fails.
///
/// # Examples
///
/// ```
/// use lessons::rest::json_patch;
/// use serde_json::json;
///
/// let todo = json!({"title": "milk", "tags": ["shop"]});
/// let patch = json!([
///     {"op": "test", "path": "/title", "value": "milk"},
///     {"op": "add", "path": "/tags/-", "value": "today"},
/// ]);
/// assert_eq!(json_patch(&todo, &patch)?["tags"], json!(["shop", "today"]));
/// # Ok::<(), lessons::rest::PatchError>(())
/// ```
///
/// # Sources
///
/// P. Bryan, M. Nottingham, "JavaScript Object Notation (JSON) Patch", RFC 6902, 2013.
pub fn json_patch(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    let operations = patch.as_array().ok_or(PatchError::Malformed(0, "a patch is an array"))?;
    let mut changed = document.clone();
    for (number, operation) in operations.iter().enumerate() {
        let operation = Operation { number, members: operation };
        operation.apply(&mut changed)?;
    }
    Ok(changed)
}

struct Operation<'a> {
    number: usize,
    members: &'a Value,
}

impl Operation<'_> {
    fn apply(&self, document: &mut Value) -> Result<(), PatchError> {
        let path = self.path("path")?;
        match self.members["op"].as_str() {
            Some("add") => self.add(document, &path, self.value()?),
            Some("remove") => self.remove(document, &path).map(drop),
            Some("replace") => {
                let value = self.value()?;
                *self.at(document, &path)? = value;
                Ok(())
            }
            Some("move") => {
                let from = self.path("from")?;
                // Into itself: the place would be gone before it is reached.
                if path.len() > from.len() && path.starts_with(&from) {
                    return Err(PatchError::Malformed(self.number, "a value cannot move into itself"));
                }
                let value = self.remove(document, &from)?;
                self.add(document, &path, value)
            }
            Some("copy") => {
                let from = self.path("from")?;
                let value = self.at(document, &from)?.clone();
                self.add(document, &path, value)
            }
            Some("test") => {
                let value = self.value()?;
                let same = equal(self.at(document, &path)?, &value);
                same.then_some(()).ok_or_else(|| PatchError::TestFailed(self.number, self.text("path")))
            }
            _ => Err(PatchError::Malformed(self.number, "op is not one of the six")),
        }
    }

    fn path(&self, name: &str) -> Result<Vec<String>, PatchError> {
        let path = self.members[name].as_str().and_then(steps);
        path.ok_or(PatchError::Malformed(self.number, "path, and from where it is needed, is a JSON pointer"))
    }

    fn value(&self) -> Result<Value, PatchError> {
        let value = self.members.get("value").cloned();
        value.ok_or(PatchError::Malformed(self.number, "value is missing"))
    }

    fn text(&self, name: &str) -> String {
        self.members[name].as_str().unwrap_or_default().to_owned()
    }

    fn nothing(&self, path: &[String]) -> PatchError {
        PatchError::NoSuchPlace(self.number, format!("/{}", path.join("/")))
    }

    /// What is there.
    fn at<'a>(&self, document: &'a mut Value, path: &[String]) -> Result<&'a mut Value, PatchError> {
        let mut here = document;
        for step in path {
            let next = match here {
                Value::Object(members) => members.get_mut(step),
                Value::Array(items) => index(step).and_then(|index| items.get_mut(index)),
                _ => None,
            };
            here = next.ok_or_else(|| self.nothing(path))?;
        }
        Ok(here)
    }

    fn add(&self, document: &mut Value, path: &[String], value: Value) -> Result<(), PatchError> {
        let Some((last, parents)) = path.split_last() else {
            *document = value;
            return Ok(());
        };
        match self.at(document, parents)? {
            Value::Object(members) => {
                members.insert(last.clone(), value);
            }
            Value::Array(items) => {
                let place = if last == "-" { Some(items.len()) } else { index(last) };
                let place = place.filter(|place| *place <= items.len());
                items.insert(place.ok_or_else(|| self.nothing(path))?, value);
            }
            _ => return Err(self.nothing(path)),
        }
        Ok(())
    }

    fn remove(&self, document: &mut Value, path: &[String]) -> Result<Value, PatchError> {
        let Some((last, parents)) = path.split_last() else {
            return Err(PatchError::Malformed(self.number, "without the whole document nothing is left"));
        };
        let removed = match self.at(document, parents)? {
            Value::Object(members) => members.remove(last),
            Value::Array(items) => {
                index(last).filter(|index| *index < items.len()).map(|index| items.remove(index))
            }
            _ => None,
        };
        removed.ok_or_else(|| self.nothing(path))
    }
}

/// Equal as section 4.6 means it: numbers by value, so 1 is 1.0; members in any order.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same =
                |(name, value): (&String, &Value)| other.get(name).is_some_and(|own| equal(value, own));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}
