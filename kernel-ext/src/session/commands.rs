//! The commands that the session answers itself, because the engine knows nothing of variables.

use std::fmt::Write as _;

use serde_json::Map;

use super::{Event, Failure, Session, Sink};
use crate::reference::escape;

/// What can be typed after a colon at the start of a line.
pub(super) const COMMANDS: [&str; 15] = [
    ":build_env",
    ":clear",
    ":dep",
    ":doc",
    ":efmt",
    ":env",
    ":explain",
    ":help",
    ":last_error_json",
    ":offline",
    ":restart",
    ":show_deps",
    ":type",
    ":vars",
    ":version",
];

impl Session {
    /// Answers the lines of a cell that are such commands, and leaves them empty.
    pub(super) fn answer_commands(&self, code: &str, sink: &Sink) -> Result<String, Failure> {
        if !code.lines().any(|line| line.trim_start().starts_with(':')) {
            return Ok(code.to_owned());
        }
        let mut rest = String::with_capacity(code.len());
        for line in code.split_inclusive('\n') {
            let mut words = line.trim().splitn(2, ' ').map(str::trim);
            match (words.next(), words.next()) {
                (Some(":vars"), None) => sink(Event::Result(self.list_variables())),
                (Some(":types"), None) => {
                    let instead = "`:types` changes nothing here; `:type NAME` says the type of a variable";
                    return Err(Failure::new("Error", instead));
                }
                (Some(":type" | ":t"), Some(name)) => sink(Event::Result(self.type_of(name)?)),
                _ => {
                    rest += line;
                    continue;
                }
            }
            rest += &line[line.trim_end_matches('\n').len()..];
        }
        Ok(rest)
    }

    fn list_variables(&self) -> Map<String, serde_json::Value> {
        let mut text = String::new();
        let mut html = "<table><tr><th>Variable</th><th>Type</th></tr>".to_owned();
        for (name, ty) in self.variables() {
            let _ = writeln!(text, "{name}: {ty}");
            let _ = write!(html, "<tr><td>{}</td><td>{}</td></tr>", escape(&name), escape(&ty));
        }
        html += "</table>";
        [("text/plain", text), ("text/html", html)]
            .map(|(mime, text)| (mime.to_owned(), text.into()))
            .into_iter()
            .collect()
    }

    fn type_of(&self, name: &str) -> Result<Map<String, serde_json::Value>, Failure> {
        let found = self.variables().into_iter().find(|(variable, _)| variable == name);
        let Some((_, ty)) = found else {
            let gone = self.scope.variables.explain(name);
            let why = gone.unwrap_or_else(|| format!("there is no variable `{name}`"));
            return Err(Failure::new("Error", why));
        };
        Ok([("text/plain".to_owned(), format!("{name}: {ty}").into())].into_iter().collect())
    }
}

/// Whether a cell has the engine forget everything, or end its process.
pub(super) fn clears(code: &str) -> bool {
    code.lines().any(|line| line.trim() == ":clear")
}

/// Whether a cell has the engine start its process anew.
pub(super) fn restarts(code: &str) -> bool {
    code.lines().any(|line| line.trim() == ":restart")
}

/// The same text with `:dep` lines as cargo wants them now: older notebooks have
/// `default_features`, which is an error since edition 2024. No column moves.
pub(super) fn with_todays_keys(text: &str) -> String {
    let line = |line: &str| match line.starts_with(":dep") {
        true => line.replace("default_features", "default-features"),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}
