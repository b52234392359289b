//! A filter bit by bit, a key that asks, and how often "maybe" is wrong.

use std::process::ExitCode;

use algorithms::sketch::{BloomFilter, formula, measure_false_positive_rate};
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "A filter, bit by bit",
        about: "Every square is a bit; filled ones are set. The outlined ones are those of the key that asks. Beside it: \
                how often an absent key is told \"maybe\", measured (dots) and by the formula (line).",
        controls,
        draw,
    };
    explorable.run()
}

/// How many absent keys ask the filter of the picture, and those of the chart.
const PROBES: u64 = 10_000;
const CHART_PROBES: u64 = 3_000;
const HASHES_MAX: u32 = 16;
/// The lowest rate of the chart, as a power of ten.
const LOWEST: i32 = -4;

fn controls() -> Vec<Control> {
    let count = |n: f64| algorithms::table::thousands(n as u64);
    let sizes = [64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];
    vec![
        Control::slider("bits", "Bits (m)", sizes, 1024.0, count),
        Control::slider("keys", "Keys added (n)", steps(0.0, 400.0, 10.0), 100.0, count),
        Control::slider("hashes", "Hash functions (k)", steps(1.0, f64::from(HASHES_MAX), 1.0), 7.0, count),
        Control::word("key", "A key asks (user-1, user-2, ... were added)", "grace"),
    ]
}

fn filter(bits: u64, hashes: u32, keys: u64) -> BloomFilter {
    // The sliders keep both within the limits of the library; the smallest filter stands for the impossible.
    let mut filter = BloomFilter::with_size(bits, hashes).unwrap_or_else(|error| unreachable!("{error}"));
    for number in 1..=keys {
        filter.insert(&format!("user-{number}"));
    }
    filter
}

fn draw(values: &Values, width: f64) -> View {
    let (bits, keys, hashes) =
        (values.count("bits") as u64, values.count("keys") as u64, values.count("hashes") as u32);
    let filter = filter(bits, hashes, keys);
    let theory = formula::false_positive_rate(keys, bits, hashes);
    let measured = measure_false_positive_rate(&filter, PROBES);
    let set = filter.bits().filter(|set| *set).count();
    let best = if keys == 0 { 1 } else { formula::optimal_hash_count(bits as f64 / keys as f64) };
    let curve: Vec<(u32, f64, f64)> = (1..=HASHES_MAX)
        .map(|k| {
            let measured = if k == hashes {
                measured
            } else {
                measure_false_positive_rate(&self::filter(bits, k, keys), CHART_PROBES)
            };
            (k, formula::false_positive_rate(keys, bits, k), measured)
        })
        .collect();

    let key = values.word("key");
    let positions = filter.positions(key);
    let zeros = positions.iter().filter(|bit| !bit_is_set(&filter, **bit)).count();
    let added = key
        .strip_prefix("user-")
        .and_then(|number| number.parse::<u64>().ok())
        .is_some_and(|number| (1..=keys).contains(&number) && key == format!("user-{number}"));
    let verdict = match (zeros, added) {
        (0, true) => "maybe (it was added)".to_owned(),
        (0, false) => "maybe (wrong: it was not added)".to_owned(),
        (1, _) => "certainly not: 1 of its bits is 0".to_owned(),
        (zeros, _) => format!("certainly not: {zeros} of its bits are 0"),
    };
    let fill = set as f64 / bits as f64;
    let alt = format!(
        "{} of {} bits are set. An absent key is told \"maybe\" in {} of cases, {} by the formula. \
         The key {key} is told: {verdict}.",
        Number::count(set).shown,
        Number::count(bits as usize).shown,
        rate(measured).shown,
        rate(theory).shown,
    );
    let picture = Picture { filter: &filter, set, key, verdict: &verdict, positions: &positions };
    View {
        svg: picture.draw(width, hashes, &curve, &alt),
        alt,
        facts: vec![
            (
                "bits per key".into(),
                if keys == 0 { Number::words("no key") } else { Number::fixed(bits as f64 / keys as f64, 1) },
            ),
            ("bits set".into(), Number::percent(fill, 0)),
            ("\"maybe\" for absent keys, measured".into(), rate(measured)),
            ("by the formula".into(), rate(theory)),
            ("best k for this m and n".into(), Number::count(best as usize)),
            (
                "of 10,000 lookups for absent keys reach the store".into(),
                Number::count((measured * 10_000.0).round() as usize),
            ),
        ],
        columns: ["hash functions", "by the formula", "measured"].map(String::from).to_vec(),
        rows: curve
            .iter()
            .map(|&(k, theory, measured)| vec![Number::count(k as usize), rate(theory), rate(measured)])
            .collect(),
    }
}

fn bit_is_set(filter: &BloomFilter, bit: u64) -> bool {
    filter.bits().nth(bit as usize).unwrap_or(false)
}

fn rate(share: f64) -> Number {
    Number::percent(share, if share < 0.01 { 3 } else { 1 })
}

struct Picture<'a> {
    filter: &'a BloomFilter,
    set: usize,
    key: &'a str,
    verdict: &'a str,
    positions: &'a [u64],
}

impl Picture<'_> {
    fn draw(&self, width: f64, hashes: u32, curve: &[(u32, f64, f64)], alt: &str) -> String {
        let mut svg = Svg::new();
        let beside = width >= 600.0;
        let side = if beside { width * 0.45 } else { width.min(330.0) };
        let below = self.bits(&mut svg, side);
        let chart_height = if beside { below.max(250.0) } else { 240.0 };
        let area = if beside {
            (side + 28.0, 0.0, width - side - 28.0, chart_height)
        } else {
            (0.0, below + 18.0, width, chart_height)
        };
        chart(&mut svg, area, hashes, curve);
        svg.finish(width, area.1 + area.3.max(if beside { below } else { 0.0 }), alt)
    }

    /// The bits as a square, with what the key is told; returns where it ends.
    fn bits(&self, svg: &mut Svg, side: f64) -> f64 {
        let bits = self.filter.size_bits();
        let columns = 1u64 << bits.ilog2().div_ceil(2);
        let cell = side / columns as f64;
        let gap = if cell > 6.0 { 1.0 } else { 0.4 };
        let top = 22.0;
        let title =
            format!("{} of {} bits set", Number::count(self.set).shown, Number::count(bits as usize).shown);
        svg.text("name", Anchor::Start, 0.0, 12.0, &title);
        let place = |bit: u64| ((bit % columns) as f64 * cell, top + (bit / columns) as f64 * cell);
        let (mut clear, mut set) = (String::new(), String::new());
        for (bit, is_set) in (0..).zip(self.filter.bits()) {
            let (x, y) = place(bit);
            boxed(if is_set { &mut set } else { &mut clear }, x, y, cell - gap, cell - gap);
        }
        svg.path("idle", &clear);
        svg.path("f0", &set);
        for &bit in self.positions {
            let ((x, y), set) = (place(bit), bit_is_set(self.filter, bit));
            // At least so large that it can be seen among thousands.
            let size = (cell - gap).max(7.0);
            let (x, y) = (x - (size - cell + gap) / 2.0, y - (size - cell + gap) / 2.0);
            svg.rect(if set { "asked f0" } else { "asked none" }, x, y, size, size);
        }
        let bottom = top + cell * (bits / columns) as f64 + 20.0;
        svg.text("strong", Anchor::Start, 0.0, bottom, self.key);
        svg.text("verdict", Anchor::Start, 0.0, bottom + 19.0, self.verdict);
        bottom + 26.0
    }
}

fn chart(svg: &mut Svg, area: (f64, f64, f64, f64), hashes: u32, curve: &[(u32, f64, f64)]) {
    let x =
        Axis::between(1.0, f64::from(HASHES_MAX), &[1.0, 4.0, 7.0, 10.0, 13.0, 16.0], "hash functions, k");
    let percent = |share: f64| algorithms::table::percent(share, if share < 0.01 { 2 } else { 0 });
    let y = Axis::decades(LOWEST, 0, "absent keys told \"maybe\"").written(percent);
    let chart = Chart::draw(svg, area, x, y);
    chart.mark(svg, "mark", f64::from(hashes));
    let theory: Vec<(f64, f64)> = curve.iter().map(|&(k, theory, _)| (f64::from(k), theory)).collect();
    chart.curve(svg, "l0 dashed", &theory);
    for &(k, _, measured) in curve {
        if measured > 10f64.powi(LOWEST) {
            let here = k == hashes;
            chart.dot(
                svg,
                if here { "f1" } else { "f0" },
                (f64::from(k), measured),
                if here { 6.0 } else { 3.5 },
            );
        }
    }
}
