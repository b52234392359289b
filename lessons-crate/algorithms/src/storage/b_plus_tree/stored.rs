//! A tree from the pages of a file, which may hold anything.

use super::node::{self, INNER, LEAF};
use super::{BPlusTree, Split};
use crate::storage::{PageId, Pager};

impl BPlusTree {
    /// What is not in its pages, as page 0 keeps it: root, height, number of keys, free pages.
    pub(in crate::storage) fn header(&self) -> [u64; 4] {
        [self.root.into(), self.height.into(), self.len, self.free.into()]
    }

    /// The tree in these pages; `None` when they are not one, so that no later call finds a page that is not there.
    pub(in crate::storage) fn from_pages(pager: Pager, header: [u64; 4]) -> Option<Self> {
        let [root, height, len, free] = header;
        let mut unseen = vec![true; pager.len()];
        unseen[0] = false;
        let mut take = |id: PageId| unseen.get_mut(id as usize).is_some_and(std::mem::take);
        let (root, free) = (PageId::try_from(root).ok()?, PageId::try_from(free).ok()?);
        let height = u32::try_from(height).ok().filter(|height| *height >= 1)?;
        let tree = Self { pager, root, height, len, free, split: Split::default() };
        let mut level = vec![root];
        for depth in 1..=height {
            let capacity = tree.capacity(if depth == height { LEAF } else { INNER });
            if !level.iter().all(|id| take(*id) && node::count(tree.pager.peek(*id)) <= capacity) {
                return None;
            }
            if depth < height {
                level = tree.below(&level);
            }
        }
        let next = level.iter().skip(1).copied().chain([0]);
        let linked = level.iter().zip(next).all(|(leaf, next)| node::link(tree.pager.peek(*leaf)) == next);
        let keys: usize = level.iter().map(|leaf| node::count(tree.pager.peek(*leaf))).sum();
        if !linked || keys as u64 != len {
            return None;
        }
        let mut unused = free;
        while unused != 0 {
            if !take(unused) {
                return None;
            }
            unused = node::link(tree.pager.peek(unused));
        }
        Some(tree)
    }
}
