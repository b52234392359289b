//! Longest-prefix match: which of many blocks is the narrowest around an address.

use std::net::IpAddr;

use super::cidr::{Cidr, bits};

/// A routing table: a value for each block; the narrowest block around an address wins.
///
/// A binary trie for each family: each step down reads one bit, and the last block passed on the way is the
/// answer. Routers in hardware, and Linux since 2.6.39, squeeze the same tree (several bits a step, chains left out).
///
/// # Complexity
///
/// `insert`, `remove` and `lookup` are O(length of the prefix): at most 32 steps for IPv4 and 128 for IPv6, however
/// many blocks there are. Memory is one node for each bit of each prefix that no other prefix shares.
///
/// # Examples
///
/// ```
/// use lessons::net::RouteTable;
///
/// let mut table = RouteTable::new();
/// table.insert("0.0.0.0/0".parse()?, "the provider");
/// table.insert("10.0.0.0/8".parse()?, "the company");
/// table.insert("10.15.0.0/16".parse()?, "the lab");
/// let found = table.lookup("10.15.2.1".parse()?).expect("there is a default route");
/// assert_eq!((*found.value, found.prefix.length()), ("the lab", 16));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// F. Baker (ed.), "Requirements for IP Version 4 Routers", RFC 1812, section 5.2.4.3, 1995. E. Fredkin, "Trie
/// Memory", CACM 3(9), 1960, doi:10.1145/367390.367400. S. Nilsson and G. Karlsson, "IP-Address Lookup Using
/// LC-Tries", IEEE Journal on Selected Areas in Communications 17(6), 1999, doi:10.1109/49.772439.
#[derive(Clone, Debug)]
pub struct RouteTable<T> {
    v4: Trie<T>,
    v6: Trie<T>,
    len: usize,
}

/// What a lookup found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'a, T> {
    /// The narrowest block around the address.
    pub prefix: Cidr,
    /// Its value.
    pub value: &'a T,
    /// How many bits were read before the answer was sure.
    pub steps: u32,
}

#[derive(Clone, Debug)]
struct Trie<T> {
    /// The first is the root, the block of all addresses.
    nodes: Vec<Node<T>>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    /// Where the addresses go whose next bit is 0, and 1; 0 (the root) means nowhere.
    children: [usize; 2],
    value: Option<T>,
}

impl<T> Node<T> {
    const EMPTY: Self = Self { children: [0, 0], value: None };
}

impl<T> Default for RouteTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> RouteTable<T> {
    /// An empty table.
    pub fn new() -> Self {
        let trie = || Trie { nodes: vec![Node::EMPTY] };
        Self { v4: trie(), v6: trie(), len: 0 }
    }

    /// Gives a block a value; returns the one that it had.
    pub fn insert(&mut self, prefix: Cidr, value: T) -> Option<T> {
        let trie = if prefix.network().is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        let mut at = 0;
        for bit in path(prefix.network()).take(usize::from(prefix.length())) {
            let mut next = trie.nodes[at].children[bit];
            if next == 0 {
                next = trie.nodes.len();
                trie.nodes.push(Node::EMPTY);
                trie.nodes[at].children[bit] = next;
            }
            at = next;
        }
        let before = trie.nodes[at].value.replace(value);
        self.len += usize::from(before.is_none());
        before
    }

    /// Takes a block out; returns its value. The nodes stay, for the next one.
    pub fn remove(&mut self, prefix: Cidr) -> Option<T> {
        let trie = if prefix.network().is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        let mut at = 0;
        for bit in path(prefix.network()).take(usize::from(prefix.length())) {
            at = trie.nodes[at].children[bit];
            if at == 0 {
                return None;
            }
        }
        let before = trie.nodes[at].value.take();
        self.len -= usize::from(before.is_some());
        before
    }

    /// The narrowest block around an address, if any.
    pub fn lookup(&self, address: IpAddr) -> Option<Found<'_, T>> {
        let trie = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let (mut at, mut steps) = (0, 0);
        let mut best = trie.nodes[0].value.as_ref().map(|value| (0, value));
        for bit in path(address) {
            at = trie.nodes[at].children[bit];
            if at == 0 {
                break;
            }
            steps += 1;
            if let Some(value) = &trie.nodes[at].value {
                best = Some((steps, value));
            }
        }
        let (length, value) = best?;
        let prefix = Cidr::new(address, length as u8).ok()?;
        Some(Found { prefix, value, steps })
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The bits of an address, from the first.
fn path(address: IpAddr) -> impl Iterator<Item = usize> {
    let (number, width) = (bits(address), super::cidr::width(address));
    (0..u32::from(width)).map(move |bit| (number >> (127 - bit)) as usize & 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rng::Rng;

    /// Blocks that often lie in each other: few different bits, all lengths.
    fn block(rng: &mut Rng) -> Cidr {
        let narrow = |rng: &mut Rng| (rng.next_u64() & rng.next_u64() & rng.next_u64()) as u32;
        let v6 = rng.chance(0.5);
        let address: IpAddr = if v6 {
            (u128::from(narrow(rng)) << 96 | u128::from(narrow(rng))).to_be_bytes().into()
        } else {
            narrow(rng).to_be_bytes().into()
        };
        Cidr::new(address, rng.below(if v6 { 129 } else { 33 }) as u8).expect("a length")
    }

    #[test]
    fn lookups_equal_a_search_of_all_blocks() {
        let mut rng = Rng::new(35);
        for _ in 0..300 {
            let (mut table, mut twin) = (RouteTable::new(), BTreeMap::new());
            for value in 0..rng.below(40) {
                let block = block(&mut rng);
                assert_eq!(table.insert(block, value), twin.insert(block, value));
                if rng.chance(0.2) {
                    let gone = *rng.choose(&twin.keys().copied().collect::<Vec<_>>()).expect("one");
                    assert_eq!(table.remove(gone), twin.remove(&gone));
                }
            }
            assert_eq!(table.len(), twin.len());
            for _ in 0..30 {
                let address = block(&mut rng).network();
                let brute = twin.iter().filter(|(block, _)| block.contains(address));
                let brute = brute.max_by_key(|(block, _)| block.length());
                let found = table.lookup(address);
                assert_eq!(found.as_ref().map(|found| (&found.prefix, found.value)), brute, "{address}");
                if let Some(found) = found {
                    assert!(found.steps <= if address.is_ipv4() { 32 } else { 128 });
                }
            }
        }
    }

    #[test]
    fn the_order_of_insertion_does_not_matter() {
        let mut rng = Rng::new(36);
        let mut blocks: Vec<Cidr> = (0..50).map(|_| block(&mut rng)).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let filled = |blocks: &[Cidr]| {
            let mut table = RouteTable::new();
            blocks.iter().for_each(|block| _ = table.insert(*block, *block));
            table
        };
        let one = filled(&blocks);
        rng.shuffle(&mut blocks);
        let other = filled(&blocks);
        for _ in 0..1_000 {
            let address = block(&mut rng).network();
            assert_eq!(one.lookup(address), other.lookup(address));
        }
    }

    #[test]
    fn a_default_route_needs_no_step() {
        let mut table = RouteTable::new();
        table.insert("0.0.0.0/0".parse().expect("a block"), 1);
        let found = table.lookup(IpAddr::from([8, 8, 8, 8])).expect("the default");
        assert_eq!((*found.value, found.steps, found.prefix.length()), (1, 0, 0));
        assert!(table.lookup("::1".parse().expect("an address")).is_none());
    }
}
