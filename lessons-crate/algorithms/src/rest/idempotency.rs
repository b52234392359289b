//! Idempotency keys: a request that is sent twice is done once.

use std::collections::BTreeMap;
use std::time::Duration;

/// Whose key it is, and for what: the same text from another client, or for another resource, is another key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Who is logged in.
    pub caller: String,
    /// Method and path, such as `POST /orders`.
    pub route: String,
    /// The value of `Idempotency-Key`.
    pub key: String,
}

impl Scope {
    /// A key of a caller for a route.
    pub fn new(caller: &str, route: &str, key: &str) -> Self {
        Self { caller: caller.to_owned(), route: route.to_owned(), key: key.to_owned() }
    }
}

/// The right to do the work of a key and to say how it ended. A later ticket for the same key makes it void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    scope: Scope,
    number: u64,
}

/// What a request with a key is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin<R> {
    /// Nobody has done it: do it, then [`finish`](IdempotencyStore::finish).
    New(Ticket),
    /// Another request is doing it: 409, and come back later.
    InFlight,
    /// It is done: this was the answer.
    Replay(R),
    /// The key was used for another request: 422.
    Mismatch,
    /// Whoever was doing it has not been heard of for too long. Perhaps it is done, perhaps not: look, then finish.
    Recover(Ticket),
}

/// Answers by idempotency key.
///
/// [`begin`](Self::begin) looks and reserves in one step. Looking first and reserving after it lets two requests in.
///
/// It is a model of what belongs into the database of the service: reservation, effect and answer must be committed
/// in one transaction, or a crash between them leaves an effect that nobody knows of ([`Begin::Recover`]).
///
/// # Complexity
///
/// O(log keys) for each call, and one sweep of all keys for each [`expire`](Self::expire).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rest::{Begin, IdempotencyStore, Scope};
///
/// let second = Duration::from_secs;
/// let mut store = IdempotencyStore::new(second(86_400), second(30));
/// let scope = Scope::new("ada", "POST /orders", "8e03");
/// let Begin::New(ticket) = store.begin(&scope, 7, second(0)) else { panic!() };
/// assert_eq!(store.begin(&scope, 7, second(1)), Begin::InFlight);
/// store.finish(ticket, "order 1", second(2));
/// assert_eq!(store.begin(&scope, 7, second(3)), Begin::Replay("order 1"));
/// assert_eq!(store.begin(&scope, 8, second(3)), Begin::Mismatch); // Another body.
/// ```
///
/// # Sources
///
/// J. Jena, S. Dalal, "The Idempotency-Key HTTP Header Field", Internet-Draft
/// draft-ietf-httpapi-idempotency-key-header-07, 2025. B. Leach, "Designing robust and predictable APIs with
/// idempotency", Stripe, 2017.
#[derive(Clone, Debug)]
pub struct IdempotencyStore<R> {
    records: BTreeMap<Scope, Record<R>>,
    /// How long an answer is kept.
    retention: Duration,
    /// After how long a reservation may be taken over.
    lease: Duration,
    tickets: u64,
}

#[derive(Clone, Debug)]
struct Record<R> {
    fingerprint: u64,
    state: State<R>,
}

#[derive(Clone, Debug)]
enum State<R> {
    /// Reserved by this ticket, at this time.
    Reserved(u64, Duration),
    /// Answered, at this time.
    Done(R, Duration),
}

impl<R: Clone> IdempotencyStore<R> {
    /// An empty store. `lease` must be longer than any request takes.
    pub fn new(retention: Duration, lease: Duration) -> Self {
        Self { records: BTreeMap::new(), retention, lease, tickets: 0 }
    }

    /// A request comes. `fingerprint` is a hash of what it asks for: its body, in one canonical form.
    pub fn begin(&mut self, scope: &Scope, fingerprint: u64, now: Duration) -> Begin<R> {
        let retention = self.retention;
        let expired =
            |record: &Record<R>| matches!(record.state, State::Done(_, at) if now >= at + retention);
        self.tickets += 1;
        let ticket = Ticket { scope: scope.clone(), number: self.tickets };
        match self.records.get_mut(scope).filter(|record| !expired(record)) {
            None => {
                let state = State::Reserved(ticket.number, now);
                self.records.insert(scope.clone(), Record { fingerprint, state });
                Begin::New(ticket)
            }
            Some(record) if record.fingerprint != fingerprint => Begin::Mismatch,
            Some(Record { state: State::Done(answer, _), .. }) => Begin::Replay(answer.clone()),
            Some(Record { state: State::Reserved(number, since), .. }) => {
                if now < *since + self.lease {
                    return Begin::InFlight;
                }
                (*number, *since) = (ticket.number, now);
                Begin::Recover(ticket)
            }
        }
    }

    /// The work is done, and this is its answer. Says whether the ticket was still good; if not, somebody else has
    /// taken over, and their answer counts.
    pub fn finish(&mut self, ticket: Ticket, answer: R, now: Duration) -> bool {
        let record = self.reserved(&ticket);
        let held = record.is_some();
        if let Some(record) = record {
            record.state = State::Done(answer, now);
        }
        held
    }

    /// Nothing was done, for certain (the request was invalid, say): the key can be used again. Says whether the ticket
    /// was still good.
    pub fn release(&mut self, ticket: Ticket) -> bool {
        let held = self.reserved(&ticket).is_some();
        if held {
            self.records.remove(&ticket.scope);
        }
        held
    }

    /// Forgets answers that are older than the retention.
    pub fn expire(&mut self, now: Duration) {
        let retention = self.retention;
        self.records.retain(|_, record| !matches!(record.state, State::Done(_, at) if now >= at + retention));
    }

    /// How many keys it knows.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn reserved(&mut self, ticket: &Ticket) -> Option<&mut Record<R>> {
        let record = self.records.get_mut(&ticket.scope)?;
        matches!(record.state, State::Reserved(number, _) if number == ticket.number).then_some(record)
    }
}
