use check::feed::page::*;
use std::collections::BTreeSet;

fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let all = lists.iter().flatten().filter(|post| !hidden.contains(&post.author));
    all.filter(|post| after.is_none_or(|after| **post < after)).take(count).copied().collect()
}
