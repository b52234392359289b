use check::feed::page::*;
use std::collections::BTreeSet;

fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let mut all: BTreeSet<Post> = lists.iter().flatten().copied().collect();
    all.retain(|post| !hidden.contains(&post.author) && after.is_none_or(|after| *post < after));
    all.into_iter().rev().take(count).collect()
}
