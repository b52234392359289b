//! Checks how the pages of a feed are put together.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

// The learner's words.
pub use algorithms::feed::{Post, UserId};

type MakePage = fn(&[Vec<Post>], &BTreeSet<UserId>, Option<Post>, usize) -> Vec<Post>;

/// Checks a function that merges lists of posts into the next page of a feed.
pub fn page(page: MakePage) -> Report {
    Checker::new(&EXERCISE)
        .visible("the newest of all lists come first", move || first(page))
        .visible("the next page begins after the last post of this one", move || next(page))
        .visible("a blocked author's posts are left out, and the page is full all the same", move || {
            blocked(page)
        })
        .hidden("posts of the same time are neither repeated nor skipped", move || same_time(page))
        .hidden("a post that stands in two lists is shown once", move || in_two_lists(page))
        .hidden("the last post of the page before may be deleted meanwhile", move || deleted(page))
        .hidden("random feeds, page by page, are complete and in order", move || random(page))
        .finish()
}

fn post(time: u64, id: u64, author: UserId) -> Post {
    Post { time, id, author }
}

fn right(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let all: BTreeSet<Reverse<Post>> = lists.iter().flatten().map(|post| Reverse(*post)).collect();
    let shown = all.into_iter().map(|Reverse(post)| post).filter(|post| !hidden.contains(&post.author));
    shown.filter(|post| after.is_none_or(|after| *post < after)).take(count).collect()
}

fn told(posts: &[Post]) -> String {
    let one = |post: &Post| format!("{}@{} by {}", post.id, post.time, post.author);
    format!("[{}]", posts.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn expect(
    page: MakePage,
    lists: &[Vec<Post>],
    hidden: &[UserId],
    after: Option<Post>,
    count: usize,
) -> Result<(), Failure> {
    let hidden: BTreeSet<UserId> = hidden.iter().copied().collect();
    let expected = right(lists, &hidden, after, count);
    let found = page(lists, &hidden, after, count);
    if expected == found {
        return Ok(());
    }
    let distinct: BTreeSet<Post> = found.iter().copied().collect();
    let gone = after.is_some_and(|after| !lists.iter().flatten().any(|post| *post == after));
    let same_time = |post: &Post| after.is_some_and(|after| post.time == after.time);
    let diagnosis = if found.len() > count {
        Some((
            "too-long",
            "The page has more than `count` posts: `count` is the length of the whole page, not of what each list gives to it.",
        ))
    } else if distinct.len() < found.len() {
        Some((
            "twice",
            "A post can be in the reader's own feed and in its author's list, when the author was changed from pushed to pulled. Show it once.",
        ))
    } else if found.len() > 1 && found.is_sorted() && !expected.is_sorted() {
        Some((
            "oldest-first",
            "The page begins with the oldest posts. A `BTreeSet` goes up: `.into_iter().rev()` begins with the newest.",
        ))
    } else if after.is_some_and(|after| found.contains(&after)) {
        Some((
            "cursor-again",
            "The post in `after` was the last of the page before: the next page begins with those smaller than it.",
        ))
    } else if gone {
        Some((
            "cursor-looked-up",
            "The post in `after` was deleted meanwhile, so it is in no list. It is a place in the order: compare with it, do not look for it.",
        ))
    } else if expected.iter().any(|post| same_time(post) && !found.contains(post)) {
        Some((
            "by-time-only",
            "Several posts can have the same time. The order of posts, and the place where a page ends, is (time, id): compare whole posts.",
        ))
    } else if found.len() < expected.len()
        && found.iter().all(|post| expected.contains(post))
        && !hidden.is_empty()
    {
        Some((
            "hidden-too-late",
            "The page is short: blocked posts were counted first and left out after. Leave them out before you count.",
        ))
    } else if found.iter().any(|post| hidden.contains(&post.author)) {
        Some((
            "shows-blocked",
            "A blocked author's post is shown. The feed may still hold it: ask at every read.",
        ))
    } else if !found.is_sorted_by_key(|post| Reverse(post.time))
        || found.iter().any(|post| !expected.contains(post))
    {
        Some((
            "not-merged",
            "Take the newest post that any list still offers, again and again; the lists are in order only each for itself.",
        ))
    } else if !found.is_sorted_by_key(|post| Reverse(*post)) {
        Some((
            "by-time-only",
            "Several posts can have the same time. The order of posts, and the place where a page ends, is (time, id): compare whole posts.",
        ))
    } else {
        None
    };
    let lists: Vec<String> = lists.iter().map(|list| told(list)).collect();
    let after = after.map_or("the start".to_owned(), |after| told(&[after]));
    Err(Failure::new(told(&expected), told(&found))
        .input(format!("{count} posts after {after}, blocked {hidden:?}, of {}", lists.join(" and ")))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn two() -> Vec<Vec<Post>> {
    vec![
        vec![post(90, 9, 1), post(60, 6, 1), post(30, 3, 1)],
        vec![post(80, 8, 2), post(70, 7, 2), post(20, 2, 2)],
    ]
}

fn first(page: MakePage) -> Result<(), Failure> {
    expect(page, &two()[..1], &[], None, 2)?;
    expect(page, &two(), &[], None, 4)?;
    expect(page, &two(), &[], None, 100)?;
    expect(page, &[], &[], None, 3)
}

fn next(page: MakePage) -> Result<(), Failure> {
    expect(page, &two(), &[], Some(post(80, 8, 2)), 2)?;
    expect(page, &two(), &[], Some(post(20, 2, 2)), 2)
}

fn blocked(page: MakePage) -> Result<(), Failure> {
    expect(page, &two(), &[1], None, 3)?;
    expect(page, &two(), &[2], Some(post(90, 9, 1)), 2)
}

fn same_time(page: MakePage) -> Result<(), Failure> {
    let lists = [vec![post(50, 7, 1), post(50, 4, 1)], vec![post(50, 6, 2), post(50, 5, 2), post(40, 1, 2)]];
    expect(page, &lists, &[], None, 5)?;
    expect(page, &lists, &[], Some(post(50, 6, 2)), 5)
}

fn in_two_lists(page: MakePage) -> Result<(), Failure> {
    let lists = [vec![post(90, 9, 1), post(60, 6, 1)], vec![post(90, 9, 1), post(70, 7, 1)]];
    expect(page, &lists, &[], None, 4)
}

fn deleted(page: MakePage) -> Result<(), Failure> {
    expect(page, &two(), &[], Some(post(75, 10, 3)), 2)
}

fn random(page: MakePage) -> Result<(), Failure> {
    let mut rng = Rng::new(14);
    for _ in 0..300 {
        checkpoint();
        let mut lists = vec![Vec::new(); 3];
        for id in 0..rng.below(25) {
            let post = post(rng.below(8), id, rng.below(4) as UserId);
            lists[rng.index(3)].push(post);
            if rng.chance(0.2) {
                lists[rng.index(3)].push(post);
            }
        }
        for list in &mut lists {
            list.sort_by_key(|post| Reverse(*post));
            list.dedup();
        }
        let hidden: Vec<UserId> = (0..4).filter(|_| rng.chance(0.2)).collect();
        let mut after = None;
        loop {
            expect(page, &lists, &hidden, after, 4)?;
            after = right(&lists, &hidden.iter().copied().collect(), after, 4).last().copied();
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}
