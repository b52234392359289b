//! Formulas of quorums: overlap, availability and latency.

/// The smallest number of replicas of which any two sets overlap: more than half.
pub fn majority(replicas: usize) -> usize {
    replicas / 2 + 1
}

/// Whether every R replicas and every W replicas have one in common: R + W > N.
pub fn is_strict(n: usize, r: usize, w: usize) -> bool {
    r + w > n
}

/// The number of ways to choose `k` of `n`.
fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    (0..k).map(|i| (n - i) as f64 / (k - i) as f64).product()
}

/// The probability that R random replicas contain none of the W that stored the last write:
/// C(N - W, R) / C(N, R). Zero when R + W > N.
///
/// # Panics
///
/// When R is greater than N.
///
/// # Sources
///
/// P. Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8), 2012,
/// doi:10.14778/2212351.2212359.
///
/// # Examples
///
/// ```
/// use lessons::replication::quorum;
///
/// assert!((quorum::miss_probability(3, 1, 1) - 2.0 / 3.0).abs() < 1e-12);
/// assert_eq!(quorum::miss_probability(3, 2, 2), 0.0);
/// ```
pub fn miss_probability(n: usize, r: usize, w: usize) -> f64 {
    assert!(r <= n, "R = {r} is more than N = {n}");
    choose(n.saturating_sub(w), r) / choose(n, r)
}

/// The probability that at least `needed` of `n` replicas are up, when each is up with probability `up`,
/// independently of the others. Real replicas fail together more often than that.
///
/// # Sources
///
/// D. K. Gifford, "Weighted Voting for Replicated Data", SOSP 1979, doi:10.1145/800215.806583.
///
/// # Examples
///
/// ```
/// use lessons::replication::quorum;
///
/// assert!((quorum::availability(3, 2, 0.99) - 0.999_702).abs() < 1e-9);
/// assert!((quorum::availability(5, 3, 0.99) - 0.999_990_15).abs() < 1e-8);
/// ```
pub fn availability(n: usize, needed: usize, up: f64) -> f64 {
    let exactly = |k: usize| choose(n, k) * up.powi(k as i32) * (1.0 - up).powi((n - k) as i32);
    (needed..=n).map(exactly).sum()
}

/// The mean of the time until `needed` of `n` replicas have answered, when their times are independent and
/// exponential with this mean: mean (1/n + 1/(n-1) + ... + 1/(n-needed+1)).
///
/// # Panics
///
/// When `needed` is greater than `n`.
///
/// # Sources
///
/// A. Rényi, "On the Theory of Order Statistics", Acta Mathematica Academiae Scientiarum Hungaricae 4, 1953,
/// doi:10.1007/BF02127580.
///
/// # Examples
///
/// ```
/// use lessons::replication::quorum;
///
/// let means: Vec<String> = (1..=3).map(|w| format!("{:.3}", quorum::mean_wait(3, w, 1.0))).collect();
/// assert_eq!(means, ["0.333", "0.833", "1.833"]);
/// ```
pub fn mean_wait(n: usize, needed: usize, mean: f64) -> f64 {
    assert!(needed <= n, "{needed} answers of only {n} replicas");
    (n - needed + 1..=n).map(|left| mean / left as f64).sum()
}

/// The probability that fewer than `needed` of `n` independent answers have come, when each has come with
/// probability `share`: the tail of a quorum's latency at the time by which that share of single answers is
/// there.
pub fn still_waiting(n: usize, needed: usize, share: f64) -> f64 {
    1.0 - availability(n, needed, share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::stats::proportion_error;
    use proptest::prelude::*;

    #[test]
    fn random_sets_miss_each_other_as_often_as_the_formula_says() {
        let mut rng = Rng::new(71);
        for (n, r, w) in [(3, 1, 1), (5, 2, 2), (5, 1, 3), (7, 3, 2), (5, 3, 3)] {
            let trials = 40_000;
            let mut replicas: Vec<usize> = (0..n).collect();
            let misses = (0..trials).filter(|_| {
                rng.shuffle(&mut replicas);
                // The first W got the write.
                let written = &replicas[..w].to_vec();
                rng.shuffle(&mut replicas);
                replicas[..r].iter().all(|replica| !written.contains(replica))
            });
            let (found, theory) = (misses.count() as f64 / f64::from(trials), miss_probability(n, r, w));
            assert!(
                (found - theory).abs() <= 4.0 * proportion_error(theory, trials as u64),
                "{n} {r} {w}: {found}"
            );
        }
    }

    #[test]
    fn the_wait_for_a_quorum_is_an_order_statistic() {
        let mut rng = Rng::new(72);
        let trials = 50_000;
        for needed in 1..=5 {
            let (mut sum, mut late) = (0.0, 0u64);
            for _ in 0..trials {
                let mut times: Vec<f64> = (0..5).map(|_| rng.exponential(2.0)).collect();
                times.sort_unstable_by(f64::total_cmp);
                sum += times[needed - 1];
                late += u64::from(times[needed - 1] > 3.0);
            }
            let mean = sum / f64::from(trials);
            // The standard deviation is at most that of the slowest, below 2.5.
            assert!((mean - mean_wait(5, needed, 2.0)).abs() < 4.0 * 2.5 / f64::from(trials).sqrt());
            let theory = still_waiting(5, needed, 1.0 - (-1.5f64).exp());
            let found = late as f64 / f64::from(trials);
            assert!(
                (found - theory).abs() < 4.0 * proportion_error(theory, trials as u64),
                "{needed}: {found}"
            );
        }
    }

    proptest! {
        #[test]
        fn strict_quorums_never_miss_and_others_sometimes_do(n in 1usize..12, r in 1usize..12, w in 1usize..12) {
            prop_assume!(r <= n && w <= n);
            prop_assert_eq!(miss_probability(n, r, w) == 0.0, is_strict(n, r, w));
            prop_assert!(is_strict(n, majority(n), majority(n)));
        }
    }
}
