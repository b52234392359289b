//! Six limiters on the same arrivals: who passes, and the most that passes in any second.

use std::process::ExitCode;
use std::time::Duration;

use algorithms::rate_limit::{
    FixedWindow, Gcra, LeakyBucket, Rate, RateLimiter, SlidingLog, SlidingWindowCounter, TokenBucket,
    admitted, most_in_any, poisson_arrivals,
};
use algorithms::rng::Rng;
use explorables::Explorable;
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "Six limiters, one trace",
        about: "The same requests before six limiters of the same rate. A tall tick passed, a short one was refused; \
                the shaded second is the one in which most passed.",
        controls,
        draw,
    };
    explorable.run()
}

/// How long the trace lasts, in seconds, and the window of all limits.
const SECONDS: u64 = 4;
/// How long before and after a boundary the bursts around it last, in microseconds.
const AROUND: u64 = 300_000;
const WINDOW: Duration = Duration::from_secs(1);

fn controls() -> Vec<Control> {
    let requests = |n: f64| format!("{n} per second");
    vec![
        Control::choice(
            "traffic",
            "Traffic",
            &[
                ("boundary", "bursts around full seconds"),
                ("poisson", "random (Poisson)"),
                ("steady", "evenly spaced"),
                ("bursts", "a burst every 1.5 seconds"),
            ],
        ),
        Control::slider("limit", "The limit", steps(2.0, 20.0, 1.0), 10.0, requests),
        Control::slider("burst", "Burst of the buckets", steps(1.0, 20.0, 1.0), 10.0, |n| format!("{n}")),
        Control::slider("load", "Asked for", steps(0.5, 3.0, 0.25), 1.5, |share| {
            format!("{} of the limit", algorithms::table::percent(share, 0))
        }),
    ]
}

/// When requests come, in order.
fn arrivals(values: &Values) -> Vec<Duration> {
    let limit = values.number("limit");
    let per_second = limit * values.number("load");
    // Of one second, as a whole number of requests.
    let many = per_second.round().max(1.0) as u64;
    let micros = Duration::from_micros;
    let end = Duration::from_secs(SECONDS);
    match values.count("traffic") {
        // So many in the last moments before every other boundary, and again after it.
        0 => (1..SECONDS)
            .step_by(2)
            .flat_map(|second| {
                (0..2 * many).map(move |i| micros(second * 1_000_000 - AROUND + i * AROUND / many))
            })
            .collect(),
        1 => {
            let count = (per_second * SECONDS as f64 * 2.0) as usize + 20;
            let all = poisson_arrivals(per_second, count, &mut Rng::new(2));
            all.into_iter().filter(|time| *time < end).collect()
        }
        2 => (0..many * SECONDS).map(|i| micros(i * 1_000_000 / many)).collect(),
        // All that would come in 1.5 seconds, within a tenth of one.
        _ => {
            let burst = (per_second * 1.5).round().max(1.0) as u64;
            let starts = (0..)
                .map(|i| 250_000 + i * 1_500_000)
                .take_while(|start| start + 100_000 < SECONDS * 1_000_000);
            starts.flat_map(|start| (0..burst).map(move |i| micros(start + i * 100_000 / burst))).collect()
        }
    }
}

/// One limiter, and what came of the trace.
struct Lane {
    name: &'static str,
    /// When requests were let through: for the leaky bucket, when they left it.
    passed: Vec<Duration>,
    refused: Vec<Duration>,
    bytes: usize,
    /// The start of a second in which most passed.
    worst: Option<Duration>,
    most: usize,
}

fn lane(mut limiter: Box<dyn RateLimiter>, arrivals: &[Duration]) -> Lane {
    let passed = admitted(limiter.as_mut(), arrivals);
    let mut left = passed.iter().peekable();
    // Several may come at one time; as many of them passed as are in both lists.
    let refused =
        arrivals.iter().copied().filter(|time| left.next_if(|passed| *passed == time).is_none()).collect();
    of(limiter.name(), passed, refused, limiter.size_bytes())
}

/// The leaky bucket lets out later what it let in.
fn leaky(rate: Rate, depth: u32, arrivals: &[Duration]) -> Lane {
    let mut limiter = LeakyBucket::new(rate, depth);
    let (mut passed, mut refused) = (Vec::new(), Vec::new());
    for &time in arrivals {
        match limiter.departure(time) {
            Some(after) => passed.push(after),
            None => refused.push(time),
        }
    }
    of(limiter.name(), passed, refused, limiter.size_bytes())
}

fn of(name: &'static str, passed: Vec<Duration>, refused: Vec<Duration>, bytes: usize) -> Lane {
    let most = most_in_any(&passed, WINDOW);
    let worst = passed
        .iter()
        .copied()
        .find(|&start| passed.iter().filter(|&&time| time >= start && time < start + WINDOW).count() == most);
    Lane { name, passed, refused, bytes, worst, most }
}

fn draw(values: &Values, width: f64) -> View {
    let arrivals = arrivals(values);
    let limit = values.count("limit");
    let rate = Rate::per_second(limit as u32);
    let burst = values.count("burst") as u32;
    let lanes = [
        lane(Box::new(FixedWindow::new(rate)), &arrivals),
        lane(Box::new(SlidingLog::new(rate)), &arrivals),
        lane(Box::new(SlidingWindowCounter::new(rate)), &arrivals),
        lane(Box::new(TokenBucket::new(rate, burst)), &arrivals),
        lane(Box::new(Gcra::new(rate, burst)), &arrivals),
        leaky(rate, burst, &arrivals),
    ];
    let said = lanes.iter().map(|lane| format!("{} {}", lane.name, lane.most)).collect::<Vec<_>>().join(", ");
    let alt = format!(
        "{} requests in {SECONDS} seconds before six limiters of {limit} per second. The most that passes in any \
         second: {said}.",
        arrivals.len()
    );
    let worst = lanes.iter().map(|lane| lane.most).max().unwrap_or(0);
    let worst_name = lanes.iter().find(|lane| lane.most == worst).map_or("", |lane| lane.name);
    View {
        svg: picture(&arrivals, &lanes, limit, width, &alt),
        alt,
        facts: vec![
            ("requests".into(), Number::count(arrivals.len())),
            ("most in any second".into(), Number::new(worst as f64, format!("{worst}, {worst_name}"))),
            (
                "token bucket and GCRA".into(),
                Number::words(if lanes[3].passed == lanes[4].passed {
                    "let the same pass"
                } else {
                    "differ"
                }),
            ),
        ],
        columns: ["limiter", "passed", "refused", "most in any second", "bytes per key"]
            .map(String::from)
            .to_vec(),
        rows: lanes
            .iter()
            .map(|lane| {
                vec![
                    Number::words(lane.name),
                    Number::count(lane.passed.len()),
                    Number::count(lane.refused.len()),
                    Number::count(lane.most),
                    Number::count(lane.bytes),
                ]
            })
            .collect(),
    }
}

const LANE: f64 = 52.0;

fn picture(arrivals: &[Duration], lanes: &[Lane], limit: usize, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let beside = width >= 560.0;
    let (left, right) = if beside { (182.0, 120.0) } else { (0.0, 8.0) };
    let span = width - left - right;
    let x = |time: Duration| left + span * time.as_secs_f64() / SECONDS as f64;
    let lane_height = if beside { LANE - 8.0 } else { LANE + 6.0 };
    let bottom = 24.0 + lane_height * (lanes.len() + 1) as f64;
    for second in 0..=SECONDS {
        let x = x(Duration::from_secs(second));
        svg.line("grid", (x, 18.0), (x, bottom));
        svg.text("tick", Anchor::Middle, x.clamp(10.0, width - 10.0), bottom + 15.0, &format!("{second} s"));
    }
    svg.text("name", Anchor::End, width, 12.0, "most in any second");
    let ticks = |svg: &mut Svg, class: &str, times: &[Duration], base: f64, height: f64| {
        let mut data = String::new();
        for &time in times.iter().filter(|time| **time <= Duration::from_secs(SECONDS)) {
            boxed(&mut data, x(time) - 0.8, base - height, 1.6, height);
        }
        svg.path(class, &data);
    };
    let label = |svg: &mut Svg, top: f64, name: &str, class: &str| {
        let y = if beside { top + 28.0 } else { top + 14.0 };
        svg.text(class, Anchor::Start, 0.0, y, name);
    };
    let mut top = 18.0;
    label(&mut svg, top, "requests", "name");
    ticks(&mut svg, "soft", arrivals, top + lane_height - 6.0, 16.0);
    svg.line("axis", (left, top + lane_height - 6.0), (left + span, top + lane_height - 6.0));
    for lane in lanes {
        top += lane_height;
        let base = top + lane_height - 6.0;
        if let Some(worst) = lane.worst {
            let end = (worst + WINDOW).min(Duration::from_secs(SECONDS));
            let class = if lane.most > limit { "f1 wash" } else { "f2 wash" };
            svg.rect(class, x(worst) - 2.0, base - 28.0, x(end) - x(worst) + 2.0, 28.0);
        }
        label(&mut svg, top, lane.name, "strong");
        svg.line("axis", (left, base), (left + span, base));
        ticks(&mut svg, "f1", &lane.refused, base, 7.0);
        ticks(&mut svg, "f0", &lane.passed, base, 24.0);
        let over = lane.most > limit;
        let times = lane.most as f64 / limit as f64;
        let words = match (over, beside) {
            (false, _) => lane.most.to_string(),
            (true, true) => format!("{}, {times:.1} × the limit", lane.most),
            (true, false) => format!("{} ({times:.1} ×)", lane.most),
        };
        let class = if over { "value t1" } else { "value" };
        svg.text(class, Anchor::End, width, top + if beside { 28.0 } else { 14.0 }, &words);
    }
    svg.finish(width, bottom + 20.0, alt)
}
