use check::sketch::growing_filter::*;

struct Growing {
    stages: Vec<BloomFilter>,
    /// Keys that the newest stage was made for, and those that it can still take.
    capacity: u64,
    room: u64,
    /// Rate of the newest stage.
    rate: f64,
}

impl GrowingExercise for Growing {
    fn with_first(first: usize, rate: f64) -> Self {
        let capacity = first as u64;
        // TODO: `rate` is for all stages together. Which rate may the first one have?
        let stage = BloomFilter::with_capacity(capacity, rate).expect("a valid rate and capacity");
        Growing { stages: vec![stage], capacity, room: capacity, rate }
    }

    fn insert(&mut self, key: u64) {
        // TODO: when there is no room, add a stage. How large? With which rate?
        self.stages.last_mut().expect("never empty").insert(key);
    }

    fn may_contain(&self, key: u64) -> bool {
        self.stages.iter().any(|stage| stage.may_contain(key))
    }

    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn size_bits(&self) -> usize {
        self.stages.iter().map(|stage| stage.size_bits() as usize).sum()
    }
}
