//! Checks a longest-prefix match.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use algorithms::net::{Cidr, RouteTable};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// A route: where the addresses of a block go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// An address of the block; bits behind the length may be set.
    pub address: IpAddr,
    /// How many of its first bits count: at most 32 for IPv4, and 128 for IPv6.
    pub length: u8,
    /// To whom packets for the block go.
    pub next_hop: u32,
}

/// Routes and an address in, a next hop out.
type Answer = fn(&[Route], IpAddr) -> Option<u32>;
planted!("net/longest_prefix");

/// Routes, and the address that is looked up.
type Input = (Vec<Route>, IpAddr);

const QUESTION: Question<Answer, Input, Option<u32>> = Question {
    ask: |answer, (routes, address)| answer(routes, *address),
    right: |(routes, address)| {
        let mut table = RouteTable::new();
        for route in routes {
            let block = Cidr::new(route.address, route.length).expect("lengths are those of the family");
            table.insert(block, route.next_hop);
        }
        table.lookup(*address).map(|found| *found.value)
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(routes, address)| {
        let route = |route: &Route| format!("{}/{} to {}", route.address, route.length, route.next_hop);
        let shown: Vec<String> = routes.iter().take(6).map(route).collect();
        let more = if routes.len() > 6 { format!(" and {} more", routes.len() - 6) } else { String::new() };
        format!("{address} among [{}{more}]", shown.join(", "))
    },
    output: |next_hop| format!("{next_hop:?}"),
};

/// Checks a learner's longest-prefix match.
pub fn longest_prefix(answer: Answer) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, answer, MISTAKES)
        .visible("the narrowest block around the address decides", || {
            let routes = [("10.0.0.0", 8, 2), ("10.15.0.0", 16, 3), ("10.15.7.0", 24, 4)];
            asked(&routes, &["10.1.1.1", "10.15.1.1", "10.15.7.1", "192.0.2.1"])
        })
        .visible("a length of 0 covers everything of its family", || {
            let routes = [("0.0.0.0", 0, 1), ("10.0.0.0", 8, 2)];
            [
                asked(&routes, &["192.0.2.1", "10.0.0.1", "::1"]),
                asked(&[("::", 0, 7), ("2001:db8::", 32, 8)], &["fe80::1", "2001:db8::1", "10.0.0.1"]),
            ]
            .concat()
        })
        .visible("the order of the routes does not matter", || {
            let routes = [("10.15.7.0", 24, 4), ("10.0.0.0", 8, 2), ("10.15.0.0", 16, 3)];
            asked(&routes, &["10.15.7.9", "10.15.8.9", "10.16.0.1"])
        })
        .hidden("a prefix may end within a byte", || {
            let routes = [("10.16.0.0", 12, 5), ("10.32.0.0", 11, 6), ("2001:db8:8000::", 33, 7)];
            asked(&routes, &["10.31.0.1", "10.32.0.1", "10.64.0.1", "2001:db8:8000::1", "2001:db8::1"])
        })
        .hidden("bits behind the length do not matter", || {
            let routes = [("10.1.2.3", 8, 2), ("10.15.0.9", 16, 3), ("2001:db8::9", 32, 4)];
            asked(&routes, &["10.200.0.1", "10.15.200.1", "2001:db8:1::1"])
        })
        .hidden("a route covers no address of the other family", || {
            let routes = [("10.0.0.0", 8, 2), ("a00::", 8, 3), ("::ffff:0:0", 96, 4)];
            [
                asked(&routes, &["::ffff:10.1.2.3", "a00::1", "10.1.2.3"]),
                asked(&routes[..1], &["::ffff:10.1.2.3", "a00::1"]),
                asked(&routes[1..2], &["10.1.2.3"]),
            ]
            .concat()
        })
        .hidden("no routes, no next hop; one address has a block of its own", || {
            [
                asked(&[], &["10.0.0.1", "::"]),
                asked(&[("10.0.0.1", 32, 1), ("::1", 128, 2)], &["10.0.0.1", "10.0.0.2", "::1", "::"]),
            ]
            .concat()
        })
        .hidden("3,000 random tables give what a search of all routes gives", random)
        .finish()
}

/// The same routes, asked for each address.
fn asked(routes: &[(&str, u8, u32)], addresses: &[&str]) -> Vec<Input> {
    let read = |text: &str| text.parse::<IpAddr>().expect("an address");
    let route =
        |&(address, length, next_hop): &(&str, u8, u32)| Route { address: read(address), length, next_hop };
    let routes: Vec<Route> = routes.iter().map(route).collect();
    addresses.iter().map(|address| (routes.clone(), read(address))).collect()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(1_812);
    let tables = (0..3_000).map(|number| {
        // Few different bits, so that blocks lie in each other.
        let address = |rng: &mut Rng| {
            let bits = (rng.next_u64() & rng.next_u64() & rng.next_u64()) as u32;
            if rng.chance(0.3) {
                IpAddr::V6(Ipv6Addr::from(u128::from(bits) << 96 | u128::from(rng.below(4))))
            } else {
                IpAddr::V4(Ipv4Addr::from(bits))
            }
        };
        let mut routes: Vec<Route> = Vec::new();
        let mut blocks = Vec::new();
        for _ in 0..rng.below(2 + number / 100) {
            let address = address(&mut rng);
            let length = rng.below(if address.is_ipv4() { 33 } else { 129 }) as u8;
            let block = Cidr::new(address, length).expect("a length of the family");
            if !blocks.contains(&block) {
                blocks.push(block);
                routes.push(Route { address, length, next_hop: rng.below(1_000) as u32 });
            }
        }
        (routes, address(&mut rng))
    });
    tables.collect()
}
