//! DNS as a load balancer: the answer rotates, and resolvers keep it.

use crate::dist::Zipf;
use crate::interrupt;
use crate::rng::Rng;

/// Clients behind resolvers, which ask a name server that gives the next address to each question.
///
/// A resolver keeps an answer for the time to live, and gives all its clients the same address until then.
/// So the requests are balanced per question, not per request: a big resolver is one big client.
///
/// # Sources
///
/// T. Brisco, "DNS Support for Load Balancing", RFC 1794, 1995.
///
/// # Examples
///
/// ```
/// use lessons::simulation::DnsRotation;
///
/// let even = DnsRotation { popularity: 0.0, ..DnsRotation::new(4) };
/// let skewed = DnsRotation { popularity: 1.5, ..DnsRotation::new(4) };
/// assert!(even.imbalance() < skewed.imbalance());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DnsRotation {
    /// How many addresses the name has.
    pub backends: usize,
    /// How many resolvers ask for it.
    pub resolvers: usize,
    /// How unequal the resolvers are: the exponent of the Zipf law of their traffic. 0 is equal.
    pub popularity: f64,
    /// How long an answer is kept, in seconds.
    pub ttl: f64,
    /// Requests of all clients, per second.
    pub rate: f64,
    /// The length of the run, in seconds.
    pub duration: f64,
    /// How long one measurement of the shares lasts, in seconds.
    pub window: f64,
    /// The randomness of arrivals and of resolvers.
    pub seed: u64,
}

impl DnsRotation {
    /// So many addresses with a time to live of 60 s, 1,000 resolvers that follow the classic Zipf law,
    /// 100 requests per second for an hour, measured every 10 s.
    pub fn new(backends: usize) -> Self {
        Self {
            backends,
            resolvers: 1_000,
            popularity: 1.0,
            ttl: 60.0,
            rate: 100.0,
            duration: 3_600.0,
            window: 10.0,
            seed: 35,
        }
    }

    /// The load of the busiest backend in a window as a multiple of the mean, averaged over the windows.
    ///
    /// With n backends, 1 is even and n is everything at one.
    ///
    /// # Panics
    ///
    /// When there is no backend or no resolver, or the rate or the window is not above 0.
    pub fn imbalance(&self) -> f64 {
        let windows = self.windows(&mut |_, _| ());
        let ratios = windows.iter().filter_map(|counts| {
            let (most, total) = (counts.iter().max()?, counts.iter().sum::<u64>());
            (total > 0).then(|| *most as f64 * self.backends as f64 / total as f64)
        });
        crate::stats::mean(&ratios.collect::<Vec<f64>>())
    }

    /// The share of the requests that still go to backend 0 after its address was taken out of the name at
    /// time `at`, for each window from then on: `(seconds since then, share)`.
    ///
    /// # Panics
    ///
    /// When there are fewer than two backends, or as [`DnsRotation::imbalance`] does.
    pub fn after_removal(&self, at: f64) -> Vec<(f64, f64)> {
        assert!(self.backends > 1, "a name needs another address when one is taken out");
        let removed = &mut |time: f64, answer: &mut usize| {
            if time >= at && *answer == 0 {
                *answer = 1;
            }
        };
        let windows = self.windows(removed);
        let share = |counts: &Vec<u64>| counts[0] as f64 / counts.iter().sum::<u64>().max(1) as f64;
        let start = (at / self.window) as usize;
        let since = |(i, counts)| (i as f64 * self.window, share(counts));
        windows[start.min(windows.len())..].iter().enumerate().map(since).collect()
    }

    /// Requests of each backend in each window. `answer` may change what the name server says.
    fn windows(&self, answer: &mut dyn FnMut(f64, &mut usize)) -> Vec<Vec<u64>> {
        assert!(self.backends > 0 && self.rate > 0.0 && self.window > 0.0, "there must be some traffic");
        let popularity = Zipf::new(self.resolvers, self.popularity);
        let mut rng = Rng::new(self.seed);
        // What each resolver keeps, and until when.
        let mut caches = vec![(0usize, f64::NEG_INFINITY); self.resolvers];
        let mut windows = vec![vec![0; self.backends]; (self.duration / self.window).ceil() as usize];
        let mut next = 0;
        let mut time = 0.0;
        for request in 0u64.. {
            if request % 1024 == 0 {
                interrupt::checkpoint();
            }
            time += rng.exponential(1.0 / self.rate);
            let Some(counts) = windows.get_mut((time / self.window) as usize) else { break };
            let (backend, until) = &mut caches[popularity.sample(&mut rng)];
            if time >= *until {
                *backend = next;
                answer(time, backend);
                next = (next + 1) % self.backends;
                *until = time + self.ttl;
            }
            counts[*backend] += 1;
        }
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_caching_only_chance_is_left() {
        // A rotation per request: windows of 1,000 requests over 4 backends differ by one.
        let fresh = DnsRotation { ttl: 0.0, ..DnsRotation::new(4) };
        assert!(fresh.imbalance() < 1.01, "{}", fresh.imbalance());
    }

    #[test]
    fn the_skew_grows_with_the_time_to_live_and_with_big_resolvers() {
        let imbalance = |ttl, popularity| DnsRotation { ttl, popularity, ..DnsRotation::new(4) }.imbalance();
        assert!(imbalance(1.0, 1.0) < imbalance(10.0, 1.0));
        assert!(imbalance(10.0, 1.0) < imbalance(300.0, 1.0));
        assert!(imbalance(60.0, 0.0) < imbalance(60.0, 1.0));
        assert!(imbalance(60.0, 1.0) < imbalance(60.0, 2.0));
    }

    #[test]
    fn a_removed_address_is_used_until_the_last_cache_forgets_it() {
        let rotation = DnsRotation { ttl: 120.0, ..DnsRotation::new(4) };
        let shares = rotation.after_removal(1_200.0);
        assert!(shares[0].1 > 0.1, "{shares:?}");
        for &(since, share) in &shares {
            // The window that holds the last moment of the time to live may still see requests.
            assert!(since < 120.0 || share == 0.0, "{since} s: {share}");
        }
        assert_eq!(shares.len(), 240);
    }
}
