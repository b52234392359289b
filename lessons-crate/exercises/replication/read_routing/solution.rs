use check::replication::read_routing::*;

fn route(session: &ReadSession, followers: &[Follower]) -> Option<usize> {
    let needed = session.wrote.max(session.read);
    let able = followers.iter().enumerate().filter(|(_, follower)| follower.position >= needed);
    able.min_by_key(|(_, follower)| follower.latency_ms).map(|(index, _)| index)
}

fn observe(session: &mut ReadSession, seen: Seen) {
    match seen {
        // Answers may come out of order.
        Seen::Wrote(place) => session.wrote = session.wrote.max(place),
        Seen::Read(place) => session.read = session.read.max(place),
    }
}
