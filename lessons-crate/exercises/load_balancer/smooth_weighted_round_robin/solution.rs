use check::load_balancer::smooth_weighted_round_robin::*;

struct SmoothWrr {
    weights: Vec<u32>,
    /// What each backend has earned and not yet paid; the sum is 0 between picks.
    credits: Vec<i64>,
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.to_vec(), credits: vec![0; weights.len()] }
    }

    fn next(&mut self) -> Option<usize> {
        let total: i64 = self.weights.iter().map(|&weight| i64::from(weight)).sum();
        let mut best: Option<usize> = None;
        for i in 0..self.weights.len() {
            if self.weights[i] > 0 {
                self.credits[i] += i64::from(self.weights[i]);
                if best.is_none_or(|best| self.credits[i] > self.credits[best]) {
                    best = Some(i);
                }
            }
        }
        let best = best?;
        self.credits[best] -= total;
        Some(best)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
