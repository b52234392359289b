use check::feed::page::*;
use std::collections::BTreeSet;

/// The next `count` posts of a feed, newest first.
///
/// Each of `lists` is newest first: the reader's own feed, and the posts of followees who are pulled. Posts by
/// authors in `hidden` are not shown. `after` is the last post of the page before, `None` for the first page.
/// Posts are ordered: `a < b` when `a` is older, or of the same time and has the smaller number.
fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    todo!("which posts are left, in which order, and how many?")
}
