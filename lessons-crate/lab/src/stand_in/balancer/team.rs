//! The backends of a balancer: how they are, and whose turn it is.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use algorithms::load_balancer::{
    Balancer, IpHash, LeastConnections, Maglev, PowerOfTwoChoices, Request, SmoothWeightedRoundRobin,
};

use super::mode::{BalanceMode, Care};
use crate::ground::error::LabError;

/// How long a backend that failed is left out, as our nginx does.
const LEFT_OUT: Duration = Duration::from_secs(2);
/// So many checks in a row change the state of a backend, as with our HAProxy.
const IN_A_ROW: u32 = 2;
/// Most policies count by numbers, of which a backend has as many as its weight: this many at most.
const MOST_WEIGHT: u32 = 1_000;

/// What `show stat` calls the columns of [`Team::rows`], and what a lesson does.
pub(crate) const COLUMNS: [&str; 8] =
    ["svname", "status", "weight", "scur", "stot", "hrsp_2xx", "hrsp_5xx", "downtime"];
pub(crate) const NAMES: [&str; 8] =
    ["backend", "state", "weight", "now", "requests", "2xx", "5xx", "seconds down"];

/// Some backends, and the policy that picks among them.
pub(crate) struct Team {
    begun: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    policy: Box<dyn Balancer + Send>,
    /// The backend of each number that the policy picks.
    slots: Vec<usize>,
    backends: Vec<Backend>,
}

struct Backend {
    address: SocketAddr,
    weight: u32,
    /// What health checks say.
    up: bool,
    /// Checks in a row that say otherwise.
    streak: u32,
    /// Taken out by order.
    maintenance: bool,
    /// Until when it is left out because a request failed.
    left_out: Option<Instant>,
    /// What the policy was told last.
    told_up: bool,
    down_since: Option<Instant>,
    down: Duration,
    now: u64,
    requests: u64,
    successes: u64,
    errors: u64,
}

impl Backend {
    fn new(address: SocketAddr, weight: u32) -> Self {
        Self {
            address,
            weight,
            up: true,
            streak: 0,
            maintenance: false,
            left_out: None,
            told_up: true,
            down_since: None,
            down: Duration::ZERO,
            now: 0,
            requests: 0,
            successes: 0,
            errors: 0,
        }
    }

    fn is_available(&self, now: Instant) -> bool {
        self.up && !self.maintenance && self.left_out.is_none_or(|until| until <= now)
    }

    fn state(&self) -> &'static str {
        match (self.maintenance, self.up) {
            (true, _) => "MAINT",
            (_, true) => "UP",
            (_, false) => "DOWN",
        }
    }
}

impl Team {
    /// These backends, picked by this mode.
    pub(crate) fn new(mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Result<Self, LabError> {
        let weights: Vec<u32> = backends.iter().map(|&(_, weight)| weight.max(1)).collect();
        if weights.iter().fold(0, |sum: u32, &weight| sum.saturating_add(weight)) > MOST_WEIGHT {
            return Err(LabError::answer("balancer", format!("weights add up to {MOST_WEIGHT} at most")));
        }
        if weights.is_empty() {
            return Err(no_backend());
        }
        let in_turn = (0..weights.len()).collect();
        let by_weight: Vec<usize> = weights
            .iter()
            .enumerate()
            .flat_map(|(backend, &weight)| std::iter::repeat_n(backend, weight as usize))
            .collect();
        let count = by_weight.len();
        let (policy, slots): (Box<dyn Balancer + Send>, _) = match mode {
            BalanceMode::RoundRobin => (Box::new(SmoothWeightedRoundRobin::new(&weights)), in_turn),
            BalanceMode::LeastConnections => (Box::new(LeastConnections::new(count)), by_weight),
            BalanceMode::IpHash => (Box::new(IpHash::new(count)), by_weight),
            BalanceMode::PathHash => (Box::new(Maglev::new(count)), by_weight),
            BalanceMode::RandomTwo => (Box::new(PowerOfTwoChoices::new(count)), by_weight),
        };
        let backends =
            backends.iter().zip(weights).map(|(&(address, _), weight)| Backend::new(address, weight));
        Ok(Self::of(policy, slots, backends.collect()))
    }

    /// These backends, picked by any policy.
    pub(crate) fn with_policy(
        policy: Box<dyn Balancer + Send>,
        backends: &[SocketAddr],
    ) -> Result<Self, LabError> {
        if backends.is_empty() {
            return Err(no_backend());
        }
        let slots = (0..backends.len()).collect();
        Ok(Self::of(policy, slots, backends.iter().map(|&address| Backend::new(address, 1)).collect()))
    }

    fn of(policy: Box<dyn Balancer + Send>, slots: Vec<usize>, backends: Vec<Backend>) -> Self {
        Self { begun: Instant::now(), inner: Mutex::new(Inner { policy, slots, backends }) }
    }

    pub(crate) fn len(&self) -> usize {
        self.inner().backends.len()
    }

    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.inner().backends.iter().map(|backend| backend.address).collect()
    }

    /// The backend for a request that those in `tried` did not answer, if one is left.
    pub(crate) fn pick(self: &Arc<Self>, request: &Request, tried: &[usize], care: Care) -> Option<Turn> {
        let mut inner = self.inner();
        inner.tell();
        let slot = inner.choose(request, tried, care)?;
        let backend = inner.slots[slot];
        inner.policy.started(slot);
        inner.backends[backend].now += 1;
        inner.backends[backend].requests += 1;
        let address = inner.backends[backend].address;
        drop(inner);
        Some(Turn { team: self.clone(), slot, backend, address, begun: Instant::now(), status: None })
    }

    /// A health check has been answered well, or has not.
    pub(crate) fn checked(&self, backend: usize, well: bool) {
        let mut inner = self.inner();
        let backend = &mut inner.backends[backend];
        backend.streak = if well == backend.up { 0 } else { backend.streak + 1 };
        if backend.streak >= IN_A_ROW {
            (backend.up, backend.streak) = (well, 0);
            match backend.down_since.take() {
                Some(since) => backend.down += since.elapsed(),
                None => backend.down_since = Some(Instant::now()),
            }
        }
    }

    /// Takes a backend (`s1`, `s2`, ...) out, or in again; false when there is no such backend.
    pub(crate) fn set_maintenance(&self, name: &str, maintenance: bool) -> bool {
        let mut inner = self.inner();
        let found = (1..).zip(&mut inner.backends).find(|(number, _)| format!("s{number}") == name);
        found.map(|(_, backend)| backend.maintenance = maintenance).is_some()
    }

    /// Each backend: name, state, weight, requests now and in all, good and bad answers, seconds down.
    pub(crate) fn rows(&self) -> Vec<[String; 8]> {
        let inner = self.inner();
        let rows = (1..).zip(&inner.backends).map(|(number, backend)| {
            let down = backend.down + backend.down_since.map_or(Duration::ZERO, |since| since.elapsed());
            let counts = [backend.now, backend.requests, backend.successes, backend.errors, down.as_secs()];
            let [now, requests, successes, errors, down] = counts.map(|count| count.to_string());
            let state = backend.state().to_owned();
            [format!("s{number}"), state, backend.weight.to_string(), now, requests, successes, errors, down]
        });
        rows.collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_backend() -> LabError {
    LabError::answer("balancer", "it needs at least one backend")
}

impl Inner {
    /// Tells the policy who came and went since the last request.
    fn tell(&mut self) {
        let now = Instant::now();
        for (slot, &backend) in self.slots.iter().enumerate() {
            let available = self.backends[backend].is_available(now);
            if available != self.backends[backend].told_up {
                self.policy.set_up(slot, available);
            }
        }
        for backend in &mut self.backends {
            backend.told_up = backend.is_available(now);
        }
    }

    fn choose(&mut self, request: &Request, tried: &[usize], care: Care) -> Option<usize> {
        let Self { policy, slots, backends } = self;
        let now = Instant::now();
        let fits = |slot: usize| {
            slots.get(slot).is_some_and(|b| !tried.contains(b) && backends[*b].is_available(now))
        };
        // A policy that goes in turn comes past everyone in this many picks.
        let weights: u32 = backends.iter().map(|backend| backend.weight).sum();
        let first = policy.pick(request);
        if fits(first) {
            return Some(first);
        }
        // Nobody is asked in vain when nobody is left.
        if (0..slots.len()).any(fits) {
            for _ in 0..2 * weights {
                let slot = policy.pick(request);
                if fits(slot) {
                    return Some(slot);
                }
            }
            // One that insists, as a hash does: the next in line.
            return (1..=slots.len()).map(|step| (first + step) % slots.len()).find(|&slot| fits(slot));
        }
        if care == Care::Checks {
            return None;
        }
        // All have failed a moment ago: better one more attempt than a refusal.
        let usable = |slot: &usize| !tried.contains(&slots[*slot]) && !backends[slots[*slot]].maintenance;
        (0..slots.len()).map(|step| (first + step) % slots.len()).find(usable)
    }
}

/// A request at a backend; given back when it is dropped, also because the client has gone.
pub(crate) struct Turn {
    team: Arc<Team>,
    slot: usize,
    backend: usize,
    address: SocketAddr,
    begun: Instant,
    status: Option<u16>,
}

impl Turn {
    pub(crate) fn backend(&self) -> usize {
        self.backend
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// The backend did not answer, or with an error that another one may not have.
    pub(crate) fn failed(&mut self, care: Care) {
        if care == Care::Requests {
            self.team.inner().backends[self.backend].left_out = Some(Instant::now() + LEFT_OUT);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut inner = self.team.inner();
        let ok = self.status.is_some_and(|status| status < 500);
        inner.policy.finished(self.slot, self.begun.elapsed().as_secs_f64(), ok);
        let backend = &mut inner.backends[self.backend];
        backend.now -= 1;
        match self.status {
            Some(200..300) => backend.successes += 1,
            Some(500..) => backend.errors += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(count: u16) -> Vec<(SocketAddr, u32)> {
        (1..=count).map(|port| (([127, 0, 0, 1], port).into(), 1)).collect()
    }

    /// The backends of so many requests, each of which ends before the next.
    fn picked(team: &Arc<Team>, count: usize) -> Vec<usize> {
        let request = Request::default();
        (0..count).filter_map(|_| Some(team.pick(&request, &[], Care::Checks)?.backend())).collect()
    }

    #[test]
    fn weights_are_kept_in_every_mode_that_has_them() {
        let weighted: Vec<_> = addresses(2).into_iter().zip([3, 1]).map(|((a, _), w)| (a, w)).collect();
        let team = Arc::new(Team::new(BalanceMode::RoundRobin, &weighted).expect("a team"));
        assert_eq!(picked(&team, 8), [0, 0, 1, 0, 0, 0, 1, 0]);
        // Open requests, none of which ends: three of four are with the first.
        let team = Arc::new(Team::new(BalanceMode::LeastConnections, &weighted).expect("a team"));
        let open: Vec<Turn> =
            (0..40).filter_map(|_| team.pick(&Request::default(), &[], Care::Checks)).collect();
        assert_eq!(open.iter().filter(|turn| turn.backend() == 0).count(), 30);
        drop(open);
        assert!(team.rows().iter().all(|row| row[3] == "0"), "{:?}", team.rows());
    }

    #[test]
    fn two_checks_in_a_row_change_a_state() {
        for mode in [
            BalanceMode::RoundRobin,
            BalanceMode::LeastConnections,
            BalanceMode::IpHash,
            BalanceMode::PathHash,
            BalanceMode::RandomTwo,
        ] {
            let team = Arc::new(Team::new(mode, &addresses(3)).expect("a team"));
            team.checked(1, false);
            team.checked(1, true);
            team.checked(1, false);
            assert_eq!(team.rows()[1][1], "UP");
            team.checked(1, false);
            assert_eq!(team.rows()[1][1], "DOWN");
            assert!(!picked(&team, 30).contains(&1), "{mode:?}");
            team.checked(1, true);
            team.checked(1, true);
            assert_eq!(team.rows()[1][1], "UP");
            if mode != BalanceMode::IpHash && mode != BalanceMode::PathHash {
                assert!(picked(&team, 60).contains(&1), "{mode:?}");
            }
            // With all of them down there is nobody, for one who checks.
            for backend in [0, 1, 2, 0, 1, 2] {
                team.checked(backend, false);
            }
            assert_eq!(picked(&team, 3), Vec::<usize>::new());
            assert!(team.pick(&Request::default(), &[], Care::Requests).is_some(), "{mode:?}");
        }
    }

    #[test]
    fn what_was_tried_is_not_tried_again() {
        let team = Arc::new(Team::new(BalanceMode::IpHash, &addresses(3)).expect("a team"));
        let mut tried = Vec::new();
        while let Some(turn) = team.pick(&Request::default(), &tried, Care::Requests) {
            assert!(!tried.contains(&turn.backend()));
            tried.push(turn.backend());
        }
        assert_eq!(tried.len(), 3);
    }

    #[test]
    fn a_team_needs_somebody_and_weights_have_a_limit() {
        assert!(Team::new(BalanceMode::RoundRobin, &[]).is_err());
        assert!(Team::with_policy(Box::new(IpHash::new(1)), &[]).is_err());
        let (address, _) = addresses(1)[0];
        assert!(Team::new(BalanceMode::IpHash, &[(address, 600), (address, 600)]).is_err());
    }
}
