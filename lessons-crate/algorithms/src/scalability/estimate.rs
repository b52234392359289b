//! Estimates on the back of an envelope: units, and availability in nines.
//!
//! # Sources
//!
//! J. Bentley, "The Back of the Envelope", Communications of the ACM 27(3), 1984, for the method. B. Beyer
//! et al. (eds.), "Site Reliability Engineering", O'Reilly, 2016, appendix A, for the table of nines.

/// Seconds in a day: 86,400. For an estimate 100,000 will do, which is 16% too many.
pub const SECONDS_PER_DAY: f64 = 86_400.0;
/// Seconds in a mean year of the Gregorian calendar, 365.2425 days: about π times ten million.
pub const SECONDS_PER_YEAR: f64 = 365.2425 * SECONDS_PER_DAY;

/// The mean rate per second of so many requests a day.
///
/// # Examples
///
/// ```
/// use lessons::scalability::estimate;
///
/// // A million a day is 12 per second; what the servers must stand is the peak, often several times that.
/// assert_eq!(estimate::per_second(1e6).round(), 12.0);
/// ```
pub fn per_second(per_day: f64) -> f64 {
    per_day / SECONDS_PER_DAY
}

/// The bytes that `per_second` items of `size` bytes each fill in `seconds`, stored `copies` times.
///
/// # Examples
///
/// ```
/// use lessons::scalability::estimate::{SECONDS_PER_YEAR, format_bytes, stored_bytes};
///
/// let year = stored_bytes(500.0, 1_000.0, SECONDS_PER_YEAR, 3.0);
/// assert_eq!(format_bytes(year), "47.3 TB");
/// ```
pub fn stored_bytes(per_second: f64, size: f64, seconds: f64, copies: f64) -> f64 {
    per_second * size * seconds * copies
}

/// What `amount` costs where the price falls with the amount: each tier is (how much of it, price of one), in
/// order, and the last price holds for all that is left.
///
/// # Examples
///
/// ```
/// use lessons::scalability::estimate::tiered;
///
/// // The first ten at 9 cents, all others at 5.
/// assert_eq!(tiered(30.0, &[(10.0, 9.0), (f64::INFINITY, 5.0)]), 190.0);
/// assert_eq!(tiered(30.0, &[(10.0, 9.0)]), 270.0);
/// ```
pub fn tiered(amount: f64, tiers: &[(f64, f64)]) -> f64 {
    let (mut left, mut total, mut last) = (amount, 0.0, 0.0);
    for &(size, price) in tiers {
        let taken = left.min(size);
        (left, total, last) = (left - taken, total + taken * price, price);
    }
    total + left * last
}

/// Bytes in decimal units of three digits: kB is 1,000 bytes, as in network rates and on disks. Memory is
/// sold in binary units; KiB is 1,024 bytes, and a TiB is 10% more than a TB.
///
/// # Examples
///
/// ```
/// use lessons::scalability::estimate::format_bytes;
///
/// assert_eq!([950.0, 1_500.0, 2e12].map(format_bytes), ["950 B", "1.50 kB", "2.00 TB"]);
/// ```
pub fn format_bytes(bytes: f64) -> String {
    const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    let mut value = bytes;
    let mut unit = 0;
    // 999.5 would be printed as 1000.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let digits = match value {
        _ if unit == 0 => 0,
        _ if value < 9.995 => 2,
        _ if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// The share of time (0 to 1) that a part, or a system of parts, is up.
///
/// Combining parts takes them as failing independently. Parts that share a rack, a deployment or a bug
/// do not, so the result is the best case.
///
/// # Examples
///
/// ```
/// use lessons::scalability::estimate::Availability;
///
/// let server = Availability(0.99);
/// // Both of two copies must be down; but a request needs the balancer and the database, too.
/// let pair = Availability::in_parallel(&[server, server]);
/// let service = Availability::in_series(&[Availability::nines(4.0), pair, Availability::nines(3.0)]);
/// assert_eq!((pair.0 * 1e4).round(), 9_999.0);
/// assert!(service.0 < 0.999);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Availability(
    /// From 0, never up, to 1, always up.
    pub f64,
);

impl Availability {
    /// So many nines: 3 is 99.9%.
    pub fn nines(nines: f64) -> Self {
        Self(1.0 - 10f64.powf(-nines))
    }

    /// How many nines it has: 2 for 99%, 2.3 for 99.5%, and infinitely many when it is always up.
    pub fn count_nines(self) -> f64 {
        -(1.0 - self.0).log10()
    }

    /// The seconds it is down in so many.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::scalability::estimate::{Availability, SECONDS_PER_YEAR};
    ///
    /// // Three nines: eight hours and three quarters in a year.
    /// let hours = Availability::nines(3.0).downtime(SECONDS_PER_YEAR) / 3_600.0;
    /// assert_eq!((hours * 100.0).round(), 877.0);
    /// ```
    pub fn downtime(self, seconds: f64) -> f64 {
        (1.0 - self.0) * seconds
    }

    /// All parts are needed: the product.
    pub fn in_series(parts: &[Self]) -> Self {
        Self(parts.iter().map(|part| part.0).product())
    }

    /// Any one of the parts is enough: it is down when all are.
    pub fn in_parallel(parts: &[Self]) -> Self {
        Self(1.0 - parts.iter().map(|part| 1.0 - part.0).product::<f64>())
    }

    /// At least `needed` of `copies` equal parts must be up, as in a majority of replicas. O(copies²).
    pub fn at_least(needed: usize, copies: usize, part: Self) -> Self {
        // How likely it is that k of the parts looked at so far are up.
        let mut up = vec![0.0; copies + 1];
        up[0] = 1.0;
        for _ in 0..copies {
            for k in (0..=copies).rev() {
                up[k] = up[k] * (1.0 - part.0) + if k > 0 { up[k - 1] * part.0 } else { 0.0 };
            }
        }
        Self(up.iter().skip(needed).sum())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_nines() {
        // Site Reliability Engineering, table A-1, per year of 365 days.
        let year = 365.0 * SECONDS_PER_DAY;
        for (percent, seconds) in [
            (90.0, 36.5 * 86_400.0),
            (99.0, 3.65 * 86_400.0),
            (99.9, 8.76 * 3_600.0),
            (99.99, 52.56 * 60.0),
            (99.999, 5.256 * 60.0),
        ] {
            let availability = Availability(percent / 100.0);
            assert!((availability.downtime(year) / seconds - 1.0).abs() < 1e-9, "{percent}");
        }
        assert!((Availability(0.995).count_nines() - 2.301).abs() < 1e-3);
    }

    #[test]
    fn bytes_never_show_four_digits() {
        let shown = [0.0, 999.4, 999.5, 9_994.0, 9_996.0, 99_960.0, 999_499.0, 999_500.0].map(format_bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.00 kB", "9.99 kB", "10.0 kB", "100 kB", "999 kB", "1.00 MB"]);
    }

    proptest! {
        #[test]
        fn at_least_counts_every_case(needed in 0usize..8, copies in 1usize..8, up in 0.0..1.0f64) {
            let chance = |state: u32| {
                let ups = state.count_ones();
                up.powi(ups as i32) * (1.0 - up).powi(copies as i32 - ups as i32)
            };
            let states = (0..1u32 << copies).filter(|state| state.count_ones() as usize >= needed);
            let expected: f64 = states.map(chance).sum();
            prop_assert!((Availability::at_least(needed, copies, Availability(up)).0 - expected).abs() < 1e-12);
        }

        #[test]
        fn series_and_parallel_are_all_and_any(up in 0.0..1.0f64, copies in 1usize..8) {
            let parts = vec![Availability(up); copies];
            let (all, any) = (Availability::in_series(&parts), Availability::in_parallel(&parts));
            prop_assert!((all.0 - Availability::at_least(copies, copies, Availability(up)).0).abs() < 1e-12);
            prop_assert!((any.0 - Availability::at_least(1, copies, Availability(up)).0).abs() < 1e-12);
            prop_assert!((Availability::nines(any.count_nines()).0 - any.0).abs() < 1e-9);
        }
    }
}
