//! Which node gets which key, and what moves when a node comes or goes.

use std::process::ExitCode;

use algorithms::dist::Zipf;
use algorithms::hashing::{HashRing, JumpHash, MaglevTable, Modulo, Placement, Rendezvous};
use explorables::Explorable;
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "Who owns which key, before and after",
        about: "The same 4,000 keys placed by five methods, after a node was added or removed. A bar is what a node \
                serves; orange is what had to move to it. The dotted line is the fair share.",
        controls,
        draw,
    };
    explorable.run()
}

const KEYS: u64 = 4_000;
/// A prime far above the number of nodes, as the method asks for, and small enough to fill at once.
const MAGLEV_SIZE: usize = 2_039;

fn controls() -> Vec<Control> {
    vec![
        Control::slider("nodes", "Nodes before", steps(3.0, 16.0, 1.0), 8.0, |n| format!("{n}")),
        Control::choice(
            "change",
            "What changes",
            &[
                ("add", "a node is added"),
                ("last", "the last node leaves"),
                ("first", "the first node leaves"),
            ],
        ),
        Control::slider(
            "points",
            "Virtual nodes of the ring",
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
            20.0,
            |n| format!("{n} each"),
        ),
        Control::slider(
            "skew",
            "Popularity of keys (Zipf)",
            [0.0, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2],
            0.0,
            |alpha| {
                if alpha == 0.0 { "all the same".to_owned() } else { format!("exponent {alpha}") }
            },
        ),
    ]
}

/// A method that only knows numbers from 0: the nodes that stay are numbered anew.
struct Renumbered<P> {
    inner: P,
    first: u64,
}

impl<P: Placement> Placement for Renumbered<P> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn node(&self, key: u64) -> u64 {
        self.inner.node(key) + self.first
    }
}

/// A method before and after the change.
type Pair = [Box<dyn Placement>; 2];

/// What a method did with the keys.
struct Shares {
    name: &'static str,
    /// For each node, what it serves of all requests: from keys that stayed, and from keys that came.
    stayed: Vec<f64>,
    came: Vec<f64>,
    moved: f64,
    imbalance: f64,
}

/// The nodes before and after the change, and each method before and after it.
fn placements(values: &Values) -> (Vec<u64>, Vec<u64>, Vec<Pair>) {
    let before: Vec<u64> = (0..values.count("nodes") as u64).collect();
    let count = before.len() as u64;
    let after: Vec<u64> = match values.count("change") {
        0 => (0..=count).collect(),
        1 => (0..count - 1).collect(),
        _ => (1..count).collect(),
    };
    let points = values.count("points") as u64;
    let first = after[0];
    let both = |make: &dyn Fn(&[u64]) -> Box<dyn Placement>| -> Pair { [make(&before), make(&after)] };
    let methods = vec![
        [
            Box::new(Modulo(count)) as Box<dyn Placement>,
            Box::new(Renumbered { inner: Modulo(after.len() as u64), first }),
        ],
        both(&|nodes| Box::new(HashRing::new(nodes, points))),
        both(&|nodes| Box::new(Rendezvous::new(nodes))),
        [Box::new(JumpHash(count)), Box::new(Renumbered { inner: JumpHash(after.len() as u64), first })],
        both(&|nodes| Box::new(MaglevTable::with_size(nodes, MAGLEV_SIZE))),
    ];
    (before, after, methods)
}

fn measure(pair: &Pair, weights: &[f64], after: &[u64], all: usize) -> Shares {
    let [from, to] = pair;
    let (mut stayed, mut came, mut moved) = (vec![0.0; all], vec![0.0; all], 0usize);
    for (key, weight) in (0..).zip(weights) {
        let (old, new) = (from.node(key), to.node(key));
        let place = if old == new { &mut stayed } else { &mut came };
        place[new as usize] += weight;
        moved += usize::from(old != new);
    }
    let largest = stayed.iter().zip(&came).map(|(a, b)| a + b).fold(0.0, f64::max);
    Shares {
        name: from.name(),
        stayed,
        came,
        moved: moved as f64 / KEYS as f64,
        imbalance: largest * after.len() as f64,
    }
}

fn draw(values: &Values, width: f64) -> View {
    let (before, after, methods) = placements(values);
    let alpha = values.number("skew");
    let weights: Vec<f64> = if alpha == 0.0 {
        vec![1.0 / KEYS as f64; KEYS as usize]
    } else {
        let zipf = Zipf::new(KEYS as usize, alpha);
        (0..KEYS as usize).map(|rank| zipf.probability(rank)).collect()
    };
    let all = before.len().max(after.len());
    let shares: Vec<Shares> = methods.iter().map(|pair| measure(pair, &weights, &after, all)).collect();
    let must = before.len().abs_diff(after.len()) as f64 / all as f64;
    let said = shares
        .iter()
        .map(|method| format!("{} moves {}", method.name, algorithms::table::percent(method.moved, 0)))
        .collect::<Vec<_>>()
        .join(", ");
    let alt = format!(
        "From {} nodes to {}: {said}. At least {} must move.",
        before.len(),
        after.len(),
        algorithms::table::percent(must, 0)
    );
    let hottest = weights.iter().copied().fold(0.0, f64::max);
    View {
        svg: picture(&shares, &after, all, width, &alt),
        alt,
        facts: vec![
            ("keys that must move".into(), Number::percent(must, 1)),
            (
                "the most popular key gets".into(),
                Number::percent(hottest, if hottest < 0.01 { 3 } else { 1 }),
            ),
            ("a fair share is".into(), Number::percent(1.0 / after.len() as f64, 1)),
        ],
        columns: ["method", "keys moved", "busiest node / fair share"].map(String::from).to_vec(),
        rows: shares
            .iter()
            .map(|method| {
                vec![
                    Number::words(method.name),
                    Number::percent(method.moved, 1),
                    Number::fixed(method.imbalance, 2),
                ]
            })
            .collect(),
    }
}

fn picture(shares: &[Shares], after: &[u64], all: usize, width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let columns = if width >= 600.0 { 2 } else { 1 };
    let gap = 32.0;
    let each = (width - gap * (columns - 1) as f64) / columns as f64;
    let (plot, row) = (96.0, 158.0);
    // One scale for all, up to the largest bar.
    let fair = 1.0 / after.len() as f64;
    let largest = shares.iter().map(|method| method.imbalance * fair).fold(fair, f64::max) * 1.04;
    for (index, method) in shares.iter().enumerate() {
        let (left, top) = ((index % columns) as f64 * (each + gap), (index / columns) as f64 * row);
        svg.text("strong", Anchor::Start, left, top + 14.0, method.name);
        let words = format!(
            "{} moved, busiest {:.2} × fair",
            algorithms::table::percent(method.moved, 1),
            method.imbalance
        );
        svg.text("name", Anchor::End, left + each, top + 14.0, &words);
        let base = top + 26.0 + plot;
        let step = each / all as f64;
        let (mut stayed, mut came) = (String::new(), String::new());
        for node in 0..all {
            let x = left + step * node as f64 + step * 0.1;
            let height = |share: f64| plot * share / largest;
            let (old, new) = (height(method.stayed[node]), height(method.came[node]));
            if old > 0.0 {
                boxed(&mut stayed, x, base - old, step * 0.8, old);
            }
            if new > 0.0 {
                boxed(&mut came, x, base - old - new, step * 0.8, new);
            }
            let name = if after.contains(&(node as u64)) { node.to_string() } else { "gone".to_owned() };
            svg.text("tick", Anchor::Middle, x + step * 0.4, base + 15.0, &name);
        }
        svg.path("f0", &stayed);
        svg.path("f1", &came);
        svg.line("axis", (left, base), (left + each, base));
        let y = base - plot * fair / largest;
        svg.line("limit", (left, y), (left + each, y));
    }
    let rows = shares.len().div_ceil(columns);
    let bottom = rows as f64 * row;
    // The empty place of the last row, or the line below, says what the colors mean.
    let free = shares.len() % columns;
    let (x, y) =
        if free == 0 { (0.0, bottom + 4.0) } else { ((each + gap) * free as f64, bottom - row + 40.0) };
    for (index, (class, words)) in [("f0", "was there before"), ("f1", "moved here")].into_iter().enumerate()
    {
        let y = y + 20.0 * index as f64;
        svg.rect(class, x, y, 14.0, 12.0);
        svg.text("tick", Anchor::Start, x + 20.0, y + 10.5, words);
    }
    svg.line("limit", (x, y + 46.0), (x + 14.0, y + 46.0));
    svg.text("tick", Anchor::Start, x + 20.0, y + 50.5, "a fair share");
    svg.finish(width, if free == 0 { bottom + 64.0 } else { bottom }, alt)
}
