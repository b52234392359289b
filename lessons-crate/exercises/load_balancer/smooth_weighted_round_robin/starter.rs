use check::load_balancer::smooth_weighted_round_robin::*;

struct SmoothWrr {
    weights: Vec<u32>,
    // TODO: what else must be remembered between two picks?
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.to_vec() }
    }

    /// The next backend; none when no backend has a weight above 0.
    fn next(&mut self) -> Option<usize> {
        todo!("earn, pick, pay")
    }

    /// Changes a weight from the next pick on; nothing else changes.
    fn set_weight(&mut self, backend: usize, weight: u32) {
        todo!()
    }
}
