//! Taking keys out: pages that are less than half full borrow from a neighbor, or are merged with it.

use super::node::{self, INNER, LEAF, Node};
use super::{BPlusTree, PageId};

impl BPlusTree {
    /// Takes a key out, and gives its value.
    pub fn remove(&mut self, key: u64) -> Option<u64> {
        let (path, leaf) = self.descend(key);
        let page = self.pager.read(leaf);
        let at = node::search(page, LEAF, key).ok()?;
        let value = node::value(page, LEAF, at);
        node::remove(self.pager.write(leaf), LEAF, at);
        self.len -= 1;
        self.refill(path, leaf);
        Some(value)
    }

    /// Brings a page that lost an entry to half full again, and its ancestors, as far up as merging goes.
    fn refill(&mut self, mut path: Vec<(PageId, usize)>, page: PageId) {
        let (mut id, mut width) = (page, LEAF);
        while let Some((parent, number)) = path.pop() {
            if node::count(self.pager.peek(id)) >= self.capacity(width) / 2 {
                return;
            }
            if !self.join(parent, number.saturating_sub(1), width) {
                return;
            }
            (id, width) = (parent, INNER);
        }
        // The root may hold as little as it likes; without any key it has one child, which takes its place.
        if self.height > 1 && node::count(self.pager.peek(self.root)) == 0 {
            let old = self.root;
            self.root = node::link(self.pager.peek(old));
            self.height -= 1;
            self.give_back(old);
        }
    }

    /// Shares out the entries of child `number` and the next, or merges them; true when the parent lost a child.
    fn join(&mut self, parent: PageId, number: usize, width: usize) -> bool {
        let page = self.pager.peek(parent);
        let (left_id, right_id) = (node::child(page, number), node::child(page, number + 1));
        let between = node::key(page, INNER, number);
        let mut left = Node::read(self.pager.read(left_id), width);
        let mut right = Node::read(self.pager.read(right_id), width);
        if width == INNER {
            // What separates the two is the missing key of the right one's first child.
            left.entries.push((between, right.link.into()));
        }
        left.entries.append(&mut right.entries);
        if left.entries.len() <= self.capacity(width) {
            if width == LEAF {
                left.link = right.link;
            }
            left.write(self.pager.write(left_id));
            self.give_back(right_id);
            node::remove(self.pager.write(parent), INNER, number);
            return true;
        }
        right.entries = left.entries.split_off(left.entries.len() / 2);
        let first = right.entries[0];
        if width == INNER {
            right.link = first.1 as PageId;
            right.entries.remove(0);
        }
        left.write(self.pager.write(left_id));
        right.write(self.pager.write(right_id));
        node::set_key(self.pager.write(parent), INNER, number, first.0);
        false
    }
}
