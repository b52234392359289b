use check::http::freshness::*;

/// For how many more seconds the copy may be used without asking. It has the times `requested`, `received` and
/// `date`, and, if the answer said them, `age`, `max_age`, `s_maxage` and `expires`.
fn fresh_for(copy: &StoredAnswer, shared: bool, now: u64) -> u64 {
    let lifetime = 0; // TODO: s_maxage (shared only), max_age, expires - date, or 0
    let age = 0; // TODO: on arrival, and since then
    lifetime - age // TODO: 0 when it is not fresh any more
}
