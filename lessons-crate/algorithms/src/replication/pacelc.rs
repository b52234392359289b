//! The PACELC label of some settings, found by experiment.

use std::fmt;

use super::register::ReplicatedRegister;
use super::settings::Settings;
use crate::dist::Exponential;
use crate::network::{Fault, NodeId};
use crate::stats::mean;

/// What a replicated register did, in a partition and else.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The share of operations answered while one replica was cut off from the others.
    pub answered_in_partition: f64,
    /// In how many of the runs without a partition the history was linearizable.
    pub linearizable_share: f64,
    /// The mean latency of reads without a partition, in milliseconds.
    pub read_ms: f64,
    /// The mean latency of writes without a partition, in milliseconds.
    pub write_ms: f64,
}

impl Observed {
    /// In a partition: everyone who works is answered.
    pub fn is_available(&self) -> bool {
        self.answered_in_partition == 1.0
    }

    /// Else: every run was linearizable.
    pub fn is_consistent(&self) -> bool {
        self.linearizable_share == 1.0
    }

    /// `PA/EL`, `PA/EC`, `PC/EL` or `PC/EC`.
    pub fn label(&self) -> &'static str {
        match (self.is_available(), self.is_consistent()) {
            (true, true) => "PA/EC",
            (true, false) => "PA/EL",
            (false, true) => "PC/EC",
            (false, false) => "PC/EL",
        }
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: in a partition {:.0}% answered; else {:.0}% of runs linearizable, reads {:.1} ms, writes {:.1} ms",
            self.label(),
            100.0 * self.answered_in_partition,
            100.0 * self.linearizable_share,
            self.read_ms,
            self.write_ms
        )
    }
}

/// How many runs without a partition are looked at.
const RUNS: u64 = 40;

/// Finds out which PACELC class settings belong to: whether every replica answers in a partition (PA, else
/// PC), and whether they give up linearizability for latency when there is none (EL, else EC).
///
/// Delays between replicas are exponential with a mean of 10 ms. The label is of a configuration, not of a
/// product; that no run was wrong is evidence, not proof. About 0.1 s.
///
/// # Panics
///
/// With fewer than 2 replicas: there is no link to cut.
///
/// # Sources
///
/// D. J. Abadi, "Consistency Tradeoffs in Modern Distributed Database System Design", IEEE Computer 45(2),
/// 2012, doi:10.1109/MC.2012.33. W. Golab, "Proving PACELC", ACM SIGACT News 49(1), 2018,
/// doi:10.1145/3197406.3197420.
///
/// # Examples
///
/// ```
/// use lessons::replication::{Settings, pacelc};
///
/// assert_eq!(pacelc(&Settings::abd(3)).label(), "PC/EC");
/// assert_eq!(pacelc(&Settings::abd(3).answer_in_partition()).label(), "PA/EC");
/// ```
pub fn pacelc(settings: &Settings) -> Observed {
    let replicas = settings.replicas;
    assert!(replicas >= 2, "a partition needs at least 2 replicas");
    let others: Vec<NodeId> = (0..replicas - 1).collect();
    let cut = ReplicatedRegister::new(settings.clone())
        .delay(Exponential(10.0))
        .fault(0.0, Fault::Partition(vec![others, vec![replicas - 1]]))
        .clients(replicas as u64, 20, 0.5, 20.0)
        .run();
    let (mut linearizable, mut reads, mut writes) = (0, Vec::new(), Vec::new());
    for seed in 0..RUNS {
        let run = ReplicatedRegister::new(settings.clone())
            .delay(Exponential(10.0))
            .seed(seed)
            .clients(2 * replicas as u64, 30, 0.7, 10.0)
            .run();
        linearizable += u64::from(run.history().linearize().is_ok());
        reads.extend(run.read_latencies());
        writes.extend(run.write_latencies());
    }
    Observed {
        answered_in_partition: cut.answered_share(),
        linearizable_share: linearizable as f64 / RUNS as f64,
        read_ms: mean(&reads),
        write_ms: mean(&writes),
    }
}
