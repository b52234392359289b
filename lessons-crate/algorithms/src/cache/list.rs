//! Doubly linked lists of slot numbers, in one array: what an intrusive list is without pointers.

/// No slot.
pub(super) const NIL: u32 = u32::MAX;

/// The neighbors of each slot. Several [`List`]s share one, because a slot is in at most one of them.
#[derive(Clone, Debug)]
pub(super) struct Links(Vec<Node>);

#[derive(Clone, Copy, Debug)]
struct Node {
    toward_front: u32,
    toward_back: u32,
}

impl Links {
    pub(super) fn new(slots: usize) -> Self {
        Self(vec![Node { toward_front: NIL, toward_back: NIL }; slots])
    }

    /// The neighbor on the side of the front, or [`NIL`].
    #[inline]
    pub(super) fn toward_front(&self, slot: u32) -> u32 {
        self.0[slot as usize].toward_front
    }
}

/// One list: new slots come to the front, old ones leave at the back. All operations are O(1).
#[derive(Clone, Debug)]
pub(super) struct List {
    front: u32,
    back: u32,
    len: u32,
}

impl List {
    pub(super) const fn new() -> Self {
        Self { front: NIL, back: NIL, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The slot at the back, or [`NIL`].
    #[inline]
    pub(super) fn back(&self) -> u32 {
        self.back
    }

    #[inline]
    pub(super) fn push_front(&mut self, links: &mut Links, slot: u32) {
        links.0[slot as usize] = Node { toward_front: NIL, toward_back: self.front };
        match self.front {
            NIL => self.back = slot,
            front => links.0[front as usize].toward_front = slot,
        }
        self.front = slot;
        self.len += 1;
    }

    /// Puts a slot directly before `behind`, on the side of the front.
    pub(super) fn insert_before(&mut self, links: &mut Links, slot: u32, behind: u32) {
        let ahead = links.toward_front(behind);
        if ahead == NIL {
            return self.push_front(links, slot);
        }
        links.0[slot as usize] = Node { toward_front: ahead, toward_back: behind };
        links.0[ahead as usize].toward_back = slot;
        links.0[behind as usize].toward_front = slot;
        self.len += 1;
    }

    /// Puts a slot at the back.
    pub(super) fn push_back(&mut self, links: &mut Links, slot: u32) {
        links.0[slot as usize] = Node { toward_front: self.back, toward_back: NIL };
        match self.back {
            NIL => self.front = slot,
            back => links.0[back as usize].toward_back = slot,
        }
        self.back = slot;
        self.len += 1;
    }

    /// Takes out a slot that is in this list.
    #[inline]
    pub(super) fn remove(&mut self, links: &mut Links, slot: u32) {
        let Node { toward_front, toward_back } = links.0[slot as usize];
        match toward_front {
            NIL => self.front = toward_back,
            ahead => links.0[ahead as usize].toward_back = toward_back,
        }
        match toward_back {
            NIL => self.back = toward_front,
            behind => links.0[behind as usize].toward_front = toward_front,
        }
        self.len -= 1;
    }

    /// Takes out the slot at the back, or gives [`NIL`].
    #[inline]
    pub(super) fn pop_back(&mut self, links: &mut Links) -> u32 {
        let slot = self.back;
        if slot != NIL {
            self.remove(links, slot);
        }
        slot
    }

    #[inline]
    pub(super) fn move_to_front(&mut self, links: &mut Links, slot: u32) {
        if self.front != slot {
            self.remove(links, slot);
            self.push_front(links, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn it_keeps_the_order_of_a_deque(steps in prop::collection::vec((0u32..10, 0u8..5), 0..200)) {
            let (mut links, mut list, mut model) = (Links::new(10), List::new(), VecDeque::new());
            for (slot, what) in steps {
                let place = model.iter().position(|other| *other == slot);
                match (what, place) {
                    (0, None) => { list.push_front(&mut links, slot); model.push_front(slot); }
                    (1, None) => { list.push_back(&mut links, slot); model.push_back(slot); }
                    (2, None) if !model.is_empty() => {
                        let behind = model[slot as usize % model.len()];
                        list.insert_before(&mut links, slot, behind);
                        let place = model.iter().position(|other| *other == behind).expect("it is there");
                        model.insert(place, slot);
                    }
                    (2, Some(place)) => { list.remove(&mut links, slot); model.remove(place); }
                    (3, Some(place)) => {
                        list.move_to_front(&mut links, slot);
                        model.remove(place);
                        model.push_front(slot);
                    }
                    (4, _) => prop_assert_eq!(list.pop_back(&mut links), model.pop_back().unwrap_or(NIL)),
                    _ => {}
                }
                let (mut walked, mut at) = (VecDeque::new(), list.back());
                while at != NIL {
                    walked.push_front(at);
                    at = links.toward_front(at);
                }
                prop_assert_eq!(&walked, &model);
                prop_assert_eq!(list.len(), model.len());
            }
        }
    }
}
