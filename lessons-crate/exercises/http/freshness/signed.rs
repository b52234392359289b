use check::http::freshness::*;

fn fresh_for(copy: &StoredAnswer, shared: bool, now: u64) -> u64 {
    let lifetime: i64 = match (copy.s_maxage, copy.max_age, copy.expires) {
        (Some(seconds), _, _) if shared => seconds as i64,
        (_, Some(seconds), _) => seconds as i64,
        (_, _, Some(time)) => time as i64 - copy.date as i64,
        _ => 0,
    };
    let mut age = copy.received as i64 - copy.date as i64;
    let told = copy.age.unwrap_or_default() as i64 + copy.received as i64 - copy.requested as i64;
    if told > age {
        age = told;
    }
    age += now as i64 - copy.received as i64;
    if age < lifetime { (lifetime - age) as u64 } else { 0 }
}
