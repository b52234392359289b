//! Checks who is taken for the client behind proxies.

use std::net::IpAddr;

use algorithms::proxy;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// The header, the peer and the proxies in; the client out.
type Answer = fn(&[IpAddr], IpAddr, &[IpAddr]) -> IpAddr;
planted!("proxy/client_ip");

/// The header, the peer, the proxies.
type Input = (Vec<IpAddr>, IpAddr, Vec<IpAddr>);

const QUESTION: Question<Answer, Input, IpAddr> = Question {
    ask: |answer, (header, peer, trusted)| answer(header, *peer, trusted),
    right: |(header, peer, trusted)| proxy::client_ip(header, *peer, |address| trusted.contains(&address)),
    accepts: None,
    same: |one, other| one == other,
    input: |(header, peer, trusted)| format!("client_ip(&[{}], {peer}, &[{}])", list(header), list(trusted)),
    output: ToString::to_string,
};

fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Checks a function that is given the addresses of `X-Forwarded-For`, the peer and our own proxies.
pub fn client_ip(client_ip: fn(&[IpAddr], IpAddr, &[IpAddr]) -> IpAddr) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, client_ip, MISTAKES)
        .visible("one proxy: the entry that it wrote", || {
            vec![input("198.51.100.7", "10.0.0.1"), input("2001:db8::7", "10.0.0.1")]
        })
        .visible("several proxies: the first from the right that is not ours", || {
            vec![
                input("198.51.100.7, 10.0.0.2", "10.0.0.1"),
                input("198.51.100.7, 10.0.0.3, 10.0.0.2", "10.0.0.1"),
            ]
        })
        .visible("what a client makes up is never reached", || {
            vec![
                input("1.1.1.1, 198.51.100.7", "10.0.0.1"),
                input("1.1.1.1, 2.2.2.2, 198.51.100.7, 10.0.0.2", "10.0.0.1"),
            ]
        })
        .visible("without a header the peer is the client", || {
            vec![input("", "198.51.100.7"), input("", "10.0.0.1")]
        })
        .hidden("a stranger's header counts for nothing", || {
            vec![
                input("1.1.1.1", "198.51.100.7"),
                input("10.0.0.2", "198.51.100.7"),
                input("1.1.1.1, 10.0.0.2", "198.51.100.7"),
            ]
        })
        .hidden("an address of ours that was made up", || {
            vec![
                input("10.0.0.3, 198.51.100.7, 10.0.0.2", "10.0.0.1"),
                input("1.1.1.1, 10.0.0.3, 198.51.100.7", "10.0.0.1"),
            ]
        })
        .hidden("all are ours: the request began inside", || {
            vec![input("10.0.0.3, 10.0.0.2", "10.0.0.1"), input("10.0.0.2", "10.0.0.1")]
        })
        .hidden("nobody is trusted", || {
            let (header, peer, _) = input("1.1.1.1, 10.0.0.2", "10.0.0.1");
            vec![(header, peer, Vec::new())]
        })
        .hidden("2,000 random requests", random)
        .finish()
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address of the check")
}

/// With three proxies of ours, of which one has IPv6.
fn input(header: &str, peer: &str) -> Input {
    let header = header.split(", ").filter(|text| !text.is_empty()).map(ip).collect();
    (header, ip(peer), ["10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1"].map(ip).to_vec())
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(19);
    let all = ["10.0.0.1", "10.0.0.2", "fd00::1", "198.51.100.7", "203.0.113.9", "2001:db8::7"].map(ip);
    let mut one = move |count: usize| (0..count).map(|_| all[rng.index(all.len())]).collect::<Vec<_>>();
    (0..2_000usize)
        .map(|round| {
            let (header, peer) = (one(round % 6), one(1)[0]);
            (header, peer, input("", "10.0.0.1").2)
        })
        .collect()
}
