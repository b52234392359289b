//! What theory says of pages: heights, pages touched, and bytes written again.

/// The share of its pages that a B+ tree fills after random inserts with splits in the middle: ln 2.
///
/// Source: A. C.-C. Yao, "On Random 2-3 Trees", Acta Informatica 9, 1978, doi:10.1007/BF00289075; the same limit holds
/// for the buckets of extendible hashing (Fagin et al. 1979).
pub const RANDOM_FILL: f64 = std::f64::consts::LN_2;

/// The levels of a tree of `keys`, with so many keys to a leaf and children to an inner node; 1 is a single leaf.
///
/// # Examples
///
/// ```
/// use lessons::storage::formula::height;
///
/// assert_eq!([250, 50_000, 10_000_000].map(|keys| height(keys, 250.0, 300.0)), [1, 2, 3]);
/// ```
pub fn height(keys: u64, leaf_keys: f64, fanout: f64) -> u32 {
    let mut nodes = (keys as f64 / leaf_keys).ceil();
    let mut levels = 1;
    while nodes > 1.0 && fanout > 1.0 {
        nodes = (nodes / fanout).ceil();
        levels += 1;
    }
    levels
}

/// How many of `pages` are touched when `rows` rows are fetched that lie anywhere, each as likely: m (1 - (1 - 1/m)^k).
///
/// Source: A. F. Cardenas, "Analysis and Performance of Inverted Data Base Structures", Communications of the ACM
/// 18(5), 1975, doi:10.1145/360762.360766.
///
/// # Examples
///
/// ```
/// use lessons::storage::formula::pages_touched;
///
/// // One row in a hundred, and half of the pages.
/// assert_eq!(pages_touched(14_277, 10_000).round(), 7_190.0);
/// assert_eq!((pages_touched(1, 0), pages_touched(1, 1)), (0.0, 1.0));
/// ```
pub fn pages_touched(pages: u64, rows: u64) -> f64 {
    let m = pages as f64;
    // Of one page the logarithm is minus infinity, and 0 times that is no number.
    if pages == 0 || rows == 0 { 0.0 } else { -m * (rows as f64 * (-1.0 / m).ln_1p()).exp_m1() }
}

/// How often an LSM tree writes each byte, with its log: the log, the flush, and the merges of all levels.
///
/// With leveled compaction an entry is written again, on average, for half of the `ratio` arrivals at its level; with
/// tiered compaction once a level.
///
/// Source: N. Dayan, M. Athanassoulis, S. Idreos, "Monkey: Optimal Navigable Key-Value Store", SIGMOD 2017,
/// doi:10.1145/3035918.3064054 (O(T·L) against O(L)).
pub fn lsm_write_amplification(leveled: bool, ratio: u64, levels: u64) -> f64 {
    let per_level = if leveled { ratio as f64 / 2.0 } else { 1.0 };
    2.0 + per_level * levels as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn cardenas_agrees_with_counting() {
        let (pages, per_page) = (1_000u64, 20u64);
        let mut rng = Rng::new(10);
        for rows in [1u64, 100, 1_000, 10_000] {
            let mut touched = vec![false; pages as usize];
            (0..rows).for_each(|_| touched[(rng.below(pages * per_page) / per_page) as usize] = true);
            let counted = touched.iter().filter(|page| **page).count() as f64;
            let expected = pages_touched(pages, rows);
            assert!(
                (counted - expected).abs() <= 0.05 * expected + 1.0,
                "{rows} rows: {counted}, {expected}"
            );
        }
        assert_eq!(pages_touched(0, 5), 0.0);
    }

    #[test]
    fn heights_step_at_powers() {
        assert_eq!([1, 10, 11, 100, 101, 1_000].map(|keys| height(keys, 10.0, 10.0)), [1, 1, 2, 2, 3, 3]);
    }
}
