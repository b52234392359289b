//! What distance, loss, a queue and an algorithm make of a transfer.

use std::process::ExitCode;
use std::time::Duration;

use algorithms::net::{Bottleneck, Congestion, Cubic, Reno, Shared, jain_index, law};
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "How fast does TCP get?",
        about: "Senders share a link of 12 Mbit/s (1,000 segments a second) with a queue before it. Above: their windows. \
                Below: the queue. A window that fills the path and the queue makes it drop a segment.",
        controls,
        draw,
    };
    explorable.run()
}

/// What the link carries, in segments a second; a segment has 1,460 bytes of data.
const RATE: f64 = 1_000.0;
const SEED: u64 = 35;
/// Sizes of transfers, in segments: about 14 KB, 100 KB, 5 MB.
const SIZES: [(u64, &str); 3] = [(10, "14 KB"), (70, "100 KB"), (3_425, "5 MB")];

fn controls() -> Vec<Control> {
    let ms = |time: f64| format!("{time} ms");
    let loss = |share: f64| if share == 0.0 { "none".into() } else { algorithms::table::percent(share, 3) };
    vec![
        Control::slider("rtt", "Round trip", [1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0], 50.0, ms),
        Control::slider("loss", "Lost elsewhere", [0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.02, 0.05], 0.0, loss),
        Control::slider("queue", "Queue, in paths full", [0.1, 0.25, 0.5, 1.0, 2.0, 4.0], 1.0, |n| {
            format!("{n}")
        }),
        Control::choice("algorithm", "Algorithm", &[("reno", "Reno"), ("cubic", "CUBIC")]),
        Control::slider("flows", "Senders", steps(1.0, 4.0, 1.0), 1.0, |n| format!("{n}")),
        Control::slider("first", "First window", [1.0, 2.0, 4.0, 10.0, 32.0], 10.0, |n| {
            format!("{n} segments")
        }),
    ]
}

struct Set {
    link: Bottleneck,
    control: Box<dyn Congestion>,
    cubic: bool,
    flows: usize,
    seconds: f64,
}

fn set(values: &Values) -> Set {
    let round_trip = values.number("rtt") / 1e3;
    let product = RATE * round_trip;
    let link = Bottleneck {
        segments_per_second: RATE,
        round_trip,
        queue: (product * values.number("queue")).round().max(1.0) as usize,
        loss: values.number("loss"),
        seed: SEED,
        samples: 320,
    };
    let (first, cubic) = (values.number("first"), values.count("algorithm") == 1);
    let control: Box<dyn Congestion> = if cubic {
        Box::new(Cubic::with_initial_window(first))
    } else {
        Box::new(Reno::with_initial_window(first))
    };
    // Some sawteeth of the slowest rule: one is about a product of round trips.
    let seconds = (3.0 * product * round_trip).clamp(10.0, 60.0);
    Set { link, control, cubic, flows: values.count("flows"), seconds }
}

fn draw(values: &Values, width: f64) -> View {
    let set = set(values);
    let run = set.link.run(&vec![set.control.clone(); set.flows], set.seconds);
    let megabits = run.delivered.iter().sum::<u64>() as f64 / run.seconds * 1_460.0 * 8.0 / 1e6;
    let predicted = predicted(&set);
    let shares: Vec<f64> = run.delivered.iter().map(|count| *count as f64).collect();
    let mean = |value: &dyn Fn(&algorithms::net::Sample) -> f64| {
        run.samples.iter().map(value).sum::<f64>() / run.samples.len().max(1) as f64
    };
    let waits = mean(&|sample| sample.queue) / RATE * 1e3;
    let times = SIZES.map(|(segments, _)| set.link.time_for(&*set.control, segments, 600.0));
    let alt = format!(
        "{} sender{} of {} over a round trip of {} ms use {} of the link; the queue adds {waits:.0} ms on average.",
        set.flows,
        if set.flows == 1 { "" } else { "s" },
        set.control.name(),
        values.number("rtt"),
        Number::percent(run.utilization, 0).shown,
    );
    let mut facts = vec![
        ("delivered".to_owned(), Number::new(megabits, format!("{megabits:.2} Mbit/s"))),
        ("of the link used".to_owned(), Number::percent(run.utilization, 1)),
        ("by the law".to_owned(), Number::percent((predicted / RATE).min(1.0), 1)),
        ("the queue adds".to_owned(), Number::new(waits, format!("{waits:.1} ms"))),
        ("dropped by the queue".to_owned(), Number::count(run.dropped as usize)),
        ("lost elsewhere".to_owned(), Number::count(run.lost as usize)),
        (
            "fairness (Jain)".to_owned(),
            Number::new(jain_index(&shares), format!("{:.3}", jain_index(&shares))),
        ),
    ];
    for ((_, name), time) in SIZES.iter().zip(times) {
        facts.push((format!("{name} take"), seconds(time)));
    }
    let row = |name: Number, (rate, window): (f64, f64)| {
        vec![name, Number::new(rate, format!("{rate:.0}")), Number::new(window, format!("{window:.1}"))]
    };
    let each: Vec<(f64, f64)> = (0..set.flows)
        .map(|flow| (run.delivered[flow] as f64 / run.seconds, mean(&|sample| sample.windows[flow])))
        .collect();
    let all = each.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let full = (RATE, RATE * values.number("rtt") / 1e3);
    let senders = each.iter().enumerate().map(|(flow, one)| row(Number::count(flow + 1), *one));
    View {
        svg: picture(&set, &run, width, &alt),
        alt,
        facts,
        columns: ["sender", "segments a second", "mean window"].map(String::from).to_vec(),
        rows: senders.chain([row(Number::words("all"), all), row(Number::words("the link"), full)]).collect(),
    }
}

/// What the law of the algorithm allows all senders together, in segments a second; without loss nothing but the link
/// limits them.
fn predicted(set: &Set) -> f64 {
    let loss = set.link.loss;
    if loss == 0.0 {
        return RATE;
    }
    let round_trip = Duration::from_secs_f64(set.link.round_trip);
    let reno = law::reno_window(loss);
    // CUBIC gets at least what Reno gets.
    let window = if set.cubic { law::cubic_window(loss, round_trip).max(reno) } else { reno };
    set.flows as f64 * window / set.link.round_trip
}

fn seconds(time: Option<f64>) -> Number {
    match time {
        Some(time) if time < 1.0 => Number::new(time, format!("{:.0} ms", time * 1e3)),
        Some(time) => Number::new(time, format!("{time:.1} s")),
        None => Number::words("over 600 s"),
    }
}

fn picture(set: &Set, run: &Shared, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let full = set.link.product();
    let highest = run.samples.iter().flat_map(|sample| sample.windows.iter().copied()).fold(full, f64::max);
    let (upper, lower) = (240.0, 150.0);
    let time = || Axis::from_zero(run.seconds, "seconds");
    let windows = Axis::from_zero(highest * 1.1, "window, in segments");
    let chart = Chart::draw(&mut svg, (0.0, 0.0, width, upper), time(), windows);
    chart.curve(&mut svg, "l2 dashed", &[(0.0, full), (run.seconds, full)]);
    for flow in 0..set.flows {
        let points: Vec<(f64, f64)> =
            run.samples.iter().map(|sample| (sample.time, sample.windows[flow])).collect();
        chart.curve(&mut svg, ["l0", "l1", "l3", "l4"][flow], &points);
    }
    svg.text("name t2", Anchor::End, width - 12.0, 12.0, "dashes: one window fills the path");
    let queue = Axis::from_zero(set.link.queue as f64 * 1.1 + 1.0, "in the queue, in segments");
    let chart = Chart::draw(&mut svg, (0.0, upper + 8.0, width, lower), time(), queue);
    let points: Vec<(f64, f64)> = run.samples.iter().map(|sample| (sample.time, sample.queue)).collect();
    chart.curve(&mut svg, "l1", &points);
    svg.finish(width, upper + lower + 8.0, alt)
}
