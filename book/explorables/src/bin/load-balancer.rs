//! Policies side by side on the same requests: the queues of every backend over time, and what they cost.

use std::process::ExitCode;

use algorithms::dist::{Bimodal, Constant, LogNormal};
use algorithms::load_balancer::{Balancer, Random, Request, RoundRobin, StaleView};
use algorithms::simulation::{Simulation, SimulationResult};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};
use explorables::{Explorable, svg};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "Queues under four policies",
        about: "The same requests under four policies. Each row of a picture is a backend, time runs to the right, \
                and a stronger color means more requests in its queue.",
        controls,
        draw,
    };
    explorable.run()
}

/// How many requests each policy gets: enough to compare, few enough to redraw at once.
const REQUESTS: usize = 6_000;
/// How long the pictures last, in mean service times, and how finely they are drawn.
const WINDOW: f64 = 60.0;
const COLUMNS: usize = 150;
/// How fast a slow backend is.
const SLOW: f64 = 0.2;
/// Queue lengths from which the next darker shade is used.
const SHADES: [(u32, &str); 5] = [(1, "1"), (2, "2"), (3, "3–4"), (5, "5–8"), (9, "9 or more")];

fn controls() -> Vec<Control> {
    let percent = |share: f64| algorithms::table::percent(share, 0);
    let times = |period: f64| match period {
        0.0 => "always fresh".to_owned(),
        1.0 => "1 service time".to_owned(),
        _ => format!("{period} service times"),
    };
    vec![
        Control::slider("busy", "How busy", steps(0.3, 0.98, 0.02), 0.9, percent),
        Control::slider(
            "age",
            "Numbers refreshed every",
            [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0],
            0.0,
            times,
        ),
        Control::slider("backends", "Backends", steps(4.0, 20.0, 1.0), 10.0, |n| format!("{n}")),
        Control::slider("slow", "Of them five times slower", steps(0.0, 4.0, 1.0), 0.0, |n| format!("{n}")),
        Control::choice(
            "service",
            "Service times",
            &[
                ("exponential", "exponential"),
                ("constant", "all equal"),
                ("spread", "lognormal, widely spread"),
                ("long", "1 in 100 is 100 times longer"),
            ],
        ),
    ]
}

/// A policy, and what it did to the queues during the window.
struct Watched {
    inner: Box<dyn Balancer>,
    in_flight: Vec<u32>,
    from: f64,
    /// For each column of the picture, the queue of each backend.
    columns: Vec<Vec<u32>>,
}

impl Balancer for Watched {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn pick(&mut self, request: &Request) -> usize {
        // What the request meets; nothing has changed since the last one but what has finished.
        let column = (request.time - self.from) / WINDOW * COLUMNS as f64;
        while self.columns.len() < COLUMNS && (self.columns.len() as f64) < column {
            self.columns.push(self.in_flight.clone());
        }
        self.inner.pick(request)
    }

    fn started(&mut self, backend: usize) {
        self.in_flight[backend] += 1;
        self.inner.started(backend);
    }

    fn finished(&mut self, backend: usize, latency: f64, ok: bool) {
        self.in_flight[backend] -= 1;
        self.inner.finished(backend, latency, ok);
    }
}

struct Policy {
    name: &'static str,
    result: SimulationResult,
    columns: Vec<Vec<u32>>,
    /// Whether some backend is sent more than it can do for ever: its latency is that of the run's length.
    grows: bool,
}

fn run(values: &Values) -> Vec<Policy> {
    let (backends, busy, age) = (values.count("backends"), values.number("busy"), values.number("age"));
    let speeds: Vec<f64> =
        (0..backends).map(|i| if i < backends - values.count("slow") { 1.0 } else { SLOW }).collect();
    let simulation = Simulation::new(backends, busy).speeds(&speeds).requests(REQUESTS);
    let simulation = match values.count("service") {
        0 => simulation,
        1 => simulation.service(Constant(1.0)),
        2 => simulation.service(LogNormal::with_mean(1.0, 1.5)),
        _ => simulation.service(Bimodal::new(1.0, 100.0, 0.01)),
    };
    let from = 0.95 * REQUESTS as f64 / simulation.arrival_rate() - WINDOW;
    let policies: [(&'static str, Box<dyn Balancer>); 4] = [
        ("random", Box::new(Random::new(backends))),
        ("round robin", Box::new(RoundRobin::new(backends))),
        ("shorter of two", Box::new(StaleView::new(backends, 2, age))),
        ("shortest of all", Box::new(StaleView::new(backends, backends, age))),
    ];
    // These two send every backend the same, whatever it can do.
    let too_much = busy * speeds.iter().sum::<f64>() / backends as f64 >= speeds[backends - 1];
    let watch = |(name, inner)| {
        let mut watched = Watched { inner, in_flight: vec![0; backends], from, columns: Vec::new() };
        let result = simulation.run(&mut watched);
        let grows = too_much && matches!(name, "random" | "round robin");
        Policy { name, result, columns: watched.columns, grows }
    };
    policies.into_iter().map(watch).collect()
}

fn draw(values: &Values, width: f64) -> View {
    let policies = run(values);
    let mean = |policy: &Policy| {
        if policy.grows { f64::INFINITY } else { policy.result.mean }
    };
    let best = policies.iter().min_by(|a, b| mean(a).total_cmp(&mean(b))).map_or("none", |best| best.name);
    let random = mean(&policies[0]);
    let all = mean(&policies[3]);
    let alt = format!(
        "Pictures of the queues of {} backends over {WINDOW} service times under four policies. Mean latencies: {}.",
        values.count("backends"),
        policies
            .iter()
            .map(|policy| format!("{} {}", policy.name, latency(policy, policy.result.mean).shown))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let ratio = random / all;
    let herd = match ratio {
        _ if ratio.is_infinite() => Number::words("stays finite; random does not"),
        _ if ratio >= 1.0 => Number::new(ratio, format!("{ratio:.1} times faster")),
        _ => Number::new(ratio, format!("{:.1} times slower", 1.0 / ratio)),
    };
    View {
        svg: picture(&policies, width, &alt),
        alt,
        facts: vec![
            ("lowest mean latency".into(), Number::words(best)),
            ("shortest of all, against random".into(), herd),
            ("longest queue seen".into(), {
                let longest = policies.iter().flat_map(|p| p.columns.iter().flatten()).max();
                Number::count(longest.copied().unwrap_or(0) as usize)
            }),
        ],
        columns: ["policy", "mean latency", "median", "p99", "busiest backend"].map(String::from).to_vec(),
        rows: policies
            .iter()
            .map(|policy| {
                let Policy { name, result, .. } = policy;
                let busiest = result.utilizations.iter().copied().fold(0.0, f64::max);
                vec![
                    Number::words(*name),
                    latency(policy, result.mean),
                    latency(policy, result.p50),
                    latency(policy, result.p99),
                    Number::percent(busiest, 0),
                ]
            })
            .collect(),
    }
}

/// A latency in service times, which has no meaning where a queue grows for as long as the run lasts.
fn latency(policy: &Policy, value: f64) -> Number {
    if policy.grows { Number::new(value, "grows") } else { Number::fixed(value, 1) }
}

fn picture(policies: &[Policy], width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let backends = policies[0].result.counts.len();
    // Beside the pictures there is room for bars, unless the page is narrow.
    let bars = if width >= 560.0 { 190.0 } else { 0.0 };
    let map_width = width - if bars > 0.0 { bars + 24.0 } else { 0.0 };
    let row = (56.0 / backends as f64).clamp(3.0, 12.0);
    let map_height = row * backends as f64;
    let longest =
        policies.iter().filter(|policy| !policy.grows).map(|policy| policy.result.p99).fold(1.0, f64::max);
    let mut y = legend(&mut svg, width) + 8.0;
    if bars > 0.0 {
        svg.text("name", Anchor::Start, map_width + 24.0, y + 13.0, "latency, in service times");
    }
    for policy in policies {
        svg.text("strong", Anchor::Start, 0.0, y + 13.0, policy.name);
        let (mean, p99) = (latency(policy, policy.result.mean), latency(policy, policy.result.p99));
        if bars == 0.0 {
            let words = format!("mean {}, p99 {}", mean.shown, p99.shown);
            svg.text("name", Anchor::End, width, y + 13.0, &words);
        }
        y += 19.0;
        heat(&mut svg, &policy.columns, (y, map_width, row));
        if bars > 0.0 {
            let left = map_width + 24.0;
            let middle = y + map_height / 2.0;
            for (index, (name, number)) in [("mean", &mean), ("p99", &p99)].into_iter().enumerate() {
                let top = middle - 21.0 + 22.0 * index as f64;
                svg.text("tick", Anchor::Start, left, top + 13.0, name);
                let most = bars - 42.0 - 44.0;
                let grows = policy.grows;
                let length = if grows { most } else { most * (number.exact / longest).min(1.0) };
                let class = match (grows, index) {
                    (true, _) => "f1 faint",
                    (false, 0) => "f0",
                    (false, _) => "f0 faint",
                };
                svg.rect(class, left + 42.0, top + 3.0, length.max(1.0), 12.0);
                svg.text("value", Anchor::Start, left + 42.0 + length + 6.0, top + 13.0, &number.shown);
            }
        }
        y += map_height + 14.0;
    }
    svg.text("name", Anchor::End, map_width, y + 2.0, "time →");
    svg.finish(width, y + 10.0, alt)
}

/// Runs of one shade in one row are one box.
fn heat(svg: &mut Svg, columns: &[Vec<u32>], (top, width, row): (f64, f64, f64)) {
    let backends = columns.first().map_or(0, Vec::len);
    svg.rect("idle", 0.0, top, width, row * backends as f64);
    let shade = |queue: u32| SHADES.iter().rposition(|(from, _)| queue >= *from);
    let mut paths = vec![String::new(); SHADES.len()];
    let x = |column: usize| width * column as f64 / COLUMNS as f64;
    for backend in 0..backends {
        let mut start = 0;
        while start < columns.len() {
            let now = shade(columns[start][backend]);
            let same = columns[start..].iter().take_while(|column| shade(column[backend]) == now).count();
            if let Some(shade) = now {
                let y = top + row * backend as f64;
                svg::boxed(&mut paths[shade], x(start), y, x(start + same) - x(start), row - 0.6);
            }
            start += same;
        }
    }
    for (shade, path) in paths.iter().enumerate() {
        svg.path(&format!("q{}", shade + 1), path);
    }
}

/// What the shades mean; returns where it ends.
fn legend(svg: &mut Svg, width: f64) -> f64 {
    svg.text("tick", Anchor::Start, 0.0, 12.0, "in the queue:");
    let mut x = 86.0;
    let mut one = |svg: &mut Svg, class: &str, words: &str| {
        let mut data = String::new();
        boxed(&mut data, x, 2.0, 14.0, 12.0);
        svg.path(class, &data);
        svg.text("tick", Anchor::Start, x + 19.0, 12.0, words);
        x += 30.0 + 6.4 * words.chars().count() as f64;
    };
    one(svg, "idle", "0");
    for (index, (_, words)) in SHADES.iter().enumerate() {
        let words = if width < 400.0 { words.replace(" or more", "+") } else { (*words).to_owned() };
        one(svg, &format!("q{}", index + 1), &words);
    }
    16.0
}
