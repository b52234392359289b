//! How a balancer chooses, and how it learns that a backend is dead.

/// How nginx, HAProxy or our own balancer chooses a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceMode {
    /// In turn, by weight.
    RoundRobin,
    /// The one with the fewest open requests for its weight.
    LeastConnections,
    /// By the client's address (in nginx, its first three bytes): everyone on this machine gets the same backend.
    IpHash,
    /// By the path, on a ring of hashes: few paths move when a backend is added.
    PathHash,
    /// The better of two drawn at random.
    RandomTwo,
}

/// How a balancer learns that a backend is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// From requests that fail, as nginx does: the backend is left out for 2 s, another one is asked.
    Requests,
    /// From health checks, as HAProxy does; between death and check, a port that refuses sends to another one.
    Checks,
}
