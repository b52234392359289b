//! Sketches: answers about a set from far less memory than the set, with a known error.
//!
//! A filter answers "is this key in the set?" with "no", which is certain, or "maybe". Its false-positive
//! rate is the share of absent keys for which it says "maybe".
//!
//! | filter | choose it when | bits per key at 1% | add later | delete |
//! |---|---|---|---|---|
//! | [`BloomFilter`] | the number of keys is known: the simple default | 9.6 | yes | no |
//! | [`BlockedBloomFilter`] | it is larger than the processor's cache and read often | 9.9 | yes | no |
//! | [`CountingBloomFilter`] | keys leave, and memory is plenty | 38 | yes | yes |
//! | [`ScalableBloomFilter`] | nobody knows how many keys will come | 13 to 21 | yes, without limit | no |
//! | [`CuckooFilter`] | keys leave, and memory matters | 10.5 | yes, up to a load of 95% | yes |
//! | [`XorFilter`] | the set is built once and only read | 9.8 (at 0.39%) | no | no |
//! | [`BinaryFuseFilter`] | as above, and smaller | 9.0 (at 0.39%) | no | no |
//! | [`RibbonFilter`] | as above, and memory costs more than time | 7.7 (at 0.78%) | no | no |
//!
//! No filter can do with less than log2(1 / rate) bits per key, 6.6 at 1%; see [`formula`].
//!
//! Two cousins answer other questions: [`CountMin`], how often a key came, and [`HyperLogLog`], how many
//! different keys came.
//!
//! Keys are numbers, text or bytes ([`Key`]). Experiments use [`present_keys`], [`absent_keys`] and
//! [`measure_false_positive_rate`]; [`simulate_admission`] puts a filter before a cache. Their loops are compiled
//! with the library, so they are fast in a cell too.

mod admission;
mod binary_fuse_filter;
mod blocked_bloom_filter;
mod bloom_filter;
mod count_min;
mod counting_bloom_filter;
mod cuckoo_filter;
mod error;
pub mod formula;
mod hyper_log_log;
mod key;
mod measure;
mod packed;
mod peeling;
mod ribbon_filter;
mod scalable_bloom_filter;
mod xor_filter;

pub use admission::{Admission, AdmissionResult, Doorkeeper, simulate_admission};
pub use binary_fuse_filter::BinaryFuseFilter;
pub use blocked_bloom_filter::BlockedBloomFilter;
pub use bloom_filter::BloomFilter;
pub use count_min::CountMin;
pub use counting_bloom_filter::CountingBloomFilter;
pub use cuckoo_filter::CuckooFilter;
pub use error::FilterError;
pub use hyper_log_log::HyperLogLog;
pub use key::Key;
pub use measure::{
    absent_keys, count_maybe, false_positives, insert_all, measure_false_positive_rate, present_keys,
};
pub use peeling::peeling_success;
pub use ribbon_filter::RibbonFilter;
pub use scalable_bloom_filter::ScalableBloomFilter;
pub use xor_filter::XorFilter;

/// A set that can give a false positive, never a false negative.
pub trait Filter {
    /// The name of the family, for plots and tables.
    fn name(&self) -> &'static str;

    /// False when the key is certainly not in the set; true when it is, or by mistake.
    fn may_contain(&self, key: u64) -> bool;

    /// The memory of the filter's data, in bits; the few words of its header are not counted.
    fn size_bits(&self) -> u64;
}

/// A filter to which keys can be added after it was made.
pub trait InsertFilter: Filter {
    /// Adds a key.
    ///
    /// # Errors
    ///
    /// [`FilterError::Full`] when a filter of limited load has no room; the key is then not in it.
    fn insert(&mut self, key: u64) -> Result<(), FilterError>;
}

/// The traits of the filters, whose own methods take any key: here it is a number, behind `dyn`.
macro_rules! filters {
    ($($filter:ident is $name:literal),+ $(,)?) => {$(
        impl Filter for $filter {
            fn name(&self) -> &'static str {
                $name
            }

            fn may_contain(&self, key: u64) -> bool {
                self.may_contain(key)
            }

            fn size_bits(&self) -> u64 {
                self.size_bits()
            }
        }
    )+};
}

filters! {
    BinaryFuseFilter is "binary fuse",
    BlockedBloomFilter is "blocked Bloom",
    BloomFilter is "Bloom",
    CountingBloomFilter is "counting Bloom",
    CuckooFilter is "cuckoo",
    RibbonFilter is "ribbon",
    ScalableBloomFilter is "scalable Bloom",
    XorFilter is "xor",
}

/// Those that always have room.
macro_rules! never_full {
    ($($filter:ident),+ $(,)?) => {$(
        impl InsertFilter for $filter {
            fn insert(&mut self, key: u64) -> Result<(), FilterError> {
                self.insert(key);
                Ok(())
            }
        }
    )+};
}

never_full!(BlockedBloomFilter, BloomFilter, CountingBloomFilter, ScalableBloomFilter);
