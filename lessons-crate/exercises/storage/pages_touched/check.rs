//! Checks how many pages of a table an index makes a query read.

use algorithms::rng::Rng;
use algorithms::storage::formula;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Pages and rows of the table, rows found, and whether they lie together.
type Touched = fn(u64, u64, u64, bool) -> f64;

/// Checks a function that estimates how many of a table's pages are fetched for the rows that an index found.
pub fn pages_touched(touched: fn(u64, u64, u64, bool) -> f64) -> Report {
    Checker::new(&EXERCISE)
        .visible("no row needs no page, one row needs one", move || {
            [false, true].iter().try_for_each(|together| {
                compare(touched, 1_000, 50_000, 0, *together)?;
                compare(touched, 1_000, 50_000, 1, *together)
            })
        })
        .visible("rows that lie together fill their pages", move || {
            [(1_000, 50_000, 500), (1_000, 50_000, 501), (1_000, 50_000, 50_000)]
                .iter()
                .try_for_each(|(pages, rows, found)| compare(touched, *pages, *rows, *found, true))
        })
        .visible("1% of the rows, lying anywhere, can be half of the pages", move || {
            compare(touched, 14_277, 1_000_000, 10_000, false)
        })
        .visible("there are never more pages than the table has", move || {
            compare(touched, 100, 100_000, 100_000, false)
        })
        .hidden("a huge table is not rounded away", move || {
            compare(touched, 1 << 40, 1 << 46, 1_000_000, false)
        })
        .hidden("it is right for 200 tables", move || random(touched))
        .finish()
}

fn right(pages: u64, rows: u64, found: u64, together: bool) -> f64 {
    if together {
        (found as f64 * pages as f64 / rows as f64).ceil()
    } else {
        formula::pages_touched(pages, found)
    }
}

fn random(touched: Touched) -> Result<(), Failure> {
    let mut rng = Rng::new(10);
    (0..200).try_for_each(|_| {
        let (pages, per_page) = (1 + rng.below(10_000), 1 + rng.below(200));
        let rows = pages * per_page;
        let found = (rows as f64 * 10f64.powf(-4.0 * rng.next_f64())) as u64;
        let together = rng.chance(0.5);
        compare(touched, pages, rows, found, together)
    })
}

fn compare(touched: Touched, pages: u64, rows: u64, found: u64, together: bool) -> Result<(), Failure> {
    let (expected, answer) = (right(pages, rows, found, together), touched(pages, rows, found, together));
    let near = |value: f64| (answer - value).abs() <= 1e-4 * value.abs() + 1e-6;
    if near(expected) {
        return Ok(());
    }
    let (m, k, share) = (pages as f64, found as f64, found as f64 / rows as f64);
    let known = if answer.is_nan() {
        Some((
            "not-a-number",
            "The answer is not a number: is 0 divided by 0, or a logarithm taken of a negative number?",
        ))
    } else if !together && k > m && near(k) || !together && near(k) && expected < 0.9 * k {
        Some((
            "page-for-each-row",
            "A page is counted for each row. Two rows may lie in the same page, and it is read once: with m pages, a page is missed by one row with probability 1 - 1/m.",
        ))
    } else if !together && answer > 0.0 && (near(m - expected) || near(expected / m)) {
        Some((
            "pages-missed",
            "(1 - 1/m)^k is the probability that one page is *missed* by all k rows. What is asked for is how many of the m pages are *not* missed: m times the rest.",
        ))
    } else if !together && near(m * (1.0 - (1.0 - share).powf(rows as f64 / m))) {
        Some((
            "fixed-rows-to-a-page",
            "That lets each page hold exactly rows/pages of the rows (Yao 1977): a little more exact, and another model. Here each row lies in any page, as likely as in any other, however many are there already (Cardenas 1975).",
        ))
    } else if together && near(expected + 1.0) {
        Some((
            "page-too-many",
            "That is one page too many when the rows end with a page, or when there are none: round up, and add nothing.",
        ))
    } else if together && near(formula::pages_touched(pages, found)) {
        Some((
            "order-ignored",
            "These rows lie together, in the order of the index: they fill one page after the other.",
        ))
    } else if together && (near(share * m) || near((share * m).floor())) {
        Some((
            "part-of-a-page",
            "There is no part of a page: the last one is read whole, also for one row. Round up.",
        ))
    } else if !together && near(-m * (k * (-1.0 / rows as f64).ln_1p()).exp_m1()) {
        Some((
            "rows-for-pages",
            "1/rows is the chance of one row, not of one page. A row lies in a certain page with probability 1/pages.",
        ))
    } else if !together && (near(share * m) || near((share * m).ceil())) {
        Some((
            "rows-are-not-together",
            "That is right for rows that lie together. Here each may lie in any page, so that few rows touch many pages.",
        ))
    } else if !together && pages > 1 << 30 && answer < expected {
        Some((
            "rounded-away",
            "For a huge table 1 - 1/m is nearly 1, and little is left after the subtraction. Write m · (1 - exp(k · ln(1 - 1/m))) with `ln_1p` and `exp_m1`, which keep the small part.",
        ))
    } else {
        None
    };
    Err(Failure::new(format!("{expected:.2}"), format!("{answer:.2}"))
        .input(format!("pages_touched({pages}, {rows}, {found}, {together})"))
        .maybe_diagnosis(known.map(|(key, message)| (key, message.to_owned()))))
}
