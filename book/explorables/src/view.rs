//! What an explorable shows: a figure, its words, and its numbers.

use crate::json::Json;

/// A number with the words it is shown as; both are compared between machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As a reader sees it, with its unit.
    pub shown: String,
    /// What it is; not a number where words alone are shown.
    pub exact: f64,
}

impl Number {
    /// A number and how it is written.
    pub fn new(exact: f64, shown: impl Into<String>) -> Self {
        Self { shown: shown.into(), exact }
    }

    /// Rounded to so many decimals.
    pub fn fixed(exact: f64, decimals: usize) -> Self {
        Self::new(exact, format!("{exact:.decimals$}"))
    }

    /// A share, in percent with so many decimals.
    pub fn percent(share: f64, decimals: usize) -> Self {
        Self::new(share, algorithms::table::percent(share, decimals))
    }

    /// A count.
    pub fn count(count: usize) -> Self {
        Self::new(count as f64, algorithms::table::thousands(count as u64))
    }

    /// Words where a number could stand.
    pub fn words(words: impl Into<String>) -> Self {
        Self::new(f64::NAN, words)
    }
}

/// What one setting of the controls gives.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The drawing: an `<svg>` whose colors come from `theme/figure.css`.
    pub svg: String,
    /// What the drawing shows, in a sentence or two, for those who cannot see it.
    pub alt: String,
    /// The few numbers that matter most: a name, and the number.
    pub facts: Vec<(String, Number)>,
    /// The names of the columns of the table.
    pub columns: Vec<String>,
    /// All that is drawn, as numbers.
    pub rows: Vec<Vec<Number>>,
}

impl View {
    pub(crate) fn to_json(&self) -> Json {
        let fact = |(name, number): &(String, Number)| {
            Json::Object(vec![("name", name.as_str().into()), ("shown", number.shown.as_str().into())])
        };
        let row = |row: &Vec<Number>| row.iter().map(|number| number.shown.as_str().into()).collect();
        Json::Object(vec![
            ("svg", self.svg.as_str().into()),
            ("alt", self.alt.as_str().into()),
            ("facts", self.facts.iter().map(fact).collect()),
            ("columns", self.columns.iter().map(|name| name.as_str().into()).collect()),
            ("rows", self.rows.iter().map(row).collect()),
            ("numbers", self.numbers().into_iter().map(Json::Number).collect()),
        ])
    }

    /// Every exact number, in order; the tests compare them between machines.
    pub fn numbers(&self) -> Vec<f64> {
        let facts = self.facts.iter().map(|(_, number)| number.exact);
        let table = self.rows.iter().flatten().map(|number| number.exact);
        facts.chain(table).filter(|number| number.is_finite()).collect()
    }
}
