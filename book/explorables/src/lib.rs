//! Explorables: figures with sliders, drawn by the same code that the lessons run.
//!
//! Each is one program in `src/bin/`: a function from the values of its [`Control`]s and a width to a [`View`], which
//! is a drawing, words, and numbers. It reads nothing else, so the same values give the same numbers on every machine.
//! Compiled to wasm, the program is the module that a page loads when the figure is scrolled into view; compiled for
//! this machine, it answers the same questions to the tests. This library is what the figures share.
//!
//! | module | has |
//! |---|---|
//! | [`control`] | what a reader can change |
//! | [`view`] | what is shown for it |
//! | [`svg`] | a writer of drawings |
//! | [`chart`] | axes and curves |
//!
//! # Adding one
//!
//! 1. Write `src/bin/NAME.rs`, where `NAME` is what the chapter will call it, in lower case with hyphens. Begin with
//!    the shortest that is there. Nothing lists the figures: cargo and the tests find the file.
//! 2. `cargo xtask wasm` makes `kept/NAME.wasm`, the module, and `kept/NAME.json`, the view of the default values,
//!    which stands on the page before the module is loaded, in notebooks and on paper. It says how large the module
//!    is; a page's reader may be on a phone, so a test holds each under 120 KB, compressed.
//! 3. Put `{{#explorable NAME}}` into the chapter, on a line of its own.
//! 4. `cargo xtask test explorables` compares the numbers in a browser with those of this machine, moves the sliders,
//!    and times a redraw. Look at the screenshots that it leaves.
//!
//! Keep the source file and both kept files in one commit. After a change of a figure, or of an algorithm that it
//! uses, steps 2 and 4 again: the test says when a kept module is not what the sources give now.

pub mod chart;
pub mod control;
mod json;
#[cfg(not(target_arch = "wasm32"))]
mod native;
pub mod svg;
pub mod view;
#[cfg(target_arch = "wasm32")]
mod wasm;

use std::collections::BTreeMap;
use std::process::ExitCode;

use control::{Control, Values};
use json::Json;
use view::View;

/// The widths that a drawing can have, in pixels.
const WIDTHS: std::ops::RangeInclusive<f64> = 300.0..=760.0;
/// The width of the recorded figures.
#[cfg(not(target_arch = "wasm32"))]
const RECORDED_WIDTH: f64 = 720.0;

/// One figure with sliders.
#[derive(Clone, Copy, Debug)]
pub struct Explorable {
    /// What a reader calls it.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// What can be changed.
    pub controls: fn() -> Vec<Control>,
    /// What that gives, at a width in pixels.
    pub draw: fn(&Values, f64) -> View,
}

impl Explorable {
    /// The whole of a figure's program: in a browser it answers from now on, elsewhere it does what its arguments say.
    pub fn run(self) -> ExitCode {
        #[cfg(target_arch = "wasm32")]
        return wasm::open(self);
        #[cfg(not(target_arch = "wasm32"))]
        native::run(&self)
    }

    /// Answers a question, in JSON.
    ///
    /// `describe` asks for the controls. `draw=640&bits=64&key=a+b` asks for the view of this width and of these
    /// values, written as in an address; a control that is not named has its default. Anything wrong is answered by
    /// `{"error": SENTENCE}`.
    pub fn answer(&self, question: &str) -> String {
        let answer = if question == "describe" { Ok(self.describe()) } else { self.drawn(question) };
        answer.unwrap_or_else(|error| Json::Object(vec![("error", error.as_str().into())])).to_string()
    }

    fn drawn(&self, question: &str) -> Result<Json, String> {
        let pairs = question.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut given: BTreeMap<String, String> =
            pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
        let width = given.remove("draw").and_then(|width| width.parse::<u16>().ok());
        let width = width.ok_or("a question is `describe`, or `draw=WIDTH` and the values of controls")?;
        Ok(self.view(&given, f64::from(width))?.to_json())
    }

    /// The view of these values, by the keys of the stops.
    fn view(&self, given: &BTreeMap<String, String>, width: f64) -> Result<View, String> {
        let values = Values::read(&(self.controls)(), given)?;
        Ok((self.draw)(&values, width.clamp(*WIDTHS.start(), *WIDTHS.end())))
    }

    /// What the page needs to make the inputs.
    fn describe(&self) -> Json {
        Json::Object(vec![
            ("title", self.title.into()),
            ("about", self.about.into()),
            ("controls", (self.controls)().iter().map(Control::to_json).collect()),
        ])
    }
}

/// A piece of an address as it was before it was put there.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).unwrap_or(0) as u8;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit() * 16 + digit(),
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The names of the files with this ending in a folder of this crate.
    fn names(folder: &str, ending: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
        names.filter_map(|name| Some(name.strip_suffix(ending)?.to_owned())).collect()
    }

    #[test]
    fn each_figure_has_its_module_and_its_recorded_view() {
        let figures = names("src/bin", ".rs");
        assert!(!figures.is_empty());
        for ending in [".wasm", ".json"] {
            assert_eq!(names("kept", ending), figures, "`cargo xtask wasm` makes kept/*{ending}");
        }
    }

    #[test]
    fn words_come_through_an_address() {
        for (written, word) in
            [("a+b", "a b"), ("gr%C3%B6%C3%9Fe", "größe"), ("50%25%26%2B", "50%&+"), ("", "")]
        {
            assert_eq!(decoded(written), word);
        }
        // Nonsense is a word too.
        assert_eq!(decoded("%zz%C3"), "\0\u{fffd}");
    }

    #[test]
    fn a_question_is_answered_or_refused_in_a_sentence() {
        let figure = Explorable {
            title: "A word",
            about: "What was typed.",
            controls: || vec![Control::word("key", "Key", "grace")],
            draw: |values, width| View {
                svg: width.to_string(),
                alt: values.word("key").to_owned(),
                facts: Vec::new(),
                columns: Vec::new(),
                rows: Vec::new(),
            },
        };
        let answer = |question| -> serde_json::Value {
            serde_json::from_str(&figure.answer(question)).expect("an answer in JSON")
        };
        assert_eq!(answer("describe")["controls"][0]["default"], "grace");
        assert_eq!(answer("draw=640")["alt"], "grace");
        assert_eq!(
            (&answer("draw=640&key=a+%22b%22")["alt"], &answer("draw=9&key=")["svg"]),
            (&"a \"b\"".into(), &"300".into())
        );
        for wrong in ["", "draw", "draw=wide", "key=grace", "draw=640&none=1", "tell"] {
            assert!(answer(wrong)["error"].as_str().is_some_and(|error| error.len() > 20), "{wrong}");
        }
    }
}
