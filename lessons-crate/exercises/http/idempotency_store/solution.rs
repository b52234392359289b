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

impl Record {
    fn expired(&self, now: u64) -> bool {
        matches!(&self.state, Phase::Done { at, .. } if now >= at + 86_400)
    }

    fn reserved_by(&self, number: u64) -> bool {
        matches!(&self.state, Phase::Reserved { ticket, .. } if *ticket == number)
    }
}

#[derive(Default)]
struct Inner {
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
        let name = (who.to_string(), route.to_string(), key.to_string());
        let mut inner = self.inner.lock().unwrap();
        if inner.records.get(&name).is_some_and(|record| record.expired(now)) {
            inner.records.remove(&name);
        }
        inner.last_ticket += 1;
        let number = inner.last_ticket;
        match inner.records.get_mut(&name) {
            None => {
                let state = Phase::Reserved { ticket: number, since: now };
                inner.records.insert(name, Record { fingerprint, state });
                Begin::New(number)
            }
            Some(record) if record.fingerprint != fingerprint => Begin::Mismatch,
            Some(record) => match &mut record.state {
                Phase::Done { response, .. } => Begin::Replay(response.clone()),
                Phase::Reserved { since, .. } if now < *since + 60 => Begin::InFlight,
                Phase::Reserved { ticket, since } => {
                    (*ticket, *since) = (number, now);
                    Begin::Recover(number)
                }
            },
        }
    }

    fn finish(&self, ticket: u64, response: &str, now: u64) {
        let mut inner = self.inner.lock().unwrap();
        if let Some(record) = inner.records.values_mut().find(|record| record.reserved_by(ticket)) {
            record.state = Phase::Done { response: response.to_string(), at: now };
        }
    }

    fn release(&self, ticket: u64) {
        self.inner.lock().unwrap().records.retain(|_, record| !record.reserved_by(ticket));
    }
}
