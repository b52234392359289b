struct SmoothWrr {
    weights: Vec<u32>,
    credits: Vec<i64>,
}

impl SmoothWeighted for SmoothWrr {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.to_vec(), credits: vec![0; weights.len()] }
    }

    fn next(&mut self) -> Option<usize> {
        let total: i64 = self.weights.iter().map(|&weight| i64::from(weight)).sum();
        for (credit, &weight) in self.credits.iter_mut().zip(&self.weights) {
            *credit += i64::from(weight);
        }
        let in_service = (0..self.weights.len()).filter(|&i| self.weights[i] > 0);
        let best = in_service.max_by_key(|&i| self.credits[i])?;
        self.credits[best] -= total;
        Some(best)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}
