//! Hash slots: many small fixed shares of the keys, and a table that says which node has which.

use std::collections::BTreeMap;

use crate::hash::mix64;
use crate::hashing::Placement;

/// How many hash slots a Redis Cluster has.
pub const SLOTS: u16 = 16_384;

/// The 16-bit cyclic redundancy check that Redis Cluster uses (XMODEM: polynomial 0x1021, from 0). O(length).
///
/// # Examples
///
/// ```
/// assert_eq!(lessons::sharding::crc16(b"123456789"), 0x31c3);
/// ```
pub fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0u16;
    for &byte in bytes {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
        }
    }
    crc
}

/// The part of a key that is hashed: what is between the first `{` and the first `}` after it, if that is not
/// empty; otherwise the whole key. Keys with the same tag are in the same slot.
///
/// # Sources
///
/// Redis documentation, "Redis cluster specification", section "Hash tags".
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else { return key };
    let rest = &key[open + 1..];
    match rest.iter().position(|&byte| byte == b'}') {
        Some(length) if length > 0 => &rest[..length],
        _ => key,
    }
}

/// The hash slot of a key in a Redis Cluster.
///
/// # Examples
///
/// ```
/// use lessons::sharding::key_slot;
///
/// assert_eq!(key_slot(b"123456789"), 12_739);
/// assert_eq!(key_slot(b"{user1000}.following"), key_slot(b"{user1000}.followers"));
/// ```
pub fn key_slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) % SLOTS
}

/// A fixed number of slots, and the node of each.
///
/// A key's slot never changes; what moves when nodes come or go are slots. With many more slots than nodes the
/// shares are even, and a node can be given fewer of them, or one of them by hand. Also known as logical or
/// virtual shards.
///
/// # Complexity
///
/// A lookup is O(1), a rebalance O(slots + nodes log nodes).
///
/// # Examples
///
/// ```
/// use lessons::sharding::SlotMap;
///
/// let mut slots = SlotMap::new(16_384, &[1, 2, 3]);
/// assert_eq!(slots.rebalance(&[1, 2, 3, 4]), 4_096); // A fourth, and all of it to the new node.
/// assert_eq!(slots.count(4), 4_096);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotMap {
    /// By slot. Invariant: never empty.
    owners: Vec<u64>,
}

impl SlotMap {
    /// The slots in equal parts, neighbors together.
    ///
    /// # Panics
    ///
    /// When there is no slot or no node.
    pub fn new(slots: usize, nodes: &[u64]) -> Self {
        assert!(slots > 0 && !nodes.is_empty(), "a map needs slots and nodes");
        Self { owners: (0..slots).map(|slot| nodes[slot * nodes.len() / slots]).collect() }
    }

    /// The node of each slot.
    pub fn owners(&self) -> &[u64] {
        &self.owners
    }

    /// How many slots a node has.
    pub fn count(&self, node: u64) -> usize {
        self.owners.iter().filter(|&&owner| owner == node).count()
    }

    /// The slot of a numbered key.
    pub fn slot(&self, key: u64) -> usize {
        (mix64(key) % self.owners.len() as u64) as usize
    }

    /// Gives one slot to a node.
    ///
    /// # Panics
    ///
    /// When there is no such slot.
    pub fn assign(&mut self, slot: usize, node: u64) {
        self.owners[slot] = node;
    }

    /// Spreads the slots evenly over these nodes, with as few moves as possible: how many slots moved.
    ///
    /// The fewest: a slot leaves only a node that is gone, or that has more than its quota; and the larger quotas
    /// go to those that have most already.
    ///
    /// # Panics
    ///
    /// When there is no node.
    pub fn rebalance(&mut self, nodes: &[u64]) -> usize {
        let mut counts: BTreeMap<u64, usize> = nodes.iter().map(|&node| (node, 0)).collect();
        assert!(!counts.is_empty(), "slots need at least one node");
        for owner in &self.owners {
            if let Some(count) = counts.get_mut(owner) {
                *count += 1;
            }
        }
        let (each, more) = (self.owners.len() / counts.len(), self.owners.len() % counts.len());
        let mut richest: Vec<(u64, usize)> = counts.into_iter().collect();
        richest.sort_by_key(|&(node, count)| (std::cmp::Reverse(count), node));
        let quotas =
            richest.iter().enumerate().map(|(rank, &(node, _))| (node, each + usize::from(rank < more)));
        let mut room: BTreeMap<u64, usize> = quotas.collect();
        // Who may keep a slot takes it from the room of its owner; the others wait for what is left.
        let mut homeless = Vec::new();
        for (slot, owner) in self.owners.iter().enumerate() {
            match room.get_mut(owner) {
                Some(left) if *left > 0 => *left -= 1,
                _ => homeless.push(slot),
            }
        }
        let mut free = room.into_iter().flat_map(|(node, left)| std::iter::repeat_n(node, left));
        for &slot in &homeless {
            self.owners[slot] = free.next().expect("quotas add up to the number of slots");
        }
        homeless.len()
    }
}

impl Placement for SlotMap {
    fn name(&self) -> &'static str {
        "slots"
    }

    fn node(&self, key: u64) -> u64 {
        self.owners[self.slot(key)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        for (key, slot) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("{user1000}.following", 3_443),
            ("user1000", 3_443),
            ("", 0),
        ] {
            assert_eq!(key_slot(key.as_bytes()), slot, "{key}");
        }
        for (key, tag) in [
            ("{user1000}.followers", "user1000"),
            ("foo{}{bar}", "foo{}{bar}"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
            ("foo}bar{", "foo}bar{"),
            ("a}{b}", "b"),
            ("{", "{"),
        ] {
            assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
        }
    }

    /// The fewest moves by brute force: every way to hand out the larger quotas.
    fn fewest_moves(owners: &[u64], nodes: &[u64]) -> usize {
        let (each, more) = (owners.len() / nodes.len(), owners.len() % nodes.len());
        let count = |node| owners.iter().filter(|&&owner| owner == node).count();
        let choices = (0u32..1 << nodes.len()).filter(|choice| choice.count_ones() as usize == more);
        let kept = choices.map(|choice| {
            let quota = |index: usize| each + usize::from(choice >> index & 1 == 1);
            nodes.iter().enumerate().map(|(index, &node)| count(node).min(quota(index))).sum::<usize>()
        });
        owners.len() - kept.max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn a_rebalance_is_even_and_moves_the_fewest(
            owners in prop::collection::vec(0u64..6, 1..60),
            nodes in prop::collection::btree_set(0u64..8, 1..7),
        ) {
            let nodes: Vec<u64> = nodes.into_iter().collect();
            let mut map = SlotMap { owners: owners.clone() };
            let moved = map.rebalance(&nodes);
            let counts: Vec<usize> = nodes.iter().map(|&node| map.count(node)).collect();
            prop_assert_eq!(counts.iter().sum::<usize>(), owners.len());
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            prop_assert_eq!(moved, owners.iter().zip(map.owners()).filter(|(a, b)| a != b).count());
            prop_assert_eq!(moved, fewest_moves(&owners, &nodes));
            prop_assert_eq!(map.rebalance(&nodes), 0);
        }

        #[test]
        fn the_table_form_of_the_check_agrees(bytes: Vec<u8>) {
            // The same polynomial, a byte at a time through a table.
            let table: Vec<u16> = (0..=255u8).map(|byte| crc16(&[byte])).collect();
            let by_table = bytes.iter().fold(0u16, |crc, byte| {
                crc << 8 ^ table[usize::from((crc >> 8) as u8 ^ byte)]
            });
            prop_assert_eq!(crc16(&bytes), by_table);
        }
    }
}
