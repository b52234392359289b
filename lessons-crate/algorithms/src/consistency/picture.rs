//! Histories as pictures.

use super::history::{History, Operation};
use super::linearizability::NotLinearizable;
use crate::plot::{self, Timeline};

impl History {
    /// The operations as bars, one lane per client. A dot on each bar of a linearizable history is a moment at
    /// which the operation can have happened; a cross marks each operation of the smallest violation.
    pub fn timeline(&self, title: impl Into<String>) -> Timeline {
        let mut clients: Vec<u64> = self.operations().iter().map(|operation| operation.client).collect();
        clients.sort_unstable();
        clients.dedup();
        let lane = |client: u64| clients.partition_point(|&other| other < client);
        let mut picture =
            plot::timeline(title).lanes(clients.iter().map(|client| format!("client {client}"))).unit("ms");
        for operation in self.operations() {
            let label = operation.action.to_string();
            picture = picture.bar(lane(operation.client), operation.call..operation.end(), label);
        }
        match self.linearize() {
            Ok(found) => {
                for (operation, point) in self.operations().iter().zip(found.points) {
                    if let Some(point) = point {
                        picture = picture.point(lane(operation.client), point);
                    }
                }
                picture.alt("The history is linearizable.")
            }
            Err(NotLinearizable::Violation(violation)) => {
                for operation in &violation.operations {
                    picture = picture.mark(lane(operation.client), middle(operation), "contradicts");
                }
                picture.alt(format!("Not linearizable: {violation}."))
            }
            Err(error) => picture.alt(format!("{error}.")),
        }
    }
}

/// The middle of an operation; its start when it never ended.
fn middle(operation: &Operation) -> f64 {
    f64::midpoint(operation.call, operation.ret.unwrap_or(operation.call))
}
