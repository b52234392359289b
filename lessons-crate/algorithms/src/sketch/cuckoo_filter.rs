//! Cuckoo filter: a hash table of fingerprints, from which keys can be removed.

use super::error::{KEYS_MAX, check_rate, check_size};
use super::packed::PackedArray;
use super::{FilterError, InsertFilter, Key};
use crate::hash::{mix64, reduce};

/// Fingerprints per bucket (the paper's `b`), if not chosen otherwise: the smallest number that fills a table
/// to 95%.
const BUCKET_SLOTS: usize = 4;
/// The share of slots that can be used before insertions fail.
const LOAD_MAX: f64 = 0.95;
/// Moves tried before the table is called full: the value of the paper's own implementation.
const MOVES_MAX: usize = 500;

/// A table of short fingerprints in buckets of four; each key has two buckets that it may be in.
///
/// The second bucket follows from the first and the fingerprint alone, so that a fingerprint can be moved,
/// to make room, although its key is long forgotten ("partial-key cuckoo hashing"). We take it as
/// h(fingerprint) - bucket, modulo the number of buckets: like the paper's exclusive or, this leads back
/// when done twice, and it does not need the number of buckets to be a power of two.
///
/// Remove only what was added: removing a false positive takes another key's fingerprint away.
///
/// # Complexity
///
/// `may_contain` and `remove` read two buckets: O(1). `insert` is O(1) expected, and slower close to a load of
/// 95%, where it starts to fail. Memory is (log2(1/p) + 3) / 0.95 bits per key, in whole bits per
/// fingerprint: 10.5 at 1%.
///
/// # Examples
///
/// ```
/// use lessons::sketch::CuckooFilter;
///
/// let mut sessions = CuckooFilter::with_capacity(1_000, 0.01)?;
/// sessions.insert("ada")?;
/// assert!(sessions.may_contain("ada"));
/// assert!(sessions.remove("ada"));
/// assert!(!sessions.may_contain("ada"));
/// # Ok::<(), lessons::sketch::FilterError>(())
/// ```
///
/// # Sources
///
/// B. Fan, D. G. Andersen, M. Kaminsky, M. D. Mitzenmacher, "Cuckoo Filter: Practically Better Than
/// Bloom", CoNEXT 2014, doi:10.1145/2674005.2674994.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CuckooFilter {
    /// Fingerprints, bucket after bucket; 0 is an empty slot.
    slots: PackedArray,
    buckets: u64,
    bucket_slots: usize,
    keys: u64,
    /// Chooses which fingerprint moves; any sequence without pattern will do.
    victim: u64,
}

impl CuckooFilter {
    /// A filter for up to `capacity` keys at a time, with at most this false-positive rate (0.01 is 1%).
    ///
    /// # Errors
    ///
    /// When the rate is not between 0 and 1 or needs fingerprints above 32 bits, or the capacity is 0 or above
    /// 2³².
    pub fn with_capacity(capacity: u64, rate: f64) -> Result<Self, FilterError> {
        check_rate(rate)?;
        check_size("the capacity", capacity, 1, KEYS_MAX)?;
        let fingerprint_bits = (2.0 * BUCKET_SLOTS as f64 * LOAD_MAX / rate + 1.0).log2().ceil() as u64;
        check_size("the fingerprint's number of bits", fingerprint_bits, 1, 32)?;
        let buckets = (capacity as f64 / LOAD_MAX / BUCKET_SLOTS as f64).ceil() as u64;
        // In a table of a few buckets, luck decides; some room more makes it certain enough.
        Self::with_size(buckets + 2, fingerprint_bits as u32)
    }

    /// A filter of this many buckets of four, and fingerprints of 2 to 32 bits.
    ///
    /// # Errors
    ///
    /// When a number is out of its range.
    pub fn with_size(buckets: u64, fingerprint_bits: u32) -> Result<Self, FilterError> {
        Self::with_shape(buckets, BUCKET_SLOTS, fingerprint_bits)
    }

    /// As [`CuckooFilter::with_size`], with 1 to 16 slots per bucket (`b`): how full the table gets depends on
    /// it. With 1, 2, 4, 8 it is about 50%, 87%, 96%, 99%.
    ///
    /// # Errors
    ///
    /// When a number is out of its range.
    pub fn with_shape(buckets: u64, bucket_slots: usize, fingerprint_bits: u32) -> Result<Self, FilterError> {
        check_size("the number of slots per bucket", bucket_slots as u64, 1, 16)?;
        check_size("the number of buckets", buckets, 1, KEYS_MAX)?;
        check_size("the fingerprint's number of bits", u64::from(fingerprint_bits), 2, 32)?;
        let slots = PackedArray::new(buckets as usize * bucket_slots, fingerprint_bits);
        Ok(Self { slots, buckets, bucket_slots, keys: 0, victim: 0 })
    }

    /// Adds a key; added twice, it must be removed twice, and more than eight times it does not fit.
    ///
    /// # Errors
    ///
    /// [`FilterError::Full`] when no room could be made. The filter is then as before: the moves are undone.
    #[inline]
    pub fn insert(&mut self, key: impl Key) -> Result<(), FilterError> {
        self.insert_hash(key.hash64(0))
    }

    /// False when the key is certainly not in the set.
    #[inline]
    pub fn may_contain(&self, key: impl Key) -> bool {
        self.find(key.hash64(0)).is_some()
    }

    /// Removes a key that was added; false, and nothing changes, when it is certainly absent.
    #[inline]
    pub fn remove(&mut self, key: impl Key) -> bool {
        let found = self.find(key.hash64(0));
        if let Some(slot) = found {
            self.slots.set(slot, 0);
            self.keys -= 1;
        }
        found.is_some()
    }

    /// How many keys are in the filter, counting those added twice twice.
    pub fn len(&self) -> u64 {
        self.keys
    }

    /// True when no key is in the filter.
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// The share of slots in use, from 0 to 1.
    pub fn load(&self) -> f64 {
        self.keys as f64 / self.slots.len() as f64
    }

    /// The length of a fingerprint, in bits (`f`).
    pub fn fingerprint_bits(&self) -> u32 {
        self.slots.max().count_ones()
    }

    /// The memory of the table, in bits.
    pub fn size_bits(&self) -> u64 {
        self.slots.size_bits()
    }

    /// Never 0, which marks an empty slot. From the low bits of the hash; the bucket takes the high ones.
    fn fingerprint(&self, hash: u64) -> u32 {
        reduce(hash << 32, u64::from(self.slots.max())) as u32 + 1
    }

    /// The other bucket of a fingerprint; applied twice, it leads back.
    fn other_bucket(&self, bucket: u64, fingerprint: u32) -> u64 {
        let sum = reduce(mix64(u64::from(fingerprint)), self.buckets);
        if sum >= bucket { sum - bucket } else { sum + self.buckets - bucket }
    }

    fn slots_of(&self, bucket: u64) -> std::ops::Range<usize> {
        let first = bucket as usize * self.bucket_slots;
        first..first + self.bucket_slots
    }

    /// A slot of the key's two buckets that holds this fingerprint, or 0 for an empty one.
    fn slot_with(&self, bucket: u64, fingerprint: u32) -> Option<usize> {
        self.slots_of(bucket).find(|slot| self.slots.get(*slot) == fingerprint)
    }

    fn find(&self, hash: u64) -> Option<usize> {
        let fingerprint = self.fingerprint(hash);
        let bucket = reduce(hash, self.buckets);
        self.slot_with(bucket, fingerprint)
            .or_else(|| self.slot_with(self.other_bucket(bucket, fingerprint), fingerprint))
    }

    fn insert_hash(&mut self, hash: u64) -> Result<(), FilterError> {
        let mut fingerprint = self.fingerprint(hash);
        let first = reduce(hash, self.buckets);
        let second = self.other_bucket(first, fingerprint);
        let mut bucket = if self.slot_with(first, 0).is_some() { first } else { second };
        let mut moved = Vec::new();
        loop {
            if let Some(empty) = self.slot_with(bucket, 0) {
                self.slots.set(empty, fingerprint);
                self.keys += 1;
                return Ok(());
            }
            if moved.len() == MOVES_MAX {
                break;
            }
            self.victim = mix64(self.victim.wrapping_add(hash));
            let slot = self.slots_of(bucket).start + (self.victim % self.bucket_slots as u64) as usize;
            let evicted = self.slots.get(slot);
            self.slots.set(slot, fingerprint);
            moved.push((slot, evicted));
            fingerprint = evicted;
            bucket = self.other_bucket(bucket, fingerprint);
        }
        // Without this, the last evicted fingerprint would be lost: a false negative for some older key.
        for (slot, evicted) in moved.into_iter().rev() {
            self.slots.set(slot, evicted);
        }
        Err(FilterError::Full { keys: self.keys, slots: self.slots.len() as u64 })
    }
}

impl InsertFilter for CuckooFilter {
    fn insert(&mut self, key: u64) -> Result<(), FilterError> {
        self.insert(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::measure::tests::assert_rate;
    use crate::sketch::{formula, insert_all, present_keys};
    use proptest::prelude::*;

    #[test]
    fn the_rate_is_that_of_the_formula() {
        for (buckets, bits) in [(10_000, 8), (9_973, 12), (5_000, 6)] {
            let mut filter = CuckooFilter::with_size(buckets, bits).unwrap();
            insert_all(&mut filter, &present_keys(buckets * 37 / 10)).unwrap();
            assert_rate(&filter, formula::cuckoo_false_positive_rate(bits, 4, filter.load()));
        }
    }

    #[test]
    fn it_holds_its_capacity_at_every_size() {
        for capacity in [1, 2, 5, 10, 100, 1_000, 50_000] {
            let mut filter = CuckooFilter::with_capacity(capacity, 0.01).unwrap();
            let keys = present_keys(capacity);
            insert_all(&mut filter, &keys).unwrap();
            assert!(keys.iter().all(|key| filter.may_contain(*key)), "{capacity}");
            let measured = crate::sketch::measure_false_positive_rate(&filter, 50_000);
            assert!(measured <= 0.012, "{capacity}: {measured}");
        }
    }

    #[test]
    fn it_fills_to_95_percent_and_a_refused_key_changes_nothing() {
        let mut filter = CuckooFilter::with_size(2_000, 16).unwrap();
        let mut keys = present_keys(8_001).into_iter();
        let before = loop {
            let before = filter.clone();
            let key = keys.next().unwrap();
            if let Err(error) = filter.insert(key) {
                assert_eq!(error, FilterError::Full { keys: filter.len(), slots: 8_000 });
                break before;
            }
        };
        assert!(filter.load() > 0.95, "{}", filter.load());
        assert_eq!(filter.slots, before.slots);
        assert!(present_keys(filter.len()).into_iter().all(|key| filter.may_contain(key)));
    }

    #[test]
    fn larger_buckets_fill_further() {
        // The paper's section 4.2 has 50%, 84%, 95% and 98%, measured likewise.
        for (bucket_slots, expected) in [(1, 0.50), (2, 0.87), (4, 0.965), (8, 0.99)] {
            let mut filter =
                CuckooFilter::with_shape(16_384 / bucket_slots, bucket_slots as usize, 16).unwrap();
            insert_all(&mut filter, &present_keys(16_385)).unwrap_err();
            assert!((filter.load() - expected).abs() < 0.05, "{bucket_slots}: {}", filter.load());
        }
    }

    proptest! {
        #[test]
        fn the_other_bucket_leads_back(buckets in 1u64..10_000, bucket in any::<u64>(), fingerprint in 1u32..256) {
            let filter = CuckooFilter::with_size(buckets, 8).unwrap();
            let bucket = bucket % buckets;
            let other = filter.other_bucket(bucket, fingerprint);
            prop_assert!(other < buckets);
            prop_assert_eq!(filter.other_bucket(other, fingerprint), bucket);
        }

        #[test]
        fn what_was_added_and_not_removed_is_found(steps in prop::collection::vec((any::<bool>(), 0u64..60), 0..400)) {
            let mut filter = CuckooFilter::with_capacity(64, 0.001).unwrap();
            let mut model = std::collections::BTreeSet::new();
            for (add, key) in steps {
                if add && model.insert(key) {
                    filter.insert(key).unwrap();
                } else if !add && model.remove(&key) {
                    prop_assert!(filter.remove(key));
                }
                prop_assert!(model.iter().all(|key| filter.may_contain(*key)));
                prop_assert_eq!(filter.len(), model.len() as u64);
            }
        }
    }
}
