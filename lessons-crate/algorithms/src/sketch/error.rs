//! What can go wrong with a filter.

/// Why a filter could not be made or changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The false-positive rate is not a probability that a filter can have.
    #[error("a false-positive rate must be above 0 and below 1, not {0}: write 0.01 for 1%")]
    Rate(f64),
    /// A number that sets the size is 0 or too large.
    #[error("{what} must be from {min} to {max}, not {found}")]
    Size {
        /// Which number.
        what: &'static str,
        /// The number given.
        found: u64,
        /// The smallest that works.
        min: u64,
        /// The largest that works.
        max: u64,
    },
    /// The two filters have different sizes or numbers of hash functions, so their bits mean different things.
    #[error("the filters differ in shape ({0}): make both with the same capacity and rate")]
    Mismatch(String),
    /// The filter has no room for the key; it was not changed.
    #[error("the filter is full at {keys} keys in {slots} slots: make a larger one from the original keys")]
    Full {
        /// Keys in the filter.
        keys: u64,
        /// Fingerprints that would fit if all slots could be used.
        slots: u64,
    },
    /// No seed made the keys separable; with distinct keys this practically cannot happen.
    #[error("no filter found after {attempts} attempts: are the keys distinct?")]
    Unsolvable {
        /// Seeds tried.
        attempts: u32,
    },
}

/// Refuses what is not a false-positive rate.
pub(super) fn check_rate(rate: f64) -> Result<(), FilterError> {
    if rate > 0.0 && rate < 1.0 { Ok(()) } else { Err(FilterError::Rate(rate)) }
}

/// Refuses a number outside its limits.
pub(super) fn check_size(what: &'static str, found: u64, min: u64, max: u64) -> Result<(), FilterError> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(FilterError::Size { what, found, min, max }) }
}

/// The most keys, and the most bits, that a filter is made for: 2³⁶ bits are 8 GiB.
pub(super) const KEYS_MAX: u64 = 1 << 32;
pub(super) const BITS_MAX: u64 = 1 << 36;
