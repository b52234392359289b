//! The choices of a replicated register.

use super::quorum;
use crate::network::NodeId;

/// How the replicas of a register work together, and what they do when they cannot.
///
/// # Examples
///
/// ```
/// use lessons::replication::Settings;
///
/// let cart = Settings::quorum(3, 1, 1).answer_in_partition(); // Always open: PA/EL.
/// let seats = Settings::abd(3); // Never sells a seat twice: PC/EC.
/// assert_eq!((cart.name(), seats.name()), ("quorum N=3 R=1 W=1, answers".into(), "ABD N=3, refuses".into()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many copies there are (N).
    pub replicas: usize,
    /// How they work together.
    pub protocol: Protocol,
    /// When a replica has waited in vain: true to answer with what it has (A), false to refuse (C).
    pub answers: bool,
    /// How long a replica waits for others before it refuses, or answers alone. In milliseconds.
    pub patience: f64,
    /// How often it asks again those that have not answered; infinite for never. In milliseconds. Only needed
    /// when messages get lost.
    pub resend: f64,
    /// How far ahead each replica's clock is, in milliseconds; missing ones are right.
    pub clock_skew: Vec<f64>,
}

/// How replicas work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One replica gives all writes their order.
    Leader {
        /// Which.
        leader: NodeId,
        /// How many replicas, the leader among them, must have stored a write before it is acknowledged:
        /// 1 is asynchronous, all of them synchronous, between them semi-synchronous.
        acks: usize,
        /// True: every replica answers reads from its own copy. False: only the leader answers them.
        local_reads: bool,
    },
    /// Any replica coordinates: it asks all, and waits for some.
    Quorum {
        /// How many answers a read waits for (R), that of the coordinator among them.
        read: usize,
        /// How many acknowledgments a write waits for (W).
        write: usize,
        /// Where a new write gets its version from.
        versions: Versions,
        /// A read stores what it found at W replicas before it answers: nobody can see an older value after.
        write_back: bool,
        /// A read sends what it found to the replicas that had less, after it has answered.
        read_repair: bool,
    },
}

/// Where a new write gets its version from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// One more than the highest that R replicas know: another round trip.
    Query,
    /// The coordinator's clock: no round trip, and as right as the clock is (last writer wins).
    Clock,
}

impl Settings {
    fn new(replicas: usize, protocol: Protocol) -> Self {
        assert!((1..=64).contains(&replicas), "a register has 1 to 64 replicas, not {replicas}");
        Self {
            replicas,
            protocol,
            answers: false,
            patience: 1_000.0,
            resend: f64::INFINITY,
            clock_skew: Vec::new(),
        }
    }

    /// The atomic register of Attiya, Bar-Noy and Dolev, for several writers: reads and writes both ask a
    /// majority and then store at a majority. Linearizable, and live while a majority is in reach.
    ///
    /// # Panics
    ///
    /// When there are not 1 to 64 replicas.
    pub fn abd(replicas: usize) -> Self {
        let majority = quorum::majority(replicas);
        let versions = Versions::Query;
        let (write_back, read_repair) = (true, false);
        Self::new(
            replicas,
            Protocol::Quorum { read: majority, write: majority, versions, write_back, read_repair },
        )
    }

    /// Partial quorums as in Dynamo and Cassandra: a read waits for R answers, a write for W acknowledgments,
    /// versions are the coordinator's clock, nothing is written back.
    ///
    /// # Panics
    ///
    /// When there are not 1 to 64 replicas, or R or W is not from 1 to N.
    pub fn quorum(replicas: usize, read: usize, write: usize) -> Self {
        let possible = 1..=replicas;
        assert!(
            possible.contains(&read) && possible.contains(&write),
            "R = {read} and W = {write} must be from 1 to N = {replicas}"
        );
        let versions = Versions::Clock;
        let (write_back, read_repair) = (false, false);
        Self::new(replicas, Protocol::Quorum { read, write, versions, write_back, read_repair })
    }

    /// Replica 0 leads: it orders all writes, answers all reads, and acknowledges a write when `acks` replicas,
    /// itself among them, have stored it.
    ///
    /// # Panics
    ///
    /// When there are not 1 to 64 replicas, or `acks` is not from 1 to their number.
    pub fn leader(replicas: usize, acks: usize) -> Self {
        assert!((1..=replicas).contains(&acks), "acks must be from 1 to {replicas}, not {acks}");
        Self::new(replicas, Protocol::Leader { leader: 0, acks, local_reads: false })
    }

    /// With a leader: every replica answers reads from its own copy. Of a quorum, that is R = 1.
    #[must_use]
    pub fn local_reads(mut self) -> Self {
        match &mut self.protocol {
            Protocol::Leader { local_reads, .. } => *local_reads = true,
            Protocol::Quorum { read, write_back, .. } => (*read, *write_back) = (1, false),
        }
        self
    }

    /// Of a quorum: whether reads store what they found at W replicas before they answer.
    #[must_use]
    pub fn write_back(mut self, on: bool) -> Self {
        if let Protocol::Quorum { write_back, .. } = &mut self.protocol {
            *write_back = on;
        }
        self
    }

    /// Of a quorum: reads send what they found to the replicas that had less.
    #[must_use]
    pub fn read_repair(mut self) -> Self {
        if let Protocol::Quorum { read_repair, .. } = &mut self.protocol {
            *read_repair = true;
        }
        self
    }

    /// Of a quorum: where versions come from.
    #[must_use]
    pub fn versions(mut self, from: Versions) -> Self {
        if let Protocol::Quorum { versions, .. } = &mut self.protocol {
            *versions = from;
        }
        self
    }

    /// A replica that has waited in vain answers with what it has, instead of refusing.
    #[must_use]
    pub fn answer_in_partition(mut self) -> Self {
        self.answers = true;
        self
    }

    /// How long a replica waits for others, in milliseconds (1,000 unless told).
    #[must_use]
    pub fn patience(mut self, milliseconds: f64) -> Self {
        self.patience = milliseconds;
        self
    }

    /// How often a replica asks again those that have not answered, in milliseconds.
    ///
    /// # Panics
    ///
    /// When the time is not above 0: it would ask for ever at one moment.
    #[must_use]
    pub fn resend(mut self, milliseconds: f64) -> Self {
        assert!(milliseconds > 0.0, "the time between two attempts must be above 0, not {milliseconds}");
        self.resend = milliseconds;
        self
    }

    /// How far ahead each replica's clock is, in milliseconds.
    #[must_use]
    pub fn clock_skew(mut self, milliseconds: &[f64]) -> Self {
        self.clock_skew = milliseconds.to_vec();
        self
    }

    /// The settings in a few words, for plots and tables.
    pub fn name(&self) -> String {
        let n = self.replicas;
        let protocol = match self.protocol {
            Protocol::Leader { acks, local_reads, .. } => {
                let reads = if local_reads { ", local reads" } else { "" };
                match acks {
                    1 => format!("leader N={n}, asynchronous{reads}"),
                    acks if acks == n => format!("leader N={n}, synchronous{reads}"),
                    acks => format!("leader N={n}, {acks} acks{reads}"),
                }
            }
            Protocol::Quorum { read, write, versions, write_back, read_repair } => {
                let majority = quorum::majority(n);
                let is_abd =
                    (read, write, versions, write_back) == (majority, majority, Versions::Query, true);
                if is_abd {
                    format!("ABD N={n}")
                } else {
                    let back = if write_back { ", write-back" } else { "" };
                    let repair = if read_repair { ", read repair" } else { "" };
                    format!("quorum N={n} R={read} W={write}{back}{repair}")
                }
            }
        };
        format!("{protocol}, {}", if self.answers { "answers" } else { "refuses" })
    }
}
