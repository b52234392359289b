use check::feed::page::*;
use std::collections::BTreeSet;

fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let all: BTreeSet<Post> = lists
        .iter()
        .flat_map(|l| {
            l.iter()
                .filter(|post| !hidden.contains(&post.author) && after.is_none_or(|after| **post < after))
                .take(count)
        })
        .copied()
        .collect();
    all.into_iter().rev().collect()
}
