//! Two columns in one order: ranges of a curve's numbers hold squares of a map instead of strips.

/// The number of a tile: its column, its row, and how many bits each has.
pub type TileOrder = fn(u32, u32, u32) -> u64;

/// Row by row, as a table that is sorted by two columns: what is near in the second one only is far apart.
///
/// # Panics
///
/// When a coordinate does not fit into the bits, or there are more than 31.
pub fn row_order(x: u32, y: u32, bits: u32) -> u64 {
    check(x, y, bits);
    u64::from(y) << bits | u64::from(x)
}

/// Z-order: the bits of both coordinates in turn.
///
/// # Complexity
///
/// O(bits).
///
/// # Examples
///
/// ```
/// use lessons::partitioning::z_order;
///
/// assert_eq!([(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| z_order(x, y, 1)), [0, 1, 2, 3]);
/// ```
///
/// # Sources
///
/// G. M. Morton, "A Computer Oriented Geodetic Data Base and a New Technique in File Sequencing", IBM, 1966.
///
/// # Panics
///
/// When a coordinate does not fit into the bits, or there are more than 31.
pub fn z_order(x: u32, y: u32, bits: u32) -> u64 {
    check(x, y, bits);
    (0..bits)
        .fold(0, |z, bit| z | u64::from(x >> bit & 1) << (2 * bit) | u64::from(y >> bit & 1) << (2 * bit + 1))
}

/// Along Hilbert's curve: tiles with consecutive numbers are neighbors.
///
/// Each step looks at one bit of both coordinates: which quarter of the square the tile is in, in the order in which the
/// curve goes through the quarters; then the quarter is turned so that the curve enters and leaves it as it does the whole.
///
/// # Complexity
///
/// O(bits).
///
/// # Examples
///
/// ```
/// use lessons::partitioning::hilbert;
///
/// assert_eq!([(0, 0), (0, 1), (1, 1), (1, 0)].map(|(x, y)| hilbert(x, y, 1)), [0, 1, 2, 3]);
/// ```
///
/// # Sources
///
/// D. Hilbert, "Über die stetige Abbildung einer Linie auf ein Flächenstück", Mathematische Annalen 38, 1891.
///
/// # Panics
///
/// When a coordinate does not fit into the bits, or there are more than 31.
pub fn hilbert(mut x: u32, mut y: u32, bits: u32) -> u64 {
    check(x, y, bits);
    let last = (1 << bits) - 1;
    let mut number = 0;
    for bit in (0..bits).rev() {
        let (right, upper) = (x >> bit & 1, y >> bit & 1);
        number = number << 2 | u64::from((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                (x, y) = (last - x, last - y);
            }
            (x, y) = (y, x);
        }
    }
    number
}

fn check(x: u32, y: u32, bits: u32) {
    assert!(
        bits < 32 && x >> bits == 0 && y >> bits == 0,
        "the tile ({x}, {y}) is not in a map of {bits} bits"
    );
}

/// What a window of a map costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowCost {
    /// Runs of consecutive numbers, each read in one go.
    pub runs: f64,
    /// Pieces that are touched.
    pub pieces: f64,
}

/// The mean cost of a window of this width and height over all places in a map of 2^bits by 2^bits tiles, cut into
/// pieces of so many consecutive numbers.
///
/// Along Hilbert's curve a large window has about a quarter of its perimeter as runs, whatever its shape.
///
/// # Complexity
///
/// With m tiles and windows of w tiles: O(m w log w).
///
/// # Sources
///
/// B. Moon, H. V. Jagadish, C. Faloutsos and J. H. Saltz, "Analysis of the Clustering Properties of the Hilbert
/// Space-Filling Curve", IEEE TKDE 13(1), 2001.
///
/// # Panics
///
/// When the window is empty or larger than the map, or pieces have no tile.
pub fn window_cost(order: TileOrder, bits: u32, (width, height): (u32, u32), piece: u64) -> WindowCost {
    let side = 1 << bits;
    assert!((1..=side).contains(&width) && (1..=side).contains(&height), "the window is on the map");
    let (mut runs, mut pieces, mut places) = (0_usize, 0_usize, 0_usize);
    for top in 0..=side - height {
        for left in 0..=side - width {
            let rows = (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y)));
            let mut numbers: Vec<u64> = rows.map(|(x, y)| order(x, y, bits)).collect();
            numbers.sort_unstable();
            runs += 1 + numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
            pieces += 1 + numbers.windows(2).filter(|pair| pair[0] / piece != pair[1] / piece).count();
            places += 1;
        }
    }
    let mean = |count: usize| count as f64 / places as f64;
    WindowCost { runs: mean(runs), pieces: mean(pieces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_has_a_number_of_its_own() {
        for order in [row_order, z_order, hilbert] {
            for bits in 0..6 {
                let tiles = (0..1 << bits).flat_map(|y| (0..1 << bits).map(move |x| (x, y)));
                let mut numbers: Vec<u64> = tiles.map(|(x, y)| order(x, y, bits)).collect();
                numbers.sort_unstable();
                assert!(numbers.into_iter().eq(0..1 << (2 * bits)), "{bits} bits");
            }
        }
    }

    #[test]
    fn hilberts_curve_goes_from_neighbor_to_neighbor() {
        let tiles = (0..32_u32).flat_map(|y| (0..32_u32).map(move |x| (x, y)));
        let mut tiles: Vec<(u32, u32)> = tiles.collect();
        tiles.sort_unstable_by_key(|&(x, y)| hilbert(x, y, 5));
        assert!(
            tiles.windows(2).all(|pair| pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1) == 1)
        );
    }

    #[test]
    fn runs_are_a_quarter_of_the_perimeter_along_hilberts_curve() {
        for (width, height) in [(8, 8), (4, 16), (16, 4), (12, 6)] {
            let cost = |order| window_cost(order, 6, (width, height), 64);
            let quarter = f64::from(width + height) / 2.0;
            let runs = cost(hilbert).runs;
            assert!((runs / quarter - 1.0).abs() < 0.1, "{width} x {height}: {runs}");
            assert!(cost(z_order).runs > runs);
            assert!((cost(row_order).runs - f64::from(height)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_piece_of_a_curve_is_a_square() {
        // A window of 8 meets one square of 8 in a row of tiles if it starts with it, and two otherwise.
        let starts = f64::from(57 - 8) * 2.0 + 8.0;
        let expected = (starts / 57.0).powi(2);
        for order in [z_order, hilbert] {
            assert!((window_cost(order, 6, (8, 8), 64).pieces - expected).abs() < 1e-12);
        }
        assert!((window_cost(row_order, 6, (8, 8), 64).pieces - 8.0).abs() < 1e-12);
        assert_eq!(z_order((1 << 31) - 1, (1 << 31) - 1, 31), (1 << 62) - 1);
    }

    #[test]
    #[should_panic(expected = "is not in a map of 3 bits")]
    fn a_tile_outside_is_refused() {
        let _ = hilbert(8, 0, 3);
    }
}
