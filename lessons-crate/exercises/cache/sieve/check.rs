//! Checks a SIEVE cache.

use algorithms::cache::{Cache, Eviction, Sieve, trace};
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

/// A set of keys that evicts by SIEVE, as the exercise asks for it.
pub trait SieveExercise: 'static {
    /// An empty cache with room for `capacity` keys, at least 1.
    fn new(capacity: usize) -> Self
    where
        Self: Sized;
    /// Whether the key is stored; it is now marked as visited.
    fn get(&mut self, key: u64) -> bool;
    /// Stores a key that is not stored, and gives back the key that had to leave, if one had to.
    fn insert(&mut self, key: u64) -> Option<u64>;
}

/// Checks a learner's SIEVE cache.
pub fn sieve<T: SieveExercise>() -> Report {
    check(|capacity| Box::new(T::new(capacity)))
}

type Make = fn(usize) -> Box<dyn SieveExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("without a visit keys leave in the order in which they came", move || leaves_in_order(make))
        .visible("a visited key is passed over once", move || visited_is_passed_over(make))
        .visible("the hand goes on where it stopped", move || hand_goes_on(make))
        .visible("the hand passes the newest key and starts again at the oldest", move || hand_wraps(make))
        .hidden("a visit moves nothing", move || visits_move_nothing(make))
        .hidden("500 random runs end as they should", move || random_runs(make))
        .hidden("on web traffic it hits 5 points more than LRU", move || beats_lru(make))
        .finish()
}

/// One letter is one step: a capital inserts the key, a small letter asks for it. Gives what was evicted, in order.
fn play(make: Make, capacity: usize, steps: &str) -> String {
    let mut cache = make(capacity);
    let mut evicted = String::new();
    for step in steps.chars() {
        checkpoint();
        let key = u64::from(step.to_ascii_uppercase());
        if step.is_ascii_lowercase() {
            cache.get(key);
        } else if let Some(key) = cache.insert(key) {
            evicted.push(u8::try_from(key).map_or('?', char::from));
        }
    }
    evicted
}

fn words(capacity: usize, steps: &str) -> String {
    let step = |c: char| {
        if c.is_ascii_lowercase() { format!("get {}", c.to_ascii_uppercase()) } else { format!("insert {c}") }
    };
    let steps: Vec<String> = steps.chars().map(step).collect();
    format!("new({capacity}), {}", steps.join(", "))
}

fn play_and_compare(make: Make, steps: &str, expected: &str, known: &[(&str, Known)]) -> Result<(), Failure> {
    let found = play(make, 3, steps);
    if found == expected {
        return Ok(());
    }
    let failure = Failure::new(
        format!("{expected} leave"),
        if found.is_empty() { "none leave".into() } else { format!("{found} leave") },
    )
    .input(words(3, steps));
    let known = known.iter().find(|(wrong, _)| found.starts_with(wrong));
    Err(match known {
        Some(&(_, known)) => failure.known(known),
        None => failure,
    })
}

fn leaves_in_order(make: Make) -> Result<(), Failure> {
    if play(make, 3, "ABCDEF") == "AB" {
        return Err(Failure::new("ABC leave", "AB leave")
            .input(words(3, "ABCDEF"))
            .known(known::CAPACITY_EXCEEDED));
    }
    play_and_compare(make, "ABCDEF", "ABC", &[("CDE", known::NEWEST_FIRST), ("AC", known::HAND_SKIPS_ONE)])
}

fn visited_is_passed_over(make: Make) -> Result<(), Failure> {
    // First what tells a key that counts as visited from a bit that is ignored.
    if play(make, 3, "ABCDbE") == "AC" && play(make, 3, "ABCaD") == "A" {
        return Err(Failure::new("B leaves", "A leaves").input(words(3, "ABCaD")).known(known::BORN_VISITED));
    }
    if play(make, 3, "ABCaD") == "B" && play(make, 3, "ABCaaD") == "A" {
        return Err(Failure::new("B leaves", "A leaves")
            .input(words(3, "ABCaaD"))
            .known(known::VISIT_TOGGLES));
    }
    play_and_compare(make, "ABCaD", "B", &[("A", known::BIT_IGNORED), ("C", known::NEWEST_FIRST)])
}

fn hand_goes_on(make: Make) -> Result<(), Failure> {
    play_and_compare(make, "ABCaDE", "BC", &[("BA", known::HAND_RESTARTS)])
}

fn hand_wraps(make: Make) -> Result<(), Failure> {
    play_and_compare(
        make,
        "ABCabcDE",
        "AB",
        &[
            // Only where a single visit is treated rightly.
            (if play(make, 3, "ABCaDEF") == "BCD" { "AD" } else { "-" }, known::BITS_STAY_SET),
            ("C", known::HAND_STOPS_AT_THE_END),
            ("BC", known::CLEARS_OTHER_BITS),
            ("BD", known::PASSES_ONLY_ONE),
        ],
    )?;
    play_and_compare(make, "ABCabDE", "CA", &[("CD", known::HAND_BEHIND_THE_END)])
}

fn visits_move_nothing(make: Make) -> Result<(), Failure> {
    // In LRU it is B that leaves third: its visit moved it, but it is the oldest of the three now.
    play_and_compare(make, "ABCbDEF", "ACD", &[("ACB", known::MOVES_ON_HIT)])?;
    play_and_compare(make, "ABCaDEF", "BCD", &[("BCA", known::SECOND_CHANCE)])
}

fn random_runs(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(4);
    for run in 0..500 {
        let capacity = 1 + run % 6;
        let (mut cache, mut model) = (make(capacity), Cache::<u64, (), _>::new(Sieve::new(capacity)));
        let mut done = format!("new({capacity})");
        for _ in 0..40 {
            checkpoint();
            let key = rng.below(2 * capacity as u64 + 1);
            let (found, expected) = (cache.get(key), model.get(&key).is_some());
            done += &format!(", get({key})");
            if found != expected {
                return Err(Failure::new(expected.to_string(), found.to_string()).input(done));
            }
            if !found {
                done += &format!(", insert({key})");
                let (found, expected) = (cache.insert(key), model.put(key, ()).map(|(key, ())| key));
                if found != expected {
                    let failure = Failure::new(format!("{expected:?} leaves"), format!("{found:?} leaves"));
                    return Err(failure.input(done));
                }
            }
        }
    }
    Ok(())
}

fn beats_lru(make: Make) -> Result<(), Failure> {
    // Small, because a solution may search its keys one by one.
    let (capacity, trace) = (60, trace::zipf(6_000, 0.8, 12_000, 4));
    let mut cache = make(capacity);
    let mut hits = 0;
    for key in &trace {
        checkpoint();
        if cache.get(*key) {
            hits += 1;
        } else {
            cache.insert(*key);
        }
    }
    let ratio = |hits: usize| hits as f64 / trace.len() as f64;
    let (found, lru) = (ratio(hits), ratio(Eviction::Lru.hits(capacity, &trace)));
    if found > lru + 0.05 {
        return Ok(());
    }
    Err(Failure::new(format!("more than {:.3}", lru + 0.05), format!("{found:.3}; LRU has {lru:.3}"))
        .input(format!("capacity {capacity}, {} requests for 6,000 keys, Zipf 0.8", trace.len())))
}
