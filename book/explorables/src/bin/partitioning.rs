//! One table cut in four ways, and which pieces a query reads.

use std::collections::BTreeMap;
use std::process::ExitCode;

use algorithms::dist::Zipf;
use algorithms::partitioning::{
    Holds, Predicate, Scheme, Skew, Value, equi_depth, equi_width, expected_max_over_mean,
};
use algorithms::rng::Rng;
use algorithms::table::{percent, thousands};
use explorables::Explorable;
use explorables::control::{Control, Values, steps};
use explorables::svg::{Anchor, Svg, boxed};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "Which pieces does a query read?",
        about: "The same 2,000 sales of a year, which grow from month to month, cut in four ways. A bar is a piece and its \
                height the rows in it: orange are those that the query wants, blue those that it reads in vain, gray those \
                that it need not look at. The dotted line is the fair share.",
        controls,
        draw,
    };
    explorable.run()
}

const ROWS: usize = 2_000;
const CUSTOMERS: usize = 500;
const DAYS: i64 = 360;
const REGIONS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
/// Into so many pieces by hash each range of the composite scheme is cut.
const WITHIN: usize = 4;
const SEED: u64 = 11;

/// The columns of a sale.
const DAY: usize = 0;
const REGION: usize = 1;
const CUSTOMER: usize = 2;

type Sale = [Value; 3];

fn controls() -> Vec<Control> {
    vec![
        Control::slider("pieces", "Pieces", [4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0], 12.0, |n| {
            format!("{n}")
        }),
        Control::choice(
            "bounds",
            "Ranges hold equally many",
            &[("days", "days"), ("rows", "rows (equi-depth)")],
        ),
        Control::slider("from", "WHERE day is from", steps(0.0, 350.0, 10.0), 300.0, |day| format!("{day}")),
        Control::slider("days", "for", [0.0, 1.0, 7.0, 30.0, 90.0, 180.0, 360.0], 30.0, |days| match days {
            0.0 => "any day".to_owned(),
            1.0 => "1 day".to_owned(),
            days => format!("{days} days"),
        }),
        Control::choice("join", "and the others by", &[("and", "AND"), ("or", "OR")]),
        Control::choice(
            "region",
            "region",
            &[("any", "any"), ("a", "A, the largest"), ("c", "C"), ("h", "H, the smallest")],
        ),
        Control::choice(
            "customer",
            "customer",
            &[("any", "any"), ("first", "the one who buys most"), ("other", "customer 77")],
        ),
        Control::slider("skew", "What customers buy (Zipf)", [0.0, 0.6, 0.8, 1.0, 1.2], 0.8, |alpha| {
            if alpha == 0.0 { "all the same".to_owned() } else { format!("exponent {alpha}") }
        }),
    ]
}

/// The sales: more and more of them each day, regions by Zipf's law, customers as asked.
fn sales(alpha: f64) -> Vec<Sale> {
    let (regions, customers) = (Zipf::new(REGIONS.len(), 1.0), Zipf::new(CUSTOMERS, alpha));
    let mut rng = Rng::new(SEED);
    let sale = |_| {
        // The square root of a uniform number has a density that grows in proportion.
        let day = (DAYS as f64 * rng.next_f64().sqrt()) as i64;
        let (region, customer) = (regions.sample(&mut rng), customers.sample(&mut rng));
        [day, region as i64, customer as i64].map(Some)
    };
    (0..ROWS).map(sale).collect()
}

/// What the sliders ask for, in words too; without any condition it is every row.
fn query(values: &Values) -> (Predicate, String) {
    let mut all: Vec<(Predicate, String)> = Vec::new();
    let (from, days) = (values.number("from") as i64, values.number("days") as i64);
    if days > 0 {
        let last = from + days - 1;
        all.push((Predicate::between(DAY, from, last), format!("day BETWEEN {from} AND {last}")));
    }
    if let Some(region) = [0, 2, 7].get(values.count("region").wrapping_sub(1)) {
        all.push((Predicate::equals(REGION, *region), format!("region = '{}'", REGIONS[*region as usize])));
    }
    if let Some(customer) = [0, 77].get(values.count("customer").wrapping_sub(1)) {
        all.push((Predicate::equals(CUSTOMER, *customer), format!("customer = {customer}")));
    }
    let or = values.count("join") == 1;
    all.into_iter()
        .reduce(|(one, words), (other, more)| {
            let joined = if or { one.or(other) } else { one.and(other) };
            (joined, format!("{words} {} {more}", if or { "OR" } else { "AND" }))
        })
        .unwrap_or_else(|| (Predicate::Anything, "true".to_owned()))
}

/// So many ranges of days.
fn ranges(count: usize, by_rows: bool, sales: &[Sale]) -> Vec<i64> {
    if !by_rows {
        return equi_width(0, DAYS, count);
    }
    let days: Vec<i64> = sales.iter().filter_map(|sale| sale[DAY]).collect();
    let mut bounds = equi_depth(&days, count);
    // The outermost are open: the first day and the last belong to the year.
    if let Some(first) = bounds.first_mut() {
        *first = 0;
    }
    if let Some(last) = bounds.last_mut() {
        *last = DAYS;
    }
    bounds
}

/// The four ways to cut.
fn schemes(values: &Values, sales: &[Sale]) -> Vec<(&'static str, Scheme)> {
    let pieces = values.count("pieces");
    let by_rows = values.count("bounds") == 1;
    let by_days = |count, within: Option<Scheme>| {
        let mut scheme = Scheme::on(DAY);
        for (number, pair) in ranges(count, by_rows, sales).windows(2).enumerate() {
            attach(&mut scheme, &number.to_string(), Holds::range(pair[0], pair[1]), within.clone());
        }
        scheme
    };
    let mut regions = Scheme::on(REGION);
    let lists = pieces.min(REGIONS.len());
    for list in 0..lists {
        let mine: Vec<usize> = (list..REGIONS.len()).step_by(lists).collect();
        let name: Vec<&str> = mine.iter().map(|region| REGIONS[*region]).collect();
        attach(&mut regions, &name.join(" "), Holds::list(mine.iter().map(|region| *region as i64)), None);
    }
    vec![
        ("ranges of days", by_days(pieces, None)),
        ("lists of regions", regions),
        ("hash of the customer", Scheme::hash(CUSTOMER, pieces as u64)),
        ("days, then hash", by_days(pieces / WITHIN, Some(Scheme::hash(CUSTOMER, WITHIN as u64)))),
    ]
}

/// The pieces above do not overlap, and each holds something.
fn attach(scheme: &mut Scheme, name: &str, holds: Holds, within: Option<Scheme>) {
    scheme.attach(name, holds, within).unwrap_or_else(|error| unreachable!("{error}"));
}

/// A piece: its rows, those of them that the query wants, and whether it is read.
#[derive(Clone, Debug, Default)]
struct Piece {
    name: String,
    rows: usize,
    found: usize,
    read: bool,
}

/// A way to cut, and what the query did with it.
struct Cut {
    name: &'static str,
    pieces: Vec<Piece>,
    read: usize,
    rows_read: usize,
    skew: Skew,
}

fn cut(name: &'static str, scheme: &Scheme, sales: &[Sale], query: &Predicate) -> Cut {
    let kept = scheme.prune(query);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut numbers = BTreeMap::new();
    for (number, name) in scheme.places().into_iter().enumerate() {
        pieces.push(Piece { read: kept.contains(&name), name: name.clone(), ..Piece::default() });
        numbers.insert(name, number);
    }
    for sale in sales {
        // Every sale has a place: its day, region and customer are within what the schemes hold.
        if let Some(number) = scheme.place(sale).and_then(|place| numbers.get(&place)) {
            pieces[*number].rows += 1;
            pieces[*number].found += usize::from(query.matches(sale));
        }
    }
    let read = pieces.iter().filter(|piece| piece.read).count();
    let rows_read = pieces.iter().filter(|piece| piece.read).map(|piece| piece.rows).sum();
    let skew = Skew::of(pieces.iter().map(|piece| piece.rows as u64));
    Cut { name, pieces, read, rows_read, skew }
}

fn draw(values: &Values, width: f64) -> View {
    let sales = sales(values.number("skew"));
    let (query, words) = query(values);
    let cuts: Vec<Cut> =
        schemes(values, &sales).iter().map(|(name, scheme)| cut(name, scheme, &sales, &query)).collect();
    let found: usize = cuts[0].pieces.iter().map(|piece| piece.found).sum();
    let said = cuts
        .iter()
        .map(|cut| {
            format!("{}: {} of {} pieces, {} rows", cut.name, cut.read, cut.pieces.len(), cut.rows_read)
        })
        .collect::<Vec<_>>()
        .join("; ");
    let alt = format!("WHERE {words} wants {found} of {ROWS} rows and reads, by {said}.");
    let pieces = values.count("pieces");
    let least = cuts.iter().min_by_key(|cut| cut.rows_read);
    let even = expected_max_over_mean(CUSTOMERS as u64, pieces as u64);
    View {
        svg: picture(&cuts, width, &alt),
        alt,
        facts: vec![
            ("WHERE".into(), Number::words(words)),
            (
                "rows wanted".into(),
                Number::new(found as f64, format!("{found} of {}", thousands(ROWS as u64))),
            ),
            (
                "reads least".into(),
                least.map_or_else(
                    || Number::words("none"),
                    |cut| {
                        let words = format!("{}: {} rows", cut.name, thousands(cut.rows_read as u64));
                        Number::new(cut.rows_read as f64, words)
                    },
                ),
            ),
            ("largest hash piece / fair share, if all bought alike (theory)".into(), Number::fixed(even, 2)),
            ("the same, as they buy".into(), Number::fixed(cuts[2].skew.max_over_mean, 2)),
        ],
        columns: ["cut by", "pieces read", "pieces", "rows read", "largest piece / fair share"]
            .map(String::from)
            .to_vec(),
        rows: cuts
            .iter()
            .map(|cut| {
                vec![
                    Number::words(cut.name),
                    Number::count(cut.read),
                    Number::count(cut.pieces.len()),
                    Number::count(cut.rows_read),
                    Number::fixed(cut.skew.max_over_mean, 2),
                ]
            })
            .collect(),
    }
}

fn picture(cuts: &[Cut], width: f64, alt: &str) -> String {
    let mut svg = Svg::new();
    let columns = if width >= 600.0 { 2 } else { 1 };
    let gap = 32.0;
    let each = (width - gap * (columns - 1) as f64) / columns as f64;
    let (plot, row) = (96.0, 162.0);
    for (index, cut) in cuts.iter().enumerate() {
        let (left, top) = ((index % columns) as f64 * (each + gap), (index / columns) as f64 * row);
        svg.text("strong", Anchor::Start, left, top + 14.0, cut.name);
        let words = format!(
            "{} of {} read, {} of the rows",
            cut.read,
            cut.pieces.len(),
            percent(cut.rows_read as f64 / ROWS as f64, 0)
        );
        svg.text("name", Anchor::End, left + each, top + 14.0, &words);
        let base = top + 26.0 + plot;
        let largest = cut.pieces.iter().map(|piece| piece.rows).max().unwrap_or(1).max(1) as f64;
        let step = each / cut.pieces.len() as f64;
        let (mut pruned, mut vain, mut wanted) = (String::new(), String::new(), String::new());
        for (number, piece) in cut.pieces.iter().enumerate() {
            let x = left + step * (number as f64 + 0.1);
            let height = |rows: usize| plot * rows as f64 / largest;
            let (found, rest) = (height(piece.found), height(piece.rows - piece.found));
            if found > 0.0 {
                boxed(&mut wanted, x, base - found, step * 0.8, found);
            }
            if rest > 0.0 {
                let boxes = if piece.read { &mut vain } else { &mut pruned };
                boxed(boxes, x, base - found - rest, step * 0.8, rest);
            }
            // As many names as fit.
            if number % ((30.0 / step).ceil() as usize).max(1) == 0 {
                svg.text("tick", Anchor::Middle, x + step * 0.4, base + 15.0, &piece.name);
            }
        }
        svg.path("idle", &pruned);
        svg.path("f0", &vain);
        svg.path("f1", &wanted);
        svg.line("axis", (left, base), (left + each, base));
        let y = base - plot * (ROWS as f64 / cut.pieces.len() as f64) / largest;
        svg.line("limit", (left, y), (left + each, y));
    }
    let bottom = cuts.len().div_ceil(columns) as f64 * row;
    let legend = [("f1", "wanted"), ("f0", "read in vain"), ("idle", "not read")];
    for (index, (class, words)) in legend.into_iter().enumerate() {
        let x = 104.0 * index as f64;
        svg.rect(class, x, bottom, 14.0, 12.0);
        svg.text("tick", Anchor::Start, x + 20.0, bottom + 10.5, words);
    }
    svg.finish(width, bottom + 20.0, alt)
}

#[cfg(test)]
mod tests {
    use algorithms::partitioning::PartitionedTable;

    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Values {
        let given = pairs.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).collect();
        Values::read(&controls(), &given).expect("known")
    }

    /// What is drawn is what a table, kept by the same scheme, reads and finds.
    #[test]
    fn pieces_are_those_that_a_table_reads() {
        for join in ["and", "or"] {
            for (days, region, customer) in [
                ("30", "any", "any"),
                ("0", "c", "any"),
                ("0", "any", "first"),
                ("90", "a", "other"),
                ("0", "any", "any"),
            ] {
                for bounds in ["days", "rows"] {
                    let values = given(&[
                        ("join", join),
                        ("days", days),
                        ("region", region),
                        ("customer", customer),
                        ("bounds", bounds),
                    ]);
                    let (sales, (query, _)) = (sales(0.8), query(&values));
                    let naive = sales.iter().filter(|sale| query.matches(&sale[..])).count();
                    for (name, scheme) in schemes(&values, &sales) {
                        let cut = cut(name, &scheme, &sales, &query);
                        let mut table = PartitionedTable::new(scheme);
                        for sale in &sales {
                            table.insert(sale.to_vec()).expect("every sale has a place");
                        }
                        let scan = table.scan(&query);
                        assert_eq!((scan.rows_read, scan.partitions), (cut.rows_read, cut.read), "{name}");
                        assert_eq!(scan.found, naive, "{name}: nothing that is wanted was left out");
                        let kept = cut.pieces.iter().filter(|piece| piece.read);
                        assert_eq!(kept.map(|piece| piece.found).sum::<usize>(), naive, "{name}");
                    }
                }
            }
        }
    }

    /// Each way reads little for the condition that names its column, and all for the others.
    #[test]
    fn each_way_has_its_query() {
        let read = |pairs: &[(&str, &str)]| -> Vec<usize> {
            let (values, sales) = (given(pairs), sales(0.8));
            let (query, _) = query(&values);
            schemes(&values, &sales)
                .iter()
                .map(|(name, scheme)| cut(name, scheme, &sales, &query).read)
                .collect()
        };
        // 30 days are one range of 12; a range of 120 days has four pieces.
        assert_eq!(read(&[("from", "300"), ("days", "30")]), [1, 8, 12, 4]);
        assert_eq!(read(&[("from", "310"), ("days", "30")]), [2, 8, 12, 4]);
        assert_eq!(read(&[("days", "0"), ("region", "c")]), [12, 1, 12, 12]);
        assert_eq!(read(&[("days", "0"), ("customer", "first")]), [12, 8, 1, 3]);
        assert_eq!(read(&[("days", "30"), ("customer", "first")]), [1, 8, 1, 1]);
    }

    /// Equally popular customers are spread as theory says; popular ones and growing months are not.
    #[test]
    fn skew_is_where_theory_puts_it() {
        let skew = |pairs: &[(&str, &str)], alpha| {
            let (values, sales) = (given(pairs), sales(alpha));
            let (query, _) = query(&values);
            let cuts = schemes(&values, &sales);
            cuts.iter()
                .map(|(name, scheme)| cut(name, scheme, &sales, &query).skew.max_over_mean)
                .collect::<Vec<_>>()
        };
        let even = skew(&[], 0.0);
        // Twelve of 500 equal customers' counts, and the rows of each vary as well.
        assert!(even[2] < expected_max_over_mean(CUSTOMERS as u64, 12) + 0.1, "{even:?}");
        // The last twelfth of a density that grows in proportion has 1 - (11/12)^2 of the rows.
        assert!((even[0] - 12.0 * (1.0 - (11.0f64 / 12.0).powi(2))).abs() < 0.2, "{even:?}");
        assert!(skew(&[], 1.2)[2] > 2.0 * even[2]);
        assert!(skew(&[("bounds", "rows")], 0.8)[0] < 1.1);
    }
}
