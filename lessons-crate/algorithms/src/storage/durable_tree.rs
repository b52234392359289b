//! A B+ tree that survives a crash: a write-ahead log of page images, and checkpoints.

use std::collections::BTreeSet;

use super::b_plus_tree::Split;
use super::{BPlusTree, Disk, PageId, Pager, StorageError, journal};

const PAGES: &str = "tree.pages";
const LOG: &str = "tree.log";
/// What page 0 begins with.
const MAGIC: u64 = u64::from_le_bytes(*b"sd35tree");

/// A [`BPlusTree`] on a [`Disk`]: what was committed is there after a crash at any byte.
///
/// A commit writes an image of every page that changed into one record of the log and waits for it; the pages
/// themselves are written later, all at once, by a checkpoint, after which the log is not needed any more. Opening
/// reads the pages and puts the images of all whole records over them. A page that a crash tore in the middle is one
/// that the log has, because it was logged before it was written. A split changes several pages; they are in one
/// record, so all of them are there or none.
///
/// # Complexity
///
/// A commit writes 4 KiB and more for one key of 16 bytes, and the checkpoint writes them again: a large write
/// amplification, shared by all changes since the last commit that fell into the same page.
///
/// # Examples
///
/// ```
/// use lessons::storage::{Disk, DurableTree};
///
/// let mut index = DurableTree::open(Disk::recording(), 4096)?;
/// index.tree_mut().insert(17, 1);
/// index.commit();
/// index.tree_mut().insert(18, 2); // Never committed.
/// let disk = index.into_disk();
/// let index = DurableTree::open(disk.crash_at(disk.steps()), 4096)?;
/// assert_eq!((index.tree().get(17), index.tree().get(18)), (Some(1), None));
/// # Ok::<(), lessons::storage::StorageError>(())
/// ```
///
/// # Sources
///
/// J. Gray, A. Reuter, "Transaction Processing: Concepts and Techniques", Morgan Kaufmann 1993, chapter 9 (logging
/// pages physically). SQLite documentation, "Write-Ahead Logging" (the same design).
#[derive(Clone, Debug)]
pub struct DurableTree {
    tree: BPlusTree,
    disk: Disk,
    /// Pages that are in the log and may be old in the file of pages.
    logged: BTreeSet<PageId>,
}

impl DurableTree {
    /// Opens the tree on this disk, or makes an empty one. What a crash left half done is completed or undone.
    ///
    /// # Errors
    ///
    /// When the files are not those of a tree with pages of this size, or their pages do not fit together.
    pub fn open(mut disk: Disk, page_bytes: usize) -> Result<Self, StorageError> {
        let log = journal::open(&mut disk, LOG);
        let stored = disk.read(PAGES).to_vec();
        if stored.is_empty() && log.is_empty() {
            let tree = BPlusTree::with_page(page_bytes, Split::default());
            return Ok(Self { tree, disk, logged: BTreeSet::new() });
        }
        let damaged = |problem| StorageError::Damaged { file: PAGES.into(), problem };
        let mut pager = Pager::from_bytes(page_bytes, stored);
        let mut logged = BTreeSet::new();
        for record in &log {
            for image in record.chunks(4 + page_bytes) {
                let (Some((id, bytes)), true) = (image.split_first_chunk(), image.len() == 4 + page_bytes)
                else {
                    return Err(damaged("its log is of pages of another size"));
                };
                let id = u32::from_le_bytes(*id);
                pager.grow_to(id);
                pager.write(id).copy_from_slice(bytes);
                logged.insert(id);
            }
        }
        pager.take_dirty();
        let header = read_header(pager.peek(0)).ok_or_else(|| damaged("page 0 is not that of a tree"))?;
        let [magic, size, header @ ..] = header;
        if magic != MAGIC || size != page_bytes as u64 {
            return Err(damaged("page 0 is not that of a tree of this page size"));
        }
        pager.reset_counts();
        let tree =
            BPlusTree::from_pages(pager, header).ok_or_else(|| damaged("its pages do not fit together"))?;
        let mut opened = Self { tree, disk, logged };
        opened.checkpoint();
        Ok(opened)
    }

    /// The tree, to be asked.
    pub fn tree(&self) -> &BPlusTree {
        &self.tree
    }

    /// The tree, to be changed; changes are safe after the next [`commit`](Self::commit).
    pub fn tree_mut(&mut self) -> &mut BPlusTree {
        &mut self.tree
    }

    /// Makes all changes so far safe, together: one record of the log.
    pub fn commit(&mut self) {
        let [root, height, len, free] = self.tree.header();
        let pager = self.tree.pager_mut();
        let mut dirty = pager.take_dirty();
        if dirty.is_empty() {
            return;
        }
        let header = [MAGIC, pager.page_bytes() as u64, root, height, len, free].map(u64::to_le_bytes);
        pager.write(0)[..48].copy_from_slice(header.as_flattened());
        dirty.append(&mut pager.take_dirty());
        let mut record = Vec::with_capacity(dirty.len() * (4 + pager.page_bytes()));
        for id in &dirty {
            record.extend(id.to_le_bytes());
            record.extend(pager.peek(*id));
        }
        journal::append(&mut self.disk, LOG, &record);
        self.logged.append(&mut dirty);
    }

    /// Writes the pages of the log to their places, and begins a new log.
    pub fn checkpoint(&mut self) {
        self.commit();
        let page_bytes = self.tree.pager_mut().page_bytes();
        for id in std::mem::take(&mut self.logged) {
            self.disk.write(PAGES, id as usize * page_bytes, self.tree.pager_mut().peek(id));
        }
        // First the pages must be safe; only then may their images go.
        self.disk.sync();
        self.disk.remove(LOG);
        self.disk.sync();
    }

    /// The bytes of the log: when it is long, it is time for a checkpoint.
    pub fn log_bytes(&self) -> usize {
        self.disk.len_of(LOG)
    }

    /// The disk, and what was read and written on it.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The disk, as it is; what was not committed is not on it.
    pub fn into_disk(self) -> Disk {
        self.disk
    }
}

/// The numbers at the start of page 0: magic, size of a page, and those of the tree.
fn read_header(page: &[u8]) -> Option<[u64; 6]> {
    let mut header = [0; 6];
    for (at, number) in header.iter_mut().enumerate() {
        *number = u64::from_le_bytes(page.get(at * 8..at * 8 + 8)?.try_into().ok()?);
    }
    Some(header)
}
