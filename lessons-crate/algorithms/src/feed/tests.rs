use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn the_number_of_followers_does_not_decide_which_way_is_cheaper() {
    let costs = FeedCosts { write: 1.0, merge: 2.0, writes_per_second: 1e5 };
    for followers in [1, 1_000, 30_000_000] {
        for (posts, reads, expected) in [
            (4.0, 3.0, Delivery::Push),
            (6.0, 3.0, Delivery::Push),
            (6.1, 3.0, Delivery::Pull),
            (1.0, 0.0, Delivery::Pull),
        ] {
            assert_eq!(
                costs.cheaper(&Author { followers, posts, reads }),
                expected,
                "{followers} {posts} {reads}"
            );
        }
    }
}

#[test]
fn a_deadline_pulls_those_with_many_followers() {
    let costs = FeedCosts { write: 1.0, merge: 1.0, writes_per_second: 100_000.0 };
    let author = |followers| Author { followers, posts: 1.0, reads: 10.0 };
    assert_eq!(costs.within(&author(500_000), 5.0), Delivery::Push);
    assert_eq!(costs.within(&author(500_001), 5.0), Delivery::Pull);
}

/// What anybody may do.
#[derive(Clone, Copy, Debug)]
enum Step {
    Follow(UserId, UserId),
    Unfollow(UserId, UserId),
    Block(UserId, UserId),
    Unblock(UserId, UserId),
    Post(UserId, u64),
    Deliver(UserId, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..5u32;
    let pair = (user.clone(), user.clone());
    prop_oneof![
        3 => pair.clone().prop_map(|(a, b)| Step::Follow(a, b)),
        1 => pair.clone().prop_map(|(a, b)| Step::Unfollow(a, b)),
        1 => pair.clone().prop_map(|(a, b)| Step::Block(a, b)),
        1 => pair.prop_map(|(a, b)| Step::Unblock(a, b)),
        5 => (user.clone(), 0..20u64).prop_map(|(a, time)| Step::Post(a, time)),
        1 => (user, any::<bool>()).prop_map(|(a, push)| Step::Deliver(a, push)),
    ]
}

/// The same network, with every feed computed from all posts.
#[derive(Default)]
struct Naive {
    follows: BTreeSet<(UserId, UserId)>,
    blocks: BTreeSet<(UserId, UserId)>,
    posts: Vec<Post>,
}

impl Naive {
    fn feed(&self, reader: UserId) -> Vec<Post> {
        let mut posts = self.posts.clone();
        posts.retain(|post| {
            let [a, b] = [(reader, post.author), (post.author, reader)];
            self.follows.contains(&a) && !self.blocks.contains(&a) && !self.blocks.contains(&b)
        });
        posts.sort_by_key(|post| std::cmp::Reverse(*post));
        posts
    }
}

fn play(steps: &[Step]) -> (Social, Naive) {
    let (mut social, mut naive) = (Social::new(), Naive::default());
    for &step in steps {
        match step {
            Step::Follow(a, b) => {
                social.follow(a, b);
                naive.follows.insert((a, b));
            }
            Step::Unfollow(a, b) => {
                social.unfollow(a, b);
                naive.follows.remove(&(a, b));
            }
            Step::Block(a, b) => {
                social.block(a, b);
                naive.blocks.extend([(a, b), (b, a)]);
            }
            Step::Unblock(a, b) => {
                social.unblock(a, b);
                naive.blocks.remove(&(a, b));
                naive.blocks.remove(&(b, a));
            }
            Step::Post(a, time) => naive.posts.push(social.post(a, time)),
            Step::Deliver(a, push) => social.deliver(a, if push { Delivery::Push } else { Delivery::Pull }),
        }
    }
    (social, naive)
}

proptest! {
    #[test]
    fn pages_together_are_the_feed_whoever_is_pushed(steps in prop::collection::vec(step(), 0..60), size in 1..6usize) {
        let (social, naive) = play(&steps);
        for reader in 0..5 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = social.page(reader, after, size);
                found.extend(page.posts);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(found, naive.feed(reader), "reader {}", reader);
        }
    }

    #[test]
    fn posts_that_arrive_meanwhile_change_no_later_page(steps in prop::collection::vec(step(), 0..60), late in prop::collection::vec(0..5u32, 0..10)) {
        let (mut social, naive) = play(&steps);
        let before = naive.feed(0);
        let first = social.page(0, None, 3);
        for author in late {
            social.post(author, 100);
        }
        if let Some(after) = first.next {
            prop_assert_eq!(&social.page(0, Some(after), 100).posts[..], &before[3..]);
        }
    }
}
