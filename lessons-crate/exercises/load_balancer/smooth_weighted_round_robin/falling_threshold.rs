use check::load_balancer::smooth_weighted_round_robin::*;

struct SmoothWrr {
    weights: Vec<u32>,
    position: usize,
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.to_vec(), position: 0 }
    }

    fn next(&mut self) -> Option<usize> {
        let mut cycle = Vec::new();
        for threshold in (1..=self.weights.iter().copied().max()?).rev() {
            for (backend, &weight) in self.weights.iter().enumerate() {
                if weight >= threshold {
                    cycle.push(backend);
                }
            }
        }
        if cycle.is_empty() {
            return None;
        }
        let picked = cycle[self.position % cycle.len()];
        self.position += 1;
        Some(picked)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
