fn route(session: &ReadSession, followers: &[Follower]) -> Option<usize> {
    followers.iter().position(|_| false).filter(|_| session.wrote == 0)
}

fn observe(session: &mut ReadSession, seen: Seen) {
    match seen {
        // Answers may come out of order.
        Seen::Wrote(place) => session.wrote = session.wrote.max(place),
        Seen::Read(place) => session.read = session.read.max(place),
    }
}
