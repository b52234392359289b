//! How old is what a partial quorum reads, and what the others would cost.

use std::process::ExitCode;

use algorithms::dist::{Constant, Exponential};
use algorithms::replication::pbs::{Delays, Staleness, simulate, stale_probability};
use algorithms::replication::quorum;
use algorithms::rng::Rng;
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "How old is what you read?",
        about: "A write waits for W of N replicas, a read for R. Left: how many reads miss the last write, by when they \
                begin after it was acknowledged. Right: every choice of R and W, for reads at the chosen time.",
        controls,
        draw,
    };
    explorable.run()
}

/// How many writes and reads of the chosen quorum are simulated, and of each of the others.
const TRIALS: usize = 2_000;
const OTHER_TRIALS: usize = 300;
const SEED: u64 = 35;
/// The latest read of the chart, in milliseconds.
const END: f64 = 50.0;

fn controls() -> Vec<Control> {
    let count = |n: f64| format!("{n}");
    let ms = |time: f64| format!("{time} ms");
    vec![
        Control::slider("replicas", "Replicas (N)", steps(2.0, 5.0, 1.0), 3.0, count),
        Control::slider("read", "A read waits for (R)", steps(1.0, 5.0, 1.0), 1.0, count),
        Control::slider("write", "A write waits for (W)", steps(1.0, 5.0, 1.0), 1.0, count),
        Control::slider(
            "spread",
            "A write reaches a replica in",
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0],
            10.0,
            ms,
        ),
        Control::slider("message", "Every other message takes", [0.0, 1.0, 2.0, 5.0, 10.0, 20.0], 1.0, ms),
        Control::slider("after", "The read begins after", steps(0.0, END, 2.0), 0.0, ms),
        Control::slider("up", "A replica is up", [0.9, 0.95, 0.99, 0.999], 0.99, |up| {
            algorithms::table::percent(up, if up > 0.99 { 1 } else { 0 })
        }),
    ]
}

fn delays(values: &Values) -> Delays {
    let (spread, message) = (Exponential(values.number("spread")), values.number("message"));
    if message == 0.0 {
        Delays::slow_writes(spread, Constant(0.0))
    } else {
        Delays::slow_writes(spread, Exponential(message))
    }
}

fn ms(time: f64) -> Number {
    Number::new(time, format!("{time:.1} ms"))
}

fn percent(share: f64) -> Number {
    Number::percent(share, 1)
}

/// A quorum of the plane on the right.
struct Choice {
    read: usize,
    write: usize,
    seen: Staleness,
}

fn draw(values: &Values, width: f64) -> View {
    let n = values.count("replicas");
    let (r, w) = (values.count("read").min(n), values.count("write").min(n));
    let (delays, after, up) = (delays(values), values.number("after"), values.number("up"));
    let chosen = simulate(n, r, w, &delays, TRIALS, &mut Rng::new(SEED));
    let pairs = (1..=n).flat_map(|read| (1..=n).map(move |write| (read, write)));
    let choices: Vec<Choice> = pairs
        .map(|(read, write)| {
            let seen = if (read, write) == (r, w) {
                chosen.clone()
            } else {
                simulate(n, read, write, &delays, OTHER_TRIALS, &mut Rng::new(SEED))
            };
            Choice { read, write, seen }
        })
        .collect();
    let stale = chosen.stale_at(after);
    let strict = quorum::is_strict(n, r, w);
    let alt = format!(
        "With N = {n}, R = {r} and W = {w}, {} of the reads that begin {after} ms after the acknowledgment are stale. \
         The median of a read is {}, of a write {}. {}",
        percent(stale).shown,
        ms(chosen.read_latency(0.5)).shown,
        ms(chosen.write_latency(0.5)).shown,
        if strict { "Every read meets the last write, because R + W > N." } else { "R + W is not above N." },
    );
    View {
        svg: picture(&chosen, &choices, (n, r, w), values, width, &alt),
        alt,
        facts: vec![
            ("stale reads".into(), percent(stale)),
            ("999 of 1,000 reads are fresh after".into(), ms(chosen.consistent_after(0.999))),
            ("median read, p99".into(), both(chosen.read_latency(0.5), chosen.read_latency(0.99))),
            ("median write, p99".into(), both(chosen.write_latency(0.5), chosen.write_latency(0.99))),
            ("reads impossible".into(), down(n, r, up)),
            ("writes impossible".into(), down(n, w, up)),
        ],
        columns: [
            "R",
            "W",
            "R + W > N",
            "stale reads",
            "median read",
            "median write",
            "reads impossible",
            "writes impossible",
        ]
        .map(String::from)
        .to_vec(),
        rows: choices
            .iter()
            .map(|choice| {
                let strict = quorum::is_strict(n, choice.read, choice.write);
                vec![
                    Number::count(choice.read),
                    Number::count(choice.write),
                    Number::words(if strict { "yes" } else { "no" }),
                    percent(choice.seen.stale_at(after)),
                    ms(choice.seen.read_latency(0.5)),
                    ms(choice.seen.write_latency(0.5)),
                    down(n, choice.read, up),
                    down(n, choice.write, up),
                ]
            })
            .collect(),
    }
}

/// The share of time in which fewer replicas are up than are needed.
fn down(n: usize, needed: usize, up: f64) -> Number {
    Number::percent(1.0 - quorum::availability(n, needed, up), 4)
}

fn both(median: f64, p99: f64) -> Number {
    Number::new(p99, format!("{median:.1}, {p99:.1} ms"))
}

fn picture(
    chosen: &Staleness,
    choices: &[Choice],
    (n, r, w): (usize, usize, usize),
    values: &Values,
    width: f64,
    alt: &str,
) -> String {
    let mut svg = Svg::new();
    let beside = width >= 600.0;
    let left = if beside { width * 0.54 } else { width };
    let height = 290.0;
    let after = values.number("after");
    let x = Axis::between(0.0, END, &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0], "the read begins after, in ms");
    let y = Axis::between(0.0, 1.0, &[0.0, 0.25, 0.5, 0.75, 1.0], "reads that miss the last write")
        .written(|share| algorithms::table::percent(share, 0));
    let chart = Chart::draw(&mut svg, (0.0, 0.0, left, height), x, y);
    let times: Vec<f64> = steps(0.0, END, 0.5).collect();
    let spread = values.number("spread");
    let theory: Vec<(f64, f64)> = times.iter().map(|&t| (t, stale_probability(n, r, w, t, spread))).collect();
    let measured: Vec<(f64, f64)> = times.iter().map(|&t| (t, chosen.stale_at(t))).collect();
    chart.mark(&mut svg, "mark", after);
    chart.curve(&mut svg, "l2 dashed", &theory);
    chart.curve(&mut svg, "l0", &measured);
    chart.dot(&mut svg, "f0", (after, chosen.stale_at(after)), 6.0);
    let (top, _) = chart.vertical();
    svg.text("name t0", Anchor::End, left - 14.0, top + 14.0, "simulated");
    svg.text("name t2", Anchor::End, left - 14.0, top + 31.0, "if other messages took no time (dashes)");
    let plane =
        if beside { (left + 36.0, 0.0, width - left - 36.0) } else { (0.0, height + 14.0, width.min(330.0)) };
    let bottom = grid(&mut svg, plane, choices, (n, r, w), after);
    svg.finish(width, bottom.max(height), alt)
}

/// A field for each R (row) and W (column); returns where it ends.
fn grid(
    svg: &mut Svg,
    (left, top, width): (f64, f64, f64),
    choices: &[Choice],
    (n, r, w): (usize, usize, usize),
    after: f64,
) -> f64 {
    svg.text("name", Anchor::Start, left, top + 12.0, &format!("stale reads after {after} ms"));
    let (first, cell) = (34.0, (width - 34.0) / n as f64);
    let high = cell.min(210.0 / n as f64);
    let start = top + 40.0;
    for i in 1..=n {
        let middle = first + cell * (i as f64 - 0.5);
        svg.text("tick", Anchor::Middle, left + middle, start - 7.0, &format!("W={i}"));
        svg.text("tick", Anchor::Start, left, start + high * (i as f64 - 0.5) + 4.0, &format!("R={i}"));
    }
    for choice in choices {
        let (x, y) =
            (left + first + cell * (choice.write - 1) as f64, start + high * (choice.read - 1) as f64);
        let stale = choice.seen.stale_at(after);
        let (class, words) = match stale {
            0.0 => ("idle", ""),
            low if low < 0.1 => ("q1", ""),
            low if low < 0.3 => ("q2", ""),
            high if high < 0.55 => ("q4", " on"),
            _ => ("q5", " on"),
        };
        svg.rect(class, x, y, cell - 2.0, high - 2.0);
        let text = format!("value{words}");
        svg.text(&text, Anchor::Middle, x + cell / 2.0 - 1.0, y + high / 2.0 + 4.0, &percent(stale).shown);
        if (choice.read, choice.write) == (r, w) {
            svg.rect("asked hollow", x + 1.0, y + 1.0, cell - 4.0, high - 4.0);
        }
    }
    let bottom = start + high * n as f64;
    svg.text("tick", Anchor::Start, left, bottom + 17.0, "outlined: what is chosen");
    bottom + 24.0
}
