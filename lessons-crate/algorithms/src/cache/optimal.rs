//! What no policy can beat: the one that knows the future.

use std::collections::{BTreeMap, BinaryHeap};

use super::eviction::{count, warm_ratio};
use super::policy::checked;
use crate::interrupt::checkpoint;

/// For each request of the trace whether its key is in a cache that always evicts the key which is asked for again
/// latest, or never.
///
/// No policy that stores every missed key hits more often; it needs the whole trace in advance, so it is a
/// measure and not a policy.
///
/// # Complexity
///
/// O(n log n) for n requests, and memory in proportion to n.
///
/// # Panics
///
/// When the capacity is 0.
///
/// # Sources
///
/// L. A. Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems Journal 5(2), 1966,
/// doi:10.1147/sj.52.0078 (MIN).
pub fn replay(capacity: usize, trace: &[u64]) -> Vec<bool> {
    checked(capacity);
    let next_use = next_uses(trace);
    // When each stored key is asked for next; and the same as a heap, in which old entries linger.
    let mut stored: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_next_use = BinaryHeap::new();
    let mut request = |(now, &key): (usize, &u64)| {
        checkpoint();
        let hit = stored.contains_key(&key);
        if !hit && stored.len() == capacity {
            while let Some((time, key)) = by_next_use.pop() {
                if stored.get(&key) == Some(&time) {
                    stored.remove(&key);
                    break;
                }
            }
        }
        stored.insert(key, next_use[now]);
        by_next_use.push((next_use[now], key));
        hit
    };
    trace.iter().enumerate().map(&mut request).collect()
}

/// How many requests of the trace find their key, in a cache that starts empty.
///
/// # Panics
///
/// When the capacity is 0.
pub fn hits(capacity: usize, trace: &[u64]) -> usize {
    count(&replay(capacity, trace))
}

/// The share of requests that find their key, from 0 to 1, not counting the first tenth of the trace.
///
/// # Panics
///
/// When the capacity is 0.
pub fn hit_ratio(capacity: usize, trace: &[u64]) -> f64 {
    warm_ratio(&replay(capacity, trace))
}

/// For each request when its key is asked for next; the length of the trace when never.
fn next_uses(trace: &[u64]) -> Vec<usize> {
    let mut next = BTreeMap::new();
    let mut uses = vec![trace.len(); trace.len()];
    for (now, key) in trace.iter().enumerate().rev() {
        if let Some(later) = next.insert(key, now) {
            uses[now] = later;
        }
    }
    uses
}
