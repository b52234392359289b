use check::http::idempotency_store::*;
use std::collections::BTreeMap;
use std::sync::RwLock;

type Name = [String; 3];

#[derive(Default)]
struct Store(RwLock<(BTreeMap<Name, (u64, Option<String>, u64, u64)>, BTreeMap<u64, Name>)>);

impl IdemStore for Store {
    fn new() -> Self {
        Self::default()
    }

    fn begin(&self, who: &str, route: &str, key: &str, fingerprint: u64, now: u64) -> Begin {
        let name = [who, route, key].map(str::to_owned);
        let mut both = self.0.write().unwrap();
        let (known, tickets) = &mut *both;
        let ticket = 1_000 + tickets.len() as u64;
        if let Some((print, response, at, holder)) = known.get_mut(&name) {
            let old = response.is_some() && now - *at >= 86_400;
            if !old {
                if *print != fingerprint {
                    return Begin::Mismatch;
                }
                if let Some(response) = response {
                    return Begin::Replay(response.clone());
                }
                if now - *at < 60 {
                    return Begin::InFlight;
                }
                (*at, *holder) = (now, ticket);
                tickets.insert(ticket, name);
                return Begin::Recover(ticket);
            }
        }
        tickets.insert(ticket, name.clone());
        known.insert(name, (fingerprint, None, now, ticket));
        Begin::New(ticket)
    }

    fn finish(&self, ticket: u64, response: &str, now: u64) {
        let mut both = self.0.write().unwrap();
        let (known, tickets) = &mut *both;
        let record = tickets.get(&ticket).and_then(|name| known.get_mut(name));
        if let Some(record) = record.filter(|record| record.1.is_none() && record.3 == ticket) {
            (record.1, record.2) = (Some(response.to_owned()), now);
        }
    }

    fn release(&self, ticket: u64) {
        let mut both = self.0.write().unwrap();
        let (known, tickets) = &mut *both;
        let Some(name) = tickets.get(&ticket) else { return };
        if known.get(name).is_some_and(|record| record.1.is_none() && record.3 == ticket) {
            known.remove(name);
        }
    }
}
