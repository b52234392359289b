//! Checks a store of idempotency keys.

use std::sync::{Arc, Barrier};
use std::thread;

use algorithms::interrupt::checkpoint;
use algorithms::rest::{Begin as Real, IdempotencyStore, Scope, Ticket};
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

/// What a handler is told before it does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Do it, with this ticket.
    New(u64),
    /// Another request is doing it.
    InFlight,
    /// It was done, with this response.
    Replay(String),
    /// The key was used for another request.
    Mismatch,
    /// Somebody began it and was not heard of again; go on with this ticket.
    Recover(u64),
}

/// A store of idempotency keys, as the exercise asks for it.
pub trait IdemStore: Send + Sync + 'static {
    /// An empty store.
    fn new() -> Self
    where
        Self: Sized;
    /// A request comes, at `now` seconds.
    fn begin(&self, who: &str, route: &str, key: &str, fingerprint: u64, now: u64) -> Begin;
    /// The work of a ticket is done, with this response.
    fn finish(&self, ticket: u64, response: &str, now: u64);
    /// Nothing was done under a ticket.
    fn release(&self, ticket: u64);
}

type Make = fn() -> Arc<dyn IdemStore>;

/// Checks a learner's store.
pub fn idempotency_store<T: IdemStore>() -> Report {
    check(|| Arc::new(T::new()))
}

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("the first is new, the next waits, then the response is replayed", move || replays(make))
        .visible("another fingerprint is a mismatch", move || mismatch(make))
        .visible("a key belongs to one caller and one route", move || scoped(make))
        .visible("what was given up for 60 s is recovered, once", move || recovers(make))
        .hidden("of 64 requests at once, one is new", move || one_of_many(make))
        .hidden("a response is replayed for 86,400 s", move || expires(make))
        .hidden("a released key is new; a void ticket does nothing", move || released(make))
        .hidden("callers and routes may contain any characters", move || any_characters(make))
        .hidden("500 random histories end as they should", move || histories(make))
        .finish()
}

const ROUTE: &str = "POST /orders";

/// The ticket of a first request, which must be new.
fn reserve(store: &dyn IdemStore, who: &str, route: &str, key: &str, now: u64) -> Result<u64, Failure> {
    match store.begin(who, route, key, 7, now) {
        Begin::New(ticket) => Ok(ticket),
        other => Err(Failure::new("New", format!("{other:?}"))
            .input(format!("a first begin({who:?}, {route:?}, {key:?}, 7, {now})"))),
    }
}

fn expect(found: &Begin, expected: &Begin, input: &str) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}")).input(input))
}

fn replays(make: Make) -> Result<(), Failure> {
    let store = make();
    let ticket = reserve(&*store, "ada", ROUTE, "k1", 0)?;
    let again = store.begin("ada", ROUTE, "k1", 7, 5);
    if matches!(again, Begin::New(_)) {
        return Err(Failure::new("InFlight", format!("{again:?}")).input("begin, and the same again at 5"));
    }
    expect(&again, &Begin::InFlight, "begin, and the same again at 5")?;
    store.finish(ticket, "201 order 1", 6);
    let input = "begin, finish(t, \"201 order 1\", 6), begin at 7";
    let found = store.begin("ada", ROUTE, "k1", 7, 7);
    expect(&found, &Begin::Replay("201 order 1".to_owned()), input).map_err(|failure| {
        if matches!(found, Begin::Replay(_)) { failure.known(known::WRONG_RESPONSE) } else { failure }
    })?;
    for key in ["k2", "K1"] {
        let other = reserve(&*store, "ada", ROUTE, key, 8)?;
        if other == ticket {
            return Err(
                Failure::new("another ticket", format!("{other} again")).input("begin with another key")
            );
        }
    }
    Ok(())
}

fn mismatch(make: Make) -> Result<(), Failure> {
    let store = make();
    let ticket = reserve(&*store, "ada", ROUTE, "k1", 0)?;
    let in_flight = store.begin("ada", ROUTE, "k1", 8, 1);
    store.finish(ticket, "201 order 1", 2);
    let done = store.begin("ada", ROUTE, "k1", 8, 3);
    let (flight, end) = (in_flight == Begin::Mismatch, done == Begin::Mismatch);
    if flight && end {
        return Ok(());
    }
    let failure = Failure::new("Mismatch, in flight and done", format!("{in_flight:?}, {done:?}"))
        .input("fingerprint 8 after one with 7");
    Err(match (in_flight, done) {
        (_, Begin::Replay(_)) => failure.known(known::OTHER_BODY_REPLAYED),
        (Begin::InFlight, Begin::Mismatch) => failure.known(known::MISMATCH_IN_FLIGHT),
        _ => failure,
    })
}

fn scoped(make: Make) -> Result<(), Failure> {
    for (who, route, diagnosis) in [
        ("bob", ROUTE, known::NOT_PER_CALLER),
        ("Ada", ROUTE, known::NOT_PER_CALLER),
        ("ada", "POST /refunds", known::NOT_PER_ROUTE),
        ("ada", "PUT /orders", known::NOT_PER_ROUTE),
    ] {
        let store = make();
        let ticket = reserve(&*store, "ada", ROUTE, "k1", 0)?;
        let first = reserve(&*store, who, route, "k1", 1);
        store.finish(ticket, "201 order 1", 2);
        let second = store.begin(who, route, "k1", 7, 3);
        if let Err(failure) = first {
            return Err(failure.known(diagnosis));
        }
        if second != Begin::InFlight {
            return Err(Failure::new("InFlight", format!("{second:?}"))
                .input(format!("{who} on {route} after ada's order was finished"))
                .known(diagnosis));
        }
    }
    Ok(())
}

fn recovers(make: Make) -> Result<(), Failure> {
    let store = make();
    let lost = reserve(&*store, "ada", ROUTE, "k1", 0)?;
    let input = "begin at 0, nothing more, begin at 59, 60 and 61";
    expect(&store.begin("ada", ROUTE, "k1", 7, 59), &Begin::InFlight, input)?;
    let taken = store.begin("ada", ROUTE, "k1", 7, 60);
    let ticket = match taken {
        Begin::Recover(ticket) => ticket,
        other => {
            let failure = Failure::new("Recover at 60", format!("{other:?}")).input(input);
            return Err(match other {
                // Not for one that is only too late.
                Begin::InFlight if store.begin("ada", ROUTE, "k1", 7, 100_000) == Begin::InFlight => {
                    failure.known(known::STUCK_AFTER_A_CRASH)
                }
                Begin::New(_) => failure.known(known::RECOVER_AS_NEW),
                _ => failure,
            });
        }
    };
    let third = store.begin("ada", ROUTE, "k1", 7, 61);
    if let Begin::Recover(_) = third {
        return Err(Failure::new("InFlight at 61", format!("{third:?}"))
            .input(input)
            .known(known::EVERYONE_RECOVERS));
    }
    expect(&third, &Begin::InFlight, input)?;
    store.finish(lost, "late", 62);
    let after = store.begin("ada", ROUTE, "k1", 7, 63);
    if after != Begin::InFlight || ticket == lost {
        return Err(Failure::new(
            "InFlight: the old ticket is void",
            format!("{after:?}, tickets {lost} and {ticket}"),
        )
        .input("begin at 0, Recover at 60, then finish with the ticket of 0")
        .known(known::OLD_TICKET_COUNTS));
    }
    store.finish(ticket, "201 order 1", 64);
    expect(
        &store.begin("ada", ROUTE, "k1", 7, 65),
        &Begin::Replay("201 order 1".to_owned()),
        "Recover, then finish",
    )
}

/// How many requests come at once, and how often that is tried: one round may go well by luck.
const CROWD: usize = 64;
const ROUNDS: usize = 30;

fn one_of_many(make: Make) -> Result<(), Failure> {
    let store = make();
    for round in 0..ROUNDS {
        checkpoint();
        let start = Arc::new(Barrier::new(CROWD));
        let threads: Vec<_> = (0..CROWD)
            .map(|_| {
                let (store, start) = (store.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    store.begin("ada", ROUTE, &format!("k{round}"), 7, 0)
                })
            })
            .collect();
        let told: Vec<Begin> = threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
        let new = told.iter().filter(|begin| matches!(begin, Begin::New(_))).count();
        let waiting = told.iter().filter(|begin| **begin == Begin::InFlight).count();
        let failure = Failure::new("1 New, 63 InFlight", format!("{new} New, {waiting} InFlight"))
            .input("begin with one key, on 64 threads at once");
        if new > 1 {
            return Err(failure.known(known::RACE));
        }
        if new + waiting != CROWD || new == 0 {
            return Err(failure);
        }
    }
    Ok(())
}

fn expires(make: Make) -> Result<(), Failure> {
    for fingerprint in [7, 8] {
        let store = make();
        let ticket = reserve(&*store, "ada", ROUTE, "k1", 0)?;
        store.finish(ticket, "201 order 1", 107);
        let last = store.begin("ada", ROUTE, "k1", 7, 86_506);
        expect(&last, &Begin::Replay("201 order 1".to_owned()), "finished at 107, begin at 86,506")?;
        let at = store.begin("ada", ROUTE, "k1", fingerprint, 86_507);
        if matches!(at, Begin::New(_)) {
            continue;
        }
        let later = store.begin("ada", ROUTE, "k1", fingerprint, 200_000);
        let failure = Failure::new("New", format!("{at:?}"))
            .input(format!("finished at 107, begin with fingerprint {fingerprint} at 86,507"));
        let only_late = matches!(later, Begin::New(_));
        return Err(failure.known(if only_late { known::EXPIRY_OFF_BY_ONE } else { known::NEVER_EXPIRES }));
    }
    Ok(())
}

fn released(make: Make) -> Result<(), Failure> {
    let store = make();
    let ticket = reserve(&*store, "ada", ROUTE, "k1", 0)?;
    store.release(ticket);
    let again = reserve(&*store, "ada", ROUTE, "k1", 1)?;
    store.finish(ticket, "void", 2);
    let input = "begin, release, begin, then finish with the first ticket";
    expect(&store.begin("ada", ROUTE, "k1", 7, 3), &Begin::InFlight, input)
        .map_err(|failure| failure.known(known::OLD_TICKET_COUNTS))?;
    store.finish(again, "201 order 1", 4);
    store.release(again);
    let found = store.begin("ada", ROUTE, "k1", 7, 5);
    let done = Begin::Replay("201 order 1".to_owned());
    expect(&found, &done, "begin, finish, then release with the same ticket")
        .map_err(|failure| failure.known(known::RELEASED_WHEN_DONE))?;
    store.finish(again, "another", 6);
    expect(&store.begin("ada", ROUTE, "k1", 7, 7), &done, "begin, finish, then finish again")
}

fn any_characters(make: Make) -> Result<(), Failure> {
    for separator in ["", "/", ":", "|", " ", ",", "-", "_", "#", ";", "\n", "\0", "\u{1f}", "::"] {
        let (one, other) = (format!("a{separator}b"), format!("b{separator}c"));
        for [first, second] in
            [[["a", &other, "k"], [&one, "c", "k"]], [["w", "a", &other], ["w", &one, "c"]]]
        {
            let store = make();
            reserve(&*store, first[0], first[1], first[2], 0)?;
            reserve(&*store, second[0], second[1], second[2], 0)
                .map_err(|failure| failure.known(known::JOINED_TEXT))?;
        }
    }
    Ok(())
}

/// The library's own store, with the tickets that both gave out.
struct Model {
    store: IdempotencyStore<String>,
    tickets: Vec<(u64, Ticket)>,
}

fn histories(make: Make) -> Result<(), Failure> {
    use std::time::Duration;
    let mut rng = Rng::new(16);
    for _ in 0..500 {
        checkpoint();
        let store = make();
        let new = IdempotencyStore::new(Duration::from_secs(86_400), Duration::from_secs(60));
        let mut model = Model { store: new, tickets: Vec::new() };
        let (mut done, mut now) = (String::new(), 0);
        for step in 0..25 {
            now += [0, 1, 30, 60, 40_000][rng.index(5)];
            let time = Duration::from_secs(now);
            let pick = (!model.tickets.is_empty()).then(|| rng.index(model.tickets.len()));
            match (rng.index(4), pick) {
                (0, Some(ticket)) => {
                    let (own, real) = model.tickets[ticket].clone();
                    let response = format!("response {step}");
                    done += &format!("finish({own}) at {now}; ");
                    store.finish(own, &response, now);
                    model.store.finish(real, response, time);
                }
                (1, Some(ticket)) => {
                    let (own, real) = model.tickets[ticket].clone();
                    done += &format!("release({own}); ");
                    store.release(own);
                    model.store.release(real);
                }
                _ => {
                    let (key, fingerprint) = (["k1", "k2"][rng.index(2)], rng.below(8) / 7);
                    let found = store.begin("ada", ROUTE, key, fingerprint, now);
                    let right = model.store.begin(&Scope::new("ada", ROUTE, key), fingerprint, time);
                    let same = model.agree(&found, &right);
                    done += &format!("begin({key}, {fingerprint}) at {now}: {found:?}; ");
                    if !same {
                        let right = format!("{right:?}");
                        let right = right.split('(').next().unwrap_or_default();
                        return Err(Failure::new(right, format!("{found:?}")).input(done));
                    }
                }
            }
        }
    }
    Ok(())
}

impl Model {
    /// Whether the learner's store said the same; a ticket that both gave out is remembered.
    fn agree(&mut self, found: &Begin, right: &Real<String>) -> bool {
        match (found, right) {
            (Begin::New(own), Real::New(real)) | (Begin::Recover(own), Real::Recover(real)) => {
                let fresh = self.tickets.iter().all(|(other, _)| other != own);
                self.tickets.push((*own, real.clone()));
                fresh
            }
            (Begin::Replay(own), Real::Replay(real)) => own == real,
            (Begin::InFlight, Real::InFlight) | (Begin::Mismatch, Real::Mismatch) => true,
            _ => false,
        }
    }
}
