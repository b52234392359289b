//! What a reader can change: sliders, choices and words.

use std::collections::BTreeMap;

use crate::json::Json;

/// One thing that a reader can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Its name in addresses and in code.
    pub name: &'static str,
    /// Its name for readers.
    pub label: &'static str,
    /// What it looks like, and what it can be.
    pub kind: Kind,
}

/// What a control can be set to.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Numbers in order, to slide over.
    Slider {
        /// What it starts with: an index into the stops.
        default: usize,
        /// All that it can be.
        stops: Vec<Stop>,
    },
    /// A few named alternatives.
    Choice {
        /// What it starts with: an index into the stops.
        default: usize,
        /// All that it can be; the value of each is its index.
        stops: Vec<Stop>,
    },
    /// A word to type, of at most [`WORD_MAX`] characters.
    Word {
        /// What it starts with.
        default: &'static str,
    },
}

/// The longest word that can be typed, in characters.
pub const WORD_MAX: usize = 100;

/// One value of a slider or a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// How it is written in an address.
    pub key: String,
    /// How it is shown, with its unit.
    pub shown: String,
    /// What it is.
    pub value: f64,
}

impl Control {
    /// A slider over these values, which starts at `default`; `show` writes a value with its unit.
    ///
    /// # Panics
    ///
    /// When `default` is not one of the values.
    pub fn slider(
        name: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = f64>,
        default: f64,
        show: impl Fn(f64) -> String,
    ) -> Self {
        // The value of a stop is exactly what its key says.
        let stops: Vec<Stop> = values
            .into_iter()
            .map(|value| Stop { key: short(value), shown: show(value), value: rounded(value) })
            .collect();
        let default = stops.iter().position(|stop| stop.key == short(default));
        let default = default.unwrap_or_else(|| panic!("the default of `{name}` is not one of its values"));
        Self { name, label, kind: Kind::Slider { default, stops } }
    }

    /// A choice between alternatives, each with its key and its words; it starts with the first.
    pub fn choice(name: &'static str, label: &'static str, alternatives: &[(&str, &str)]) -> Self {
        let stop = |(index, (key, shown)): (usize, &(&str, &str))| Stop {
            key: (*key).to_owned(),
            shown: (*shown).to_owned(),
            value: index as f64,
        };
        let stops = alternatives.iter().enumerate().map(stop).collect();
        Self { name, label, kind: Kind::Choice { default: 0, stops } }
    }

    /// The same choice, which starts with the alternative of this index.
    #[must_use]
    pub fn starting_with(mut self, index: usize) -> Self {
        if let Kind::Choice { default, .. } = &mut self.kind {
            *default = index;
        }
        self
    }

    /// A word to type.
    pub fn word(name: &'static str, label: &'static str, default: &'static str) -> Self {
        Self { name, label, kind: Kind::Word { default } }
    }

    /// For the page, which makes an input of it.
    pub(crate) fn to_json(&self) -> Json {
        let stop = |stop: &Stop| {
            Json::Object(vec![("key", stop.key.as_str().into()), ("shown", stop.shown.as_str().into())])
        };
        let stops = |stops: &[Stop]| stops.iter().map(stop).collect();
        let [kind, default, rest] = match &self.kind {
            Kind::Slider { default, stops: all } => {
                [("kind", "slider".into()), ("default", (*default).into()), ("stops", stops(all))]
            }
            Kind::Choice { default, stops: all } => {
                [("kind", "choice".into()), ("default", (*default).into()), ("stops", stops(all))]
            }
            Kind::Word { default } => {
                [("kind", "word".into()), ("default", (*default).into()), ("longest", WORD_MAX.into())]
            }
        };
        Json::Object(vec![("name", self.name.into()), ("label", self.label.into()), kind, default, rest])
    }
}

/// What all controls of an explorable are set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    numbers: BTreeMap<&'static str, f64>,
    words: BTreeMap<&'static str, String>,
}

impl Values {
    /// What `given` says, by the keys of the stops, and the default where it says nothing.
    ///
    /// # Errors
    ///
    /// One sentence, when a name or a key is not known, or a word is too long.
    pub fn read(controls: &[Control], given: &BTreeMap<String, String>) -> Result<Self, String> {
        if let Some(unknown) = given.keys().find(|name| controls.iter().all(|c| c.name != **name)) {
            return Err(format!("there is no control `{unknown}`"));
        }
        let mut values = Self { numbers: BTreeMap::new(), words: BTreeMap::new() };
        for control in controls {
            let said = given.get(control.name);
            match &control.kind {
                Kind::Slider { default, stops } | Kind::Choice { default, stops } => {
                    let stop = match said {
                        None => &stops[*default],
                        Some(key) => stops
                            .iter()
                            .find(|stop| stop.key == *key)
                            .ok_or_else(|| format!("`{}` cannot be `{key}`", control.name))?,
                    };
                    values.numbers.insert(control.name, stop.value);
                }
                Kind::Word { default } => {
                    let word = said.map_or(*default, String::as_str);
                    if word.chars().count() > WORD_MAX {
                        return Err(format!("`{}` is longer than {WORD_MAX} characters", control.name));
                    }
                    values.words.insert(control.name, word.to_owned());
                }
            }
        }
        Ok(values)
    }

    /// The value of a slider, or the index of a choice.
    ///
    /// # Panics
    ///
    /// When there is no such control.
    pub fn number(&self, name: &str) -> f64 {
        self.numbers[name]
    }

    /// The same, as a whole number from 0.
    ///
    /// # Panics
    ///
    /// When there is no such control.
    pub fn count(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    /// The word of a control.
    ///
    /// # Panics
    ///
    /// When there is no such control.
    pub fn word(&self, name: &str) -> &str {
        &self.words[name]
    }
}

/// A number in as few characters as keep what a slider distinguishes: at most six decimals.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The number that [`short`] writes. A whole number divided by a power of ten is what reading its digits gives, and
/// reading would bring tables along that are a tenth of a module.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// From `first` to `last`, both included, in steps.
pub fn steps(first: f64, last: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = ((last - first) / step).round() as usize;
    (0..=count).map(move |i| first + i as f64 * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_its_key_says() {
        let tenths = steps(0.0, 20.0, 0.1);
        for value in tenths.chain([0.999, 1e-6, 0.3 - 0.1, 1.0 / 3.0, 2.0 / 3.0, 123_456.7, 5e9, -0.7]) {
            assert_eq!(short(value).parse(), Ok(rounded(value)), "{value}");
        }
    }
}
