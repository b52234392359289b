//! How often each consumer came: counted here, or together with other gateways.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use algorithms::gateway::plan::Limit;
use algorithms::rate_limit::{Decision, Gcra, PerKey};

use crate::own::limiter::SharedLimiter;

/// No rule remembers more consumers or addresses.
const MOST_KEYS: usize = 10_000;

/// What a gateway does with a limited request when the shared counts cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreDown {
    /// Lets it pass: fails open. For search, where being overloaded is better than being down.
    LetPass,
    /// Answers with status 503: fails closed. For log-in, where guessing without a limit is worse.
    Refuse,
}

/// Counts in Redis.
pub(super) struct Store {
    pub(super) limiter: SharedLimiter,
    pub(super) down: StoreDown,
}

type Local = PerKey<String, Gcra, Box<dyn Fn() -> Gcra + Send>>;

/// The limiters of all rules.
pub(super) struct Limits {
    begun: Instant,
    /// By the name of the rule; one whose limit changes begins anew.
    local: Mutex<BTreeMap<String, (Limit, Local)>>,
    store: Option<Store>,
}

/// The store did not answer, and the gateway was told to refuse then.
pub(super) struct NoStore;

impl Limits {
    pub(super) fn new(store: Option<Store>) -> Self {
        Self { begun: Instant::now(), local: Mutex::default(), store }
    }

    /// Decides on one request; none when the limit does not apply.
    pub(super) async fn decide(
        &self,
        rule: &str,
        limit: Limit,
        who: &str,
    ) -> Result<Option<Decision>, NoStore> {
        let Some(store) = &self.store else { return Ok(Some(self.decide_here(rule, limit, who))) };
        match store.limiter.decide(&format!("{rule}:{who}"), limit.rate, limit.burst, 1).await {
            Ok(decision) => Ok(Some(decision)),
            Err(_) if store.down == StoreDown::LetPass => Ok(None),
            Err(_) => Err(NoStore),
        }
    }

    fn decide_here(&self, rule: &str, limit: Limit, who: &str) -> Decision {
        let mut all = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(rule).is_none_or(|(known, _)| *known != limit) {
            let make: Box<dyn Fn() -> Gcra + Send> = Box::new(move || Gcra::new(limit.rate, limit.burst));
            all.insert(rule.to_owned(), (limit, PerKey::new(MOST_KEYS, make)));
        }
        let (_, table) = all.get_mut(rule).expect("it was put there");
        // Read under the lock: time never goes back for a limiter.
        table.try_acquire(who.to_owned(), self.begun.elapsed(), 1)
    }
}
