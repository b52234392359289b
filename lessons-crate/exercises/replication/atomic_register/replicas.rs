//! The replicas that an exercise's register lives on, as one of its coordinators reaches them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// A value and its tag, as a replica stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// A counter, and the number of the coordinator that made it: the greater tag is the newer. A register
    /// starts with (0, 0).
    pub tag: (u64, usize),
    /// The value. A register starts with 0.
    pub value: u64,
}

/// What the network does to one replica during one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// The message arrives, and so does the answer.
    Up,
    /// The message arrives, the answer does not.
    AnswerLost,
    /// The message does not arrive.
    Down,
}

/// What all coordinators share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) copies: Vec<Stored>,
    /// The value of each tag that was ever stored.
    given: BTreeMap<(u64, usize), u64>,
    /// A tag that was given to two values.
    pub(super) twice: Option<((u64, usize), [u64; 2])>,
}

impl World {
    pub(super) fn new(replicas: usize) -> Rc<RefCell<Self>> {
        let start = Stored::default();
        let given = BTreeMap::from([(start.tag, start.value)]);
        Rc::new(RefCell::new(Self { copies: vec![start; replicas], given, twice: None }))
    }
}

/// What happens between two calls of one coordinator: somebody else's operation.
pub(super) type Meanwhile<'a> = Box<dyn FnOnce() + 'a>;

/// The replicas of a register, as one coordinator reaches them for one operation.
///
/// Every call sends one message to each replica, and comes back with the answers that arrived. Which ones do
/// may differ from call to call.
pub struct Replicas<'a> {
    world: Rc<RefCell<World>>,
    me: usize,
    /// For each call, what the network does; the last one holds for all further calls.
    links: Vec<Vec<Link>>,
    calls: usize,
    /// Before the second call.
    meanwhile: Option<Meanwhile<'a>>,
}

impl fmt::Debug for Replicas<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicas").field("me", &self.me).field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl<'a> Replicas<'a> {
    pub(super) fn new(world: &Rc<RefCell<World>>, me: usize, links: Vec<Vec<Link>>) -> Self {
        Self { world: Rc::clone(world), me, links, calls: 0, meanwhile: None }
    }

    pub(super) fn meanwhile(mut self, other: Meanwhile<'a>) -> Self {
        self.meanwhile = Some(other);
        self
    }

    /// The number of replicas, in reach or not.
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one replica")]
    pub fn len(&self) -> usize {
        self.world.borrow().copies.len()
    }

    /// The number of this coordinator; no other has it.
    pub fn me(&self) -> usize {
        self.me
    }

    /// Asks every replica what it has; the answers that came.
    pub fn query(&mut self) -> Vec<Stored> {
        let links = self.next_links();
        let world = self.world.borrow();
        let answers = world.copies.iter().zip(links).filter(|(_, link)| *link == Link::Up);
        answers.map(|(copy, _)| *copy).collect()
    }

    /// Asks every replica to store this, unless it has a greater tag; how many acknowledged it.
    pub fn store(&mut self, new: Stored) -> usize {
        let links = self.next_links();
        let mut world = self.world.borrow_mut();
        let before = *world.given.entry(new.tag).or_insert(new.value);
        if before != new.value {
            world.twice.get_or_insert((new.tag, [before, new.value]));
        }
        for (copy, link) in world.copies.iter_mut().zip(&links) {
            if *link != Link::Down && new.tag > copy.tag {
                *copy = new;
            }
        }
        links.iter().filter(|link| **link == Link::Up).count()
    }

    fn next_links(&mut self) -> Vec<Link> {
        algorithms::interrupt::checkpoint();
        if self.calls == 1
            && let Some(other) = self.meanwhile.take()
        {
            other();
        }
        let links = self.links.get(self.calls).or(self.links.last()).cloned().unwrap_or_default();
        self.calls += 1;
        links
    }
}
