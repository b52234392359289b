use check::http::freshness::*;

fn fresh_for(copy: &StoredAnswer, shared: bool, now: u64) -> u64 {
    let expires = copy.expires.map(|expires| expires.saturating_sub(copy.date));
    let lifetime = copy.s_maxage.filter(|_| shared).or(copy.max_age).or(expires).unwrap_or(0);
    let apparent = copy.received.saturating_sub(copy.date);
    let corrected = copy.age.unwrap_or(0) + (copy.received - copy.requested);
    let age = apparent.max(corrected) + (now - copy.received);
    lifetime.saturating_sub(age)
}
