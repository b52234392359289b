use check::storage::b_plus_tree::*;

struct Tree {
    pages: Pages,
    root: usize,
    /// Levels; 1 while the root is a leaf.
    height: usize,
}

impl Tree {
    fn descend(&self, key: u64) -> (Vec<(usize, usize)>, usize) {
        let (mut path, mut page) = (Vec::new(), self.root);
        for _ in 1..self.height {
            let TreePage::Inner { keys, children } = self.pages.read(page) else { unreachable!() };
            let child = keys.partition_point(|separator| *separator <= key);
            path.push((page, child));
            page = children[child];
        }
        (path, page)
    }

    fn add_child(&mut self, mut path: Vec<(usize, usize)>, key: u64, right: usize) {
        let Some((page, at)) = path.pop() else {
            let children = vec![self.root, right];
            self.root = self.pages.push(TreePage::Inner { keys: vec![key], children });
            self.height += 1;
            return;
        };
        let TreePage::Inner { mut keys, mut children } = self.pages.read(page).clone() else { unreachable!() };
        keys.insert(at, key);
        children.insert(at + 1, right);
        if children.len() <= self.pages.capacity() {
            self.pages.write(page, TreePage::Inner { keys, children });
            return;
        }
        let half = children.len() / 2;
        let right_children = children.split_off(half);
        let right_keys = keys.split_off(half);
        // The middle key moves up: it is in neither half.
        let middle = keys.pop().expect("one key between the halves");
        let new = self.pages.push(TreePage::Inner { keys: right_keys, children: right_children });
        self.pages.write(page, TreePage::Inner { keys, children });
        self.add_child(path, middle, new);
    }
}

impl TreeExercise for Tree {
    fn new(mut pages: Pages) -> Self {
        let root = pages.push(TreePage::Leaf { entries: Vec::new(), next: None });
        Tree { pages, root, height: 1 }
    }

    fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        let (path, page) = self.descend(key);
        let TreePage::Leaf { mut entries, next } = self.pages.read(page).clone() else { unreachable!() };
        match entries.binary_search_by_key(&key, |entry| entry.0) {
            Ok(at) => {
                let old = std::mem::replace(&mut entries[at].1, value);
                self.pages.write(page, TreePage::Leaf { entries, next });
                return Some(old);
            }
            Err(at) => entries.insert(at, (key, value)),
        }
        if entries.len() <= self.pages.capacity() {
            self.pages.write(page, TreePage::Leaf { entries, next });
            return None;
        }
        let right = entries.split_off(entries.len() / 2);
        // Copied up, not moved: only leaves have values.
        let separator = right[0].0;
        let new = self.pages.push(TreePage::Leaf { entries: right, next });
        self.pages.write(page, TreePage::Leaf { entries, next: Some(new) });
        self.add_child(path, separator, new);
        None
    }

    fn get(&self, key: u64) -> Option<u64> {
        let (_, page) = self.descend(key);
        let TreePage::Leaf { entries, .. } = self.pages.read(page) else { unreachable!() };
        let at = entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
        Some(entries[at].1)
    }

    fn range(&self, first: u64, last: u64) -> Vec<(u64, u64)> {
        let (_, page) = self.descend(first);
        let (mut page, mut found) = (Some(page), Vec::new());
        while let Some(number) = page {
            let TreePage::Leaf { entries, next } = self.pages.read(number) else { unreachable!() };
            found.extend(entries.iter().filter(|entry| (first..=last).contains(&entry.0)));
            page = next.filter(|_| entries.last().is_none_or(|entry| entry.0 < last));
        }
        found
    }

    fn pages(&self) -> &Pages {
        &self.pages
    }

    fn root(&self) -> usize {
        self.root
    }
}
