//! One register on several replicas, in a partition and without one: who answers, how fast, and what is stale.

use std::process::ExitCode;

use algorithms::dist::Exponential;
use algorithms::network::{Fate, Fault, NodeId};
use algorithms::replication::{Observed, Outcome, ReplicatedRegister, Run, Settings, Version, quorum};
use algorithms::stats::mean;
use explorables::Explorable;
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, polyline};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "A register in a partition",
        about: "Each line is a replica with a client of its own; a bar is an operation from question to answer, a \
                thin line a message. In the shaded time the last replica is cut off from the others.",
        controls,
        draw,
    };
    explorable.run()
}

/// What the picture shows, in milliseconds, and when the last replica is cut off.
const END: f64 = 400.0;
const CUT: (f64, f64) = (120.0, 300.0);
/// How long a replica waits for others.
const PATIENCE: f64 = 70.0;
/// How many runs without a partition decide about consistency and latency, and their length.
const RUNS: u64 = 10;
const OPERATIONS: u64 = 12;

fn controls() -> Vec<Control> {
    let count = |n: f64| format!("{n}");
    vec![
        Control::choice(
            "protocol",
            "Protocol",
            &[
                ("quorum", "quorum (R, W)"),
                ("abd", "ABD: majority, twice"),
                ("async", "leader, asynchronous, local reads"),
                ("sync", "leader, waits for all"),
            ],
        ),
        Control::slider("replicas", "Replicas (N)", steps(3.0, 5.0, 1.0), 3.0, count),
        Control::slider("read", "Of a quorum: R", steps(1.0, 5.0, 1.0), 2.0, count),
        Control::slider("write", "Of a quorum: W", steps(1.0, 5.0, 1.0), 2.0, count),
        Control::choice(
            "alone",
            "A replica that waits in vain",
            &[("refuses", "refuses"), ("answers", "answers with what it has")],
        ),
        Control::slider(
            "delay",
            "Mean delay of a message",
            [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0],
            10.0,
            |ms| format!("{ms} ms"),
        ),
    ]
}

fn settings(values: &Values) -> Settings {
    let n = values.count("replicas");
    let settings = match values.count("protocol") {
        0 => Settings::quorum(n, values.count("read").min(n), values.count("write").min(n)),
        1 => Settings::abd(n),
        2 => Settings::leader(n, 1).local_reads(),
        _ => Settings::leader(n, n),
    };
    let settings = settings.patience(PATIENCE);
    if values.count("alone") == 1 { settings.answer_in_partition() } else { settings }
}

/// The run of the picture: one client at each replica.
fn shown(settings: &Settings, delay: f64) -> Run {
    let replicas = settings.replicas;
    let others: Vec<NodeId> = (0..replicas - 1).collect();
    ReplicatedRegister::new(settings.clone())
        .delay(Exponential(delay))
        .fault(CUT.0, Fault::Partition(vec![others, vec![replicas - 1]]))
        .fault(CUT.1, Fault::Heal)
        .seed(5)
        .clients(replicas as u64, 12, 0.6, 30.0)
        .run()
}

/// What runs without a partition say, and the share of operations that the last replica answers when it is cut
/// off; and how many reads of how many were stale.
fn observe(settings: &Settings, delay: f64) -> (Observed, usize, usize) {
    let replicas = settings.replicas;
    let others: Vec<NodeId> = (0..replicas - 1).collect();
    let cut = ReplicatedRegister::new(settings.clone())
        .delay(Exponential(delay))
        .fault(0.0, Fault::Partition(vec![others, vec![replicas - 1]]))
        .clients(replicas as u64, 10, 0.5, 20.0)
        .run();
    let (mut linearizable, mut stale, mut reads, mut writes) = (0, 0, Vec::new(), Vec::new());
    for seed in 0..RUNS {
        let run = ReplicatedRegister::new(settings.clone())
            .delay(Exponential(delay))
            .seed(seed)
            .clients(2 * replicas as u64, OPERATIONS, 0.7, 10.0)
            .run();
        linearizable += u64::from(run.history().is_linearizable());
        stale += run.stale_reads();
        reads.extend(run.read_latencies());
        writes.extend(run.write_latencies());
    }
    let observed = Observed {
        answered_in_partition: cut.answered_share(),
        linearizable_share: linearizable as f64 / RUNS as f64,
        read_ms: mean(&reads),
        write_ms: mean(&writes),
    };
    (observed, stale, reads.len())
}

fn draw(values: &Values, width: f64) -> View {
    let settings = settings(values);
    let delay = values.number("delay");
    let run = shown(&settings, delay);
    let (observed, stale, reads) = observe(&settings, delay);
    let marked = mark(&run);
    let count = |wanted: What| marked.iter().filter(|(_, what)| *what == wanted).count();
    let linearizable = format!("{:.0} of {RUNS} runs", observed.linearizable_share * RUNS as f64);
    let alt = format!(
        "{}, label {}. In the picture {} operations are answered, {} reads of them stale, and {} refused.",
        settings.name(),
        observed.label(),
        count(What::Write) + count(What::Read) + count(What::Stale),
        count(What::Stale),
        count(What::Refused),
    );
    let (n, r, w) = (settings.replicas, values.count("read"), values.count("write"));
    let overlap = match values.count("protocol") {
        0 if r.min(n) + w.min(n) > n => "yes: R + W > N".to_owned(),
        0 => format!(
            "no: a read misses a write with {}",
            algorithms::table::percent(quorum::miss_probability(n, r.min(n), w.min(n)), 0)
        ),
        1 => "yes: majorities".to_owned(),
        2 => "no: reads are local".to_owned(),
        _ => "yes: one leader".to_owned(),
    };
    View {
        svg: picture(&run, &marked, settings.replicas, width, &alt),
        alt,
        facts: vec![
            ("PACELC, by experiment".into(), Number::words(observed.label())),
            ("answered while one is cut off".into(), Number::percent(observed.answered_in_partition, 0)),
            ("else linearizable".into(), Number::new(observed.linearizable_share, linearizable)),
            ("stale reads".into(), Number::percent(stale as f64 / reads.max(1) as f64, 1)),
            ("mean read".into(), Number::new(observed.read_ms, format!("{:.1} ms", observed.read_ms))),
            ("mean write".into(), Number::new(observed.write_ms, format!("{:.1} ms", observed.write_ms))),
            ("reads meet the last write".into(), Number::words(overlap)),
        ],
        columns: ["asked at", "replica", "operation", "result", "took"].map(String::from).to_vec(),
        rows: marked
            .iter()
            .filter(|(outcome, _)| outcome.call <= END)
            .map(|(outcome, what)| row(outcome, *what))
            .collect(),
    }
}

fn row(outcome: &Outcome, what: What) -> Vec<Number> {
    let took = outcome.ret.map_or_else(
        || Number::words("no answer"),
        |ret| Number::new(ret - outcome.call, format!("{:.1} ms", ret - outcome.call)),
    );
    let value = outcome.done.map(|done| done.value);
    let result = match (what, value) {
        (What::Refused, _) | (_, None) => "refused".to_owned(),
        (What::Stale, Some(value)) => format!("{value}, stale"),
        (_, Some(value)) => value.to_string(),
    };
    vec![
        Number::new(outcome.call, format!("{:.1} ms", outcome.call)),
        Number::count(outcome.replica),
        Number::words(if outcome.is_read() { "read" } else { "write" }),
        Number::words(result),
        took,
    ]
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Write,
    Read,
    Stale,
    Refused,
}

/// A read is stale when a newer version was acknowledged before it began, as in [`Run::stale_reads`].
fn mark(run: &Run) -> Vec<(Outcome, What)> {
    let acknowledged: Vec<(f64, Version)> = run
        .outcomes()
        .iter()
        .filter(|outcome| !outcome.is_read())
        .filter_map(|outcome| Some((outcome.ret?, outcome.done?.version)))
        .collect();
    let what = |outcome: &Outcome| match outcome.done {
        None => What::Refused,
        Some(_) if !outcome.is_read() => What::Write,
        Some(found) => {
            let newest =
                acknowledged.iter().filter(|(at, _)| *at < outcome.call).map(|(_, version)| *version).max();
            if newest.is_some_and(|newest| found.version < newest) { What::Stale } else { What::Read }
        }
    };
    run.outcomes().iter().map(|outcome| (*outcome, what(outcome))).collect()
}

const LANE: f64 = 62.0;

fn picture(run: &Run, marked: &[(Outcome, What)], replicas: usize, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let left = if width >= 500.0 { 76.0 } else { 22.0 };
    let x = |time: f64| left + (width - left - 6.0) * time.clamp(0.0, END) / END;
    let lane = |replica: usize| 62.0 + LANE * replica as f64;
    let bottom = lane(replicas - 1) + 30.0;
    legend(&mut svg, width);
    svg.rect("f1 wash", x(CUT.0), 30.0, x(CUT.1) - x(CUT.0), bottom - 30.0);
    svg.text("name t1", Anchor::Middle, x(f64::midpoint(CUT.0, CUT.1)), 43.0, "the last replica is cut off");
    for replica in 0..replicas {
        let name = if width >= 500.0 { format!("replica {replica}") } else { replica.to_string() };
        svg.text("strong", Anchor::Start, 0.0, lane(replica) + 4.5, &name);
        svg.line("axis", (left, lane(replica)), (x(END), lane(replica)));
    }
    let (mut arrived, mut lost, mut crosses) = (String::new(), String::new(), String::new());
    let between =
        run.trace().messages().iter().filter(|m| m.from < replicas && m.to < replicas && m.sent < END);
    for message in between {
        let (from, to) = (lane(message.from), lane(message.to));
        match message.fate {
            // One that arrives later is followed to the edge.
            Fate::Arrived(at) => {
                let shown = ((END - message.sent) / (at - message.sent)).min(1.0);
                arrived += &polyline([(x(message.sent), from), (x(at), from + (to - from) * shown)]);
            }
            Fate::UnderWay => {}
            // Lost ones end a third of the way.
            Fate::Lost(_) => {
                let end = (x(message.sent + 6.0), from + (to - from).signum() * 18.0);
                lost += &polyline([(x(message.sent), from), end]);
                crosses += &polyline([(end.0 - 2.5, end.1 - 2.5), (end.0 + 2.5, end.1 + 2.5)]);
                crosses += &polyline([(end.0 - 2.5, end.1 + 2.5), (end.0 + 2.5, end.1 - 2.5)]);
            }
        }
    }
    svg.path("message", &arrived);
    svg.path("message lost", &lost);
    svg.path("cross", &crosses);
    for (outcome, what) in marked.iter().filter(|(outcome, _)| outcome.call < END) {
        let (start, end) = (x(outcome.call), x(outcome.ret.unwrap_or(END)));
        let y = lane(outcome.replica);
        let long = (end - start).max(4.0);
        svg.rect(class(*what), start, y - 7.0, long, 14.0);
        let value = outcome.done.map_or_else(|| "×".to_owned(), |done| done.value.to_string());
        if long >= 9.0 * value.len() as f64 {
            svg.text("inside", Anchor::Middle, start + long / 2.0, y + 4.0, &value);
        }
    }
    for time in [0.0, 100.0, 200.0, 300.0, 400.0] {
        let anchor = if time == END { Anchor::End } else { Anchor::Middle };
        svg.text(
            "tick",
            anchor,
            x(time),
            bottom + 15.0,
            &if time == END { format!("{time} ms") } else { format!("{time}") },
        );
    }
    svg.finish(width, bottom + 22.0, alt)
}

fn class(what: What) -> &'static str {
    match what {
        What::Write => "f0",
        What::Read => "f2",
        What::Stale => "f1",
        What::Refused => "refused",
    }
}

fn legend(svg: &mut Svg, width: f64) {
    let mut x = 0.0;
    for (what, words) in [
        (What::Write, "write"),
        (What::Read, "read"),
        (What::Stale, "stale read"),
        (What::Refused, "refused"),
    ] {
        svg.rect(class(what), x, 2.0, 14.0, 12.0);
        svg.text("tick", Anchor::Start, x + 19.0, 12.0, words);
        x += if width < 360.0 { 26.0 } else { 34.0 } + 6.6 * words.len() as f64;
    }
}
