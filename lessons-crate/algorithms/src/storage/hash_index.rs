//! Extendible hashing: one page to any key, and no order.

use super::{PageCounts, PageId, Pager};
use crate::hash::hash_u64;

/// Header of a bucket: how many bits of the hash all of its keys share, and how many entries it has.
const HEADER: usize = 8;
const ENTRY: usize = 16;

/// A map from numbers to numbers in pages, each found through the first bits of the key's hash.
///
/// A directory of 2^d pages numbers, kept in memory, is indexed by d bits of the hash. A full page is split in two by
/// one bit more; only when it already uses all d bits does the directory double. So a lookup reads one page, always;
/// there is no page that belongs to a range of keys, so a range cannot be asked for.
///
/// # Complexity
///
/// `get` reads 1 page, `insert` and `remove` also write 1, and a split writes 2 and takes O(2^d) for the directory.
/// Pages are ln 2 = 69% full on average. Pages are never merged.
///
/// # Examples
///
/// ```
/// use lessons::storage::HashIndex;
///
/// let mut index = HashIndex::new();
/// (0..100_000).for_each(|key| drop(index.insert(key, key + 1)));
/// index.reset_counts();
/// assert_eq!((index.get(77), index.counts().reads), (Some(78), 1));
/// ```
///
/// # Sources
///
/// R. Fagin, J. Nievergelt, N. Pippenger, H. R. Strong, "Extendible Hashing: A Fast Access Method for Dynamic Files",
/// ACM TODS 4(3), 1979, doi:10.1145/320083.320092.
#[derive(Clone, Debug)]
pub struct HashIndex {
    pager: Pager,
    /// 2^depth pages.
    directory: Vec<PageId>,
    depth: u32,
    len: u64,
}

impl Default for HashIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl HashIndex {
    /// An empty index in pages of 4 KiB.
    pub fn new() -> Self {
        Self::with_page(4096)
    }

    /// An empty index in pages of this size, in bytes.
    ///
    /// # Panics
    ///
    /// When a page has not room for two entries (40 bytes).
    pub fn with_page(page_bytes: usize) -> Self {
        assert!(page_bytes >= HEADER + 2 * ENTRY, "a page of {page_bytes} bytes: take at least 40");
        let mut pager = Pager::new(page_bytes);
        let first = pager.push();
        Self { pager, directory: vec![first], depth: 0, len: 0 }
    }

    /// How many keys there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many pages hold its keys.
    pub fn pages(&self) -> u64 {
        self.pager.len() as u64 - 1
    }

    /// How many entries the directory has: 2^d.
    pub fn directory_len(&self) -> usize {
        self.directory.len()
    }

    /// The share of the pages' places that is used.
    pub fn fill(&self) -> f64 {
        self.len as f64 / (self.pages() as f64 * self.capacity() as f64)
    }

    fn capacity(&self) -> usize {
        (self.pager.page_bytes() - HEADER) / ENTRY
    }

    fn page_of(&self, key: u64) -> PageId {
        self.directory[hash_u64(key, 0) as usize & (self.directory.len() - 1)]
    }

    /// The value of a key. Reads one page.
    pub fn get(&self, key: u64) -> Option<u64> {
        let page = self.pager.read(self.page_of(key));
        let at = find(page, key)?;
        Some(number(page, HEADER + at * ENTRY + 8))
    }

    /// Stores a value, and gives the old one if the key was there.
    pub fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        loop {
            let id = self.page_of(key);
            let page = self.pager.read(id);
            let count = count(page);
            if let Some(at) = find(page, key) {
                let old = number(page, HEADER + at * ENTRY + 8);
                put(self.pager.write(id), at, key, value);
                return Some(old);
            }
            if count < self.capacity() {
                let page = self.pager.write(id);
                put(page, count, key, value);
                set_count(page, count + 1);
                self.len += 1;
                return None;
            }
            // No two keys have the same hash, so splitting ends.
            self.split(id);
        }
    }

    /// Takes a key out, and gives its value.
    pub fn remove(&mut self, key: u64) -> Option<u64> {
        let id = self.page_of(key);
        let page = self.pager.read(id);
        let (at, last) = (find(page, key)?, count(page) - 1);
        let value = number(page, HEADER + at * ENTRY + 8);
        let page = self.pager.write(id);
        page.copy_within(HEADER + last * ENTRY..HEADER + (last + 1) * ENTRY, HEADER + at * ENTRY);
        set_count(page, last);
        self.len -= 1;
        Some(value)
    }

    /// Moves the keys of a full page whose next bit is 1 to a new page.
    fn split(&mut self, id: PageId) {
        let page = self.pager.peek(id);
        let bits = u32::from(page[0]);
        let all: Vec<(u64, u64)> = (0..count(page))
            .map(|at| (number(page, HEADER + at * ENTRY), number(page, HEADER + at * ENTRY + 8)))
            .collect();
        if bits == self.depth {
            self.directory.extend_from_within(..);
            self.depth += 1;
        }
        let new = self.pager.push();
        let goes = |key: u64| hash_u64(key, 0) >> bits & 1 == 1;
        for (target, moved) in [(id, false), (new, true)] {
            let page = self.pager.write(target);
            page[0] = bits as u8 + 1;
            let mine = all.iter().filter(|(key, _)| goes(*key) == moved);
            let mut count = 0;
            for (key, value) in mine {
                put(page, count, *key, *value);
                count += 1;
            }
            set_count(page, count);
        }
        for (at, page) in self.directory.iter_mut().enumerate() {
            if *page == id && at >> bits & 1 == 1 {
                *page = new;
            }
        }
    }

    /// Pages read and written since the last [`reset_counts`](Self::reset_counts).
    pub fn counts(&self) -> PageCounts {
        self.pager.counts()
    }

    /// Counts from zero again.
    pub fn reset_counts(&mut self) {
        self.pager.reset_counts();
    }
}

fn count(page: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([page[2], page[3]]))
}

fn set_count(page: &mut [u8], count: usize) {
    page[2..4].copy_from_slice(&(count as u16).to_le_bytes());
}

fn number(page: &[u8], start: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&page[start..start + 8]);
    u64::from_le_bytes(bytes)
}

fn put(page: &mut [u8], at: usize, key: u64, value: u64) {
    let start = HEADER + at * ENTRY;
    page[start..start + 8].copy_from_slice(&key.to_le_bytes());
    page[start + 8..start + 16].copy_from_slice(&value.to_le_bytes());
}

fn find(page: &[u8], key: u64) -> Option<usize> {
    (0..count(page)).find(|at| number(page, HEADER + at * ENTRY) == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::storage::formula;

    proptest! {
        #[test]
        fn it_is_a_map(ops in prop::collection::vec((0..200u64, any::<Option<u64>>()), 1..500)) {
            let mut index = HashIndex::with_page(72);
            let mut model = BTreeMap::new();
            for (key, value) in ops {
                match value {
                    Some(value) => prop_assert_eq!(index.insert(key, value), model.insert(key, value)),
                    None => prop_assert_eq!(index.remove(key), model.remove(&key)),
                }
                prop_assert_eq!(index.len(), model.len() as u64);
            }
            for key in 0..200 {
                prop_assert_eq!(index.get(key), model.get(&key).copied());
            }
        }
    }

    #[test]
    fn a_lookup_is_one_page_and_pages_fill_ln_2() {
        let mut index = HashIndex::new();
        // The fill swings around its mean as the number of keys doubles: take the mean over one doubling.
        let mut fills = Vec::new();
        for key in 0..200_000 {
            index.insert(key, key);
            if key >= 100_000 && key % 1_000 == 0 {
                fills.push(index.fill());
            }
        }
        let fill = crate::stats::mean(&fills);
        assert!((fill - formula::RANDOM_FILL).abs() < 0.02, "{fill}");
        index.reset_counts();
        assert!((0..1_000).all(|key| index.get(key * 100) == Some(key * 100)));
        assert_eq!(index.counts(), PageCounts { reads: 1_000, writes: 0 });
        assert!(index.directory_len().is_power_of_two() && index.pages() > 1_000);
    }
}
