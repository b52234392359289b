//! A routing table.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::DatasetError;
use crate::net::Cidr;
use crate::rng::Rng;

/// The file's name.
pub(super) const FILE: &str = "net/routes.csv";
/// How many of the blocks are IPv6.
const V6: usize = 64;

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteRow {
    /// Where it leads.
    pub prefix: Cidr,
    /// To whom packets for there are sent.
    pub next_hop: IpAddr,
    /// How long the way is; less is better.
    pub metric: u32,
}

/// So many routes of a made-up company: one default route for each family, and blocks in 10.0.0.0/8 and 2001:db8::/32
/// that often lie in each other.
///
/// # Panics
///
/// When more than 10,000 are asked for: there are not many more different ones.
pub fn make_routes(count: usize, seed: u64) -> Vec<RouteRow> {
    assert!(count <= 10_000, "{count} routes: at most 10,000 can be made");
    let mut rng = Rng::new(seed);
    let block = |address: IpAddr, length| Cidr::new(address, length).expect("a length of the family");
    let mut blocks = BTreeSet::from([
        block(Ipv4Addr::UNSPECIFIED.into(), 0),
        block(Ipv6Addr::UNSPECIFIED.into(), 0),
        block(Ipv4Addr::new(10, 0, 0, 0).into(), 8),
    ]);
    while blocks.len() < count {
        // Few sites and few subnets, so that blocks lie in each other.
        let (site, subnet, host) = (rng.below(24) as u8, rng.below(32) as u8 * 8, rng.next_u64() as u8);
        let v6 = blocks.iter().filter(|block| !block.network().is_ipv4()).count() < V6 && rng.chance(0.2);
        let choose = |rng: &mut Rng, lengths: &[u8]| *rng.choose(lengths).expect("some lengths");
        blocks.insert(if v6 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, site.into(), subnet.into(), 0, 0, 0, host.into());
            block(address.into(), choose(&mut rng, &[40, 48, 48, 56, 64, 128]))
        } else {
            let address = Ipv4Addr::new(10, site, subnet, host);
            block(address.into(), choose(&mut rng, &[12, 16, 16, 20, 24, 24, 24, 28, 32]))
        });
    }
    let mut hop = |prefix: Cidr| {
        let router = 1 + rng.below(16) as u8;
        let next_hop = if prefix.network().is_ipv4() {
            Ipv4Addr::new(192, 0, 2, router).into()
        } else {
            Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, router.into()).into()
        };
        RouteRow { prefix, next_hop, metric: 10 * (1 + rng.below(10) as u32) }
    };
    blocks.into_iter().map(&mut hop).collect()
}

/// The routes as the text of a file, with a heading line.
pub fn routes_csv(routes: &[RouteRow]) -> String {
    let mut csv = String::from("prefix,next_hop,metric\n");
    for RouteRow { prefix, next_hop, metric } in routes {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{prefix},{next_hop},{metric}");
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<RouteRow>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        let read = || {
            let mut fields = line.split(',');
            let prefix = fields.next()?.parse().ok()?;
            let next_hop = fields.next()?.parse().ok()?;
            Some(RouteRow { prefix, next_hop, metric: fields.next()?.parse().ok()? })
        };
        read().ok_or_else(|| DatasetError::Malformed {
            file: FILE,
            line: number + 1,
            problem: format!("{line:?} is not a prefix, a next hop and a metric"),
        })
    })
    .collect()
}
