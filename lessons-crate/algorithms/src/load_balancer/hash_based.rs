//! The same client, or the same key, to the same backend.

use super::{Balancer, Request};
use crate::hash::{hash_u64, reduce};
use crate::hashing::{MaglevTable, Placement};

/// The backend follows from the client's address, so that a client stays where its session is.
///
/// [`IpHash::new`] is the `ip_hash` of nginx: it looks only at the first three numbers of the address, so
/// all clients of one /24 network share a backend, and all of one company behind one address do with
/// either form. When the number of backends changes, nearly all clients move.
///
/// # Sources
///
/// I. Sysoev et al., nginx, `ngx_http_upstream_ip_hash_module.c`: the hash starts at 89, is multiplied by
/// 113 for each number, and taken modulo 6271.
#[derive(Clone, Debug)]
pub struct IpHash {
    backends: usize,
    full_address: bool,
}

impl IpHash {
    /// Over this many backends of equal weight, by the client's /24 network, as nginx does it.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn new(backends: usize) -> Self {
        assert!(backends > 0, "a balancer needs at least one backend");
        Self { backends, full_address: false }
    }

    /// Over this many backends, by the client's whole address.
    ///
    /// # Panics
    ///
    /// When there is no backend.
    pub fn full_address(backends: usize) -> Self {
        Self { full_address: true, ..Self::new(backends) }
    }
}

impl Balancer for IpHash {
    fn name(&self) -> &'static str {
        if self.full_address { "address hash" } else { "ip_hash of nginx (/24)" }
    }

    fn pick(&mut self, request: &Request) -> usize {
        if self.full_address {
            return reduce(hash_u64(u64::from(request.client.to_bits()), 0), self.backends as u64) as usize;
        }
        let [a, b, c, _] = request.client.octets();
        let hash = [a, b, c].iter().fold(89, |hash, &number| (hash * 113 + usize::from(number)) % 6271);
        hash % self.backends
    }
}

/// The backend follows from the request's key by a [`MaglevTable`].
///
/// Nearly perfect shares of the keys; when a backend leaves, nearly only its own keys move.
#[derive(Clone, Debug)]
pub struct Maglev {
    table: MaglevTable,
}

impl Maglev {
    /// Over this many backends, with a table of [`MaglevTable::SIZE`] entries.
    ///
    /// # Panics
    ///
    /// When there is no backend, or more than entries.
    pub fn new(backends: usize) -> Self {
        let names: Vec<u64> = (0..backends as u64).collect();
        Self { table: MaglevTable::new(&names) }
    }
}

impl Balancer for Maglev {
    fn name(&self) -> &'static str {
        "Maglev"
    }

    #[inline]
    fn pick(&mut self, request: &Request) -> usize {
        self.table.node(request.key) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn counts(balancer: &mut dyn Balancer, clients: impl Iterator<Item = Ipv4Addr>) -> Vec<u32> {
        let mut counts = vec![0; 4];
        for client in clients {
            counts[balancer.pick(&Request::from(client))] += 1;
        }
        counts.sort_unstable();
        counts
    }

    /// The distribution that nginx gives these clients over four servers.
    #[test]
    fn ip_hash_counts_like_nginx() {
        let one_network = (1..=199).map(|x| Ipv4Addr::new(127, 0, 0, x));
        assert_eq!(counts(&mut IpHash::new(4), one_network.clone()), [0, 0, 0, 199]);
        let networks = (1..=199).map(|x| Ipv4Addr::new(127, 0, x, 1));
        assert_eq!(counts(&mut IpHash::new(4), networks), [49, 50, 50, 50]);
        assert!(counts(&mut IpHash::full_address(4), one_network)[0] > 30);
    }

    #[test]
    fn a_key_stays_at_its_backend() {
        let mut maglev = Maglev::new(10);
        let request = Request { key: 77, ..Request::default() };
        let backend = maglev.pick(&request);
        assert!((0..10).all(|_| maglev.pick(&request) == backend));
    }
}
