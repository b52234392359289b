//! One after the other.

use super::{Balancer, Request};

/// Each backend in turn: 0, 1, 2, 0, 1, 2, and so on.
///
/// Equal counts, which is equal load only when requests cost the same and backends are equally fast.
#[derive(Clone, Debug)]
pub struct RoundRobin {
    backends: usize,
    next: usize,
}

impl RoundRobin {
    /// Over this many backends, from backend 0.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self { backends, next: 0 }
    }
}

impl Balancer for RoundRobin {
    fn name(&self) -> &'static str {
        "round robin"
    }

    #[inline]
    fn pick(&mut self, _: &Request) -> usize {
        let backend = self.next;
        self.next = if backend + 1 == self.backends { 0 } else { backend + 1 };
        backend
    }
}
