//! The examples of the RFCs, the rules of the course, and hickory-proto.

use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::spoofing::Race;
use super::*;
use crate::fuzz::any_bytes;
use crate::rng::Rng;

mod crates;
mod resolver;
mod zone;

fn name(text: &str) -> Name {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn names_are_text_and_back() {
    for (text, shown, labels) in [
        (".", ".", 0),
        ("a.b.", "a.b.", 2),
        ("a.b", "a.b.", 2),
        ("a\\.b.c", "a\\.b.c.", 2),
        ("\\065\\000.x", "A\\000.x.", 2),
        ("*.x", "*.x.", 2),
    ] {
        let read = name(text);
        assert_eq!((read.to_string().as_str(), read.label_count()), (shown, labels), "{text}");
        assert_eq!(name(shown), read);
    }
    for bad in ["", "..", "a..b", ".a", "a\\", "a\\256", "a\\25"] {
        assert!(bad.parse::<Name>().is_err(), "{bad}");
    }
    let label = "x".repeat(63);
    assert!(label.parse::<Name>().is_ok() && format!("{label}x").parse::<Name>().is_err());
    // 255 bytes: three labels of 63, one of 61, their lengths, the root.
    let longest = [&label[..], &label, &label, &label[..61]].join(".");
    assert_eq!(name(&longest).wire_len(), 255);
    assert!(matches!(format!("{longest}x").parse::<Name>(), Err(NameError::TooLong(_))));
}

/// The example of RFC 4034, section 6.1.
#[test]
fn the_order_is_the_canonical_one() {
    let names = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    ];
    let names = names.map(name);
    assert!(names.is_sorted());
    assert!(
        name("zabc.A.example").is_within(&name("a.EXAMPLE"))
            && !name("ba.example").is_within(&name("a.example"))
    );
}

/// RFC 1035, section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92.
#[test]
fn the_example_of_compression() {
    let mut message = vec![0; 93];
    message[20..32].copy_from_slice(b"\x01F\x03ISI\x04ARPA\x00");
    message[40..46].copy_from_slice(b"\x03FOO\xc0\x14");
    message[64..66].copy_from_slice(b"\xc0\x1a");
    for (at, text, next) in
        [(20, "F.ISI.ARPA", 32), (40, "FOO.F.ISI.ARPA", 46), (64, "ARPA", 66), (92, ".", 93)]
    {
        assert_eq!(read_name(&message, at), Ok((name(text), next)));
    }
}

#[test]
fn pointers_lead_back_or_are_refused() {
    let pointer = |at, target| Err(DnsError::Pointer { at, target });
    assert_eq!(read_name(b"\xc0\x00", 0), pointer(0, 0), "to itself");
    assert_eq!(read_name(b"\xc0\x02\xc0\x00", 2), pointer(0, 2), "to each other");
    assert_eq!(read_name(b"\xc0\x02\x01a\x00", 0), pointer(0, 2), "forward");
    assert_eq!(read_name(b"\x01a\xc0\x00", 0), pointer(2, 0), "to its own beginning: a.a.a.a...");
    assert_eq!(read_name(b"\x01a\xc0\x02", 0), pointer(2, 2));
    assert_eq!(read_name(b"\x40\x00", 0), Err(DnsError::LabelType(0x40)));
    assert_eq!(read_name(b"\xbf\x00", 0), Err(DnsError::LabelType(0xbf)));
    for (bytes, at) in
        [(&b""[..], 0), (b"\x01", 0), (b"\x02a\x00", 0), (b"\x01a", 0), (b"\xc0", 0), (b"\x00", 5)]
    {
        assert_eq!(read_name(bytes, at), Err(DnsError::Truncated), "{bytes:02x?}");
    }
    // 127 labels of one byte are 255 bytes; each behind a pointer to the one before.
    let mut chain = vec![0];
    let mut last = 0;
    for count in 1..=128 {
        let at = chain.len();
        chain.extend([1, b'a', 0xc0 | (last >> 8) as u8, last as u8]);
        last = at;
        assert_eq!(read_name(&chain, at).is_ok(), count <= 127, "{count}");
    }
}

#[test]
fn a_message_is_read_byte_by_byte() {
    // What `dig` sends and gets, by hand.
    let mut query = Message::query(0xabcd, name("www.example.test"), RecordType::A);
    let bytes =
        b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01";
    assert_eq!(query.encode(), bytes);
    query.edns = Some(Edns { dnssec_ok: true, ..Edns::default() });
    assert_eq!(query.encode()[34..], *b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00");
    let mut reply = Message::reply_to(&query, Rcode(0xf03));
    reply.header.authoritative = true;
    let record = |owner: &str, data| Record { name: name(owner), ttl: 60, data };
    reply.answers.push(record("www.example.test", RData::Cname(name("web.example.test"))));
    reply.answers.push(record("WEB.example.test", RData::A([192, 0, 2, 80].into())));
    let bytes = reply.encode();
    // Answers have pointers: to the question's name, and to `example.test` in it.
    let alias = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03web\xc0\x10";
    assert_eq!(bytes[34..34 + alias.len()], *alias);
    assert_eq!(bytes[52..54], [0xc0, 46], "and to the data of the alias");
    assert_eq!(Message::decode(&bytes), Ok(reply.clone()));
    assert_eq!(reply.encode_within(bytes.len()), bytes);
    let cut = Message::decode(&reply.encode_within(bytes.len() - 1)).expect("good");
    assert!(cut.header.truncated && cut.answers.is_empty() && cut.questions == query.questions);
}

#[test]
fn what_is_no_message_is_refused() {
    let good = Message::query(1, name("a.test"), RecordType::A).encode();
    for end in 0..good.len() {
        assert_eq!(Message::decode(&good[..end]), Err(DnsError::Truncated), "{end}");
    }
    assert_eq!(Message::decode(&[&good[..], &[0]].concat()), Err(DnsError::Trailing(1)));
    let opt = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
    let with = |additionals: u8, tail: &[u8]| {
        let mut bytes = [&good[..], tail].concat();
        bytes[11] = additionals;
        Message::decode(&bytes)
    };
    assert!(with(1, opt).is_ok());
    assert_eq!(with(2, &[&opt[..], opt].concat()), Err(DnsError::Opt), "two of them");
    assert_eq!(
        with(1, b"\x01a\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"),
        Err(DnsError::Opt),
        "of a name"
    );
    assert_eq!(with(1, b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x03abc"), Err(DnsError::DataLength(1)));
    assert_eq!(with(1, b"\x00\x00\x10\x00\x01\x00\x00\x00\x00\x00\x02\x05a"), Err(DnsError::DataLength(16)));
    // A name that ends before or after the data does.
    assert_eq!(
        with(1, b"\x00\x00\x02\x00\x01\x00\x00\x00\x00\x00\x03\x00\x00\x00"),
        Err(DnsError::DataLength(2))
    );
    let negative = with(1, b"\x00\x00\x01\x00\x01\x80\x00\x00\x00\x00\x04abcd").expect("good");
    assert_eq!(negative.additionals[0].ttl, 0, "a TTL with the highest bit is 0");
}

fn seeds() -> Vec<Vec<u8>> {
    let mut query = Message::query(7, name("www.shop.test"), RecordType::A);
    query.edns = Some(Edns { options: vec![(10, vec![1; 8])], ..Edns::default() });
    let zone = zone::shop();
    let mut seeds = vec![query.encode()];
    for (owner, ty) in [
        ("www.shop.test", RecordType::A),
        ("shop.test", RecordType::ANY),
        ("nothing.here.shop.test", RecordType::A),
        ("_http._tcp.shop.test", RecordType::SRV),
        ("x.eu.shop.test", RecordType::A),
    ] {
        seeds.push(zone.answer(&Message::query(8, name(owner), ty)).encode());
    }
    seeds
}

#[test]
fn any_bytes_are_a_message_or_an_error() {
    let seeds = seeds();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    any_bytes(&seeds, |bytes| {
        if let Ok(message) = Message::decode(bytes) {
            assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
        for at in 0..bytes.len().min(40) {
            if let Ok((name, next)) = read_name(bytes, at) {
                assert!(next > at && next <= bytes.len() && name.wire_len() <= 255);
            }
        }
    });
}

#[test]
fn a_cache_counts_down_and_serves_old_answers_for_a_while() {
    let mut cache = Cache::new(s(100));
    let record = |ttl, last| Record { name: name("a.test"), ttl, data: RData::A([192, 0, 2, last].into()) };
    let get = |cache: &Cache, now| cache.get(&name("A.test"), RecordType::A, now);
    cache.insert(vec![record(60, 1), record(30, 2)], s(10));
    let fresh = |ttl| Some(Cached::Fresh(vec![record(ttl, 1), record(ttl, 2)]));
    assert_eq!(get(&cache, s(10)), fresh(30), "the smaller of both");
    assert_eq!(get(&cache, s(39)), fresh(1));
    assert!(!cache.should_prefetch(&name("a.test"), RecordType::A, s(37)));
    assert!(cache.should_prefetch(&name("a.test"), RecordType::A, s(38)));
    assert_eq!(get(&cache, s(40)), Some(Cached::Stale(vec![record(30, 1), record(30, 2)])));
    assert_eq!(get(&cache, s(140)), None);
    cache.purge(s(139));
    assert_eq!(cache.len(), 1);
    cache.purge(s(140));
    assert!(cache.is_empty());
    cache.insert(vec![record(0, 1)], s(0));
    assert!(cache.is_empty(), "a TTL of 0 is for this answer only");
    cache.insert(vec![record(u32::MAX, 1)], s(0));
    assert!(matches!(get(&cache, s(7 * 86_400 - 1)), Some(Cached::Fresh(_))));
    assert!(matches!(get(&cache, s(7 * 86_400)), Some(Cached::Stale(_))));
}

#[test]
fn below_a_name_that_does_not_exist_there_is_nothing() {
    let mut cache = Cache::new(s(100));
    cache.insert_negative(&name("no.test"), RecordType::A, NegativeKind::NxDomain, 60, s(0));
    cache.insert_negative(&name("yes.test"), RecordType::A, NegativeKind::NoData, 60, s(0));
    let get = |text, ty, now| cache.get(&name(text), ty, now);
    let gone = Some(Cached::Negative(NegativeKind::NxDomain));
    assert_eq!(get("no.test", RecordType::A, s(59)), gone);
    assert_eq!(get("a.b.no.test", RecordType::MX, s(59)), gone, "any type, anything below");
    assert_eq!(get("no.test", RecordType::A, s(60)), None, "that nothing is there is never served stale");
    assert_eq!(get("yes.test", RecordType::A, s(59)), Some(Cached::Negative(NegativeKind::NoData)));
    assert_eq!(
        (get("yes.test", RecordType::AAAA, s(0)), get("a.yes.test", RecordType::A, s(0))),
        (None, None)
    );
}

/// The formulas of the lesson, by running caches.
#[test]
fn hit_ratios_and_stale_shares_are_those_of_the_formulas() {
    let mut rng = Rng::new(9);
    for (rate, ttl) in [(0.1, 5u32), (0.1, 60), (2.0, 60)] {
        let (mut cache, mut now, mut hits) = (Cache::new(s(0)), 0.0, 0);
        for _ in 0..20_000 {
            now += rng.exponential(1.0 / rate);
            let at = Duration::from_secs_f64(now);
            if matches!(cache.get(&name("a.test"), RecordType::A, at), Some(Cached::Fresh(_))) {
                hits += 1;
            } else {
                cache.insert(vec![Record { name: name("a.test"), ttl, data: RData::A([1; 4].into()) }], at);
            }
        }
        let expected = crate::cache::theory::fixed_ttl(rate, s(ttl.into()));
        assert!((f64::from(hits) / 20_000.0 - expected).abs() < 0.02, "{rate} {ttl}: {hits}, {expected}");
    }
    // 10,000 caches that fetched the old address at moments spread over the TTL before the change.
    let fetched: Vec<f64> = (0..10_000).map(|_| -60.0 * rng.next_f64()).collect();
    for at in [0.0, 15.0, 30.0, 59.0, 61.0] {
        let stale = fetched.iter().filter(|fetched| *fetched + 60.0 > at).count() as f64 / 10_000.0;
        assert!((stale - stale_share(at, 60.0, 0.0)).abs() < 0.02, "{at}: {stale}");
    }
    assert_eq!((stale_share(30.0, 60.0, 0.1), stale_share(600.0, 60.0, 0.05)), (0.55, 0.05));
}

#[test]
fn guessing_the_port_as_well_takes_65536_times_as_long() {
    let id_only = Race { forged: 200, ids: 1 << 16, ports: 1, servers: 1 };
    let both = Race { ports: 1 << 16, ..id_only };
    assert!((id_only.win_probability() / both.win_probability() - 65_536.0).abs() < 1e-6);
    let mut rng = Rng::new(11);
    let wins = (0..200_000).filter(|_| id_only.run(&mut rng)).count();
    // 610 expected, with a standard deviation of 25.
    assert!((510..=710).contains(&wins), "{wins}");
    let races = id_only.races_until(0.5);
    assert!(
        (id_only.win_probability_of(races) - 0.5).abs() < 1e-12 && (226.0..228.0).contains(&races),
        "{races}"
    );
    assert!(both.races_until(0.5) > 14_000_000.0);
    assert_eq!(Race { forged: 1 << 20, ..id_only }.win_probability(), 1.0);
}

fn labels() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8)
}

fn of_labels(labels: &[Vec<u8>]) -> Name {
    labels.iter().rev().fold(Name::root(), |name, label| name.child(label).expect("short enough"))
}

proptest! {
    #[test]
    fn any_name_comes_back_from_text_and_wire(labels in labels(), other in labels()) {
        let (name, other) = (of_labels(&labels), of_labels(&other));
        prop_assert_eq!(name.to_string().parse::<Name>(), Ok(name.clone()));
        let mut message = Message::query(1, name.clone(), RecordType::A);
        message.answers = [&other, &name]
            .map(|name| Record { name: name.clone(), ttl: 1, data: RData::Ns(other.clone()) })
            .to_vec();
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
        prop_assert_eq!(name.cmp(&other) == std::cmp::Ordering::Equal, name == other);
        prop_assert_eq!(name.is_within(&other), labels.len() >= other.label_count() && name.suffix(other.label_count()) == other);
    }
}
