use check::sketch::growing_filter::*;

struct Growing {
    stages: Vec<BloomFilter>,
    /// Keys that the newest stage was made for, and those that it can still take.
    capacity: u64,
    room: u64,
    /// Rate of the newest stage.
    rate: f64,
}

impl Growing {
    fn stage(capacity: u64, rate: f64) -> BloomFilter {
        BloomFilter::with_capacity(capacity, rate).expect("a valid rate and capacity")
    }
}

impl GrowingExercise for Growing {
    fn with_first(first: usize, rate: f64) -> Self {
        let (capacity, rate) = (first as u64, rate / 2.0);
        Growing { stages: vec![Self::stage(capacity, rate)], capacity, room: capacity, rate }
    }

    fn insert(&mut self, key: u64) {
        if self.may_contain(key) {
            return;
        }
        if self.room == 0 {
            self.capacity *= 2;
            self.rate /= 2.0;
            self.room = self.capacity;
            self.stages.push(Self::stage(self.capacity, self.rate));
        }
        self.room -= 1;
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
