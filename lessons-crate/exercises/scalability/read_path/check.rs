//! Checks a read path: filter, cache, store, in an order that survives the loss of each.

use std::collections::{BTreeMap, BTreeSet};

use super::EXERCISE;
use crate::{Checker, Failure, Report};

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

type Resolve = fn(&str, &mut dyn ReadParts) -> Told;

/// The longest that "there is none" may be kept, and the shortest that a link must be, in seconds.
const ABSENT_MOST: u32 = 10;
const LINK_LEAST: u32 = 30;

/// Parts that count.
#[derive(Default)]
struct World {
    links: BTreeMap<String, String>,
    /// Codes of no link that the filter does not deny.
    false_maybes: BTreeSet<String>,
    cache: BTreeMap<String, Kept>,
    kept: Vec<(String, Kept, u32)>,
    cache_down: bool,
    store_down: bool,
    cache_asked: u32,
    store_asked: u32,
}

impl World {
    fn new() -> Self {
        let links = [("ada", "https://example.org/ada"), ("alan", "https://example.org/alan")];
        let links = links.into_iter().map(|(code, url)| (code.to_owned(), url.to_owned())).collect();
        Self { links, false_maybes: BTreeSet::from(["ghost".to_owned()]), ..Self::default() }
    }
}

impl ReadParts for World {
    fn may_exist(&mut self, code: &str) -> bool {
        self.links.contains_key(code) || self.false_maybes.contains(code)
    }

    fn cached(&mut self, code: &str) -> Result<Option<Kept>, Down> {
        self.cache_asked += 1;
        if self.cache_down { Err(Down) } else { Ok(self.cache.get(code).cloned()) }
    }

    fn keep(&mut self, code: &str, entry: Kept, seconds: u32) -> Result<(), Down> {
        if self.cache_down {
            return Err(Down);
        }
        self.kept.push((code.to_owned(), entry.clone(), seconds));
        if seconds > 0 {
            self.cache.insert(code.to_owned(), entry);
        }
        Ok(())
    }

    fn stored(&mut self, code: &str) -> Result<Option<String>, Down> {
        self.store_asked += 1;
        if self.store_down { Err(Down) } else { Ok(self.links.get(code).cloned()) }
    }
}

fn ada() -> Told {
    Told::Found("https://example.org/ada".into())
}

fn expect(told: &Told, expected: &Told, input: &str) -> Result<(), Failure> {
    if told == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{expected:?}"), format!("{told:?}")).input(input))
}

/// Checks a function that looks for a code: what a visitor is told, and whom it asks for that.
pub fn read_path(resolve: fn(&str, &mut dyn ReadParts) -> Told) -> Report {
    Checker::new(&EXERCISE)
        .visible("a link is found, and the second time without the store", move || hits(resolve))
        .visible("what the filter denies reaches neither cache nor store", move || denied(resolve))
        .visible("with the cache down, the store answers", move || cache_down(resolve))
        .visible("a \"maybe\" of the filter is no link, and is asked of the store once", move || {
            ghost(resolve)
        })
        .hidden("absence is kept briefly, links longer", move || lifetimes(resolve))
        .hidden("a store that is down is not an absent link", move || store_down(resolve))
        .hidden("what is in the cache is told though the store is down", move || cache_only(resolve))
        .finish()
}

fn hits(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    let told = resolve("ada", &mut world);
    let diagnosis = match (world.cache_asked, world.store_asked) {
        (0, 0) => Some((
            "filter-inverted",
            "Nobody was asked for this link, which exists. `may_exist` is false when there is certainly none; on true, look.".into(),
        )),
        (_, 0) => Some((
            "miss-is-absent",
            "The cache did not have it, which says nothing about the link: a miss goes on to the store.".into(),
        )),
        _ => None,
    };
    expect(&told, &ada(), "resolve(\"ada\"), an existing link")
        .map_err(|failure| failure.maybe_diagnosis(diagnosis))?;
    let told = resolve("ada", &mut world);
    let absent = world.cache.get("ada") == Some(&Kept::Absent);
    let diagnosis = absent.then(|| {
        let message = "The store had the link, and `Kept::Absent` was kept for it: what is kept must be what was learned.";
        ("keeps-the-wrong-thing", message.to_owned())
    });
    expect(&told, &ada(), "resolve(\"ada\"), the second time")
        .map_err(|failure| failure.maybe_diagnosis(diagnosis))?;
    if world.store_asked == 1 {
        return Ok(());
    }
    let diagnosis = world.kept.is_empty().then(|| {
        let message = "Nothing was kept in the cache, so every visit asks the store: after the store has answered, `keep` it.";
        ("never-fills", message.to_owned())
    });
    Err(Failure::new("one question to the store for two visits", format!("{}", world.store_asked))
        .input("resolve(\"ada\") twice")
        .maybe_diagnosis(diagnosis))
}

fn denied(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    expect(&resolve("nobody", &mut world), &Told::NotFound, "resolve(\"nobody\"), denied by the filter")?;
    let (cache, store) = (world.cache_asked, world.store_asked);
    if cache + store == 0 && !world.kept.is_empty() {
        let (code, entry, _) = &world.kept[0];
        return Err(Failure::new("nothing is kept", format!("{entry:?} is kept for {code:?}"))
            .input("resolve(\"nobody\")")
            .diagnosis(
                "keeps-the-denied",
                "The filter says \"no\" again the next time, in memory. Kept, each made-up code costs a question to the cache and a place in it.",
            ));
    }
    if cache + store == 0 {
        return Ok(());
    }
    Err(Failure::new("no question to cache and store", format!("{cache} to the cache, {store} to the store"))
        .input("resolve(\"nobody\")")
        .diagnosis(
            "filter-too-late",
            "A bot that makes codes up costs a question for each. The filter knows that there is no such link, in memory: ask it before anything else.",
        ))
}

fn cache_down(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    world.cache_down = true;
    let told = resolve("ada", &mut world);
    let diagnosis = match told {
        Told::TryLater => Some((
            "cache-down-is-a-failure",
            "A cache that is down is a miss, not a failure: the store has the answer. Its errors must not leave this function, when reading and when keeping.".into(),
        )),
        Told::NotFound => Some((
            "cache-down-is-absent",
            "That the cache does not answer says nothing about the link, and the store has it. Told as 404, all links vanish with the cache: go on as after a miss.".into(),
        )),
        Told::Found(_) => None,
    };
    expect(&told, &ada(), "resolve(\"ada\") while the cache is down")
        .map_err(|failure| failure.maybe_diagnosis(diagnosis))
}

fn ghost(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    for visit in ["the first time", "the second time"] {
        let input = format!("resolve(\"ghost\"), {visit}: the filter says maybe, the store has none");
        let told = resolve("ghost", &mut world);
        let diagnosis = (told == Told::TryLater).then(|| {
            let message = "The answer is known, and will be the same later: there is no such link. That is `NotFound`, from the store and from what the cache keeps of it.";
            ("absence-is-a-failure", message.to_owned())
        });
        expect(&told, &Told::NotFound, &input).map_err(|failure| failure.maybe_diagnosis(diagnosis))?;
    }
    match world.store_asked {
        1 => Ok(()),
        asked if world.cache.get("ghost") == Some(&Kept::Absent) => Err(Failure::new("one question to the store", format!("{asked}"))
            .input("resolve(\"ghost\") twice")
            .diagnosis(
                "absence-not-believed",
                "`Kept::Absent` is in the cache, and the store is asked all the same: it is an answer, `NotFound`, and not a miss.",
            )),
        asked => Err(Failure::new("one question to the store", format!("{asked}"))
            .input("resolve(\"ghost\") twice")
            .diagnosis(
                "absence-not-kept",
                "A code that does not exist and slips through the filter is a miss each time it is asked for. Keep `Kept::Absent` as well, for a short time.",
            )),
    }
}

fn lifetimes(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    resolve("ada", &mut world);
    resolve("ghost", &mut world);
    for (code, entry, seconds) in &world.kept {
        if *entry == Kept::Absent && *seconds > ABSENT_MOST {
            return Err(Failure::new(format!("at most {ABSENT_MOST} s"), format!("{seconds} s"))
                .input(format!("keep({code:?}, Absent, {seconds})"))
                .diagnosis(
                    "absent-too-long",
                    "Somebody may make this very link a moment later, and would not find it: the absence must expire within seconds.",
                ));
        }
        if *entry != Kept::Absent && *seconds < LINK_LEAST {
            return Err(Failure::new(format!("at least {LINK_LEAST} s"), format!("{seconds} s"))
                .input(format!("keep({code:?}, Url, {seconds})"))
                .diagnosis(
                    "links-too-short",
                    "A link rarely changes; kept for a few seconds only, most visits are misses.",
                ));
        }
    }
    Ok(())
}

fn store_down(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    world.store_down = true;
    let told = resolve("ada", &mut world);
    let absent = world.cache.get("ada") == Some(&Kept::Absent);
    if told == Told::TryLater && !absent {
        return Ok(());
    }
    let found = format!("{told:?}{}", if absent { ", and Absent is kept" } else { "" });
    Err(Failure::new("TryLater, and nothing kept", found)
        .input("resolve(\"ada\") while the store is down")
        .diagnosis(
            "down-is-absent",
            "That the store did not answer says nothing about the link. Told as 404, and worse, kept, it makes links vanish that exist.",
        ))
}

fn cache_only(resolve: Resolve) -> Result<(), Failure> {
    let mut world = World::new();
    world.cache.insert("ada".into(), Kept::Url("https://example.org/ada".into()));
    world.store_down = true;
    let told = resolve("ada", &mut world);
    let asked = world.store_asked > 0;
    let diagnosis = asked.then(|| {
        let message = "The store was asked although the cache had the answer: then the cache saves nothing, and dies with the store.";
        ("store-before-cache", message.to_owned())
    });
    expect(&told, &ada(), "resolve(\"ada\"), in the cache, while the store is down")
        .map_err(|failure| failure.maybe_diagnosis(diagnosis))
}
