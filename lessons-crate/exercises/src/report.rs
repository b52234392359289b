//! The answer to a learner: which properties hold, and what is likely wrong.

use std::fmt;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::escape;
use serde_json::{Value, json};

use crate::Exercise;

/// The media type in which a report says everything to programs: the kernel, the page.
pub const REPORT: &str = "application/vnd.sd35.report+json";

/// The answer to one attempt at an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was attempted.
    pub exercise: Exercise,
    /// Every property, in the order in which they were checked.
    pub properties: Vec<Property>,
    /// The likely misconception; `None` when all is well or the mistake is not a known one.
    pub diagnosis: Option<Diagnosis>,
}

/// One thing that must be true of every solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// A sentence without a period: "an inserted key is always found".
    pub name: &'static str,
    /// Whether the exercise's text names this property; the others keep a solution honest.
    pub visible: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of checking one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It held for every input tried.
    Passed,
    /// It did not hold.
    Failed {
        /// What a correct solution does.
        expected: String,
        /// What this one did.
        found: String,
        /// The smallest input that shows the difference, as the learner would write it.
        smallest_input: Option<String>,
    },
    /// It was not tried, because an earlier one never ended.
    NotRun,
}

/// A known mistake, recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// A stable name of the misconception, for example `log-base-10`.
    pub key: &'static str,
    /// What the learner may have thought, and where to look.
    pub message: String,
}

impl Report {
    /// True when every property held.
    pub fn passed(&self) -> bool {
        self.properties.iter().all(|property| property.outcome == Outcome::Passed)
    }

    /// The key of the diagnosis, if there is one.
    pub fn diagnosis_key(&self) -> Option<&'static str> {
        self.diagnosis.as_ref().map(|diagnosis| diagnosis.key)
    }

    fn headline(&self) -> String {
        let total = self.properties.len();
        if self.passed() {
            return format!("{}: passed, all {total} properties hold", self.exercise.title);
        }
        let held = self.properties.iter().filter(|property| property.outcome == Outcome::Passed).count();
        format!("{}: not yet, {held} of {total} properties hold", self.exercise.title)
    }

    /// For programs: which exercise, whether it is passed, what is likely wrong, and each property.
    fn json(&self) -> Value {
        let properties: Vec<Value> = self.properties.iter().map(Property::json).collect();
        json!({
            "exercise": self.exercise.id,
            "passed": self.passed(),
            "diagnosis": self.diagnosis_key(),
            "properties": properties,
        })
    }

    fn html(&self) -> String {
        let mut html = format!(
            "<div class=\"sd35-report\" data-passed=\"{}\" data-diagnosis=\"{}\"><p><strong>{}</strong></p><ul>",
            self.passed(),
            self.diagnosis_key().unwrap_or_default(),
            escape(&self.headline()),
        );
        for property in &self.properties {
            html += &format!(
                "<li class=\"{word}\"><strong>{word}</strong>: {}{}",
                marked(property.name),
                if property.visible { "" } else { " (hidden)" },
                word = property.outcome.word(),
            );
            let details = property.outcome.details();
            if !details.is_empty() {
                html += "<dl>";
                for (term, text) in details {
                    html += &format!("<dt>{term}</dt><dd>{}</dd>", escape(text));
                }
                html += "</dl>";
            }
            html += "</li>";
        }
        html += "</ul>";
        if let Some(diagnosis) = &self.diagnosis {
            html += &format!("<p><strong>Likely cause</strong>: {}</p>", marked(&diagnosis.message));
        }
        html + "</div>"
    }
}

/// Text as HTML, in which what stands between backticks is code.
fn marked(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        html += &if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_string() };
    }
    html
}

impl Property {
    fn json(&self) -> Value {
        let mut property = json!({
            "name": self.name,
            "visible": self.visible,
            "outcome": self.outcome.word(),
        });
        for (term, text) in self.outcome.details() {
            property[term] = text.into();
        }
        property
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::NotRun => "not run",
        }
    }

    fn details(&self) -> Vec<(&'static str, &str)> {
        let Self::Failed { expected, found, smallest_input } = self else {
            return Vec::new();
        };
        let mut details = vec![("expected", expected.as_str()), ("found", found.as_str())];
        if let Some(input) = smallest_input {
            details.push(("smallest input", input));
        }
        details
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.headline())?;
        for property in &self.properties {
            let hidden = if property.visible { "" } else { " (hidden)" };
            write!(f, "\n{:<7}  {}{hidden}", property.outcome.word(), property.name)?;
            for (term, text) in property.outcome.details() {
                write!(f, "\n         {:<15} {text}", format!("{term}:"))?;
            }
        }
        match &self.diagnosis {
            Some(diagnosis) => write!(f, "\nLikely cause: {}", diagnosis.message),
            None => Ok(()),
        }
    }
}

impl Render for Report {
    fn render(&self) -> MimeBundle {
        MimeBundle::text(self.to_string())
            .with("text/html", self.html())
            .with(REPORT, self.json().to_string())
    }
}

algorithms::rich_display!(Report);

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            exercise: Exercise { id: "arithmetic/sum", title: "Sum" },
            properties: vec![
                Property { name: "the empty sum is 0", visible: true, outcome: Outcome::Passed },
                Property {
                    name: "order does not matter",
                    visible: false,
                    outcome: Outcome::Failed {
                        expected: "sum < 4".into(),
                        found: "5".into(),
                        smallest_input: Some("[1, 2]".into()),
                    },
                },
            ],
            diagnosis: Some(Diagnosis {
                key: "off-by-one",
                message: "One item is counted twice: `i < n`.".into(),
            }),
        }
    }

    #[test]
    fn the_text_says_all_in_words() {
        assert_eq!(
            report().to_string(),
            "Sum: not yet, 1 of 2 properties hold\n\
             passed   the empty sum is 0\n\
             failed   order does not matter (hidden)\n         \
             expected:       sum < 4\n         \
             found:          5\n         \
             smallest input: [1, 2]\n\
             Likely cause: One item is counted twice: `i < n`."
        );
    }

    #[test]
    fn programs_read_the_exercise_and_what_came_of_it() {
        let bundle = report().render();
        let read: Value = serde_json::from_str(bundle.get(REPORT).unwrap_or_default()).unwrap_or_default();
        assert_eq!((&read["exercise"], &read["passed"]), (&json!("arithmetic/sum"), &json!(false)));
        assert_eq!(read["diagnosis"], "off-by-one");
        assert_eq!(read["properties"][1]["smallest input"], "[1, 2]");
    }

    #[test]
    fn the_html_says_the_same_and_is_escaped() {
        let html = report().html();
        let code = "twice: <code>i &lt; n</code>.";
        for part in
            ["data-passed=\"false\"", "off-by-one", "<strong>failed</strong>", "sum &lt; 4", "[1, 2]", code]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
