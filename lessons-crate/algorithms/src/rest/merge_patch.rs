//! JSON merge patch.

use serde_json::Value;

/// What a document is after a merge patch: members of the patch replace those of the target, `null` takes one away,
/// and objects are merged, one inside the other. Anything that is no object replaces the whole.
///
/// The patch looks like the result, so it is easy to write; it cannot set a member to `null`, or change a part of an
/// array. Applied twice it gives the same as once.
///
/// # Complexity
///
/// O(patch), and the depth of the patch on the stack (128 at most, if it was parsed by `serde_json`).
///
/// # Examples
///
/// ```
/// use lessons::rest::merge_patch;
/// use serde_json::json;
///
/// let todo = json!({"title": "milk", "done": false, "due": "Friday"});
/// let changed = merge_patch(todo, &json!({"done": true, "due": null}));
/// assert_eq!(changed, json!({"title": "milk", "done": true}));
/// ```
///
/// # Sources
///
/// P. Hoffman, J. Snell, "JSON Merge Patch", RFC 7396, 2014, section 2.
pub fn merge_patch(target: Value, patch: &Value) -> Value {
    let Value::Object(members) = patch else { return patch.clone() };
    let mut merged = match target {
        Value::Object(merged) => merged,
        _ => serde_json::Map::new(),
    };
    for (name, change) in members {
        if change.is_null() {
            merged.remove(name);
        } else {
            let old = merged.remove(name).unwrap_or(Value::Null);
            merged.insert(name.clone(), merge_patch(old, change));
        }
    }
    Value::Object(merged)
}
