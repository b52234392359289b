//! Retries as a share of requests.

/// A budget of retries: each request puts a share of a retry into it, each retry takes one out. So over any time
/// there are at most `ratio` times as many retries as requests, plus the reserve: when little fails, everything is
/// tried again; when everything fails, hardly anything is, and the server has a chance to recover.
///
/// Counted in thousandths of a retry, exactly. O(1).
///
/// # Sources
///
/// Twitter, Finagle, `RetryBudget` (2015); B. Beyer et al., "Site Reliability Engineering", 2016, chapter 21
/// ("Handling Overload": a per-client budget of 10%).
///
/// # Examples
///
/// ```
/// use lessons::resilience::RetryBudget;
///
/// let mut budget = RetryBudget::new(0.1, 1);
/// assert!(budget.try_retry() && !budget.try_retry());
/// for _ in 0..10 {
///     budget.request();
/// }
/// assert!(budget.try_retry());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    /// What each request puts in, in thousandths of a retry.
    deposit: u64,
    /// What can be saved up. Invariant: `level` is never above.
    most: u64,
    level: u64,
}

impl RetryBudget {
    /// A budget of `ratio` retries per request (0.1 is 10%), rounded to thousandths, which begins with `reserve`
    /// retries and saves up no more than that, or 10 requests' worth if that is more.
    ///
    /// # Panics
    ///
    /// When the ratio is below 0 or above 10.
    pub fn new(ratio: f64, reserve: u32) -> Self {
        assert!((0.0..=10.0).contains(&ratio), "a ratio of retries is from 0 to 10, not {ratio}");
        let deposit = (ratio * 1_000.0).round() as u64;
        let level = u64::from(reserve) * 1_000;
        Self { deposit, most: level.max(10 * deposit), level }
    }

    /// Counts a request that is sent for the first time.
    pub fn request(&mut self) {
        self.level = (self.level + self.deposit).min(self.most);
    }

    /// Takes one retry out; false when there is none left: then the failure is passed on.
    pub fn try_retry(&mut self) -> bool {
        let left = self.level.checked_sub(1_000);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Never more retries than the share of the requests and the reserve, in any stretch of time.
        #[test]
        fn retries_are_bounded_everywhere(
            steps in prop::collection::vec(any::<bool>(), 1..300),
            ratio in 0.0..2.0f64,
            reserve in 0u32..5,
        ) {
            let mut budget = RetryBudget::new(ratio, reserve);
            let saved = f64::from(reserve).max(10.0 * ratio) + 1e-3 * 10.0;
            let outcomes: Vec<(bool, bool)> = steps.iter().map(|&is_request| {
                if is_request { budget.request() }
                (is_request, !is_request && budget.try_retry())
            }).collect();
            for from in 0..outcomes.len() {
                let (mut requests, mut retries) = (0.0, 0.0);
                for &(is_request, retried) in &outcomes[from..] {
                    requests += f64::from(u8::from(is_request));
                    retries += f64::from(u8::from(retried));
                    prop_assert!(retries <= (ratio + 5e-4) * requests + saved);
                }
            }
        }
    }

    #[test]
    fn with_few_failures_all_are_tried_again() {
        let mut budget = RetryBudget::new(0.1, 10);
        for number in 0..10_000 {
            budget.request();
            if number % 20 == 0 {
                assert!(budget.try_retry());
            }
        }
    }
}
