use check::feed::page::*;
use std::collections::BTreeSet;

fn page(lists: &[Vec<Post>], hidden: &BTreeSet<UserId>, after: Option<Post>, count: usize) -> Vec<Post> {
    let mut places = vec![0; lists.len()];
    let (mut page, mut last) = (Vec::new(), after);
    while page.len() < count {
        let heads = lists.iter().zip(&places).filter_map(|(list, place)| list.get(*place));
        let Some(newest) = heads.max().copied() else { break };
        for (list, place) in lists.iter().zip(&mut places) {
            if list.get(*place) == Some(&newest) {
                *place += 1;
            }
        }
        if !hidden.contains(&newest.author) && last.is_none_or(|last| newest < last) {
            page.push(newest);
            last = Some(newest);
        }
    }
    page
}
