use check::replication::read_routing::*;

/// Which follower this client may read from: the fastest of those that have all it has written and read.
/// `None` when there is none: then the leader is asked.
///
/// A `ReadSession` has the places `wrote` and `read` in the leader's log, a `Follower` its `position` there and
/// its `latency_ms`.
fn route(session: &ReadSession, followers: &[Follower]) -> Option<usize> {
    todo!("who is far enough, and who of them is fastest?")
}

/// The client was told something: remember it.
fn observe(session: &mut ReadSession, seen: Seen) {
    match seen {
        Seen::Wrote(place) => todo!(),
        Seen::Read(place) => todo!(),
    }
}
