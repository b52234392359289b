//! B+ tree: sorted keys in pages, a few pages to any of them.

mod bulk;
mod node;
mod remove;
mod stored;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use node::{HEADER, INNER, LEAF, Node};

use super::pager::{PageCounts, PageId, Pager};

/// How a full page is split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Into two halves, as in the textbook.
    Middle,
    /// As [`Middle`](Self::Middle), except that a new largest key begins a new page and leaves the old one full: keys
    /// that come in ascending order then fill their pages. PostgreSQL does this.
    #[default]
    RightMost,
}

/// A map from numbers to numbers in pages of a fixed size, in the order of the keys.
///
/// Inner pages hold keys and children, leaves hold keys and values and are linked from left to right. A full page is
/// split, and its parent gets one key more; a page that is less than half full takes from its neighbor or is merged
/// with it. So all leaves have the same depth, and a page of 4 KiB has up to 341 children, which is why three levels
/// are enough for millions of keys.
///
/// An index on a column with repeated values has the row's number as the last part of each key, as PostgreSQL's has.
///
/// # Complexity
///
/// With n keys and f children to a page, `get` reads log_f(n) pages; `insert` and `remove` also write 1, and a few
/// more where they split or merge; `range` reads the height and then each leaf once. After random inserts pages are
/// ln 2 = 69% full (Yao).
///
/// # Examples
///
/// ```
/// use lessons::storage::BPlusTree;
///
/// let mut index = BPlusTree::new();
/// for order in 0..100_000 {
///     index.insert(order, order * 2);
/// }
/// index.reset_counts();
/// assert_eq!(index.get(77_777), Some(155_554));
/// assert_eq!(index.counts().reads, u64::from(index.height())); // 3 pages of 472.
/// let rows: Vec<u64> = index.range(500..=502).map(|(_, row)| row).collect();
/// assert_eq!(rows, [1_000, 1_002, 1_004]);
/// ```
///
/// # Sources
///
/// R. Bayer, E. McCreight, "Organization and Maintenance of Large Ordered Indexes", Acta Informatica 1, 1972,
/// doi:10.1007/BF00288683. D. Comer, "The Ubiquitous B-Tree", ACM Computing Surveys 11(2), 1979,
/// doi:10.1145/356770.356776 (the B+ tree).
#[derive(Clone, Debug)]
pub struct BPlusTree {
    pager: Pager,
    root: PageId,
    /// Levels; 1 when the root is a leaf.
    height: u32,
    len: u64,
    /// The first of the pages that are free, linked; 0 for none.
    free: PageId,
    split: Split,
}

/// The size and the fill of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeShape {
    /// Levels; 1 when there is only a leaf.
    pub height: u32,
    /// Pages of the lowest level.
    pub leaves: u64,
    /// Pages of all other levels.
    pub inner: u64,
    /// The share of the leaves' places that is used.
    pub leaf_fill: f64,
}

impl Default for BPlusTree {
    fn default() -> Self {
        Self::new()
    }
}

impl BPlusTree {
    /// An empty tree in pages of 4 KiB.
    pub fn new() -> Self {
        Self::with_page(4096, Split::default())
    }

    /// An empty tree in pages of this size, in bytes.
    ///
    /// # Panics
    ///
    /// When a page has not room for 3 entries (56 bytes), or more than 64 KiB.
    pub fn with_page(page_bytes: usize, split: Split) -> Self {
        assert!((56..=65_536).contains(&page_bytes), "a page of {page_bytes} bytes: take from 56 to 65,536");
        let mut pager = Pager::new(page_bytes);
        let root = pager.push();
        let mut tree = Self { pager, root, height: 1, len: 0, free: 0, split };
        Node { width: LEAF, link: 0, entries: Vec::new() }.write(tree.pager.write(root));
        tree
    }

    /// How many keys there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many levels there are, which is how many pages a lookup reads.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The most entries of a leaf, and the most children of an inner page.
    pub fn capacities(&self) -> (usize, usize) {
        (self.capacity(LEAF), self.capacity(INNER) + 1)
    }

    /// The most entries of this width in a page.
    fn capacity(&self, width: usize) -> usize {
        (self.pager.page_bytes() - HEADER) / width
    }

    /// The value of a key. Reads as many pages as there are levels.
    pub fn get(&self, key: u64) -> Option<u64> {
        let page = self.pager.read(self.leaf_of(key));
        let at = node::search(page, LEAF, key).ok()?;
        Some(node::value(page, LEAF, at))
    }

    /// The leaf where a key is or would be; reads the pages above it.
    fn leaf_of(&self, key: u64) -> PageId {
        (1..self.height).fold(self.root, |id, _| {
            let page = self.pager.read(id);
            node::child(page, node::child_of(page, key))
        })
    }

    /// The pages above the leaf of a key, each with the number of the child that was taken; and the leaf.
    fn descend(&self, key: u64) -> (Vec<(PageId, usize)>, PageId) {
        let mut path = Vec::with_capacity(self.height as usize);
        let mut id = self.root;
        for _ in 1..self.height {
            let page = self.pager.read(id);
            let number = node::child_of(page, key);
            path.push((id, number));
            id = node::child(page, number);
        }
        (path, id)
    }

    /// The pages that a lookup of this key reads, from the root down; not counted. For simulating a cache.
    pub fn path(&self, key: u64) -> Vec<PageId> {
        let mut path = vec![self.root];
        let mut id = self.root;
        for _ in 1..self.height {
            let page = self.pager.peek(id);
            id = node::child(page, node::child_of(page, key));
            path.push(id);
        }
        path
    }

    /// Stores a value, and gives the old one if the key was there.
    pub fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        let (path, leaf) = self.descend(key);
        let page = self.pager.read(leaf);
        match node::search(page, LEAF, key) {
            Ok(at) => {
                let old = node::value(page, LEAF, at);
                node::set_value(self.pager.write(leaf), LEAF, at, value);
                return Some(old);
            }
            Err(at) if node::count(page) < self.capacity(LEAF) => {
                node::insert(self.pager.write(leaf), LEAF, at, key, value);
            }
            Err(at) => self.split_leaf(path, leaf, at, (key, value)),
        }
        self.len += 1;
        None
    }

    /// Puts an entry into a full leaf, which becomes two.
    fn split_leaf(&mut self, path: Vec<(PageId, usize)>, leaf: PageId, at: usize, entry: (u64, u64)) {
        let mut left = Node::read(self.pager.peek(leaf), LEAF);
        left.entries.insert(at, entry);
        let last = left.entries.len() - 1;
        let ascending = self.split == Split::RightMost && at == last && left.link == 0;
        let cut = if ascending { last } else { left.entries.len() / 2 };
        let right = Node { width: LEAF, link: left.link, entries: left.entries.split_off(cut) };
        left.link = self.allocate();
        left.write(self.pager.write(leaf));
        right.write(self.pager.write(left.link));
        self.add_child(path, right.entries[0].0, left.link, ascending);
    }

    /// Tells the parent, the last of `path`, that its child was split: keys from `key` up are now in page `child`.
    fn add_child(&mut self, mut path: Vec<(PageId, usize)>, key: u64, child: PageId, ascending: bool) {
        let (mut key, mut child) = (key, child);
        while let Some((id, at)) = path.pop() {
            if node::count(self.pager.peek(id)) < self.capacity(INNER) {
                return node::insert(self.pager.write(id), INNER, at, key, child.into());
            }
            let mut left = Node::read(self.pager.peek(id), INNER);
            left.entries.insert(at, (key, child.into()));
            let count = left.entries.len();
            let cut = if ascending && at == count - 1 { count - 2 } else { count / 2 };
            let right = left.entries.split_off(cut + 1);
            // The key between the two halves moves up: its child is the first of the right half.
            let (middle, first) = left.entries[cut];
            left.entries.truncate(cut);
            let new = self.allocate();
            left.write(self.pager.write(id));
            Node { width: INNER, link: first as PageId, entries: right }.write(self.pager.write(new));
            (key, child) = (middle, new);
        }
        let root = self.allocate();
        let entries = vec![(key, child.into())];
        Node { width: INNER, link: self.root, entries }.write(self.pager.write(root));
        self.root = root;
        self.height += 1;
    }

    /// A page to use: one that was given back, or a new one.
    fn allocate(&mut self) -> PageId {
        if self.free == 0 {
            return self.pager.push();
        }
        let page = self.free;
        self.free = node::link(self.pager.peek(page));
        page
    }

    fn give_back(&mut self, page: PageId) {
        let next = self.free;
        Node { width: 0, link: next, entries: Vec::new() }.write(self.pager.write(page));
        self.free = page;
    }

    /// The entries whose keys lie in a range, in order. Reads one leaf after the other, as far as it is asked.
    pub fn range(&self, keys: RangeInclusive<u64>) -> Scan<'_> {
        let page = self.pager.read(self.leaf_of(*keys.start()));
        let at = node::search(page, LEAF, *keys.start()).unwrap_or_else(|at| at);
        Scan { tree: self, page, at, last: *keys.end() }
    }

    /// All entries, in order.
    pub fn iter(&self) -> Scan<'_> {
        self.range(0..=u64::MAX)
    }

    /// The pages of each level, from the root down; not counted.
    fn levels(&self) -> Vec<Vec<PageId>> {
        let mut levels = vec![vec![self.root]];
        for depth in 1..self.height as usize {
            levels.push(self.below(&levels[depth - 1]));
        }
        levels
    }

    /// The pages below a level of inner pages; not counted.
    fn below(&self, level: &[PageId]) -> Vec<PageId> {
        let children = |id: &PageId| {
            let page = self.pager.peek(*id);
            (0..=node::count(page)).map(|number| node::child(page, number))
        };
        level.iter().flat_map(children).collect()
    }

    /// The keys in each page of each level, from the root down: for drawing. Not counted.
    pub fn keys_by_level(&self) -> Vec<Vec<Vec<u64>>> {
        let levels = self.levels();
        let leaves = levels.len() - 1;
        let keys = |id: &PageId, width| {
            let page = self.pager.peek(*id);
            (0..node::count(page)).map(|at| node::key(page, width, at)).collect()
        };
        let level = |(depth, ids): (usize, &Vec<PageId>)| {
            let width = if depth == leaves { LEAF } else { INNER };
            ids.iter().map(|id| keys(id, width)).collect()
        };
        levels.iter().enumerate().map(level).collect()
    }

    /// Its size and fill; not counted.
    pub fn shape(&self) -> TreeShape {
        let pages: Vec<u64> = self.levels().iter().map(|level| level.len() as u64).collect();
        let leaves = pages[pages.len() - 1];
        TreeShape {
            height: self.height,
            leaves,
            inner: pages.iter().sum::<u64>() - leaves,
            leaf_fill: self.len as f64 / (leaves as f64 * self.capacity(LEAF) as f64),
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

    pub(super) fn pager_mut(&mut self) -> &mut Pager {
        &mut self.pager
    }
}

/// Entries in the order of their keys; from [`BPlusTree::range`].
#[derive(Debug)]
pub struct Scan<'a> {
    tree: &'a BPlusTree,
    page: &'a [u8],
    at: usize,
    last: u64,
}

impl Iterator for Scan<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at == node::count(self.page) {
            let next = node::link(self.page);
            if next == 0 {
                return None;
            }
            (self.page, self.at) = (self.tree.pager.read(next), 0);
        }
        let key = node::key(self.page, LEAF, self.at);
        if key > self.last {
            return None;
        }
        self.at += 1;
        Some((key, node::value(self.page, LEAF, self.at - 1)))
    }
}

impl Extend<(u64, u64)> for BPlusTree {
    fn extend<I: IntoIterator<Item = (u64, u64)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}
