use check::feed::page::*;
use std::collections::BTreeSet;

fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let all: BTreeSet<Post> = lists.iter().flatten().copied().collect();
    let newest_first: Vec<Post> = all.into_iter().rev().collect();
    let start = match after {
        Some(after) => newest_first.iter().position(|post| *post == after).map_or(newest_first.len(), |at| at + 1),
        None => 0,
    };
    let rest = newest_first[start..].iter().filter(|post| !hidden.contains(&post.author));
    rest.take(count).copied().collect()
}
