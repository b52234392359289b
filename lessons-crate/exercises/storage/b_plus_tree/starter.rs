use check::storage::b_plus_tree::*;

struct Tree {
    pages: Pages,
    root: usize,
    /// Levels; 1 while the root is a leaf.
    height: usize,
}

impl Tree {
    /// The leaf where a key is or belongs, and the pages above it, each with the
    /// number of the child that was taken.
    fn descend(&self, key: u64) -> (Vec<(usize, usize)>, usize) {
        let (mut path, mut page) = (Vec::new(), self.root);
        for _ in 1..self.height {
            let TreePage::Inner { keys, children } = self.pages.read(page) else {
                unreachable!("page {page} is a leaf: are root and height right?")
            };
            let child = keys.partition_point(|separator| *separator <= key);
            path.push((page, child));
            page = children[child];
        }
        (path, page)
    }

    /// Tells the parent, the last of the path, that its child was split: from `key`
    /// on, keys are in page `right`. An inner page has at most self.pages.capacity()
    /// children. Write `mut path` to take the last of the path off.
    fn add_child(&mut self, path: Vec<(usize, usize)>, key: u64, right: usize) {
        // No parent: a new root, one level more.
        todo!("no room: split the parent too, and go on with its middle key")
    }
}

impl TreeExercise for Tree {
    fn new(mut pages: Pages) -> Self {
        let root = pages.push(TreePage::Leaf { entries: Vec::new(), next: None });
        Tree { pages, root, height: 1 }
    }

    fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        let (path, page) = self.descend(key);
        let TreePage::Leaf { mut entries, next } = self.pages.read(page).clone() else {
            unreachable!("page {page} is no leaf: are root and height right?")
        };
        match entries.binary_search_by_key(&key, |entry| entry.0) {
            Ok(at) => todo!("replace the value"),
            Err(at) => entries.insert(at, (key, value)),
        }
        // More entries than self.pages.capacity(): split it, and add_child.
        todo!("write the leaf")
    }

    fn get(&self, key: u64) -> Option<u64> {
        let (_, page) = self.descend(key);
        let TreePage::Leaf { entries, .. } = self.pages.read(page) else {
            unreachable!("page {page} is no leaf: are root and height right?")
        };
        let at = entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
        Some(entries[at].1)
    }

    fn range(&self, first: u64, last: u64) -> Vec<(u64, u64)> {
        todo!("go down once, then from leaf to leaf")
    }

    fn pages(&self) -> &Pages {
        &self.pages
    }

    fn root(&self) -> usize {
        self.root
    }
}
