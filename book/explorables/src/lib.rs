//! Explorables: figures with sliders, drawn by the same code that the lessons run.
//!
//! Each is one function from the values of its [`Control`]s and a width to a [`View`]: a drawing, words, and
//! numbers. It reads nothing else, so the same values give the same numbers on every machine, in the kernel's
//! language and, compiled to wasm, in a browser.
//!
//! | explorable | of | shows |
//! |---|---|---|
//! | `b-tree` | [`algorithms::storage`] | the pages of a B+ tree, how full they are, and what a key reads or splits |
//! | `bloom-filter` | [`algorithms::sketch`] | bits, keys, and how often "maybe" is wrong |
//! | `cache` | [`algorithms::cache`] | eight eviction policies and the optimum |
//! | `load-balancer` | [`algorithms::load_balancer`] | policies on equal, slow and stale clusters |
//! | `normalization` | [`algorithms::normalization`] | dependencies, keys, normal forms and splits |
//! | `pacelc` | [`algorithms::replication`] | who answers in a partition, and what is stale without one |
//! | `partitioning` | [`algorithms::partitioning`] | one table cut in four ways, and the pieces that a query reads |
//! | `rate-limiter` | [`algorithms::rate_limit`] | who passes, and the most that passes in any second |
//! | `replication` | [`algorithms::replication::pbs`] | how old is what a quorum reads |
//! | `scalability` | [`algorithms::scalability`] | what more nodes give, and where latency turns up |
//! | `sharding` | [`algorithms::hashing`] | who owns which key, and what moves when a node comes or goes |
//!
//! The page loads `explorables.wasm`, which is kept in the repository beside the hash of the sources it was
//! built from; `cargo xtask wasm` builds it anew. What stands on a page before, in notebooks and on paper is
//! the view of the default values, kept in `recorded/`.

mod b_tree;
mod bloom_filter;
mod cache;
mod chart;
mod control;
mod load_balancer;
mod normalization;
mod pacelc;
mod partitioning;
mod rate_limiter;
mod replication;
mod scalability;
mod sharding;
mod svg;
mod view;
#[cfg(target_arch = "wasm32")]
mod wasm;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use control::{Control, Kind, Stop, Values, WORD_MAX};
pub use view::{Number, View};

/// The widths that a drawing can have, in pixels.
pub const WIDTHS: std::ops::RangeInclusive<f64> = 300.0..=760.0;
/// The width of the recorded figures.
pub const RECORDED_WIDTH: f64 = 720.0;

/// One figure with sliders.
#[derive(Clone, Copy, Debug)]
pub struct Explorable {
    /// What a chapter calls it.
    pub name: &'static str,
    /// What a reader calls it.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// What can be changed.
    pub controls: fn() -> Vec<Control>,
    /// What that gives, at a width in pixels.
    pub draw: fn(&Values, f64) -> View,
}

/// All of them.
pub const EXPLORABLES: [Explorable; 11] = [
    b_tree::EXPLORABLE,
    bloom_filter::EXPLORABLE,
    cache::EXPLORABLE,
    load_balancer::EXPLORABLE,
    normalization::EXPLORABLE,
    pacelc::EXPLORABLE,
    partitioning::EXPLORABLE,
    rate_limiter::EXPLORABLE,
    replication::EXPLORABLE,
    scalability::EXPLORABLE,
    sharding::EXPLORABLE,
];

impl Explorable {
    /// The explorable of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        EXPLORABLES.iter().find(|explorable| explorable.name == name)
    }

    /// The view of these values, by the keys of the stops; the default where a control is not named.
    ///
    /// # Errors
    ///
    /// One sentence, when a control or a value is not known.
    pub fn view(&self, given: &BTreeMap<String, String>, width: f64) -> Result<View, String> {
        let values = Values::read(&(self.controls)(), given)?;
        Ok((self.draw)(&values, width.clamp(*WIDTHS.start(), *WIDTHS.end())))
    }

    /// What the page needs to make the inputs.
    pub fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "controls": (self.controls)().iter().map(Control::to_json).collect::<Vec<_>>(),
        })
    }

    /// What is kept in `recorded/`: what it is, and its view of the default values.
    pub fn recorded(&self) -> String {
        let values = Values::read(&(self.controls)(), &BTreeMap::new());
        let mut view =
            (self.draw)(&values.unwrap_or_else(|error| unreachable!("{error}")), RECORDED_WIDTH).to_json();
        // The last digits may differ from machine to machine.
        if let Some(fields) = view.as_object_mut() {
            fields.remove("numbers");
        }
        let recorded = json!({ "about": self.describe(), "view": view });
        format!("{recorded:#}\n")
    }
}

/// Answers a question in JSON, in JSON.
///
/// `{"describe": NAME}` gives the controls. `{"draw": NAME, "width": 640, "values": {"control": "key"}}` gives a
/// view. Anything wrong is answered by `{"error": SENTENCE}`.
pub fn answer(question: &str) -> String {
    let answer = answer_value(question).unwrap_or_else(|error| json!({ "error": error }));
    answer.to_string()
}

fn answer_value(question: &str) -> Result<Value, String> {
    let question: Value = serde_json::from_str(question).map_err(|error| error.to_string())?;
    let explorable = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        Explorable::named(name).ok_or_else(|| format!("there is no explorable `{name}`"))
    };
    if let Some(name) = question.get("describe") {
        return Ok(explorable(name)?.describe());
    }
    let explorable = explorable(&question["draw"])?;
    let given = question["values"].as_object().into_iter().flatten();
    let given = given.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let width = question["width"].as_f64().unwrap_or(RECORDED_WIDTH);
    Ok(explorable.view(&given.collect(), width)?.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_what_is_drawn() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
        let files = std::fs::read_dir(&folder).expect("the folder of recorded figures").count();
        assert_eq!(files, EXPLORABLES.len(), "one file for each; `cargo xtask wasm` records them");
        for explorable in EXPLORABLES {
            let file = folder.join(format!("{}.json", explorable.name));
            let recorded = std::fs::read_to_string(&file).expect("recorded");
            assert!(
                recorded == explorable.recorded(),
                "{} is not what is drawn now; `cargo xtask wasm` records it anew",
                file.display()
            );
        }
    }
}
