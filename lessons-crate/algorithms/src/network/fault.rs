//! What goes wrong in a network.

use std::fmt;

use super::NodeId;

/// Something that goes wrong, or right again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Messages pass only within a group. A node that is in no group keeps all its links.
    Partition(Vec<Vec<NodeId>>),
    /// No message passes from the first node to the second.
    Cut(NodeId, NodeId),
    /// All links work again.
    Heal,
    /// The node stops.
    Crash(NodeId),
    /// The node runs again.
    Restart(NodeId),
}

impl Fault {
    /// A partition into these groups.
    pub fn partition<const GROUPS: usize>(groups: [&[NodeId]; GROUPS]) -> Self {
        Self::Partition(groups.iter().map(|group| group.to_vec()).collect())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(groups) => {
                let names =
                    |group: &Vec<NodeId>| group.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                write!(f, "partition {}", groups.iter().map(names).collect::<Vec<_>>().join(" | "))
            }
            Self::Cut(from, to) => write!(f, "cut {from} to {to}"),
            Self::Heal => f.write_str("heal"),
            Self::Crash(node) => write!(f, "crash of {node}"),
            Self::Restart(node) => write!(f, "restart of {node}"),
        }
    }
}
