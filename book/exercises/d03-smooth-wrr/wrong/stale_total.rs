struct SmoothWrr {
    weights: Vec<u32>,
    credits: Vec<i64>,
    total: i64,
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        let total = weights.iter().map(|&weight| i64::from(weight)).sum();
        Self { weights: weights.to_vec(), credits: vec![0; weights.len()], total }
    }

    fn next(&mut self) -> Option<usize> {
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
        self.credits[best] -= self.total;
        Some(best)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
