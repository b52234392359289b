//! Age, lifetime, `Vary`, revalidation, invalidation; and what theory says.

use super::*;
use crate::cache::theory;
use crate::rng::Rng;

fn exchange(at: u64, status: u16, fields: &[(&str, &str)]) -> Exchange {
    let mut all = Fields::new();
    fields.iter().for_each(|(name, value)| all.push(name, value));
    Exchange { requested: second(at), received: second(at), status: Status(status), fields: all }
}

fn dated(seconds: u64) -> String {
    date::format(second(seconds))
}

#[test]
fn lifetimes_in_their_order() {
    let (at, later, earlier) = (dated(1_000), dated(1_100), dated(0));
    let lifetime = |shared, fields: &[(&str, &str)]| {
        let mut all = vec![("Date", &*at)];
        all.extend(fields);
        freshness_lifetime(&exchange(1_000, 200, &all), shared).as_secs()
    };
    let all =
        [("Cache-Control", "max-age=60, s-maxage=600"), ("Expires", &*later), ("Last-Modified", &*earlier)];
    assert_eq!(lifetime(true, &all), 600);
    assert_eq!(lifetime(false, &all), 60);
    assert_eq!(lifetime(true, &all[1..]), 100);
    assert_eq!(lifetime(true, &all[2..]), 100, "a tenth of the 1,000 s since the last change");
    assert_eq!(lifetime(true, &[]), 0);
    assert_eq!(
        lifetime(true, &[("Expires", "0"), all[2]]),
        0,
        "no date is in the past, and nothing is guessed"
    );
    assert_eq!(lifetime(true, &[("Cache-Control", "no-cache, max-age=60")]), 0);
    let failed = exchange(1_000, 500, &[("Date", &at), ("Last-Modified", &earlier)]);
    assert_eq!(freshness_lifetime(&failed, true), Duration::ZERO);
}

#[test]
fn ages() {
    let date = dated(100);
    let mut came = exchange(130, 200, &[("Date", &date), ("Age", "20")]);
    assert_eq!(current_age(&came, second(130)), second(30), "Date says more than Age");
    came.fields.set("Age", "50");
    came.requested = second(125);
    assert_eq!(current_age(&came, second(140)), second(65), "50 s, 5 s on the way, 10 s here");
    came.fields = Fields::new();
    assert_eq!(current_age(&came, second(140)), second(15));
    came.fields.set("Age", "-1");
    assert_eq!(current_age(&came, second(140)), second(15), "nonsense is ignored");
}

#[test]
fn what_may_be_stored() {
    let store = |method, request: &[(&str, &str)], status, control: &str, shared| {
        let asked = exchange(0, 200, request).fields;
        may_store(method, &asked, &exchange(0, status, &[("Cache-Control", control)]), shared)
    };
    let get = |control, shared| store(Method::Get, &[], 200, control, shared);
    assert!(get("max-age=60", true) && get("", true) && get("no-cache", true));
    assert!(!get("no-store, max-age=60", true) && !get("no-store", false));
    assert!(!get("private, max-age=60", true) && get("private, max-age=60", false));
    assert!(!store(Method::Post, &[], 200, "max-age=60", true));
    assert!(!store(Method::Get, &[("Cache-Control", "no-store")], 200, "max-age=60", true));
    assert!(store(Method::Get, &[], 404, "", true) && !store(Method::Get, &[], 500, "", true));
    assert!(store(Method::Get, &[], 500, "max-age=1", true));
    let token = [("Authorization", "Bearer x")];
    assert!(!store(Method::Get, &token, 200, "max-age=60", true), "a shared cache would show it to others");
    assert!(store(Method::Get, &token, 200, "max-age=60", false));
    assert!(store(Method::Get, &token, 200, "public, max-age=60", true));
    assert!(store(Method::Get, &token, 200, "s-maxage=60", true));
}

#[test]
fn one_representation_for_each_language() {
    let mut cache = HttpCache::shared(10);
    let asked = |language: &str| Fields::from([("Accept-Language", language)]);
    for (language, body) in [("en", "milk"), ("de", "Milch")] {
        let came = exchange(0, 200, &[("Cache-Control", "max-age=60"), ("Vary", "Accept-Language")]);
        cache.store(Method::Get, "/todo", &asked(language), came, body.as_bytes());
    }
    let body = |cache: &mut HttpCache, request: &Fields| match cache.lookup("/todo", request, second(1)) {
        Lookup::Fresh(stored, _) => String::from_utf8(stored.body).unwrap(),
        other => format!("{other:?}"),
    };
    assert_eq!(body(&mut cache, &asked("de")), "Milch");
    assert_eq!(body(&mut cache, &asked("en")), "milk");
    assert_eq!(body(&mut cache, &asked("fr")), "Miss");
    assert_eq!(body(&mut cache, &Fields::new()), "Miss");
    let never = exchange(2, 200, &[("Cache-Control", "max-age=60"), ("Vary", "*")]);
    cache.store(Method::Get, "/any", &Fields::new(), never, b"x");
    assert_eq!(cache.lookup("/any", &Fields::new(), second(2)), Lookup::Miss);
}

#[test]
fn confirmed_by_304_it_is_fresh_again() {
    let mut cache = HttpCache::private(10);
    let fields = [("Cache-Control", "max-age=10"), ("ETag", "\"1\""), ("Content-Length", "4"), ("Age", "3")];
    cache.store(Method::Get, "/todo", &Fields::new(), exchange(0, 200, &fields), b"milk");
    assert!(matches!(cache.lookup("/todo", &Fields::new(), second(7)), Lookup::Revalidate(..)));
    let answer =
        exchange(20, 304, &[("Cache-Control", "max-age=30"), ("ETag", "\"1\""), ("Content-Length", "0")]);
    let stored = cache.confirmed("/todo", &Fields::new(), answer).unwrap();
    assert_eq!(stored.exchange.fields.get("content-length"), Some("4"));
    let Lookup::Fresh(stored, age) = cache.lookup("/todo", &Fields::new(), second(49)) else { panic!() };
    assert_eq!((stored.body.as_slice(), age), (&b"milk"[..], second(29)));
    let other = exchange(60, 304, &[("ETag", "\"2\"")]);
    assert_eq!(cache.confirmed("/todo", &Fields::new(), other), None);
}

#[test]
fn stale_answers_and_what_forbids_them() {
    let stored = |control: &str| {
        let mut cache = HttpCache::shared(10);
        cache.store(Method::Get, "/", &Fields::new(), exchange(0, 200, &[("Cache-Control", control)]), b"x");
        cache
    };
    let look = |cache: &mut HttpCache, at| match cache.lookup("/", &Fields::new(), second(at)) {
        Lookup::Fresh(..) => "fresh",
        Lookup::StaleWhileRevalidate(..) => "stale",
        Lookup::Revalidate(..) => "asks",
        _ => "nothing",
    };
    let mut cache = stored("max-age=10, stale-while-revalidate=20, stale-if-error=60");
    assert_eq!([9, 10, 29, 30].map(|at| look(&mut cache, at)), ["fresh", "stale", "stale", "asks"]);
    let nothing = Fields::new();
    assert!(cache.on_error("/", &nothing, second(69)).is_some());
    assert!(cache.on_error("/", &nothing, second(70)).is_none());
    let mut strict = stored("max-age=10, stale-while-revalidate=20, must-revalidate");
    assert_eq!(look(&mut strict, 15), "asks");
    assert!(strict.on_error("/", &nothing, second(15)).is_none());
    for (asked, found) in [
        ("no-cache", "asks"),
        ("max-age=3", "asks"),
        ("min-fresh=6", "asks"),
        ("min-fresh=5", "fresh"),
        ("max-age=5", "fresh"),
    ] {
        let request = Fields::from([("Cache-Control", asked)]);
        let seen = matches!(strict.lookup("/", &request, second(5)), Lookup::Fresh(..));
        assert_eq!(seen, found == "fresh", "{asked}");
    }
    let mut plain = stored("max-age=10");
    for (asked, at, fresh) in
        [("max-stale=5", 15, true), ("max-stale=5", 16, false), ("max-stale", 999, true)]
    {
        let request = Fields::from([("Cache-Control", asked)]);
        assert_eq!(
            matches!(plain.lookup("/", &request, second(at)), Lookup::Fresh(..)),
            fresh,
            "{asked} {at}"
        );
    }
    let only = Fields::from([("Cache-Control", "only-if-cached")]);
    assert_eq!(plain.lookup("/", &only, second(11)), Lookup::Unavailable);
    assert_eq!(plain.lookup("/other", &only, second(11)), Lookup::Unavailable);
}

#[test]
fn a_change_that_goes_by_invalidates() {
    let mut cache = HttpCache::shared(10);
    let fill = |cache: &mut HttpCache| {
        for url in ["/todos", "/todos/1"] {
            let came = exchange(0, 200, &[("Cache-Control", "max-age=60")]);
            assert!(cache.store(Method::Get, url, &Fields::new(), came, b"x"));
        }
    };
    fill(&mut cache);
    cache.passed(Method::Get, "/todos", Status(200), &Fields::new());
    cache.passed(Method::Put, "/todos/1", Status(412), &Fields::new());
    assert_eq!(cache.len(), 2, "a read changes nothing, nor does a change that failed");
    cache.passed(Method::Put, "/todos/1", Status(200), &Fields::new());
    assert_eq!(
        cache.len(),
        1,
        "the list is still there, and now wrong: HTTP does not know that it shows the item"
    );
    fill(&mut cache);
    cache.passed(Method::Post, "/todos", Status(201), &Fields::from([("Location", "/todos/1")]));
    assert!(cache.is_empty());
}

#[test]
fn hit_ratio_of_a_lifetime_is_that_of_theory() {
    for (rate, ttl) in [(0.5, 2), (0.1, 60), (2.0, 30)] {
        let mut rng = Rng::new(16);
        let (mut cache, mut now, mut hits) = (HttpCache::shared(1), 0.0, 0);
        const REQUESTS: usize = 40_000;
        for _ in 0..REQUESTS {
            now += rng.exponential(1.0 / rate);
            let time = Duration::from_secs_f64(now);
            if matches!(cache.lookup("/", &Fields::new(), time), Lookup::Fresh(..)) {
                hits += 1;
            } else {
                let fields = Fields::from([("Cache-Control", &*format!("max-age={ttl}"))]);
                let came = Exchange { requested: time, received: time, status: Status(200), fields };
                cache.store(Method::Get, "/", &Fields::new(), came, b"");
            }
        }
        let (found, expected) = (hits as f64 / REQUESTS as f64, theory::fixed_ttl(rate, second(ttl)));
        assert!((found - expected).abs() < 0.01, "λ = {rate}, T = {ttl}: {found} and {expected}");
    }
}

#[test]
fn two_layers_add_up_only_when_nobody_says_the_age() {
    let told = Chain {
        control: "max-age=60, s-maxage=60".to_owned(),
        changes_per_second: 0.2,
        length: Duration::from_hours(3),
        ..Chain::default()
    };
    let silent = Chain { proxy_tells_age: false, ..told.clone() };
    let (told, silent) = (told.run(), silent.run());
    assert!(told.oldest_seconds() <= 60.0, "{}", told.oldest_seconds());
    assert!((100.0..=121.0).contains(&silent.oldest_seconds()), "{}", silent.oldest_seconds());
    for result in [told, silent] {
        let all: f64 = Verdict::ALL.iter().map(|verdict| result.share(*verdict)).sum();
        assert!((all - 1.0).abs() < 1e-9);
        assert!(result.most_outdated_seconds() <= result.oldest_seconds());
    }
}

#[test]
fn without_caches_everything_reaches_the_origin() {
    let chain = Chain { browser_caches: false, proxy_caches: false, ..Chain::default() };
    let result = chain.run();
    assert_eq!(result.origin_requests, result.reads.len() as u64);
    assert_eq!((result.outdated_share(), result.most_outdated_seconds()), (0.0, 0.0));
    let asks = Chain { control: "no-cache".to_owned(), ..Chain::default() }.run();
    assert_eq!(asks.outdated_share(), 0.0, "always asked, never wrong");
    assert!(asks.origin_confirmed > asks.reads.len() as u64 / 2);
}
