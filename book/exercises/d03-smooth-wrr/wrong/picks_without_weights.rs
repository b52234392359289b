struct SmoothWrr {
    weights: Vec<u32>,
    credits: Vec<i64>,
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.to_vec(), credits: vec![0; weights.len()] }
    }

    fn next(&mut self) -> Option<usize> {
        if self.weights.is_empty() {
            return None;
        }
        let total: i64 = self.weights.iter().map(|&weight| i64::from(weight)).sum();
        let mut best = 0;
        for i in 0..self.weights.len() {
            self.credits[i] += i64::from(self.weights[i]);
            if self.weights[best] == 0 || (self.weights[i] > 0 && self.credits[i] > self.credits[best]) {
                best = i;
            }
        }
        self.credits[best] -= total;
        Some(best)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
