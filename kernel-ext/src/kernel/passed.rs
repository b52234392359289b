//! Notes in the reader's record that an exercise was passed, wherever the kernel runs: in the page, in Jupyter,
//! in an editor.

use serde_json::{Map, Value};

use crate::paths;
use crate::progress::Store;
use crate::protocol::Message;

/// Looks at what a cell shows; a report of `lessons::check` says in its markup whether everything held.
pub(super) fn note(request: &Message, shown: &Map<String, Value>) {
    let html = shown.get("text/html").and_then(Value::as_str).unwrap_or_default();
    if html.contains("class=\"sd35-report\" data-passed=\"true\"")
        && let Some(exercise) = exercise(request)
    {
        // The reader's cell has run well; a record that cannot be written must not change that.
        let _ = Store::of_user().pass(&exercise);
    }
}

/// The exercise whose check ran: by the name of the cell, as the page and JupyterLab send it, else by its code.
fn exercise(request: &Message) -> Option<String> {
    let cell = request.metadata["cellId"].as_str();
    let plain = |id: &&str| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if let Some(id) = cell.and_then(|cell| cell.strip_suffix("-check")).filter(plain) {
        return Some(id.to_owned());
    }
    let code = request.content["code"].as_str()?.trim();
    let folders = std::fs::read_dir(paths::root().join("book").join("exercises")).ok()?;
    folders
        .filter_map(|folder| book::Exercise::load(&folder.ok()?.path(), 0).ok())
        .find(|exercise| exercise.check.trim() == code)
        .map(|exercise| exercise.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Channel;

    #[test]
    fn a_check_is_known_by_its_cell_or_its_code() {
        let folder = paths::root().join("book").join("exercises").join("d06-filter-size");
        let check = book::Exercise::load(&folder, 0).expect("an exercise").check;
        let mut request = Message::request(Channel::Shell, "execute_request", json!({ "code": check }));
        assert_eq!(exercise(&request).as_deref(), Some("d06-filter-size"));
        request.content = json!({ "code": "1 + 1" });
        assert_eq!(exercise(&request), None);
        request.metadata = json!({ "cellId": "d03-two-choices-check" });
        assert_eq!(exercise(&request).as_deref(), Some("d03-two-choices"));
        request.metadata = json!({ "cellId": "../x-check" });
        assert_eq!(exercise(&request), None);
    }
}
