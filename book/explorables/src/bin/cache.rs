//! Eviction policies on the same requests: what they hit, when, and what no policy can beat.

use std::process::ExitCode;

use algorithms::cache::{Eviction, MissRatioCurve, optimal, over_time, theory, trace};
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "Eight policies and the optimum",
        about: "The same requests before caches of one size. In each strip time runs to the right, and a stronger color \
                means more hits; the bar is the hit ratio after the first tenth. The first request for a key misses in \
                every cache.",
        controls,
        draw,
    };
    explorable.run()
}

/// How many requests there are; scans come with their own.
const REQUESTS: usize = 5_000;
const SEED: u64 = 4;
/// A scan comes after so many requests and reads so many keys once.
const SCAN_EVERY: usize = 800;
const SCAN_LENGTH: usize = 200;
/// How often what is popular changes.
const SHIFTS: usize = 3;
/// The sizes that a cache can have.
const CAPACITIES: [f64; 10] = [10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 300.0, 500.0, 700.0, 1_000.0];
/// Parts of a strip.
const PARTS: usize = 75;

fn controls() -> Vec<Control> {
    let count = |n: f64| algorithms::table::thousands(n as u64);
    vec![
        Control::choice(
            "traffic",
            "Traffic",
            &[
                ("zipf", "popular keys (Zipf)"),
                ("scans", "the same, and scans"),
                ("shifting", "popularity that changes"),
                ("loop", "a loop over all keys"),
            ],
        ),
        Control::slider("capacity", "Room for", CAPACITIES, 100.0, |n| format!("{} keys", count(n))),
        Control::slider("keys", "Different keys", [120.0, 200.0, 500.0, 1_000.0, 2_000.0], 1_000.0, count),
        Control::slider("alpha", "How uneven (Zipf exponent)", steps(0.5, 1.4, 0.1), 0.9, |alpha| {
            format!("{alpha:.1}")
        }),
    ]
}

fn requests(values: &Values) -> Vec<u64> {
    let (keys, alpha) = (values.count("keys"), values.number("alpha"));
    match values.count("traffic") {
        0 => trace::zipf(keys, alpha, REQUESTS, SEED),
        1 => trace::with_scans(&trace::zipf(keys, alpha, REQUESTS, SEED), SCAN_EVERY, SCAN_LENGTH),
        2 => trace::shifting(keys, alpha, REQUESTS, SHIFTS, SEED),
        _ => trace::cycle(keys as u64, REQUESTS),
    }
}

/// What one policy hit.
struct Strip {
    name: &'static str,
    ratio: f64,
    parts: Vec<f64>,
}

fn strip(name: &'static str, hits: &[bool]) -> Strip {
    // The first tenth warms the cache up, as in the library's own measure.
    let warm = &hits[hits.len() / 10..];
    let ratio = warm.iter().filter(|hit| **hit).count() as f64 / warm.len() as f64;
    Strip { name, ratio, parts: over_time(hits, PARTS).into_iter().map(|(_, share)| share).collect() }
}

fn draw(values: &Values, width: f64) -> View {
    let trace = requests(values);
    let capacity = values.count("capacity");
    let mut strips: Vec<Strip> =
        Eviction::ALL.iter().map(|policy| strip(policy.name(), &policy.replay(capacity, &trace))).collect();
    strips.push(strip("optimum", &optimal::replay(capacity, &trace)));
    // One pass gives LRU at every size; a replay for each size took longer than all that is drawn above the curve.
    let every_size = MissRatioCurve::of(&trace);
    let lru: Vec<(f64, f64)> =
        CAPACITIES.iter().map(|&size| (size, every_size.hit_ratio(size as usize))).collect();
    // The approximation is for independent requests only.
    let che: Option<Vec<(f64, f64)>> = (values.count("traffic") == 0).then(|| {
        let popularities = theory::zipf(values.count("keys"), values.number("alpha"));
        CAPACITIES.iter().map(|&size| (size, theory::che_lru(&popularities, size as usize))).collect()
    });
    let best = strips[..strips.len() - 1].iter().filter(|s| s.ratio > 0.0);
    let best = best.max_by(|a, b| a.ratio.total_cmp(&b.ratio)).map_or_else(
        || Number::words("none hits"),
        |s| Number::new(s.ratio, format!("{}, {}", s.name, percent(s.ratio).shown)),
    );
    let at = |points: &[(f64, f64)]| {
        points.iter().find(|(size, _)| *size == capacity as f64).map_or(f64::NAN, |p| p.1)
    };
    let said = strips
        .iter()
        .map(|s| format!("{} {}", s.name, percent(s.ratio).shown))
        .collect::<Vec<_>>()
        .join(", ");
    let alt = format!("Hit ratios of caches with room for {capacity} keys: {said}.");
    let optimum = strips.last().map_or(0.0, |s| s.ratio);
    View {
        svg: picture(&strips, &lru, che.as_deref(), capacity, width, &alt),
        alt,
        facts: vec![
            ("best policy".into(), best),
            ("the optimum, which knows the future".into(), percent(optimum)),
            ("LRU, measured".into(), percent(at(&lru))),
            (
                "LRU, by Che's approximation".into(),
                che.as_deref().map_or_else(|| Number::words("not for this traffic"), |che| percent(at(che))),
            ),
        ],
        columns: ["policy", "hit ratio", "of the optimum"].map(String::from).to_vec(),
        rows: strips
            .iter()
            .map(|s| {
                let part =
                    if optimum > 0.0 { Number::percent(s.ratio / optimum, 0) } else { Number::words("none") };
                vec![Number::words(s.name), percent(s.ratio), part]
            })
            .collect(),
    }
}

fn percent(share: f64) -> Number {
    Number::percent(share, 1)
}

fn picture(
    strips: &[Strip],
    lru: &[(f64, f64)],
    che: Option<&[(f64, f64)]>,
    capacity: usize,
    width: f64,
    alt: &str,
) -> String {
    let mut svg = Svg::new();
    let (names, bars) = (106.0, if width >= 560.0 { 190.0 } else { 96.0 });
    let strip = width - names - bars - 14.0;
    let row = 22.0;
    svg.text("name", Anchor::Start, names, 12.0, "hits over time →");
    svg.text("name", Anchor::Start, names + strip + 14.0, 12.0, "hit ratio");
    let mut paths = vec![String::new(); 5];
    for (index, s) in strips.iter().enumerate() {
        let y = 20.0 + row * index as f64;
        let optimum = index + 1 == strips.len();
        svg.text(if optimum { "name" } else { "strong" }, Anchor::Start, 0.0, y + 13.0, s.name);
        svg.rect("idle", names, y, strip, row - 5.0);
        let part = strip / s.parts.len() as f64;
        for (place, &share) in s.parts.iter().enumerate() {
            // Five shades, and none where nothing hits.
            if share > 0.0 {
                let shade = ((share * 5.0) as usize).min(paths.len() - 1);
                boxed(&mut paths[shade], names + part * place as f64, y, part + 0.2, row - 5.0);
            }
        }
        let left = names + strip + 14.0;
        let most = bars - 50.0;
        svg.rect(if optimum { "f2" } else { "f0" }, left, y + 1.0, (most * s.ratio).max(1.0), row - 7.0);
        svg.text("value", Anchor::Start, left + most * s.ratio + 6.0, y + 13.0, &percent(s.ratio).shown);
    }
    for (shade, path) in paths.iter().enumerate() {
        svg.path(&format!("q{}", shade + 1), path);
    }
    let top = 20.0 + row * strips.len() as f64 + 16.0;
    let height = 230.0;
    curve(&mut svg, (0.0, top, width, height), lru, che, capacity);
    svg.finish(width, top + height, alt)
}

/// LRU at every size, measured and by theory.
fn curve(
    svg: &mut Svg,
    area: (f64, f64, f64, f64),
    lru: &[(f64, f64)],
    che: Option<&[(f64, f64)]>,
    capacity: usize,
) {
    let x = Axis::between(0.0, 1_000.0, &[0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0], "room, in keys");
    let y = Axis::between(0.0, 1.0, &[0.0, 0.25, 0.5, 0.75, 1.0], "hit ratio of LRU")
        .written(|share| algorithms::table::percent(share, 0));
    let chart = Chart::draw(svg, area, x, y);
    chart.mark(svg, "mark", capacity as f64);
    chart.curve(svg, "l0", lru);
    if let Some(che) = che {
        chart.curve(svg, "l2 dashed", che);
    }
    for &point in lru {
        let here = point.0 == capacity as f64;
        chart.dot(svg, if here { "f1" } else { "f0" }, point, if here { 6.0 } else { 3.5 });
    }
    let (_, bottom) = chart.vertical();
    let right = area.0 + area.2 - 14.0;
    svg.text("name t0", Anchor::End, right, bottom - 28.0, "measured");
    if che.is_some() {
        svg.text("name t2", Anchor::End, right, bottom - 10.0, "Che's approximation (dashes)");
    }
}
