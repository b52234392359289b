//! Building a tree from sorted entries, page by page from the left.

use super::node::{INNER, LEAF, Node};
use super::{BPlusTree, PageId, Split};

impl BPlusTree {
    /// A tree of these entries, which are in the order of their keys; its pages are filled to the share `fill`, evenly.
    ///
    /// Each page is written once, which is why a database sorts the rows before it builds an index. A fill below 1
    /// leaves room for later inserts (PostgreSQL: 0.9). O(n).
    ///
    /// # Panics
    ///
    /// When the keys do not ascend, or the fill is not from 0.5 to 1.
    pub fn bulk_load(page_bytes: usize, fill: f64, sorted: &[(u64, u64)]) -> Self {
        assert!(
            sorted.is_sorted_by(|a, b| a.0 < b.0),
            "the keys must ascend: sort them, and drop repeated ones"
        );
        assert!((0.5..=1.0).contains(&fill), "a fill of {fill}: take from 0.5 to 1");
        let mut tree = Self::with_page(page_bytes, Split::default());
        if sorted.is_empty() {
            return tree;
        }
        tree.len = sorted.len() as u64;
        let share = |capacity: usize| ((capacity as f64 * fill) as usize).max(2);
        let mut level: Vec<(u64, PageId)> = Vec::new();
        let chunks = even_chunks(sorted, share(tree.capacity(LEAF)));
        let count = chunks.len();
        for (number, chunk) in chunks.into_iter().enumerate() {
            let id = if number == 0 { tree.root } else { tree.pager.push() };
            let link = if number + 1 < count { tree.pager.len() as PageId } else { 0 };
            Node { width: LEAF, link, entries: chunk.to_vec() }.write(tree.pager.write(id));
            level.push((chunk[0].0, id));
        }
        while level.len() > 1 {
            let mut above = Vec::new();
            for chunk in even_chunks(&level, share(tree.capacity(INNER)) + 1) {
                let id = tree.pager.push();
                let entries = chunk[1..].iter().map(|(key, child)| (*key, (*child).into())).collect();
                Node { width: INNER, link: chunk[0].1, entries }.write(tree.pager.write(id));
                above.push((chunk[0].0, id));
            }
            level = above;
            tree.height += 1;
        }
        tree.root = level[0].1;
        tree
    }
}

/// As few chunks as there must be with so many items at most, of sizes that differ by one at most.
fn even_chunks<T>(items: &[T], most: usize) -> Vec<&[T]> {
    let count = items.len().div_ceil(most);
    let cut = |number: usize| number * items.len() / count;
    (0..count).map(|number| &items[cut(number)..cut(number + 1)]).collect()
}
