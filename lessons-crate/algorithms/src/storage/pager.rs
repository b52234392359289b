//! Pages of one size, in memory, and how often they were touched.

use std::cell::Cell;
use std::collections::BTreeSet;

/// The number of a page; page 0 is never part of a structure, so 0 says "none".
pub type PageId = u32;

/// How often pages were touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages read.
    pub reads: u64,
    /// Pages written.
    pub writes: u64,
}

/// Pages of one size, read and written whole, and counted.
#[derive(Clone, Debug)]
pub struct Pager {
    page_bytes: usize,
    bytes: Vec<u8>,
    reads: Cell<u64>,
    writes: u64,
    /// Written since [`take_dirty`](Self::take_dirty).
    dirty: BTreeSet<PageId>,
}

impl Pager {
    /// No pages yet, except for page 0.
    pub fn new(page_bytes: usize) -> Self {
        Self::from_bytes(page_bytes, vec![0; page_bytes])
    }

    /// The pages that lie one after the other in these bytes.
    pub(super) fn from_bytes(page_bytes: usize, mut bytes: Vec<u8>) -> Self {
        bytes.resize(bytes.len().next_multiple_of(page_bytes).max(page_bytes), 0);
        Self { page_bytes, bytes, reads: Cell::new(0), writes: 0, dirty: BTreeSet::new() }
    }

    /// The size of a page, in bytes.
    pub fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// How many pages there are, with page 0.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.page_bytes
    }

    /// False: there is page 0 at least.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads a page.
    ///
    /// # Panics
    ///
    /// When there is no such page.
    #[inline]
    pub fn read(&self, page: PageId) -> &[u8] {
        self.reads.set(self.reads.get() + 1);
        self.peek(page)
    }

    /// A page that is in memory for another reason: not counted.
    #[inline]
    pub(super) fn peek(&self, page: PageId) -> &[u8] {
        let start = page as usize * self.page_bytes;
        &self.bytes[start..start + self.page_bytes]
    }

    /// A page to be changed and written.
    ///
    /// # Panics
    ///
    /// When there is no such page.
    #[inline]
    pub fn write(&mut self, page: PageId) -> &mut [u8] {
        self.writes += 1;
        self.dirty.insert(page);
        let start = page as usize * self.page_bytes;
        &mut self.bytes[start..start + self.page_bytes]
    }

    /// A new page of zeros, at the end.
    pub fn push(&mut self) -> PageId {
        let page = self.len() as PageId;
        self.bytes.resize(self.bytes.len() + self.page_bytes, 0);
        page
    }

    /// Makes room up to and with this page.
    pub(super) fn grow_to(&mut self, page: PageId) {
        let bytes = (page as usize + 1) * self.page_bytes;
        self.bytes.resize(self.bytes.len().max(bytes), 0);
    }

    /// The pages written since this was last asked.
    pub fn take_dirty(&mut self) -> BTreeSet<PageId> {
        std::mem::take(&mut self.dirty)
    }

    /// How often pages were touched since the last [`reset_counts`](Self::reset_counts).
    pub fn counts(&self) -> PageCounts {
        PageCounts { reads: self.reads.get(), writes: self.writes }
    }

    /// Counts from zero again.
    pub fn reset_counts(&mut self) {
        self.reads.set(0);
        self.writes = 0;
    }
}
