use check::http::idempotency_store::*;
use std::collections::HashMap;
use std::sync::Mutex;

enum Phase {
    Reserved { ticket: u64, since: u64 },
    Done { response: String, at: u64 },
}

struct Record {
    fingerprint: u64,
    state: Phase,
}

#[derive(Default)]
struct Inner {
    /// By caller, route and key.
    records: HashMap<(String, String, String), Record>,
    last_ticket: u64,
}

struct Store {
    inner: Mutex<Inner>,
}

impl IdemStore for Store {
    fn new() -> Self {
        Store { inner: Mutex::new(Inner::default()) }
    }

    fn begin(&self, who: &str, route: &str, key: &str, fingerprint: u64, now: u64) -> Begin {
        todo!("decide, and write the decision down, under one lock")
    }

    fn finish(&self, ticket: u64, response: &str, now: u64) {
        todo!("only if the ticket still holds the reservation")
    }

    fn release(&self, ticket: u64) {
        todo!("the key is new again")
    }
}
