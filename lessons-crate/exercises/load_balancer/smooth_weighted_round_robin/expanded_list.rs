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
        let mut list = Vec::new();
        for (backend, &weight) in self.weights.iter().enumerate() {
            for _ in 0..weight {
                list.push(backend);
            }
        }
        if list.is_empty() {
            return None;
        }
        let picked = list[self.position % list.len()];
        self.position += 1;
        Some(picked)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
