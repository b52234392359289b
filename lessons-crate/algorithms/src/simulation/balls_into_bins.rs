//! Balls into bins: the smallest model of load balancing.

use crate::interrupt;
use crate::load_balancer::Balancer;
use crate::load_balancer::Request;
use crate::rng::Rng;

/// The fullest bin after `n` balls were thrown into `n` bins, each into the emptiest of `choices` bins
/// drawn at random. O(n · choices), 4 bytes per bin.
///
/// The draws are with replacement, as in the theorem.
///
/// # Panics
///
/// When there is no bin or no choice.
///
/// # Sources
///
/// Y. Azar et al., "Balanced Allocations", SIAM Journal on Computing 29(1), 1999,
/// doi:10.1137/S0097539795288490.
///
/// # Examples
///
/// ```
/// use lessons::simulation::max_load;
///
/// assert!(max_load(100_000, 2, 1) < max_load(100_000, 1, 1));
/// ```
pub fn max_load(n: usize, choices: u32, seed: u64) -> u32 {
    assert!(n > 0 && choices > 0, "there must be a bin and a choice");
    let mut rng = Rng::new(seed);
    let mut bins = vec![0u32; n];
    let mut fullest = 0;
    for ball in 0..n {
        if ball % 1024 == 0 {
            interrupt::checkpoint();
        }
        let mut best = rng.index(n);
        for _ in 1..choices {
            let other = rng.index(n);
            if bins[other] < bins[best] {
                best = other;
            }
        }
        bins[best] += 1;
        fullest = fullest.max(bins[best]);
    }
    fullest
}

/// The fullest backend after a policy placed this many requests that never end.
///
/// # Panics
///
/// When the policy picks a backend that does not exist.
pub fn max_load_of(balancer: &mut dyn Balancer, backends: usize, requests: usize) -> u64 {
    let mut loads = vec![0; backends];
    let mut rng = Rng::new(35);
    for number in 0..requests {
        if number % 1024 == 0 {
            interrupt::checkpoint();
        }
        let request = Request { key: rng.next_u64(), ..Request::default() };
        let backend = balancer.pick(&request);
        balancer.started(backend);
        loads[backend] += 1;
    }
    loads.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_balancer::PowerOfTwoChoices;

    #[test]
    fn the_second_choice_is_the_one_that_counts() {
        let worst = |choices| (0..2).map(|seed| max_load(500_000, choices, seed)).max();
        assert!((8..=10).contains(&worst(1).unwrap()), "{:?}", worst(1));
        assert_eq!(worst(2), Some(4));
        assert_eq!(worst(3), Some(3));
    }

    #[test]
    fn the_policy_does_it_too() {
        assert!(max_load_of(&mut PowerOfTwoChoices::new(100_000), 100_000, 100_000) <= 4);
    }
}
