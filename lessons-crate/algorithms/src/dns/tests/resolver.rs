//! A little Internet: the root, `test.`, `shop.test.` and `example.`, each on a server of its own.

use std::collections::BTreeMap;

use super::*;

const ROOT: &str = ". 60 SOA a b 1 2 3 4 60
    . 60 NS a.root.
    a.root. 60 A 127.0.53.1
    test. 600 NS ns.test.
    ns.test. 600 A 127.0.53.2
    example. 600 NS ns.example.
    ns.example. 600 A 127.0.53.4";
const TEST: &str = "test. 60 SOA a b 1 2 3 4 60
    test. 600 NS ns.test.
    ns.test. 600 A 127.0.53.2
    shop.test. 600 NS ns1.shop.test.
    shop.test. 600 NS ns.elsewhere.example.
    ns1.shop.test. 600 A 127.0.53.3
    far.test. 600 NS ns.far.example.
    lost.test. 600 NS ns.lost.test.
    ping.test. 600 NS ns.pong.test.
    pong.test. 600 NS ns.ping.test.";
const EXAMPLE: &str = "example. 60 SOA a b 1 2 3 4 60
    example. 600 NS ns.example.
    ns.example. 600 A 127.0.53.4
    www.example. 60 A 192.0.2.7
    ns.far.example. 600 A 127.0.53.5";
const FAR: &str = "far.test. 60 SOA a b 1 2 3 4 60
    far.test. 60 NS ns.far.example.
    www.far.test. 60 A 192.0.2.5";

type Servers = BTreeMap<IpAddr, Zone>;

fn servers() -> Servers {
    let zone = |text: &str| parse_zone(text, Some(&Name::root())).expect("a good zone");
    let zones = [zone(ROOT), zone(TEST), zone::shop(), zone(EXAMPLE), zone(FAR)];
    (1..).map(|last| IpAddr::from([127, 0, 53, last])).zip(zones).collect()
}

fn resolver() -> Resolver {
    Resolver::new(vec![[127, 0, 53, 1].into()], 1)
}

fn resolve(resolver: &mut Resolver, text: &str, now: u64) -> Result<Resolution, ResolveError> {
    let servers = servers();
    // By way of the wire, as it would be.
    let mut ask = |server: IpAddr, query: &Message| {
        let query = Message::decode(&query.encode()).expect("a good query");
        let reply = servers.get(&server)?.answer(&query);
        Some(Message::decode(&reply.encode_within(1_232)).expect("a good reply"))
    };
    resolver.resolve(&name(text), RecordType::A, s(now), &mut ask)
}

#[test]
fn a_cold_question_costs_one_for_each_zone_and_a_warm_one_less() {
    let mut resolver = resolver();
    let cold = resolve(&mut resolver, "web.shop.test", 0).expect("found");
    let outcomes: Vec<&Outcome> = cold.steps.iter().map(|step| &step.outcome).collect();
    let referral = |text| Outcome::Referral(name(text));
    assert_eq!(outcomes, [&referral("test"), &referral("shop.test"), &Outcome::Answer]);
    assert_eq!(cold.answers.len(), 2);
    // The same again: nothing. Another name of the zone: one. Aliases within the zone come along.
    let count = |resolver: &mut Resolver, text, now| {
        resolve(resolver, text, now).map(|found| (found.steps.len(), found.answers.len()))
    };
    assert_eq!(count(&mut resolver, "web.shop.test", 59), Ok((0, 2)));
    assert_eq!(count(&mut resolver, "mail.shop.test", 59), Ok((1, 1)));
    assert_eq!(count(&mut resolver, "web.shop.test", 61), Ok((1, 2)), "only the address is too old");
    assert_eq!(
        count(&mut resolver, "old.shop.test", 61),
        Ok((2, 4)),
        "the second alias is asked for on its own"
    );
    assert_eq!(count(&mut resolver, "www.example", 61), Ok((2, 1)), "another zone");
    assert_eq!(count(&mut resolver, "web.shop.test", 700), Ok((3, 2)), "all is forgotten");
}

#[test]
fn an_alias_into_another_zone_and_a_server_without_an_address() {
    let out = resolve(&mut resolver(), "out.shop.test", 0).expect("found");
    assert_eq!(out.answers.last().map(|record| record.data.clone()), Some(RData::A([192, 0, 2, 7].into())));
    assert_eq!(out.steps.len(), 5, "three, and two for the alias");
    let far = resolve(&mut resolver(), "www.far.test", 0).expect("found");
    assert_eq!(far.answers[0].data, RData::A([192, 0, 2, 5].into()));
    assert_eq!(far.steps.len(), 5, "two, two for the server's address, one");
}

#[test]
fn what_is_not_there_is_remembered() {
    let mut resolver = resolver();
    let gone = resolve(&mut resolver, "no.shop.test", 0).expect("an answer");
    assert_eq!((gone.rcode, gone.answers.len(), gone.steps.len()), (Rcode::NX_DOMAIN, 0, 3));
    let again = resolve(&mut resolver, "below.no.shop.test", 59).expect("an answer");
    assert_eq!((again.rcode, again.steps.len()), (Rcode::NX_DOMAIN, 0));
    assert_eq!(
        resolve(&mut resolver, "no.shop.test", 60).map(|found| found.steps.len()),
        Ok(1),
        "min(TTL, minimum)"
    );
    let empty = resolve(&mut resolver, "_http._tcp.shop.test", 0).expect("an answer");
    assert_eq!((empty.rcode, empty.answers.len()), (Rcode::NO_ERROR, 0));
}

#[test]
fn zones_that_lead_nowhere_end_soon() {
    for (text, error) in [
        ("www.lost.test", ResolveError::NoServer(name("lost.test"))),
        ("loop.shop.test", ResolveError::Aliases(name("loop.shop.test"))),
    ] {
        assert_eq!(resolve(&mut resolver(), text, 0), Err(error), "{text}");
    }
    // Two zones that name each other's servers.
    assert!(resolve(&mut resolver(), "www.ping.test", 0).is_err());
}

#[test]
fn when_nobody_answers_the_old_answer_is_given() {
    let mut resolver = resolver();
    resolve(&mut resolver, "web.shop.test", 0).expect("found");
    let mut nobody = |_: IpAddr, _: &Message| None;
    let mut later = |now| resolver.resolve(&name("web.shop.test"), RecordType::A, s(now), &mut nobody);
    let stale = later(1_000).expect("better than nothing");
    assert!(stale.stale && stale.answers.len() == 2 && stale.answers[0].ttl == 30);
    assert_eq!(later(86_400 + 60), Err(ResolveError::NoServer(Name::root())));
}

/// The server of `shop.test.` says things about others: none of them is believed.
#[test]
fn a_server_is_believed_about_its_own_zone_only() {
    let servers = servers();
    let forged: IpAddr = [203, 0, 113, 66].into();
    let mut ask = |server: IpAddr, query: &Message| {
        let mut reply = servers.get(&server)?.answer(query);
        if server == IpAddr::from([127, 0, 53, 3]) {
            let record = |owner: &str, data| Record { name: name(owner), ttl: 9_999, data };
            reply.answers.push(record("www.example", RData::A([203, 0, 113, 66].into())));
            reply.authorities.push(record("example", RData::Ns(name("ns.shop.test"))));
            reply.additionals.push(record("ns.example", RData::A([203, 0, 113, 66].into())));
        }
        Some(reply)
    };
    let mut resolver = resolver();
    for text in ["web.shop.test", "www.example"] {
        let found = resolver.resolve(&name(text), RecordType::A, s(0), &mut ask).expect("found");
        assert!(
            found.answers.iter().all(|record| record.data != RData::A([203, 0, 113, 66].into())),
            "{text}"
        );
        assert!(found.steps.iter().all(|step| step.server != forged));
    }
}

/// A wrong id, another question, a referral up or aside, a refusal: the next server is asked.
#[test]
fn a_reply_that_does_not_fit_is_none() {
    let servers = servers();
    for fault in 0..5 {
        let mut ask = |server: IpAddr, query: &Message| {
            let mut reply = servers.get(&server)?.answer(query);
            match fault {
                0 => reply.header.id ^= 1,
                1 => reply.header.response = false,
                2 => reply.questions[0].name = name("www.example"),
                3 => reply.header.rcode = Rcode::SERV_FAIL,
                _ => reply.authorities.iter_mut().for_each(|record| record.name = Name::root()),
            }
            Some(reply)
        };
        let found = resolver().resolve(&name("web.shop.test"), RecordType::A, s(0), &mut ask);
        assert_eq!(found, Err(ResolveError::NoServer(Name::root())), "{fault}");
    }
}

/// Each server refers to more servers whose names are in zones that refer to more servers.
#[test]
fn a_tree_of_referrals_is_cut() {
    let mut asked = 0u32;
    let mut ask = |_: IpAddr, query: &Message| {
        asked += 1;
        let question = &query.questions[0].name;
        let mut reply = Message::reply_to(query, Rcode::NO_ERROR);
        let cut = question.suffix(1);
        for count in 0..20 {
            let server = name(&format!("ns.x{asked}y{count}."));
            reply.authorities.push(Record { name: cut.clone(), ttl: 60, data: RData::Ns(server) });
        }
        Some(reply)
    };
    let error = resolver().resolve(&name("www.victim"), RecordType::A, s(0), &mut ask);
    assert!(error.is_err() && asked <= 60, "{error:?} after {asked}");
}
