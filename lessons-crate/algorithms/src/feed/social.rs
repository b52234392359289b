//! A social network in memory: follows, blocks, posts, and the feed of each reader.

use std::collections::{BTreeMap, BTreeSet};

use super::Delivery;

/// A user's number.
pub type UserId = u32;

/// A post; posts are ordered by time, and by number when they are of the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Post {
    /// When, in milliseconds.
    pub time: u64,
    /// Its number; no two have the same.
    pub id: u64,
    /// Whose it is.
    pub author: UserId,
}

/// Some posts of a feed, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The posts.
    pub posts: Vec<Post>,
    /// The last of them, after which the next page begins; `None` when this is the end.
    pub next: Option<Post>,
    /// How many lists were looked at: the reader's own feed, and those of the followees who are pulled.
    pub lists: usize,
}

/// Users, whom they follow and block, and what they post.
///
/// # Complexity
///
/// With f followers and p pulled followees: posting is O(f log n) pushed and O(log n) pulled; a page of n posts
/// is O((n + p) · p).
#[derive(Clone, Debug, Default)]
pub struct Social {
    followers: BTreeMap<UserId, BTreeSet<UserId>>,
    followees: BTreeMap<UserId, BTreeSet<UserId>>,
    /// Who does not want to see or be seen by whom; each pair in both orders.
    blocks: BTreeSet<(UserId, UserId)>,
    pulled: BTreeSet<UserId>,
    posts: BTreeMap<UserId, BTreeSet<Post>>,
    feeds: BTreeMap<UserId, BTreeSet<Post>>,
    count: u64,
    written: u64,
}

impl Social {
    /// A network without users; a user is whoever takes part.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the posts of `author` are delivered from now on. Everybody begins with [`Delivery::Push`].
    pub fn deliver(&mut self, author: UserId, delivery: Delivery) {
        let readers: Vec<UserId> = self.followers.get(&author).into_iter().flatten().copied().collect();
        match delivery {
            Delivery::Pull => {
                if self.pulled.insert(author) {
                    readers.iter().for_each(|reader| self.withdraw(*reader, author));
                }
            }
            Delivery::Push => {
                if self.pulled.remove(&author) {
                    readers.iter().for_each(|reader| self.push_all(*reader, author));
                }
            }
        }
    }

    /// `reader` follows `author`, and sees the earlier posts too.
    pub fn follow(&mut self, reader: UserId, author: UserId) {
        self.followers.entry(author).or_default().insert(reader);
        if self.followees.entry(reader).or_default().insert(author) && !self.pulled.contains(&author) {
            self.push_all(reader, author);
        }
    }

    /// `reader` follows `author` no more.
    pub fn unfollow(&mut self, reader: UserId, author: UserId) {
        self.followers.entry(author).or_default().remove(&reader);
        self.followees.entry(reader).or_default().remove(&author);
        self.withdraw(reader, author);
    }

    /// Neither of the two sees the other's posts, from the next read on: feeds that hold them are not changed.
    pub fn block(&mut self, one: UserId, other: UserId) {
        self.blocks.extend([(one, other), (other, one)]);
    }

    /// Takes a block back.
    pub fn unblock(&mut self, one: UserId, other: UserId) {
        self.blocks.remove(&(one, other));
        self.blocks.remove(&(other, one));
    }

    /// `author` posts at `time`.
    pub fn post(&mut self, author: UserId, time: u64) -> Post {
        let post = Post { time, id: self.count, author };
        self.count += 1;
        self.posts.entry(author).or_default().insert(post);
        if !self.pulled.contains(&author) {
            for reader in self.followers.get(&author).into_iter().flatten() {
                self.feeds.entry(*reader).or_default().insert(post);
                self.written += 1;
            }
        }
        post
    }

    /// Up to `count` posts for `reader` that come after `after` (that is, are older), newest first.
    ///
    /// The place in the feed is a post and not a number, so pages neither repeat nor skip posts while new ones
    /// arrive.
    pub fn page(&self, reader: UserId, after: Option<Post>, count: usize) -> Page {
        let pulled =
            self.followees.get(&reader).into_iter().flatten().filter(|who| self.pulled.contains(who));
        let lists = pulled.filter_map(|author| self.posts.get(author)).chain(self.feeds.get(&reader));
        let mut lists: Vec<_> = lists
            .map(|posts| match after {
                Some(post) => posts.range(..post),
                None => posts.range(..),
            })
            .map(|range| range.rev().peekable())
            .collect();
        let mut page = Page { lists: lists.len(), ..Page::default() };
        while page.posts.len() < count {
            // The newest of what each list offers.
            let offers = lists.iter_mut().enumerate().filter_map(|(at, list)| Some((**list.peek()?, at)));
            let Some((post, at)) = offers.max() else { break };
            lists[at].next();
            if !self.blocks.contains(&(reader, post.author)) {
                page.posts.push(post);
            }
        }
        page.next = page.posts.last().copied().filter(|_| page.posts.len() == count);
        page
    }

    /// How many posts were written into feeds so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn push_all(&mut self, reader: UserId, author: UserId) {
        if let Some(posts) = self.posts.get(&author) {
            self.feeds.entry(reader).or_default().extend(posts);
            self.written += posts.len() as u64;
        }
    }

    fn withdraw(&mut self, reader: UserId, author: UserId) {
        if let Some(feed) = self.feeds.get_mut(&reader) {
            feed.retain(|post| post.author != author);
        }
    }
}
