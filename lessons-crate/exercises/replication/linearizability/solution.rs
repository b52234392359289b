use check::replication::linearizability::*;
use std::collections::BTreeSet;

fn find_order(operations: &[Operation]) -> Option<Vec<usize>> {
    let mut search = Search { done: vec![false; operations.len()], order: Vec::new(), visited: BTreeSet::new() };
    search.go_on(operations, 0).then_some(search.order)
}

struct Search {
    done: Vec<bool>,
    order: Vec<usize>,
    visited: BTreeSet<(Vec<bool>, u64)>,
}

impl Search {
    /// Whether the order so far, which left this value, can be completed.
    fn go_on(&mut self, operations: &[Operation], value: u64) -> bool {
        let all = 0..operations.len();
        if all.clone().all(|i| self.done[i] || operations[i].ret.is_none()) {
            return true;
        }
        // Another way here failed already.
        if !self.visited.insert((self.done.clone(), value)) {
            return false;
        }
        for next in all.clone() {
            let waits = all.clone().any(|other| !self.done[other] && operations[other].precedes(&operations[next]));
            if self.done[next] || waits {
                continue;
            }
            let Some(new) = operations[next].apply(value) else { continue };
            self.done[next] = true;
            self.order.push(next);
            if self.go_on(operations, new) {
                return true;
            }
            self.done[next] = false;
            self.order.pop();
        }
        false
    }
}
