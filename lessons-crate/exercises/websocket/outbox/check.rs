//! Checks the queue of a slow client.

use algorithms::rng::Rng;
use algorithms::websocket as library;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// A message for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Counts up.
    pub sequence: u64,
    /// The stock whose price it is; `None` for a chat message.
    pub symbol: Option<char>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits at the end.
    Queued,
    /// It waits at the place of an older tick of its symbol.
    Replaced,
    /// It waits at the end, and the oldest tick was thrown away for it.
    Dropped,
    /// There is no room, and nothing that may be thrown away: the client has to come back.
    Disconnect,
}

/// The queue, its capacity, a message.
type Answer = fn(&mut Vec<Message>, usize, Message) -> Verdict;
planted!("websocket/outbox");

/// The capacity, and the symbols of the messages in order.
type Input = (usize, Vec<Option<char>>);
/// The verdicts up to and with the first disconnection, and what waits then.
type Found = (Vec<Verdict>, Vec<Message>);

fn messages(symbols: &[Option<char>]) -> impl Iterator<Item = Message> {
    (1..).zip(symbols).map(|(sequence, symbol)| Message { sequence, symbol: *symbol })
}

fn ask(push: Answer, (capacity, symbols): &Input) -> Found {
    let (mut verdicts, mut waiting) = (Vec::new(), Vec::new());
    for message in messages(symbols) {
        verdicts.push(push(&mut waiting, *capacity, message));
        if verdicts.last() == Some(&Verdict::Disconnect) {
            break;
        }
    }
    (verdicts, waiting)
}

fn right((capacity, symbols): &Input) -> Found {
    let mut outbox = library::Outbox::new(*capacity, library::OverflowPolicy::CoalesceLatest, 0);
    let (mut verdicts, mut waiting) = (Vec::new(), Vec::new());
    for Message { sequence, symbol } in messages(symbols) {
        waiting = outbox.clone().drain(*capacity);
        let item = library::Item { sequence, key: symbol.map(u64::from), body: symbol };
        verdicts.push(match outbox.push(item) {
            library::Verdict::Queued => Verdict::Queued,
            library::Verdict::Replaced { .. } => Verdict::Replaced,
            library::Verdict::Dropped { .. } => Verdict::Dropped,
            library::Verdict::Disconnect { .. } => Verdict::Disconnect,
        });
        if verdicts.last() == Some(&Verdict::Disconnect) {
            break;
        }
        waiting = outbox.clone().drain(*capacity);
    }
    let waiting = waiting.into_iter().map(|item| Message { sequence: item.sequence, symbol: item.body });
    (verdicts, waiting.collect())
}

fn shown(message: Message) -> String {
    message.symbol.map_or("chat ".to_owned(), |symbol| format!("{symbol} ")) + &message.sequence.to_string()
}

const QUESTION: Question<Answer, Input, Found> = Question {
    ask,
    right,
    // What is left in the queue of a client that is disconnected is nobody's business.
    accepts: Some(|input, found| {
        let (verdicts, waiting) = right(input);
        verdicts == found.0 && (verdicts.last() == Some(&Verdict::Disconnect) || waiting == found.1)
    }),
    same: |one, other| one == other,
    input: |(capacity, symbols)| {
        let pushed: Vec<String> = messages(symbols).map(shown).collect();
        format!("capacity {capacity}; push {}", pushed.join(", "))
    },
    output: |(verdicts, waiting)| {
        let waiting: Vec<String> = waiting.iter().copied().map(shown).collect();
        let last = verdicts.last().map_or("nothing".to_owned(), |verdict| format!("{verdict:?}"));
        format!("the last push: {last}; waiting: [{}]", waiting.join(", "))
    },
};

/// Checks a function that puts a message into the bounded queue of a client.
pub fn outbox(push: fn(&mut Vec<Message>, usize, Message) -> Verdict) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, push, MISTAKES)
        .visible("while there is room, everything waits in order", || {
            inputs(&[(3, "a"), (3, "-"), (3, "a-b"), (2, "--")])
        })
        .visible("a tick replaces the waiting one of its symbol, at its place", || {
            inputs(&[(3, "aa"), (3, "aba"), (4, "a-ba"), (3, "abcb")])
        })
        .visible("a full queue throws away its oldest tick", || {
            inputs(&[(2, "a--"), (2, "-a-"), (3, "-ab-"), (2, "abc")])
        })
        .visible("when only chat waits, the client is disconnected", || {
            inputs(&[(1, "--"), (2, "---"), (2, "--a")])
        })
        .hidden("chat messages are all different", || inputs(&[(5, "-----"), (4, "-a-a-"), (3, "--a")]))
        .hidden("a tick that is waiting is replaced also in a full queue", || {
            inputs(&[(2, "aba"), (2, "-aa"), (1, "aa"), (2, "abab")])
        })
        .hidden("2,000 random rows of messages", random)
        .finish()
}

/// Rows of messages: a letter is a tick, a dash is chat.
fn inputs(rows: &[(usize, &str)]) -> Vec<Input> {
    let symbol = |letter: char| (letter != '-').then_some(letter);
    rows.iter().map(|(capacity, row)| (*capacity, row.chars().map(symbol).collect())).collect()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(20);
    (0..2_000usize)
        .map(|round| {
            let row = (0..round % 14)
                .map(|_| rng.choose(&[None, Some('a'), Some('b'), Some('c')]).copied().flatten());
            (1 + round % 5, row.collect())
        })
        .collect()
}
