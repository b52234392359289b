//! The bytes of a node: a header, then entries in the order of their keys.
//!
//! The header is one byte for the kind, one unused, two for the number of entries, and four for a link: of a leaf, the
//! leaf to its right; of an inner node, its first child, whose keys are below all of its entries. An entry of a leaf
//! is a key and a value, 8 bytes each; an entry of an inner node is a key and a child, 8 and 4 bytes, and that child
//! has the keys from this key up.

use crate::storage::PageId;

pub(super) const HEADER: usize = 8;
/// Bytes of an entry of a leaf.
pub(super) const LEAF: usize = 16;
/// Bytes of an entry of an inner node.
pub(super) const INNER: usize = 12;

#[inline]
pub(super) fn count(page: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([page[2], page[3]]))
}

fn set_count(page: &mut [u8], count: usize) {
    page[2..4].copy_from_slice(&(count as u16).to_le_bytes());
}

#[inline]
pub(super) fn link(page: &[u8]) -> PageId {
    u32::from_le_bytes([page[4], page[5], page[6], page[7]])
}

pub(super) fn set_link(page: &mut [u8], link: PageId) {
    page[4..8].copy_from_slice(&link.to_le_bytes());
}

#[inline]
pub(super) fn key(page: &[u8], width: usize, at: usize) -> u64 {
    let start = HEADER + at * width;
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&page[start..start + 8]);
    u64::from_le_bytes(bytes)
}

/// The value of a leaf's entry, or the child of an inner node's.
#[inline]
pub(super) fn value(page: &[u8], width: usize, at: usize) -> u64 {
    let start = HEADER + at * width + 8;
    let mut bytes = [0; 8];
    bytes[..width - 8].copy_from_slice(&page[start..start + width - 8]);
    u64::from_le_bytes(bytes)
}

pub(super) fn set_key(page: &mut [u8], width: usize, at: usize, key: u64) {
    let start = HEADER + at * width;
    page[start..start + 8].copy_from_slice(&key.to_le_bytes());
}

pub(super) fn set_value(page: &mut [u8], width: usize, at: usize, value: u64) {
    let start = HEADER + at * width + 8;
    page[start..start + width - 8].copy_from_slice(&value.to_le_bytes()[..width - 8]);
}

/// Where the key is, or where it belongs: binary search, O(log n) comparisons.
#[inline]
pub(super) fn search(page: &[u8], width: usize, wanted: u64) -> Result<usize, usize> {
    let (mut low, mut high) = (0, count(page));
    while low < high {
        let middle = (low + high) / 2;
        match key(page, width, middle).cmp(&wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Ok(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Err(low)
}

/// Which child of an inner node has a key: the number of entries whose key is not above it.
#[inline]
pub(super) fn child_of(page: &[u8], wanted: u64) -> usize {
    search(page, INNER, wanted).map_or_else(|at| at, |at| at + 1)
}

/// The child of this number, from 0.
#[inline]
pub(super) fn child(page: &[u8], number: usize) -> PageId {
    if number == 0 { link(page) } else { value(page, INNER, number - 1) as PageId }
}

/// Puts an entry at its place; there must be room.
pub(super) fn insert(page: &mut [u8], width: usize, at: usize, key: u64, value: u64) {
    let count = count(page);
    let (start, end) = (HEADER + at * width, HEADER + count * width);
    page.copy_within(start..end, start + width);
    set_key(page, width, at, key);
    set_value(page, width, at, value);
    set_count(page, count + 1);
}

pub(super) fn remove(page: &mut [u8], width: usize, at: usize) {
    let count = count(page);
    let (start, end) = (HEADER + at * width, HEADER + count * width);
    page.copy_within(start + width..end, start);
    set_count(page, count - 1);
}

/// A node taken apart, for splits and merges.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) width: usize,
    pub(super) link: PageId,
    pub(super) entries: Vec<(u64, u64)>,
}

impl Node {
    pub(super) fn read(page: &[u8], width: usize) -> Self {
        let entry = |at| (key(page, width, at), value(page, width, at));
        Self { width, link: link(page), entries: (0..count(page)).map(entry).collect() }
    }

    pub(super) fn write(&self, page: &mut [u8]) {
        page[0] = self.width as u8;
        set_count(page, self.entries.len());
        set_link(page, self.link);
        for (at, (key, value)) in self.entries.iter().enumerate() {
            set_key(page, self.width, at, *key);
            set_value(page, self.width, at, *value);
        }
    }
}
