//! Failing backends, and the checks that find them.

/// A backend stops working for a while. Requests that are then at it, or come to it, end with an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// Which backend.
    pub backend: usize,
    /// When it fails, in mean service times since the start.
    pub at: f64,
    /// When it works again; infinite for never.
    pub until: f64,
    /// How long a request takes to get its error. A small value is a refused connection, which looks like a
    /// very fast backend; a large one is a timeout.
    pub error_latency: f64,
}

impl Failure {
    /// The backend fails for good, and answers at once with errors: after 0.01 mean service times.
    pub fn of(backend: usize, at: f64) -> Self {
        Self { backend, at, until: f64::INFINITY, error_latency: 0.01 }
    }

    /// It works again at this time.
    #[must_use]
    pub fn until(mut self, until: f64) -> Self {
        self.until = until;
        self
    }

    /// Errors take this long, in mean service times.
    #[must_use]
    pub fn error_latency(mut self, error_latency: f64) -> Self {
        self.error_latency = error_latency;
        self
    }

    /// Whether this backend does not work at this time.
    pub(super) fn hits(&self, backend: usize, time: f64) -> bool {
        backend == self.backend && time >= self.at && time < self.until
    }
}

/// How a balancer finds out that a backend is down. Times are in mean service times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum HealthCheck {
    /// It never does.
    #[default]
    None,
    /// It watches the answers of real requests.
    Passive {
        /// So many errors in a row eject a backend.
        failures: u32,
        /// So long it gets nothing; then it is tried again.
        ejection: f64,
    },
    /// It asks every backend, at regular times.
    Active {
        /// The time between two probes.
        interval: f64,
        /// So many failed probes in a row take a backend out; one good probe brings it back.
        failures: u32,
    },
}

/// The state of the checks: which backends may get requests.
#[derive(Debug)]
pub(super) struct Health {
    check: HealthCheck,
    up: Vec<bool>,
    /// Errors in a row: of requests or of probes.
    failures: Vec<u32>,
    /// When each ejected backend comes back (passive).
    ejected_until: Vec<f64>,
    next_probe: f64,
    /// The backends that are up.
    available: Vec<usize>,
}

impl Health {
    pub(super) fn new(check: HealthCheck, backends: usize) -> Self {
        let next_probe = match check {
            HealthCheck::Active { interval, .. } => {
                assert!(interval > 0.0, "the probe interval must be above 0, not {interval}");
                interval
            }
            _ => f64::INFINITY,
        };
        Self {
            check,
            up: vec![true; backends],
            failures: vec![0; backends],
            ejected_until: vec![f64::INFINITY; backends],
            next_probe,
            available: (0..backends).collect(),
        }
    }

    pub(super) fn backends(&self) -> usize {
        self.up.len()
    }

    pub(super) fn is_up(&self, backend: usize) -> bool {
        self.up[backend]
    }

    /// The backends that are up. All of them when all are down: sending somewhere is then better than
    /// sending nowhere (Envoy's panic threshold).
    pub(super) fn available(&self) -> &[usize] {
        &self.available
    }

    fn set(&mut self, backend: usize, up: bool, changed: &mut dyn FnMut(usize, bool)) {
        if self.up[backend] != up {
            self.up[backend] = up;
            self.failures[backend] = 0;
            self.available = (0..self.up.len()).filter(|&i| self.up[i]).collect();
            if self.available.is_empty() {
                self.available = (0..self.up.len()).collect();
            }
            changed(backend, up);
        }
    }

    /// Does what is due up to now: probes, and the end of ejections.
    pub(super) fn advance(
        &mut self,
        now: f64,
        failure: Option<Failure>,
        changed: &mut dyn FnMut(usize, bool),
    ) {
        match self.check {
            HealthCheck::None => {}
            HealthCheck::Passive { .. } => {
                for backend in 0..self.up.len() {
                    if self.ejected_until[backend] <= now {
                        self.ejected_until[backend] = f64::INFINITY;
                        self.set(backend, true, changed);
                    }
                }
            }
            HealthCheck::Active { interval, failures } => {
                while self.next_probe <= now {
                    let time = self.next_probe;
                    self.next_probe += interval;
                    for backend in 0..self.up.len() {
                        if failure.is_some_and(|failure| failure.hits(backend, time)) {
                            self.failures[backend] += 1;
                            if self.failures[backend] >= failures {
                                self.set(backend, false, changed);
                            }
                        } else {
                            self.failures[backend] = 0;
                            self.set(backend, true, changed);
                        }
                    }
                }
            }
        }
    }

    /// A request ended.
    pub(super) fn answered(
        &mut self,
        backend: usize,
        now: f64,
        ok: bool,
        changed: &mut dyn FnMut(usize, bool),
    ) {
        let HealthCheck::Passive { failures, ejection } = self.check else { return };
        if ok {
            self.failures[backend] = 0;
            return;
        }
        self.failures[backend] += 1;
        if self.up[backend] && self.failures[backend] >= failures {
            self.ejected_until[backend] = now + ejection;
            self.set(backend, false, changed);
        }
    }
}
