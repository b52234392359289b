//! Which few backends a client should know.

use crate::rng::Rng;

/// The backends that a client connects to when it should not know them all: deterministic subsetting.
///
/// Clients are numbered from 0. Every `backends / size` of them form a round, which deals all the backends
/// out in an order of its own. So each backend gets the same number of clients, up to one per round, and
/// when a backend dies, its clients are not all the same ones as those of another. When `size` does not
/// divide `backends`, the last ones of each round's order get no client of that round. O(backends).
///
/// # Panics
///
/// When `size` is 0 or above `backends`.
///
/// # Sources
///
/// B. Beyer et al. (eds.), "Site Reliability Engineering", O'Reilly 2016, chapter 20, "A Subset Selection
/// Algorithm: Deterministic Subsetting".
///
/// # Examples
///
/// ```
/// use lessons::load_balancer::subset;
///
/// let mut clients = vec![0; 12];
/// for client in 0..40 {
///     for backend in subset(client, 12, 3) {
///         clients[backend] += 1;
///     }
/// }
/// assert_eq!(clients, [10; 12]);
/// ```
pub fn subset(client: u64, backends: usize, size: usize) -> Vec<usize> {
    assert!((1..=backends).contains(&size), "a subset has from 1 to {backends} backends, not {size}");
    let subsets = (backends / size) as u64;
    let mut order: Vec<usize> = (0..backends).collect();
    Rng::new(client / subsets).shuffle(&mut order);
    let start = (client % subsets) as usize * size;
    order[start..start + size].to_vec()
}

/// The simple alternative: each client draws its backends at random, and some backends get too many.
///
/// # Panics
///
/// When `size` is above `backends`.
pub fn random_subset(client: u64, backends: usize, size: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..backends).collect();
    Rng::new(client).split().shuffle(&mut order);
    order[..size].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients_of(choose: fn(u64, usize, usize) -> Vec<usize>, clients: u64) -> Vec<u64> {
        let mut counts = vec![0; 300];
        for client in 0..clients {
            for backend in choose(client, 300, 30) {
                counts[backend] += 1;
            }
        }
        counts
    }

    #[test]
    fn every_backend_gets_the_same_number_of_clients() {
        assert!(clients_of(subset, 300).iter().all(|&count| count == 30));
        // A round that is not full: ten clients deal each backend out once.
        let counts = clients_of(subset, 305);
        assert!(counts.iter().all(|&count| count == 30 || count == 31));
        // The figure of the book for random subsets is 50% to 150% of the mean; with 300 clients here:
        let random = clients_of(random_subset, 300);
        assert!(random.iter().min() < Some(&20) && random.iter().max() > Some(&40));
    }

    #[test]
    fn a_subset_has_different_backends_and_stays() {
        for client in 0..50 {
            let mut chosen = subset(client, 100, 7);
            assert_eq!(chosen, subset(client, 100, 7));
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), 7);
        }
    }
}
