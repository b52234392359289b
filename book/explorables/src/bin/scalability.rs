//! What more nodes give, and what waiting costs as they fill up.

use std::process::ExitCode;

use algorithms::scalability::bounds::fan_out;
use explorables::Explorable;
use explorables::chart::{Axis, Chart, number};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg};
use explorables::view::{Number, View};

use algorithms::scalability::{MMc, Usl, amdahl};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "More nodes, and the knee",
        about: "What N nodes can do together by the universal scalability law, and how long a request takes when \
                they get this load. A node alone does 100 requests per second.",
        controls,
        draw,
    };
    explorable.run()
}

/// What one node does alone, in requests per second: 10 ms each.
const GAMMA: f64 = 100.0;
const NODES_MAX: usize = 64;
/// How many points a curve has.
const POINTS: usize = 80;
/// The longest latency of the chart, in ms.
const LATENCY_MAX: f64 = 200.0;

fn controls() -> Vec<Control> {
    let percent = |digits: usize| move |share: f64| algorithms::table::percent(share, digits);
    let calls = |n: f64| if n == 1.0 { "1 call".to_owned() } else { format!("{n} calls") };
    vec![
        Control::slider("nodes", "Nodes (N)", steps(1.0, NODES_MAX as f64, 1.0), 16.0, |n| format!("{n}")),
        Control::slider(
            "contention",
            "Contention (α)",
            [0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3],
            0.03,
            percent(1),
        ),
        Control::slider(
            "coherency",
            "Coherency (β)",
            [0.0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005],
            0.0005,
            percent(2),
        ),
        Control::slider("load", "Load", steps(50.0, 3_000.0, 50.0), 800.0, |rate| {
            format!("{} per second", number(rate))
        }),
        Control::slider("calls", "A page waits for", [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0], 1.0, calls),
    ]
}

struct Model {
    usl: Usl,
    nodes: usize,
    load: f64,
}

impl Model {
    fn capacity(&self, nodes: usize) -> f64 {
        self.usl.throughput(nodes as f64)
    }

    /// A line before so many nodes at this load; none when they cannot bear it.
    fn line(&self, nodes: usize, load: f64) -> Option<MMc> {
        MMc::new(load, self.capacity(nodes) / nodes as f64, nodes).ok()
    }
}

const UNBEARABLE: &str = "grows";

/// In milliseconds.
fn ms(seconds: Option<f64>) -> Number {
    match seconds {
        Some(seconds) if seconds >= 0.1 => Number::new(seconds, format!("{:.0} ms", seconds * 1e3)),
        Some(seconds) => Number::new(seconds, format!("{:.1} ms", seconds * 1e3)),
        None => Number::words(UNBEARABLE),
    }
}

fn per_second(rate: f64) -> Number {
    Number::new(rate, format!("{} per s", algorithms::table::thousands(rate.round() as u64)))
}

fn draw(values: &Values, width: f64) -> View {
    let usl = Usl { gamma: GAMMA, alpha: values.number("contention"), beta: values.number("coherency") };
    let model = Model { usl, nodes: values.count("nodes"), load: values.number("load") };
    let (nodes, calls) = (model.nodes, values.count("calls") as u32);
    let capacity = model.capacity(nodes);
    let now = model.line(nodes, model.load);
    let mean = ms(now.map(|line| line.mean_latency()));
    let p99 = ms(now.map(|line| line.latency_quantile(0.99)));
    let busy = model.load / capacity;
    let peak = usl.peak().map_or_else(
        || Number::words("none: it never falls"),
        |peak| Number::new(peak, format!("{:.0} nodes", peak)),
    );
    let alt = format!(
        "{nodes} nodes do {}, {} of what they would without contention and coherency. At {} they are {} busy; \
         a request takes {} in the mean, p99 {}.",
        per_second(capacity).shown,
        algorithms::table::percent(capacity / (GAMMA * nodes as f64), 0),
        per_second(model.load).shown,
        algorithms::table::percent(busy, 0),
        mean.shown,
        p99.shown
    );
    let slow = fan_out(0.01, calls);
    View {
        svg: picture(&model, width, &alt),
        alt,
        facts: vec![
            ("they can do".into(), per_second(capacity)),
            ("of N times one node".into(), Number::percent(capacity / (GAMMA * nodes as f64), 0)),
            ("most at".into(), peak),
            ("busy".into(), Number::percent(busy, 0)),
            ("mean latency".into(), mean),
            ("p99".into(), p99),
            ("pages that meet a slowest 1%".into(), Number::percent(slow, 1)),
        ],
        columns: ["nodes", "N times one", "Amdahl", "scalability law", "busy", "mean latency", "p99"]
            .map(String::from)
            .to_vec(),
        rows: [1, 2, 4, 8, 16, 24, 32, 48, 64].map(|nodes| row(&model, nodes)).to_vec(),
    }
}

fn row(model: &Model, nodes: usize) -> Vec<Number> {
    let line = model.line(nodes, model.load);
    vec![
        Number::count(nodes),
        per_second(GAMMA * nodes as f64),
        per_second(GAMMA * amdahl(model.usl.alpha, nodes as f64)),
        per_second(model.capacity(nodes)),
        Number::percent(model.load / model.capacity(nodes), 0),
        ms(line.map(|line| line.mean_latency())),
        ms(line.map(|line| line.latency_quantile(0.99))),
    ]
}

fn picture(model: &Model, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let beside = width >= 600.0;
    let (each, height) = if beside { ((width - 24.0) / 2.0, 320.0) } else { (width, 270.0) };
    throughput(&mut svg, (0.0, 0.0, each, height), model);
    let second = if beside { (each + 24.0, 0.0, each, height) } else { (0.0, height + 16.0, each, height) };
    latency(&mut svg, second, model);
    svg.finish(width, second.1 + height, alt)
}

fn throughput(svg: &mut Svg, area: (f64, f64, f64, f64), model: &Model) {
    let most = (1..=NODES_MAX).map(|nodes| model.capacity(nodes)).fold(model.load, f64::max);
    let x = Axis::between(1.0, NODES_MAX as f64, &[1.0, 16.0, 32.0, 48.0, 64.0], "nodes");
    let chart = Chart::draw(svg, area, x, Axis::from_zero(most * 1.15, "requests per second"));
    let curve = |f: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
        (1..=NODES_MAX).map(|nodes| (nodes as f64, f(nodes as f64))).collect()
    };
    let alpha = model.usl.alpha;
    chart.curve(svg, "l5 dashed thin", &curve(&|n| GAMMA * n));
    chart.curve(svg, "l2 dashed", &curve(&|n| GAMMA * amdahl(alpha, n)));
    chart.curve(svg, "l0", &curve(&|n| model.usl.throughput(n)));
    let last = NODES_MAX as f64;
    chart.curve(svg, "l1 dotted", &[(1.0, model.load), (last, model.load)]);
    let here = (model.nodes as f64, model.capacity(model.nodes));
    chart.mark(svg, "mark", here.0);
    chart.dot(svg, "f0", here, 6.0);
    let right = area.0 + area.2 - 10.0;
    svg.text("name t1", Anchor::End, right, chart.y_at(model.load) - 5.0, "load");
    legend(
        svg,
        (right, chart.vertical().1 - 44.0),
        &[("t5", "N times one (dashes)"), ("t2", "Amdahl (dashes)"), ("t0", "scalability law")],
    );
}

fn latency(svg: &mut Svg, area: (f64, f64, f64, f64), model: &Model) {
    let capacity = model.capacity(model.nodes);
    let end = capacity.max(model.load) * 1.05;
    let chart = Chart::draw(
        svg,
        area,
        Axis::from_zero(end, "load, requests per second"),
        Axis::between(0.0, LATENCY_MAX, &[0.0, 50.0, 100.0, 150.0, 200.0], "latency, in ms"),
    );
    let curve = |f: &dyn Fn(&MMc) -> f64| -> Vec<(f64, f64)> {
        // Closer and closer, where the curves bend.
        let left = |i: usize| 1.0 - i as f64 / POINTS as f64;
        let loads = (1..POINTS).map(|i| capacity * (1.0 - left(i).powi(3)));
        loads.filter_map(|load| Some((load, 1e3 * f(&model.line(model.nodes, load)?)))).collect()
    };
    chart.curve(svg, "l3", &curve(&|line| line.latency_quantile(0.99)));
    chart.curve(svg, "l0", &curve(&|line| line.mean_latency()));
    chart.mark(svg, "limit", capacity);
    chart.mark(svg, "mark", model.load);
    if let Some(line) = model.line(model.nodes, model.load) {
        chart.dot(svg, "f3", (model.load, 1e3 * line.latency_quantile(0.99)), 5.0);
        chart.dot(svg, "f0", (model.load, 1e3 * line.mean_latency()), 5.0);
    } else {
        let (top, bottom) = chart.vertical();
        let words = "more than they can do: the queue grows";
        svg.text("verdict t1", Anchor::End, chart.x_at(model.load) - 8.0, f64::midpoint(top, bottom), words);
    }
    legend(svg, (chart.x_at(0.0) + 70.0, chart.vertical().0 + 14.0), &[("t3", "p99"), ("t0", "mean")]);
}

/// Names in the colors of their curves, one below the other, which end here.
fn legend(svg: &mut Svg, (x, y): (f64, f64), names: &[(&str, &str)]) {
    for (index, (class, name)) in names.iter().enumerate() {
        svg.text(&format!("name {class}"), Anchor::End, x, y + 16.0 * index as f64, name);
    }
}
