//! Checks how the pages of a feed are put together.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

// The learner's words.
pub use algorithms::feed::{Post, UserId};

/// Lists of posts, hidden authors, the last post before and a length in; a page out.
type Answer = fn(&[Vec<Post>], &BTreeSet<UserId>, Option<Post>, usize) -> Vec<Post>;
planted!("feed/page");

#[derive(Clone)]
struct Input {
    lists: Vec<Vec<Post>>,
    hidden: BTreeSet<UserId>,
    after: Option<Post>,
    count: usize,
}

const QUESTION: Question<Answer, Input, Vec<Post>> = Question {
    ask: |page, input| page(&input.lists, &input.hidden, input.after, input.count),
    right: |input| {
        let all: BTreeSet<Reverse<Post>> = input.lists.iter().flatten().map(|post| Reverse(*post)).collect();
        let all = all.into_iter().map(|Reverse(post)| post);
        let shown = all.filter(|post| !input.hidden.contains(&post.author));
        shown.filter(|post| input.after.is_none_or(|after| *post < after)).take(input.count).collect()
    },
    accepts: None,
    same: |one, other| one == other,
    input: |Input { lists, hidden, after, count }| {
        let after = after.map_or("the start".to_owned(), |after| told(&[after]));
        let lists: Vec<String> = lists.iter().map(|list| told(list)).collect();
        format!("{count} posts after {after}, hidden {hidden:?}, of {}", lists.join(" and "))
    },
    output: |posts| told(posts),
};

/// Checks a function that merges lists of posts into the next page of a feed.
pub fn page(page: Answer) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, page, MISTAKES)
        .visible("the newest of all lists come first", || {
            let one_list = Input { lists: vec![two().remove(0)], ..input(&[], None, 2) };
            let none = Input { lists: Vec::new(), ..input(&[], None, 3) };
            vec![one_list, input(&[], None, 4), input(&[], None, 100), none]
        })
        .visible("the next page begins after the last post of this one", || {
            vec![input(&[], Some(post(80, 8, 2)), 2), input(&[], Some(post(20, 2, 2)), 2)]
        })
        .visible("a hidden author's posts are left out, and the page is full all the same", || {
            vec![input(&[1], None, 3), input(&[2], Some(post(90, 9, 1)), 2), input(&[1, 2], None, 2)]
        })
        .hidden("posts of the same time are neither repeated nor skipped", || {
            let lists = vec![
                vec![post(50, 7, 1), post(50, 4, 1)],
                vec![post(50, 6, 2), post(50, 5, 2), post(40, 1, 2)],
            ];
            [None, Some(post(50, 6, 2))]
                .map(|after| Input { lists: lists.clone(), ..input(&[], after, 5) })
                .to_vec()
        })
        .hidden("a post that stands in two lists is shown once", || {
            let lists = vec![vec![post(90, 9, 1), post(60, 6, 1)], vec![post(90, 9, 1), post(70, 7, 1)]];
            vec![Input { lists, ..input(&[], None, 4) }]
        })
        .hidden("the last post of the page before may be deleted meanwhile, or its author hidden", || {
            vec![input(&[], Some(post(75, 10, 3)), 2), input(&[2], Some(post(80, 8, 2)), 2)]
        })
        .hidden("random feeds, page by page, are complete and in order", random)
        .described(known::TOO_LONG, |input, _, found| found.len() > input.count)
        .described(known::TWICE, |_, _, found| found.iter().collect::<BTreeSet<_>>().len() < found.len())
        .described(known::SHOWS_HIDDEN, |input, _, found| {
            found.iter().any(|post| input.hidden.contains(&post.author))
        })
        .described(known::CURSOR_AGAIN, |input, _, found| {
            input.after.is_some_and(|after| found.contains(&after))
        })
        .described(known::GOES_BACK, |input, _, found| {
            input.after.is_some_and(|after| found.iter().any(|post| *post > after))
        })
        .described(known::TOO_SHORT, |_, right, found| found.len() < right.len() && right.starts_with(found))
        .described(known::NOT_IN_ORDER, |_, _, found| !found.is_sorted_by_key(|post| Reverse(*post)))
        .finish()
}

fn post(time: u64, id: u64, author: UserId) -> Post {
    Post { time, id, author }
}

fn told(posts: &[Post]) -> String {
    let one = |post: &Post| format!("{}@{} by {}", post.id, post.time, post.author);
    format!("[{}]", posts.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn two() -> Vec<Vec<Post>> {
    vec![
        vec![post(90, 9, 1), post(60, 6, 1), post(30, 3, 1)],
        vec![post(80, 8, 2), post(70, 7, 2), post(20, 2, 2)],
    ]
}

/// A page of the two lists.
fn input(hidden: &[UserId], after: Option<Post>, count: usize) -> Input {
    Input { lists: two(), hidden: hidden.iter().copied().collect(), after, count }
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(14);
    let mut inputs = Vec::new();
    for _ in 0..300 {
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
        let mut next = Input { lists, ..input(&hidden, None, 4) };
        loop {
            inputs.push(next.clone());
            next.after = (QUESTION.right)(&next).last().copied();
            if next.after.is_none() {
                break;
            }
        }
    }
    inputs
}
