//! What came of a run: which writes were acknowledged, shipped, lost; what readers of followers would have seen.

use super::node::LogNode;
use crate::network::{NodeId, Trace};
use crate::rng::Rng;
use crate::stats::Summary;

/// One write and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// When the client asked, in milliseconds.
    pub asked: f64,
    /// When it was told that the write is done; `None` when it never was.
    pub acknowledged: Option<f64>,
    /// When each node had it: the first leader, then the followers.
    pub arrived: Vec<Option<f64>>,
    /// Whether the last leader has it in the end.
    pub kept: bool,
}

/// Where a client reads after its own write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    /// At the leader.
    Leader,
    /// At a random follower, whatever it has.
    AnyFollower,
    /// At a random follower, which first waits until it has the client's last write: the client carries the
    /// place of its write in the log.
    FollowerWithToken,
}

/// What reads after writes saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Reads {
    /// How many there were.
    pub count: usize,
    /// How many did not see the client's own write.
    pub violations: usize,
    /// How long each waited at the follower, in milliseconds.
    pub waits: Vec<f64>,
}

impl Reads {
    /// The share that did not see the client's own write. NaN without reads.
    pub fn violation_share(&self) -> f64 {
        self.violations as f64 / self.count as f64
    }
}

/// The writes of a run of [`LeaderFollower`](super::LeaderFollower).
#[derive(Clone, Debug, PartialEq)]
pub struct LogRun {
    writes: Vec<Written>,
    leader: NodeId,
    promoted_at: Option<f64>,
    trace: Trace,
}

impl LogRun {
    pub(super) fn new(
        times: &[f64],
        nodes: &[LogNode],
        leader: NodeId,
        promoted_at: Option<f64>,
        trace: Trace,
    ) -> Self {
        let kept: std::collections::BTreeSet<u64> = nodes[leader].log().iter().copied().collect();
        let writes = times.iter().enumerate().map(|(id, &asked)| {
            let id = id as u64;
            let by_any = nodes.iter().filter_map(|node| node.acknowledged(id)).reduce(f64::min);
            Written {
                asked,
                acknowledged: by_any,
                arrived: nodes.iter().map(|node| node.arrived(id)).collect(),
                kept: kept.contains(&id),
            }
        });
        Self { writes: writes.collect(), leader, promoted_at, trace }
    }

    /// All writes, in the order in which they were asked for.
    pub fn writes(&self) -> &[Written] {
        &self.writes
    }

    /// Who leads in the end.
    pub fn leader(&self) -> NodeId {
        self.leader
    }

    /// When it was promoted; `None` when the first leader was not lost.
    pub fn promoted_at(&self) -> Option<f64> {
        self.promoted_at
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.writes.iter().filter(|write| write.acknowledged.is_some()).count()
    }

    /// The acknowledged writes that the last leader does not have: what was promised and is gone.
    pub fn lost(&self) -> Vec<&Written> {
        self.writes.iter().filter(|write| write.acknowledged.is_some() && !write.kept).collect()
    }

    /// How long each acknowledged write took, in milliseconds.
    pub fn commit_latencies(&self) -> Vec<f64> {
        self.writes.iter().filter_map(|write| Some(write.acknowledged? - write.asked)).collect()
    }

    /// How long after the leader each follower had each write, in milliseconds.
    pub fn lags(&self) -> Vec<f64> {
        let followers = self.writes.iter().flat_map(|w| w.arrived[1..].iter().map(|at| (w.asked, *at)));
        followers.filter_map(|(asked, at)| Some(at? - asked)).collect()
    }

    /// The same, summed up.
    pub fn lag(&self) -> Summary {
        Summary::of(&self.lags())
    }

    /// What a client sees that reads so long after each of its acknowledged writes, in milliseconds. The follower
    /// is drawn at random; writes that a follower never got are left out.
    pub fn read_after_write(&self, think: f64, from: ReadFrom, rng: &mut Rng) -> Reads {
        let mut reads = Reads { count: 0, violations: 0, waits: Vec::new() };
        for write in &self.writes {
            let Some(acknowledged) = write.acknowledged else { continue };
            let follower = 1 + rng.index(write.arrived.len() - 1);
            let Some(arrived) = write.arrived[follower] else { continue };
            let late = (arrived - acknowledged - think).max(0.0);
            reads.count += 1;
            reads.violations += usize::from(from == ReadFrom::AnyFollower && late > 0.0);
            reads.waits.push(if from == ReadFrom::FollowerWithToken { late } else { 0.0 });
        }
        reads
    }

    /// The messages and faults.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// A space-time diagram: a lane per node, an arrow per message, a bar from each write to its acknowledgment.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn timeline(&self, title: impl Into<String>) -> crate::plot::Timeline {
        let lanes = self.trace.names().iter().cloned().chain(["clients".to_owned()]);
        let clients = self.trace.names().len();
        let mut timeline = crate::plot::timeline(title).lanes(lanes).unit("ms");
        for (id, write) in self.writes.iter().enumerate() {
            let end = write.acknowledged.unwrap_or(f64::INFINITY);
            let label = match (write.acknowledged, write.kept) {
                (None, _) => format!("write {id}: no answer"),
                (Some(_), true) => format!("write {id}"),
                (Some(_), false) => format!("write {id}: lost"),
            };
            timeline = timeline.bar(clients, write.asked..end, label);
        }
        self.trace.draw_on(timeline, 0, &|_| true)
    }
}
