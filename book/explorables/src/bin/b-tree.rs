//! The pages of a B+ tree: how many levels, how full, and which of them a key touches.

use std::ops::Range;
use std::process::ExitCode;

use algorithms::rng::Rng;
use algorithms::storage::{BPlusTree, Split, TreeShape, formula};
use explorables::Explorable;
use explorables::chart::{Axis, Chart};
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "The pages of a tree",
        about: "A B+ tree with pages so small that you can see them. Orange is what the last key changed: itself, or the \
                pages that it split. Green outlines are the pages that a lookup reads. Below: how full the leaves were as \
                the keys arrived.",
        controls,
        draw,
    };
    explorable.run()
}

const SEED: u64 = 10;
/// Keys are below this, so that a page of few keys can show them.
const LAST_KEY: u64 = 9_999;
/// Points of the curve.
const SAMPLES: usize = 60;

/// How the keys arrive.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Random,
    Ascending(Split),
    /// Sorted and loaded at once, with pages filled to this share; later keys come in random order.
    Loaded(f64),
}

const WAYS: [(&str, &str, Way); 5] = [
    ("random", "in random order", Way::Random),
    ("ascending", "ascending, split in the middle", Way::Ascending(Split::Middle)),
    ("right", "ascending, split at the right end", Way::Ascending(Split::RightMost)),
    ("load", "sorted and loaded, 90% full", Way::Loaded(0.9)),
    ("full", "sorted and loaded, 100% full", Way::Loaded(1.0)),
];

fn controls() -> Vec<Control> {
    let count = |n: f64| algorithms::table::thousands(n as u64);
    let few = steps(1.0, 40.0, 1.0);
    let many =
        [50.0, 60.0, 80.0, 100.0, 150.0, 200.0, 300.0, 500.0, 700.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0];
    vec![
        Control::slider("keys", "Keys", few.chain(many), 14.0, count),
        Control::slider("more", "Then one key more", steps(0.0, 40.0, 1.0), 0.0, |n| format!("{n} more")),
        Control::choice("way", "The keys arrive", &WAYS.map(|(key, shown, _)| (key, shown))),
        Control::slider("leaf", "Keys to a leaf", [4.0, 6.0, 8.0, 12.0, 24.0, 48.0, 100.0], 4.0, count),
        Control::slider("at", "Look up the key at", steps(0.0, 100.0, 5.0), 50.0, |share| {
            format!("{share}%")
        }),
        Control::slider(
            "read",
            "and read on to",
            [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
            1.0,
            |n| if n == 1.0 { "that key only".to_owned() } else { format!("{n} keys") },
        ),
    ]
}

/// A page with room for so many entries of 16 bytes, after its header of 8.
fn page_bytes(leaf: usize) -> usize {
    8 + 16 * leaf
}

/// What the keys are, in the order in which they arrive: those before the slider "one key more", and those after.
fn keys(way: Way, count: usize, more: usize) -> (Vec<u64>, Vec<u64>) {
    let shuffled = |mut keys: Vec<u64>| {
        Rng::new(SEED).shuffle(&mut keys);
        keys
    };
    let (mut first, mut later): (Vec<u64>, Vec<u64>) = match way {
        Way::Random => {
            let all = shuffled((1..=LAST_KEY).collect());
            (all[..count].to_vec(), all[count..].to_vec())
        }
        Way::Ascending(_) => ((1..=count as u64).collect(), (count as u64 + 1..=LAST_KEY).collect()),
        // Even keys are loaded, odd ones come between them.
        Way::Loaded(_) => {
            let loaded = (1..=count as u64).map(|key| key * 2).collect();
            (loaded, shuffled((0..=count as u64).map(|key| key * 2 + 1).collect()))
        }
    };
    first.truncate(count);
    later.truncate(more);
    (first, later)
}

/// The tree, the tree before its last key, and how full the leaves were on the way.
struct Grown {
    tree: BPlusTree,
    /// The keys of the pages before the last key arrived.
    before: Vec<Vec<Vec<u64>>>,
    /// The last key that arrived by itself; none when all were loaded at once.
    last: Option<u64>,
    /// Pages that the last key wrote.
    writes: u64,
    /// Keys, and the share of the leaves' places that was used.
    fills: Vec<(f64, f64)>,
}

/// `samples` is how many points of the curve are wanted.
fn grow(way: Way, leaf: usize, count: usize, more: usize, samples: usize) -> Grown {
    let (first, later) = keys(way, count, more);
    let total = first.len() + later.len();
    let every = (total / samples.max(1)).max(1);
    let mut fills = Vec::new();
    let bytes = page_bytes(leaf);
    let (mut tree, arriving) = match way {
        Way::Loaded(fill) => {
            let rows: Vec<(u64, u64)> = first.iter().map(|key| (*key, *key)).collect();
            let load = |count: usize| BPlusTree::bulk_load(bytes, fill, &rows[..count]);
            if samples > 0 {
                let sizes = (1..=count).step_by(every);
                fills.extend(sizes.map(|count| (count as f64, load(count).shape().leaf_fill)));
            }
            (load(count), later)
        }
        Way::Random => (BPlusTree::with_page(bytes, Split::Middle), [first, later].concat()),
        Way::Ascending(split) => (BPlusTree::with_page(bytes, split), [first, later].concat()),
    };
    let mut before = tree.keys_by_level();
    for (number, &key) in arriving.iter().enumerate() {
        if number + 1 == arriving.len() {
            before = tree.keys_by_level();
            tree.reset_counts();
        }
        tree.insert(key, key);
        if samples > 0 && (number % every == 0 || number + 1 == arriving.len()) {
            fills.push((tree.len() as f64, tree.shape().leaf_fill));
        }
    }
    let last = arriving.last().copied();
    let writes = if last.is_some() { tree.counts().writes } else { 0 };
    Grown { tree, before, last, writes, fills }
}

impl Way {
    /// How many of so many places of a page are used by theory: exactly, but for random keys.
    fn used(self, places: usize) -> f64 {
        match self {
            Self::Random => places as f64 * formula::RANDOM_FILL,
            Self::Ascending(Split::Middle) => places.div_ceil(2) as f64,
            Self::Ascending(Split::RightMost) => places as f64,
            Self::Loaded(fill) => ((places as f64 * fill) as usize).max(2) as f64,
        }
    }

    /// How full its leaves are by theory.
    fn fill(self, leaf: usize) -> f64 {
        self.used(leaf) / leaf as f64
    }

    /// How high the tree is by theory: with all of its pages filled like that.
    fn height(self, tree: &BPlusTree) -> u32 {
        let (leaf, children) = tree.capacities();
        // An inner page has one child more than keys.
        formula::height(tree.len(), self.used(leaf), self.used(children - 1) + 1.0)
    }
}

/// The pages that a lookup and the scan after it read, by level from the root down.
struct Lookup {
    key: u64,
    /// Which page of each level; of the last, the leaf where the scan starts.
    path: Vec<usize>,
    /// The leaves that are read.
    leaves: Range<usize>,
    reads: u64,
}

fn look_up(tree: &mut BPlusTree, levels: &[Vec<Vec<u64>>], share: f64, count: usize) -> Lookup {
    let sorted: Vec<u64> = levels[levels.len() - 1].iter().flatten().copied().collect();
    let key = sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    tree.reset_counts();
    let _ = tree.range(key..=u64::MAX).take(count).count();
    let reads = tree.counts().reads;
    let mut path = vec![0];
    for level in &levels[..levels.len() - 1] {
        let at = path[path.len() - 1];
        let before: usize = level[..at].iter().map(|page| page.len() + 1).sum();
        path.push(before + level[at].partition_point(|&separator| separator <= key));
    }
    let leaf = path[path.len() - 1];
    let more = (reads - u64::from(tree.height())) as usize;
    Lookup { key, path, leaves: leaf..leaf + more + 1, reads }
}

/// Which pages of each level the last key split: those that were not there before, where the level has grown.
fn split_pages(levels: &[Vec<Vec<u64>>], before: &[Vec<Vec<u64>>]) -> Vec<Vec<usize>> {
    let new = levels.len() - before.len();
    let pages = |(depth, level): (usize, &Vec<Vec<u64>>)| match depth.checked_sub(new).map(|old| &before[old])
    {
        Some(old) if old.len() == level.len() => Vec::new(),
        old => {
            // Pages of a level ascend.
            let is_new = |page: &Vec<u64>| old.is_none_or(|old| old.binary_search(page).is_err());
            (0..level.len()).filter(|number| is_new(&level[*number])).collect()
        }
    };
    levels.iter().enumerate().map(pages).collect()
}

fn draw(values: &Values, width: f64) -> View {
    let (count, more, leaf) = (values.count("keys"), values.count("more"), values.count("leaf"));
    let (_, words, way) = WAYS[values.count("way")];
    let mut grown = grow(way, leaf, count, more, SAMPLES);
    let levels = grown.tree.keys_by_level();
    let lookup = look_up(&mut grown.tree, &levels, values.number("at") / 100.0, values.count("read"));
    let split = split_pages(&levels, &grown.before);
    let splits =
        levels.iter().map(Vec::len).sum::<usize>() - grown.before.iter().map(Vec::len).sum::<usize>();
    let (tree, shape) = (&grown.tree, grown.tree.shape());
    let (_, children) = tree.capacities();
    let last = match (grown.last, splits) {
        (None, _) => "all keys were loaded at once".to_owned(),
        (Some(key), 0) => format!("key {key} split no page"),
        (Some(key), splits) => format!("key {key} made {}", counted(splits as u64, "new page")),
    };
    let pages = shape.leaves + shape.inner;
    let alt = format!(
        "{} keys {words} make a tree of {}, with {} that are {} full; theory says {}. A lookup of key {} \
         reads {} of {}. Of the last key: {last}.",
        Number::count(tree.len() as usize).shown,
        counted(u64::from(shape.height), "level"),
        counted(shape.leaves, "leaf page"),
        algorithms::table::percent(shape.leaf_fill, 0),
        algorithms::table::percent(way.fill(leaf), 0),
        lookup.key,
        lookup.reads,
        counted(pages, "page"),
    );
    let compared = WAYS.map(|(_, words, other)| {
        let tree = if other == way { tree.clone() } else { grow(other, leaf, count, more, 0).tree };
        row(words, other, &tree, &tree.shape())
    });
    let picture =
        Picture { levels: &levels, split: &split, lookup: &lookup, last: grown.last, leaf, children };
    View {
        svg: picture.draw(width, &grown.fills, way, &alt),
        alt,
        facts: vec![
            ("levels".into(), Number::count(shape.height as usize)),
            ("by the formula, pages as full as by theory".into(), Number::count(way.height(tree) as usize)),
            ("leaves are full to".into(), Number::percent(shape.leaf_fill, 1)),
            ("by theory, many keys".into(), Number::percent(way.fill(leaf), 1)),
            (
                format!("pages read from key {}", lookup.key),
                Number::new(lookup.reads as f64, format!("{} of {pages}", lookup.reads)),
            ),
            (
                "the last key".into(),
                match grown.last {
                    Some(_) => Number::new(splits as f64, format!("{last}, wrote {}", grown.writes)),
                    None => Number::new(0.0, last),
                },
            ),
        ],
        columns: ["keys arrive", "levels", "by the formula", "pages", "leaves are full to", "by theory"]
            .map(String::from)
            .to_vec(),
        rows: compared.to_vec(),
    }
}

/// A number of something, in words.
fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", algorithms::table::thousands(count), if count == 1 { "" } else { "s" })
}

fn row(words: &str, way: Way, tree: &BPlusTree, shape: &TreeShape) -> Vec<Number> {
    vec![
        Number::words(words),
        Number::count(shape.height as usize),
        Number::count(way.height(tree) as usize),
        Number::count((shape.leaves + shape.inner) as usize),
        Number::percent(shape.leaf_fill, 1),
        Number::percent(way.fill(tree.capacities().0), 1),
    ]
}

/// Room for the names of the levels.
const NAMES: f64 = 66.0;
/// From one level to the next, and the height of a page.
const ROW: f64 = 56.0;
const PAGE: f64 = 28.0;
/// Pages narrower than this are drawn as bars, several to a bar if need be.
const NARROW: f64 = 5.0;
/// A place narrower than this does not show its key, or is not drawn by itself.
const LEGIBLE: f64 = 27.0;
const SEEN: f64 = 3.5;

struct Picture<'a> {
    levels: &'a [Vec<Vec<u64>>],
    split: &'a [Vec<usize>],
    lookup: &'a Lookup,
    last: Option<u64>,
    leaf: usize,
    children: usize,
}

impl Picture<'_> {
    fn draw(&self, width: f64, fills: &[(f64, f64)], way: Way, alt: &str) -> String {
        let mut svg = Svg::new();
        for depth in 0..self.levels.len() {
            self.level(&mut svg, depth, width);
        }
        let below = ROW * self.levels.len() as f64 + 4.0;
        let keys = fills.last().map_or(1.0, |(keys, _)| *keys).max(2.0);
        let y = Axis::between(0.0, 1.0, &[0.0, 0.25, 0.5, 0.75, 1.0], "how full the leaves are")
            .written(|share| algorithms::table::percent(share, 0));
        let area = (0.0, below, width, 220.0);
        let chart = Chart::draw(&mut svg, area, Axis::from_zero(keys, "keys so far"), y);
        chart.curve(&mut svg, "l2 dashed", &[(0.0, way.fill(self.leaf)), (keys, way.fill(self.leaf))]);
        chart.curve(&mut svg, "l0", fills);
        if let Some(point) = fills.last() {
            chart.dot(&mut svg, "f0", *point, 4.5);
        }
        let (_, bottom) = chart.vertical();
        svg.text("name t0", Anchor::End, width - 14.0, bottom - 27.0, "measured");
        let theory = match way {
            Way::Random => "ln 2, by theory (dashes)".to_owned(),
            _ => format!("{}, by theory (dashes)", algorithms::table::percent(way.fill(self.leaf), 0)),
        };
        svg.text("name t2", Anchor::End, width - 14.0, bottom - 10.0, &theory);
        svg.finish(width, below + area.3, alt)
    }

    /// Where a page of a level is: its left end, and its width.
    fn place(&self, depth: usize, number: usize, width: f64) -> (f64, f64) {
        let cell = (width - NAMES) / self.levels[depth].len() as f64;
        let gap = if cell > 20.0 { 6.0 } else { 1.0 };
        let wide = (cell - gap).min(self.places(depth) as f64 * 32.0).max(1.0);
        (NAMES + cell * (number as f64 + 0.5) - wide / 2.0, wide)
    }

    /// How many keys fit into a page of this level.
    fn places(&self, depth: usize) -> usize {
        if depth + 1 == self.levels.len() { self.leaf } else { self.children - 1 }
    }

    fn level(&self, svg: &mut Svg, depth: usize, width: f64) {
        let pages = &self.levels[depth];
        let top = 4.0 + ROW * depth as f64;
        let leaves = depth + 1 == self.levels.len();
        let name = match (depth, leaves) {
            (_, true) => "leaves",
            (0, _) => "root",
            _ => "inner",
        };
        svg.text("strong", Anchor::Start, 0.0, top + 12.0, name);
        let count = counted(pages.len() as u64, "page");
        svg.text("tick", Anchor::Start, 0.0, top + 27.0, &count);
        let cell = (width - NAMES) / pages.len() as f64;
        if !leaves && (width - NAMES) / self.levels[depth + 1].len() as f64 > NARROW {
            self.links(svg, depth, top + PAGE, width);
        }
        let read = if leaves {
            self.lookup.leaves.clone()
        } else {
            self.lookup.path[depth]..self.lookup.path[depth] + 1
        };
        if cell < NARROW {
            self.bars(svg, depth, top, width);
        } else {
            self.pages(svg, depth, top, width);
        }
        // Pages beside each other are outlined as one where they are narrow.
        let (left, _) = self.place(depth, read.start, width);
        let (last, wide) = self.place(depth, read.end - 1, width);
        if cell < 12.0 {
            svg.rect("l2", left - 2.0, top - 2.0, (last + wide - left + 4.0).max(6.0), PAGE + 4.0);
        } else {
            for number in read {
                let (left, wide) = self.place(depth, number, width);
                svg.rect("l2", left - 2.0, top - 2.0, wide + 4.0, PAGE + 4.0);
            }
        }
    }

    /// From each page of a level to its children.
    fn links(&self, svg: &mut Svg, depth: usize, top: f64, width: f64) {
        let middle = |depth, number| {
            let (left, wide) = self.place(depth, number, width);
            left + wide / 2.0
        };
        let (mut lines, mut child) = (String::new(), 0);
        for (number, page) in self.levels[depth].iter().enumerate() {
            for _ in 0..=page.len() {
                let ends = [(middle(depth, number), top), (middle(depth + 1, child), top + ROW - PAGE)];
                lines += &explorables::svg::polyline(ends);
                child += 1;
            }
        }
        svg.path("message", &lines);
    }

    /// Pages with their places, or filled as far as they are.
    fn pages(&self, svg: &mut Svg, depth: usize, top: f64, width: f64) {
        let (mut empty, mut used, mut changed) = (String::new(), String::new(), String::new());
        let places = self.places(depth);
        let leaves = depth + 1 == self.levels.len();
        for (number, page) in self.levels[depth].iter().enumerate() {
            let (left, wide) = self.place(depth, number, width);
            let was_split = self.split[depth].contains(&number);
            let each = wide / places as f64;
            if each < SEEN {
                let full = wide * page.len() as f64 / places as f64;
                boxed(&mut empty, left + full, top, wide - full, PAGE);
                boxed(if was_split { &mut changed } else { &mut used }, left, top, full, PAGE);
                continue;
            }
            for place in 0..places {
                let x = left + each * place as f64;
                let key = page.get(place);
                let came = was_split || (leaves && key.is_some() && key.copied() == self.last);
                let boxes = match (key, came) {
                    (None, _) => &mut empty,
                    (_, true) => &mut changed,
                    _ => &mut used,
                };
                boxed(boxes, x, top, each - if each > 8.0 { 1.0 } else { 0.5 }, PAGE);
            }
        }
        svg.path("idle", &empty);
        svg.path("f0", &used);
        svg.path("f1", &changed);
        for (number, page) in self.levels[depth].iter().enumerate() {
            let (left, wide) = self.place(depth, number, width);
            let each = wide / places as f64;
            if each >= LEGIBLE {
                for (place, key) in page.iter().enumerate() {
                    let x = left + each * (place as f64 + 0.5) - 0.5;
                    svg.text("inside", Anchor::Middle, x, top + PAGE / 2.0 + 4.0, &key.to_string());
                }
            }
        }
    }

    /// Many pages: a bar for each few of them, as high as they are full.
    fn bars(&self, svg: &mut Svg, depth: usize, top: f64, width: f64) {
        let pages = &self.levels[depth];
        let bars = pages.len().min(((width - NAMES) / 4.0) as usize);
        let each = (width - NAMES) / bars as f64;
        let (mut empty, mut used, mut changed) = (String::new(), String::new(), String::new());
        for bar in 0..bars {
            let of = bar * pages.len() / bars..(bar + 1) * pages.len() / bars;
            let keys: usize = pages[of.clone()].iter().map(Vec::len).sum();
            let high = PAGE * keys as f64 / (of.len() * self.places(depth)) as f64;
            let x = NAMES + each * bar as f64;
            boxed(&mut empty, x, top, each - 0.5, PAGE - high);
            let was_split = self.split[depth].iter().any(|number| of.contains(number));
            boxed(if was_split { &mut changed } else { &mut used }, x, top + PAGE - high, each - 0.5, high);
        }
        svg.path("idle", &empty);
        svg.path("f0", &used);
        svg.path("f1", &changed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The measured tree is what theory says, in all ways that keys can arrive.
    #[test]
    fn fills_and_heights_are_those_of_theory() {
        for (key, _, way) in WAYS {
            for leaf in [4, 12, 48] {
                let grown = grow(way, leaf, 3_000, 0, 0);
                let shape = grown.tree.shape();
                let (measured, theory) = (shape.leaf_fill, way.fill(leaf));
                assert!((measured - theory).abs() < 0.05, "{key}, {leaf}: {measured}, not {theory}");
                assert!(shape.height.abs_diff(way.height(&grown.tree)) <= 1, "{key}, {leaf}: {shape:?}");
            }
        }
    }

    /// The path that is outlined is the path that the tree counts, and it ends at the key.
    #[test]
    fn what_is_outlined_is_what_is_read() {
        for (_, _, way) in WAYS {
            for (count, leaf) in [(1, 4), (14, 4), (300, 4), (3_000, 6)] {
                let mut tree = grow(way, leaf, count, 7, 0).tree;
                let levels = tree.keys_by_level();
                for (share, read) in [(0.0, 1), (0.35, 1), (0.5, 20), (1.0, 5)] {
                    let lookup = look_up(&mut tree, &levels, share, read);
                    assert_eq!(lookup.path.len() as u32, tree.height());
                    let leaves = &levels[levels.len() - 1];
                    assert!(leaves[lookup.leaves.start].contains(&lookup.key));
                    let scanned: Vec<u64> = leaves[lookup.leaves].iter().flatten().copied().collect();
                    let expected = tree.range(lookup.key..=u64::MAX).take(read);
                    assert!(expected.into_iter().all(|(key, _)| scanned.contains(&key)));
                }
            }
        }
    }

    /// One key more changes as many pages as it makes, and at most one split each level.
    #[test]
    fn a_split_is_seen_at_each_level() {
        let mut most = 0;
        for more in 1..=40 {
            let grown = grow(Way::Random, 4, 40, more, 0);
            let levels = grown.tree.keys_by_level();
            let split = split_pages(&levels, &grown.before);
            let made = levels.iter().flatten().count() - grown.before.iter().flatten().count();
            let with_split = split.iter().filter(|pages| !pages.is_empty()).count();
            assert_eq!(with_split, made, "one new page a level, and a root of its own");
            assert!(split.iter().all(|pages| pages.len() <= 2));
            most = most.max(made);
        }
        assert!(most >= 2, "some key splits more than a leaf");
    }
}
