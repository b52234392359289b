//! A new version for a few, always the same few.

use crate::hash::{hash_str, mix64};

/// Whether this consumer is among the `share` (0 to 1) that gets the new version of this rule.
///
/// It depends on nothing but the two names: the same answer in every gateway and after every restart, without a
/// word between them. A larger share keeps everyone who was in the smaller one. Different rules choose different
/// consumers, so that no one is the test person of everything. O(length of the names).
///
/// # Examples
///
/// ```
/// use lessons::gateway::canary;
///
/// let chosen = (0..10_000).filter(|user| canary::is_chosen(&format!("user-{user}"), "orders", 0.05)).count();
/// assert!((430..570).contains(&chosen)); // 500, give or take 3 standard deviations of 22.
/// ```
pub fn is_chosen(consumer: &str, rule: &str, share: f64) -> bool {
    let hash = mix64(hash_str(consumer, hash_str(rule, 0)));
    // 53 bits fill a float exactly.
    ((hash >> 11) as f64 / (1u64 << 53) as f64) < share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(rule: &str, share: f64) -> Vec<u64> {
        (0..20_000).filter(|user| is_chosen(&format!("user-{user}"), rule, share)).collect()
    }

    #[test]
    fn shares_are_as_asked_and_grow_without_moving_anyone() {
        assert_eq!((chosen("a", 0.0).len(), chosen("a", 1.0).len()), (0, 20_000));
        let mut before = Vec::new();
        for share in [0.01, 0.1, 0.5, 0.9] {
            let now = chosen("a", share);
            let expected = 20_000.0 * share;
            let deviation = (expected * (1.0 - share)).sqrt();
            assert!((now.len() as f64 - expected).abs() < 4.0 * deviation, "{} of {expected}", now.len());
            assert!(before.iter().all(|user| now.binary_search(user).is_ok()));
            before = now;
        }
    }

    #[test]
    fn rules_choose_independently() {
        let other = chosen("b", 0.1);
        let both = chosen("a", 0.1).iter().filter(|user| other.binary_search(user).is_ok()).count();
        // One in a hundred: 200, with a standard deviation of 14.
        assert!((140..260).contains(&both), "{both}");
    }
}
