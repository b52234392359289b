//! One page behind two layers of caches: who answers each read, what reaches the origin, and how outdated readers are.

use std::process::ExitCode;
use std::time::Duration;

use algorithms::http::{Chain, ChainResult, Verdict};
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "A page behind two caches",
        about: "Ten browsers read one page through a proxy, and the page changes, both at random moments. Each mark is \
                a read, on the line of whoever answered it, and orange if the page had changed since. Vertical lines are \
                changes. Below: what the origin gets for other lifetimes of the proxy.",
        controls,
        draw,
    };
    explorable.run()
}

/// Lifetimes that the sliders offer, in seconds.
const SECONDS: [f64; 9] = [0.0, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];
/// How long each run is, in seconds.
const LENGTH: f64 = 300.0;

fn controls() -> Vec<Control> {
    let seconds = |seconds: f64| format!("{seconds:.0} s");
    vec![
        Control::slider("max_age", "max-age", SECONDS, 10.0, seconds),
        Control::slider("s_maxage", "s-maxage", SECONDS, 60.0, seconds),
        Control::slider("stale", "stale-while-revalidate", SECONDS, 0.0, seconds),
        Control::slider("reads", "Reads per second", [0.1, 0.2, 0.5, 1.0, 2.0, 5.0], 1.0, |n| format!("{n}")),
        Control::slider("changes", "Changes per minute", [0.1, 0.5, 1.0, 2.0, 5.0, 10.0], 1.0, |n| {
            format!("{n}")
        }),
        Control::choice(
            "layers",
            "Caches",
            &[
                ("both", "browsers and proxy"),
                ("browsers", "browsers only"),
                ("proxy", "proxy only"),
                ("none", "none"),
            ],
        ),
        Control::choice("age", "The proxy", &[("tells", "says Age"), ("hides", "hides it, as nginx does")]),
    ]
}

fn chain(values: &Values, s_maxage: f64) -> Chain {
    let layers = values.count("layers");
    let [max_age, stale] = ["max_age", "stale"].map(|name| values.number(name));
    Chain {
        control: format!("max-age={max_age}, s-maxage={s_maxage}, stale-while-revalidate={stale}"),
        browser_caches: layers < 2,
        proxy_caches: matches!(layers, 0 | 2),
        proxy_tells_age: values.count("age") == 0,
        reads_per_second: values.number("reads"),
        changes_per_second: values.number("changes") / 60.0,
        length: Duration::from_secs_f64(LENGTH),
        ..Chain::default()
    }
}

fn draw(values: &Values, width: f64) -> View {
    let here = values.number("s_maxage");
    let run = chain(values, here).run();
    let curve: Vec<(f64, f64)> = SECONDS
        .iter()
        .map(|&seconds| {
            let requests = if seconds == here {
                run.origin_requests
            } else {
                chain(values, seconds).run().origin_requests
            };
            (seconds, requests as f64)
        })
        .collect();
    let reads = run.reads.len();
    let share = Number::percent(run.outdated_share(), 1);
    let alt = format!(
        "Of {reads} reads {} reached the origin; {} were outdated, the worst by {:.0} seconds.",
        run.origin_requests,
        share.shown,
        run.most_outdated_seconds()
    );
    let count = |verdict: Verdict| run.reads.iter().filter(|read| read.verdict == verdict).count();
    let rows = Verdict::ALL.iter().map(|&verdict| {
        let old = run.reads.iter().filter(|read| read.verdict == verdict && !read.outdated.is_zero()).count();
        let share = Number::percent(run.share(verdict), 1);
        vec![Number::words(verdict.name()), Number::count(count(verdict)), share, Number::count(old)]
    });
    View {
        svg: picture(&run, &curve, here, width, &alt),
        alt,
        facts: vec![
            ("reads".into(), Number::count(reads)),
            ("requests at the origin".into(), Number::count(run.origin_requests as usize)),
            ("of these answered with 304".into(), Number::count(run.origin_confirmed as usize)),
            ("reads of an outdated page".into(), share),
            ("outdated for at most, s".into(), Number::fixed(run.most_outdated_seconds(), 0)),
            ("oldest copy used, s".into(), Number::fixed(run.oldest_seconds(), 0)),
        ],
        columns: ["answered by", "reads", "share", "outdated"].map(String::from).to_vec(),
        rows: rows.collect(),
    }
}

fn picture(run: &ChainResult, curve: &[(f64, f64)], here: f64, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let row = 30.0;
    let at = |time: Duration| width * time.as_secs_f64() / LENGTH;
    let bottom = row * Verdict::ALL.len() as f64;
    for &change in &run.changes {
        svg.line("grid", (at(change), 14.0), (at(change), bottom));
    }
    for (index, verdict) in Verdict::ALL.into_iter().enumerate() {
        let y = row * index as f64;
        svg.text("name", Anchor::Start, 0.0, y + 11.0, verdict.name());
        svg.rect("idle", 0.0, y + 15.0, width, 11.0);
        let (mut good, mut old) = (String::new(), String::new());
        for read in run.reads.iter().filter(|read| read.verdict == verdict) {
            let data = if read.outdated.is_zero() { &mut good } else { &mut old };
            boxed(data, at(read.at), y + 15.0, 1.2, 11.0);
        }
        svg.path("f0", &good);
        svg.path("f1", &old);
    }
    svg.text("name", Anchor::End, width, bottom + 12.0, "5 minutes →");
    let top = bottom + 26.0;
    let height = 210.0;
    let most = curve.iter().map(|point| point.1).fold(1.0, f64::max);
    let x = Axis::between(0.0, 300.0, &[0.0, 60.0, 120.0, 180.0, 240.0, 300.0], "s-maxage, in seconds");
    let chart =
        Chart::draw(&mut svg, (0.0, top, width, height), x, Axis::from_zero(most, "requests at the origin"));
    chart.mark(&mut svg, "mark", here);
    chart.curve(&mut svg, "l0", curve);
    for &point in curve {
        let now = point.0 == here;
        chart.dot(&mut svg, if now { "f1" } else { "f0" }, point, if now { 6.0 } else { 3.5 });
    }
    svg.finish(width, top + height, alt)
}
