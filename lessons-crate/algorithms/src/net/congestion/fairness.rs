//! Two senders, one link: which rules lead to equal shares.

/// What a sender does with its rate, after a round trip without loss and after one with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adds `add`, or multiplies by `keep`: TCP.
    AddMultiply {
        /// Added when there was no loss.
        add: f64,
        /// What is left after a loss, as a share.
        keep: f64,
    },
    /// Adds `add`, or subtracts `subtract`.
    AddSubtract {
        /// Added when there was no loss.
        add: f64,
        /// Subtracted after a loss.
        subtract: f64,
    },
    /// Multiplies by `grow`, or by `keep`.
    MultiplyMultiply {
        /// A factor above 1.
        grow: f64,
        /// A factor below 1.
        keep: f64,
    },
}

impl Rule {
    fn next(self, rate: f64, over: bool) -> f64 {
        let next = match (self, over) {
            (Self::AddMultiply { add, .. } | Self::AddSubtract { add, .. }, false) => rate + add,
            (Self::MultiplyMultiply { grow, .. }, false) => rate * grow,
            (Self::AddMultiply { keep, .. } | Self::MultiplyMultiply { keep, .. }, true) => rate * keep,
            (Self::AddSubtract { subtract, .. }, true) => rate - subtract,
        };
        next.max(0.0)
    }
}

/// The rates of two senders over a link of this capacity, round trip after round trip. Both hear of a loss whenever
/// their sum is above the capacity. O(rounds).
///
/// # Examples
///
/// ```
/// use lessons::net::fairness::{Rule, jain_index, two_flows};
///
/// let tcp = Rule::AddMultiply { add: 1.0, keep: 0.5 };
/// let last = *two_flows(tcp, (5.0, 80.0), 100.0, 500).last().unwrap();
/// assert!(jain_index(&[last.0, last.1]) > 0.999);
/// ```
///
/// # Sources
///
/// D.-M. Chiu and R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
/// Networks", Computer Networks and ISDN Systems 17(1), 1989, doi:10.1016/0169-7552(89)90019-6.
pub fn two_flows(rule: Rule, start: (f64, f64), capacity: f64, rounds: usize) -> Vec<(f64, f64)> {
    let mut rates = vec![start];
    let (mut one, mut other) = start;
    for _ in 0..rounds {
        let over = one + other > capacity;
        (one, other) = (rule.next(one, over), rule.next(other, over));
        rates.push((one, other));
    }
    rates
}

/// How equal shares are: (Σx)² / (n Σx²), from 1/n (one has everything) to 1 (all have the same). 1 for no shares, or
/// when all are 0. O(n).
///
/// # Sources
///
/// R. Jain, D.-M. Chiu and W. Hawe, "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in
/// Shared Computer Systems", DEC Research Report TR-301, 1984.
pub fn jain_index(shares: &[f64]) -> f64 {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_has_its_ends() {
        assert_eq!(jain_index(&[3.0, 3.0, 3.0]), 1.0);
        assert_eq!(jain_index(&[9.0, 0.0, 0.0]), 1.0 / 3.0);
        assert_eq!(jain_index(&[]), 1.0);
    }

    #[test]
    fn only_add_and_multiply_becomes_fair() {
        let start = (5.0, 80.0);
        let last = |rule| *two_flows(rule, start, 100.0, 2_000).last().expect("rates");
        let (one, other) = last(Rule::AddMultiply { add: 1.0, keep: 0.5 });
        assert!(jain_index(&[one, other]) > 0.999_9);
        // The difference stays.
        let (one, other) = last(Rule::AddSubtract { add: 1.0, subtract: 2.0 });
        assert!((other - one - 75.0).abs() < 1e-9);
        // The ratio stays.
        let (one, other) = last(Rule::MultiplyMultiply { grow: 1.05, keep: 0.5 });
        assert!((other / one - 16.0).abs() < 1e-9);
    }
}
