//! Checks a read path: filter, cache, store, in an order that survives the loss of each.

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// What a cache keeps for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Where the link leads.
    Url(String),
    /// That there is no such link.
    Absent,
}

/// What a visitor is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Status 302: where the link leads.
    Found(String),
    /// Status 404: there is no such link.
    NotFound,
    /// Status 503: come back later.
    TryLater,
}

/// It does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down;

/// What a read path asks.
pub trait ReadParts {
    /// The filter: false when there is certainly no such code.
    fn may_exist(&mut self, code: &str) -> bool;
    /// What the cache keeps for a code, if anything.
    ///
    /// # Errors
    ///
    /// When the cache is down.
    fn cached(&mut self, code: &str) -> Result<Option<Kept>, Down>;
    /// Keeps this for a code, for so many seconds.
    ///
    /// # Errors
    ///
    /// When the cache is down.
    fn keep(&mut self, code: &str, entry: Kept, seconds: u32) -> Result<(), Down>;
    /// Asks the store, which is slow: where the link leads, or `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the store is down.
    fn stored(&mut self, code: &str) -> Result<Option<String>, Down>;
}

/// A code and what it asks in; what the visitor is told out.
type Answer = fn(&str, &mut dyn ReadParts) -> Told;
planted!("scalability/read_path");

/// Some visits with one code, and what is up at each.
struct Visits {
    code: &'static str,
    /// What the cache has before.
    kept: Option<Kept>,
    visits: Vec<Up>,
}

#[derive(Clone, Copy, Debug)]
enum Up {
    All,
    NoStore,
    NoCache,
    /// The cache answers, and is down when something is to be kept.
    CacheDies,
    Nothing,
}

/// A read path acts on what it is given, so an answer is all it did: for each visit the parts that it asked, in order,
/// and what it told.
const QUESTION: Question<Answer, Visits, Vec<String>> = Question {
    ask: |resolve, visits| visits.run(resolve),
    right: |visits| visits.run(reference),
    accepts: None,
    same: |one, other| one == other,
    input: |Visits { code, kept, visits }| {
        let kept = kept.as_ref().map(|kept| format!(", when {kept:?} is in the cache")).unwrap_or_default();
        let code = format!("resolve({code:?}, ..), {}{kept}", existing(code));
        match visits[..] {
            [Up::All] => code,
            _ => format!("{code}; one visit each with {visits:?}"),
        }
    },
    output: |visits| visits.join("; "),
};

/// Checks a function that looks for a code: what a visitor is told, and whom it asks for that.
pub fn read_path(resolve: fn(&str, &mut dyn ReadParts) -> Told) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, resolve, MISTAKES)
        .visible("a link is found, kept for some minutes, and found again without the store", || {
            vec![visits("ada", None, &[Up::All]), visits("ada", None, &[Up::All, Up::NoStore, Up::All])]
        })
        .visible("what the filter denies reaches neither cache nor store", || {
            vec![visits("nobody", None, &[Up::All, Up::Nothing])]
        })
        .visible("with the cache down, the store answers", || {
            vec![visits("ada", None, &[Up::NoCache]), visits("ghost", None, &[Up::NoCache, Up::CacheDies])]
        })
        .visible("a \"maybe\" of the filter is no link, and is asked of the store once", || {
            vec![visits("ghost", None, &[Up::All, Up::All, Up::NoStore])]
        })
        .hidden("a store that is down is not an absent link, and nothing is kept of it", || {
            vec![
                visits("ada", None, &[Up::NoStore, Up::Nothing, Up::All]),
                visits("ghost", None, &[Up::NoStore]),
            ]
        })
        .hidden("what is in the cache is told, whatever the store has", || {
            let states = [Up::All, Up::NoStore, Up::CacheDies];
            vec![
                visits("ada", Some(Kept::Url("https://example.org/old".into())), &states),
                visits("ada", Some(Kept::Absent), &states),
            ]
        })
        .hidden("when keeping fails, the answer is the same", || {
            vec![
                visits("ada", None, &[Up::CacheDies, Up::All]),
                visits("ghost", None, &[Up::CacheDies, Up::All]),
            ]
        })
        .described(known::FILTER_TOO_LATE, |_, _, visits| {
            visits.iter().any(|visit| !visit.starts_with("filter,") && !visit.starts_with("filter:"))
        })
        .described(known::ABSENT_TOO_LONG, |_, _, visits| visits.join(";").contains("keep Absent too long"))
        .described(known::ABSENT_TOO_SHORT, |_, _, visits| {
            visits.join(";").contains("keep Absent too briefly")
        })
        .described(known::LINKS_TOO_SHORT, |_, _, visits| visits.join(";").contains("keep Url too briefly"))
        .described(known::LINKS_TOO_LONG, |_, _, visits| visits.join(";").contains("keep Url too long"))
        .described(known::ASKED_TWICE, |_, _, visits| {
            visits.iter().any(|visit| {
                ["filter", "cache", "store", "keep"].iter().any(|part| visit.matches(part).count() > 1)
            })
        })
        .finish()
}

fn visits(code: &'static str, kept: Option<Kept>, visits: &[Up]) -> Visits {
    Visits { code, kept, visits: visits.into() }
}

fn existing(code: &str) -> &'static str {
    match code {
        "ada" => "an existing link",
        "ghost" => "of which the filter says maybe and the store has none",
        _ => "which the filter denies",
    }
}

/// The right read path.
fn reference(code: &str, parts: &mut dyn ReadParts) -> Told {
    if !parts.may_exist(code) {
        return Told::NotFound;
    }
    match parts.cached(code) {
        Ok(Some(Kept::Url(url))) => return Told::Found(url),
        Ok(Some(Kept::Absent)) => return Told::NotFound,
        Ok(None) | Err(Down) => {}
    }
    let Ok(stored) = parts.stored(code) else { return Told::TryLater };
    let (entry, seconds) = match &stored {
        Some(url) => (Kept::Url(url.clone()), 300),
        None => (Kept::Absent, 5),
    };
    let _ = parts.keep(code, entry, seconds);
    stored.map_or(Told::NotFound, Told::Found)
}

impl Visits {
    fn run(&self, resolve: Answer) -> Vec<String> {
        let mut world = World { code: self.code, kept: self.kept.clone(), up: Up::All, asked: Vec::new() };
        let visit = |&up: &Up| {
            world.up = up;
            let told = resolve(self.code, &mut world);
            let mut asked = std::mem::take(&mut world.asked);
            // To have a cache keep this that has just not answered is of no use, and does no harm.
            let last = asked.last().map(String::as_str);
            let proper = matches!(last, Some("keep Url for minutes" | "keep Absent for seconds"));
            if proper && matches!(up, Up::NoCache | Up::Nothing) {
                asked.pop();
            }
            format!("{}: {told:?}", asked.join(", "))
        };
        self.visits.iter().map(visit).collect()
    }
}

/// Filter, cache and store, which write down what they are asked.
struct World {
    code: &'static str,
    kept: Option<Kept>,
    up: Up,
    asked: Vec<String>,
}

impl World {
    fn note(&mut self, what: &str, code: &str) {
        let other = if code == self.code { String::new() } else { format!(" for {code:?}") };
        self.asked.push(format!("{what}{other}"));
    }
}

impl ReadParts for World {
    fn may_exist(&mut self, code: &str) -> bool {
        self.note("filter", code);
        code != "nobody"
    }

    fn cached(&mut self, code: &str) -> Result<Option<Kept>, Down> {
        self.note("cache", code);
        match self.up {
            Up::NoCache | Up::Nothing => Err(Down),
            _ => Ok(self.kept.clone().filter(|_| code == self.code)),
        }
    }

    fn keep(&mut self, code: &str, entry: Kept, seconds: u32) -> Result<(), Down> {
        let how_long = match (&entry, seconds) {
            (Kept::Url(_), 30..=3_600) => "for minutes",
            (Kept::Absent, 1..=10) => "for seconds",
            (Kept::Url(_), 0..30) | (Kept::Absent, 0) => "too briefly",
            _ => "too long",
        };
        // What is kept must be what the store has said.
        let entry_name = match &entry {
            Kept::Url(url) if *url == ADA => "Url".to_owned(),
            Kept::Url(url) => format!("Url({url:?})"),
            Kept::Absent => "Absent".to_owned(),
        };
        self.note(&format!("keep {entry_name} {how_long}"), code);
        match self.up {
            Up::All | Up::NoStore => {
                self.kept = (seconds > 0).then_some(entry);
                Ok(())
            }
            _ => Err(Down),
        }
    }

    fn stored(&mut self, code: &str) -> Result<Option<String>, Down> {
        self.note("store", code);
        match self.up {
            Up::NoStore | Up::Nothing => Err(Down),
            _ => Ok((code == "ada").then(|| ADA.to_owned())),
        }
    }
}

const ADA: &str = "https://example.org/ada";
