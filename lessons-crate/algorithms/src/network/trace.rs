//! What happened in a network: every message and every fault, up to a limit.

use std::fmt;

use super::{Fault, NodeId};
use crate::display::{MimeBundle, Render};
use crate::table::{Table, fixed};

/// The most messages whose text is kept; later ones are only counted.
const RECORDS_MAX: usize = 2_000;
/// The most rows of the text form.
const ROWS_MAX: usize = 60;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It is still under way.
    UnderWay,
    /// It arrived at this time.
    Arrived(f64),
    /// It never arrived, and why.
    Lost(&'static str),
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageRecord {
    /// Who sent it.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// What it said.
    pub label: String,
    /// When it was sent.
    pub sent: f64,
    /// What became of it.
    pub fate: Fate,
}

/// The messages and faults of a run; the text of the first 2,000 messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    names: Vec<String>,
    messages: Vec<MessageRecord>,
    faults: Vec<(f64, Fault)>,
    sent: u64,
    lost: u64,
}

impl Trace {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { names, messages: Vec::new(), faults: Vec::new(), sent: 0, lost: 0 }
    }

    pub(super) fn set_names(&mut self, names: Vec<String>) {
        self.names = names;
    }

    pub(super) fn sent(
        &mut self,
        from: NodeId,
        to: NodeId,
        time: f64,
        message: &impl fmt::Display,
    ) -> Option<usize> {
        if from == to {
            return None;
        }
        self.sent += 1;
        if self.messages.len() == RECORDS_MAX {
            return None;
        }
        let label = message.to_string();
        self.messages.push(MessageRecord { from, to, label, sent: time, fate: Fate::UnderWay });
        Some(self.messages.len() - 1)
    }

    pub(super) fn arrived(&mut self, record: Option<usize>, time: f64) {
        if let Some(record) = record {
            self.messages[record].fate = Fate::Arrived(time);
        }
    }

    pub(super) fn lost(&mut self, record: Option<usize>, why: &'static str) {
        self.lost += 1;
        if let Some(record) = record {
            self.messages[record].fate = Fate::Lost(why);
        }
    }

    pub(super) fn fault(&mut self, time: f64, fault: &Fault) {
        self.faults.push((time, fault.clone()));
    }

    /// The names of the nodes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The messages, in the order in which they were sent.
    pub fn messages(&self) -> &[MessageRecord] {
        &self.messages
    }

    /// The faults and their ends, with their times.
    pub fn faults(&self) -> &[(f64, Fault)] {
        &self.faults
    }

    /// How many messages were sent, not counting those of a node to itself.
    pub fn sent_count(&self) -> u64 {
        self.sent
    }

    /// How many of them were lost.
    pub fn lost_count(&self) -> u64 {
        self.lost
    }

    /// Messages and faults in order of time, the first 60.
    pub fn table(&self) -> Table {
        let mut rows: Vec<(f64, [String; 4])> = Vec::new();
        for message in &self.messages {
            let who = format!("{} to {}", self.names[message.from], self.names[message.to]);
            let fate = match message.fate {
                Fate::UnderWay => "under way".into(),
                Fate::Arrived(time) => format!("arrives at {time:.2}"),
                Fate::Lost(why) => format!("lost: {why}"),
            };
            rows.push((message.sent, [fixed(message.sent, 2), who, message.label.clone(), fate]));
        }
        for (time, fault) in &self.faults {
            rows.push((*time, [fixed(*time, 2), String::new(), fault.to_string(), String::new()]));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = rows.len();
        let mut table = Table::new(["time", "who", "what", "fate"]);
        rows.into_iter().take(ROWS_MAX).for_each(|(_, row)| table.push(row));
        if all > ROWS_MAX {
            table = table.caption(format!("The first {ROWS_MAX} of {all} events:"));
        }
        table
    }

    /// A space-time diagram: one lane per node, an arrow per message, a shaded period per partition.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn timeline(&self, title: impl Into<String>) -> crate::plot::Timeline {
        let lanes = crate::plot::timeline(title).lanes(self.names.iter().cloned());
        self.draw_on(lanes, 0, &|_| true)
    }

    /// Adds messages and faults to a timeline whose lanes from `first` on are the nodes.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn draw_on(
        &self,
        mut timeline: crate::plot::Timeline,
        first: usize,
        shown: &dyn Fn(&MessageRecord) -> bool,
    ) -> crate::plot::Timeline {
        for message in self.messages.iter().filter(|message| shown(message)) {
            let (from, to, label) = (first + message.from, first + message.to, message.label.as_str());
            timeline = match message.fate {
                Fate::UnderWay => timeline,
                Fate::Arrived(time) => timeline.arrow(from, message.sent, to, time, label),
                Fate::Lost(_) => timeline.lost_arrow(from, message.sent, to, label),
            };
        }
        let mut cut_since: Option<(f64, String)> = None;
        for (time, fault) in &self.faults {
            match fault {
                Fault::Partition(_) | Fault::Cut(..) => {
                    // Another cut adds to the first: its period is named anew.
                    if let Some((start, label)) = cut_since.replace((*time, fault.to_string())) {
                        timeline = timeline.period(start..*time, label);
                    }
                }
                Fault::Heal => {
                    if let Some((start, label)) = cut_since.take() {
                        timeline = timeline.period(start..*time, label);
                    }
                }
                Fault::Crash(node) => timeline = timeline.mark(first + node, *time, "crash"),
                Fault::Restart(node) => timeline = timeline.mark(first + node, *time, "restart"),
            }
        }
        match cut_since {
            Some((start, label)) => timeline.period(start..f64::INFINITY, label),
            None => timeline,
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for Trace {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

crate::rich_display!(Trace);
