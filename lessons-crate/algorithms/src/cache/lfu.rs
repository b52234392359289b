//! Least frequently used, in constant time.

use super::EvictionPolicy;
use super::list::{Links, List, NIL};
use super::policy::checked;

/// Evicts the entry that was asked for least often since it came; of several, the one not asked for the longest.
///
/// Entries of equal count form a list, and the lists hang in a list by count. A hit moves its entry to the
/// neighboring list, so nothing is ever sorted. It remembers for ever: what was popular last week stays.
///
/// # Complexity
///
/// O(1). 40 bytes per entry.
///
/// # Sources
///
/// K. Shah, A. Mitra, D. Matani, "An O(1) Algorithm for Implementing the LFU Cache Eviction Scheme", 2010
/// (arXiv:2110.11602).
#[derive(Clone, Debug)]
pub struct Lfu {
    links: Links,
    /// The group of each slot.
    group_of: Vec<u32>,
    groups: Vec<Group>,
    /// Neighbors of groups; the back has the lowest count.
    group_links: Links,
    by_count: List,
    /// Groups without entries.
    spare: Vec<u32>,
}

/// Entries that were asked for equally often.
#[derive(Clone, Debug)]
struct Group {
    count: u64,
    entries: List,
}

impl Lfu {
    /// For this many entries.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn new(capacity: usize) -> Self {
        // One more than entries: a hit makes the new group before it leaves the old one.
        let groups = checked(capacity) + 1;
        Self {
            links: Links::new(capacity),
            group_of: vec![NIL; capacity],
            groups: vec![Group { count: 0, entries: List::new() }; groups],
            group_links: Links::new(groups),
            by_count: List::new(),
            spare: (0..groups as u32).rev().collect(),
        }
    }

    /// A group with this count and no entries yet, directly before `behind` or at the back.
    fn new_group(&mut self, count: u64, behind: u32) -> u32 {
        let group = self.spare.pop().unwrap_or(NIL);
        assert!(group != NIL, "there are more groups than entries");
        self.groups[group as usize].count = count;
        if behind == NIL {
            self.by_count.push_back(&mut self.group_links, group);
        } else {
            self.by_count.insert_before(&mut self.group_links, group, behind);
        }
        group
    }

    fn enter(&mut self, slot: u32, group: u32) {
        self.groups[group as usize].entries.push_front(&mut self.links, slot);
        self.group_of[slot as usize] = group;
    }

    fn leave(&mut self, slot: u32) {
        let group = self.group_of[slot as usize];
        let entries = &mut self.groups[group as usize].entries;
        entries.remove(&mut self.links, slot);
        if entries.len() == 0 {
            self.by_count.remove(&mut self.group_links, group);
            self.spare.push(group);
        }
    }
}

impl EvictionPolicy for Lfu {
    fn name(&self) -> &'static str {
        "LFU"
    }

    fn capacity(&self) -> usize {
        self.group_of.len()
    }

    fn on_hit(&mut self, slot: u32, _: u64) {
        let group = self.group_of[slot as usize];
        let count = self.groups[group as usize].count + 1;
        let next = self.group_links.toward_front(group);
        if next != NIL && self.groups[next as usize].count == count {
            self.leave(slot);
            self.enter(slot, next);
        } else if self.groups[group as usize].entries.len() == 1 {
            // Alone in its group: the group moves instead.
            self.groups[group as usize].count = count;
        } else {
            let next = self.new_group(count, group);
            self.leave(slot);
            self.enter(slot, next);
        }
    }

    fn on_insert(&mut self, slot: u32, _: u64) {
        let lowest = self.by_count.back();
        let once = lowest != NIL && self.groups[lowest as usize].count == 1;
        let group = if once { lowest } else { self.new_group(1, NIL) };
        self.enter(slot, group);
    }

    fn evict(&mut self, _: &[u64]) -> u32 {
        let slot = self.groups[self.by_count.back() as usize].entries.back();
        self.leave(slot);
        slot
    }

    fn on_remove(&mut self, slot: u32) {
        self.leave(slot);
    }
}
