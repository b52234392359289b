//! Notes in the reader's record that an exercise was passed, wherever the kernel runs: in the page, in Jupyter,
//! in an editor.

use serde_json::{Map, Value};

use crate::progress::Store;

/// The media type in which a check says to programs what came of it; see `lessons::check`.
const REPORT: &str = "application/vnd.sd35.report+json";

/// Looks at what a cell shows: the report of a passed exercise goes into the record.
pub(super) fn note(shown: &Map<String, Value>) {
    if let Some(exercise) = passed(shown) {
        // The reader's cell has run well; a record that cannot be written must not change that.
        let _ = Store::of_user().pass(exercise);
    }
}

fn passed(shown: &Map<String, Value>) -> Option<&str> {
    let report = shown.get(REPORT)?;
    if report["passed"] == true { report["exercise"].as_str() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_report_says_that_something_was_passed() {
        let shown = |value: Value| value.as_object().cloned().unwrap_or_default();
        let report = |passed: bool| shown(json!({ REPORT: { "exercise": "cache/lru", "passed": passed } }));
        assert_eq!(passed(&report(true)), Some("cache/lru"));
        assert_eq!(passed(&report(false)), None);
        let html = "<div class=\"sd35-report\" data-passed=\"true\">";
        assert_eq!(passed(&shown(json!({ "text/html": html }))), None);
        assert_eq!(passed(&shown(json!({ REPORT: "{}" }))), None);
    }
}
