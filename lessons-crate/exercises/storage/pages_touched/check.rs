//! Checks how many pages of a table an index makes a query read.

use algorithms::rng::Rng;
use algorithms::storage::formula;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Pages and rows of the table, rows found, and whether they lie together.
type Answer = fn(u64, u64, u64, bool) -> f64;
planted!("storage/pages_touched");

type Input = (u64, u64, u64, bool);

const QUESTION: Question<Answer, Input, f64> = Question {
    ask: |touched, &(pages, rows, found, together)| touched(pages, rows, found, together),
    right: |&(pages, rows, found, together)| {
        if together {
            // Whole numbers, so that nothing is rounded.
            (u128::from(found) * u128::from(pages)).div_ceil(u128::from(rows)) as f64
        } else {
            formula::pages_touched(pages, found)
        }
    },
    accepts: None,
    // The exercise allows 0.01%.
    same: |one, other| {
        let largest = one.abs().max(other.abs());
        (one.is_nan() && other.is_nan()) || (one - other).abs() <= 1e-4 * largest + 1e-6
    },
    input: |(pages, rows, found, together)| format!("pages_touched({pages}, {rows}, {found}, {together})"),
    output: |pages| format!("{pages:.4}"),
};

/// Checks a function that estimates how many of a table's pages are fetched for the rows that an index found.
pub fn pages_touched(touched: fn(u64, u64, u64, bool) -> f64) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, touched, MISTAKES)
        .visible("no row needs no page, one row needs one", || {
            [false, true]
                .into_iter()
                .flat_map(|together| [(1_000, 50_000, 0, together), (1_000, 50_000, 1, together)])
                .collect()
        })
        .visible("rows that lie together fill their pages", || {
            [500, 501, 50_000].map(|found| (1_000, 50_000, found, true)).to_vec()
        })
        .visible("1% of the rows, lying anywhere, can be half of the pages", || {
            vec![(14_277, 1_000_000, 10_000, false)]
        })
        .visible("there are never more pages than the table has", || vec![(100, 100_000, 100_000, false)])
        .hidden("a huge table is not rounded away", || {
            vec![(1 << 40, 1 << 46, 1_000_000, false), (1 << 40, 1 << 46, 1_000_000, true)]
        })
        .hidden("a table of one page, and one with a row in each", || {
            vec![
                (1, 1, 1, false),
                (1, 100, 0, false),
                (1, 100, 7, false),
                (500, 500, 500, true),
                (1, 9, 9, true),
            ]
        })
        .hidden("it is right for 200 tables", random)
        .described(known::NOT_A_NUMBER, |_, _, found| found.is_nan())
        .described(known::ROUNDED_AWAY, |(pages, .., together), _, found| {
            !together && *pages > 1 << 30 && *found == 0.0
        })
        .described(known::EXPECTATION_ROUNDED, |(.., together), right, found| {
            !together && found.fract() == 0.0 && right.fract() != 0.0 && (found - right).abs() <= 1.0
        })
        .described(known::MORE_THAN_THE_TABLE, |(pages, ..), _, found| *found > *pages as f64)
        .finish()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(10);
    (0..200)
        .map(|_| {
            let (pages, per_page) = (1 + rng.below(10_000), 1 + rng.below(200));
            let rows = pages * per_page;
            let found = (rows as f64 * 10f64.powf(-4.0 * rng.next_f64())) as u64;
            (pages, rows, found, rng.chance(0.5))
        })
        .collect()
}
