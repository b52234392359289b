//! Names for rows that shards give out without asking each other.

use std::time::Duration;

/// How the bits of an id are shared out, from the top: time in milliseconds, shard, number within the millisecond.
///
/// Ids of one shard are in the order of time; ids of different shards differ because the shard is in them, which
/// is also how a reader finds the row.
///
/// # Sources
///
/// R. King, "Announcing Snowflake", Twitter Engineering, 2010. M. Krieger, "Sharding & IDs at Instagram",
/// Instagram Engineering, 2012 (first published in 2011).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdLayout {
    /// Bits of the time, in milliseconds since an epoch of one's own.
    pub time_bits: u32,
    /// Bits of the shard.
    pub shard_bits: u32,
    /// Bits of the number within one millisecond.
    pub sequence_bits: u32,
}

/// What an id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdParts {
    /// Milliseconds since the epoch.
    pub time_ms: u64,
    /// The shard.
    pub shard: u64,
    /// The number within the millisecond.
    pub sequence: u64,
}

/// Why there is no id now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The clock shows an earlier time than at the last id.
    #[error("the clock went back by {0} ms: wait until it is where it was, or ids repeat")]
    ClockWentBack(u64),
    /// The millisecond is used up.
    #[error("all {0} ids of this millisecond are used: wait for the next one")]
    Exhausted(u64),
    /// The bits do not hold it.
    #[error("{what} {value} does not fit into {bits} bits")]
    TooLarge {
        /// Time, shard or sequence.
        what: &'static str,
        /// Its value.
        value: u64,
        /// How many bits there are.
        bits: u32,
    },
}

impl IdLayout {
    /// 41 bits of time, 13 of shard, 10 of sequence: all 64.
    pub const INSTAGRAM: Self = Self { time_bits: 41, shard_bits: 13, sequence_bits: 10 };
    /// 41 bits of time, 10 of machine, 12 of sequence: 63, so that a signed number stays positive.
    pub const SNOWFLAKE: Self = Self { time_bits: 41, shard_bits: 10, sequence_bits: 12 };

    /// The id of these parts.
    ///
    /// # Errors
    ///
    /// When one of them is too large for its bits.
    pub fn compose(&self, parts: IdParts) -> Result<u64, IdError> {
        let fits = |what, value: u64, bits: u32| {
            if bits >= 64 || value >> bits == 0 {
                Ok(value)
            } else {
                Err(IdError::TooLarge { what, value, bits })
            }
        };
        let time = fits("time", parts.time_ms, self.time_bits)?;
        let shard = fits("shard", parts.shard, self.shard_bits)?;
        let sequence = fits("sequence", parts.sequence, self.sequence_bits)?;
        Ok(time << (self.shard_bits + self.sequence_bits) | shard << self.sequence_bits | sequence)
    }

    /// The parts of an id.
    pub fn parts(&self, id: u64) -> IdParts {
        let low = |value: u64, bits: u32| value & ((1 << bits) - 1);
        IdParts {
            time_ms: low(id >> (self.shard_bits + self.sequence_bits), self.time_bits),
            shard: low(id >> self.sequence_bits, self.shard_bits),
            sequence: low(id, self.sequence_bits),
        }
    }

    /// How long after the epoch the ids last: until the time is used up, or, as signed 64-bit numbers (SQL's
    /// `bigint`), until they turn negative, whichever comes first.
    pub fn lasts(&self, signed: bool) -> Duration {
        let all = self.time_bits + self.shard_bits + self.sequence_bits;
        let bits = if signed && all == 64 { self.time_bits - 1 } else { self.time_bits };
        Duration::from_millis(1 << bits)
    }
}

/// Gives out ids for one shard.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use lessons::sharding::{IdGenerator, IdLayout};
///
/// let mut ids = IdGenerator::new(IdLayout::INSTAGRAM, 1341);
/// let id = ids.next(Duration::from_secs(60))?;
/// assert!(ids.next(Duration::from_secs(60))? > id);
/// assert_eq!(IdLayout::INSTAGRAM.parts(id).shard, 1341);
/// # Ok::<(), lessons::sharding::IdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct IdGenerator {
    layout: IdLayout,
    shard: u64,
    last: Option<IdParts>,
}

impl IdGenerator {
    /// For this shard.
    pub fn new(layout: IdLayout, shard: u64) -> Self {
        Self { layout, shard, last: None }
    }

    /// The next id; `now` is the time since the epoch, by this machine's clock.
    ///
    /// # Errors
    ///
    /// When the clock went back, the millisecond is used up, or the time or the shard do not fit.
    pub fn next(&mut self, now: Duration) -> Result<u64, IdError> {
        let time_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let sequence = match self.last {
            Some(last) if time_ms < last.time_ms => {
                return Err(IdError::ClockWentBack(last.time_ms - time_ms));
            }
            Some(last) if time_ms == last.time_ms => last.sequence + 1,
            _ => 0,
        };
        if sequence >> self.layout.sequence_bits > 0 {
            return Err(IdError::Exhausted(1 << self.layout.sequence_bits));
        }
        let parts = IdParts { time_ms, shard: self.shard, sequence };
        let id = self.layout.compose(parts)?;
        self.last = Some(parts);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_article_is_decoded() {
        // 1387263000 ms after the epoch, user 31341 of 2000 shards, sequence 5001 modulo 1024.
        let parts = IdParts { time_ms: 1_387_263_000, shard: 31_341 % 2_000, sequence: 5_001 % 1_024 };
        let id = IdLayout::INSTAGRAM.compose(parts).unwrap();
        assert_eq!(id, 1_387_263_000 << 23 | 1_341 << 10 | 905);
        assert_eq!(IdLayout::INSTAGRAM.parts(id), parts);
    }

    #[test]
    fn signed_ids_of_64_bits_last_half_as_long() {
        let years = |layout: IdLayout, signed| layout.lasts(signed).as_secs_f64() / (365.25 * 86_400.0);
        assert!((years(IdLayout::INSTAGRAM, false) - 69.7).abs() < 0.1);
        assert!((years(IdLayout::INSTAGRAM, true) - 34.8).abs() < 0.1);
        assert!((years(IdLayout::SNOWFLAKE, true) - 69.7).abs() < 0.1);
        let turned = IdParts { time_ms: 1 << 40, shard: 0, sequence: 0 };
        assert!((IdLayout::INSTAGRAM.compose(turned).unwrap() as i64) < 0);
    }

    #[test]
    fn a_millisecond_and_a_clock_have_their_limits() {
        let mut ids = IdGenerator::new(IdLayout::INSTAGRAM, 7);
        let now = Duration::from_millis(1_000);
        for _ in 0..1_024 {
            ids.next(now).unwrap();
        }
        assert_eq!(ids.next(now), Err(IdError::Exhausted(1_024)));
        assert!(ids.next(Duration::from_millis(1_001)).is_ok());
        assert_eq!(ids.next(Duration::from_millis(990)), Err(IdError::ClockWentBack(11)));
        let mut none = IdGenerator::new(IdLayout::INSTAGRAM, 8_192);
        assert!(matches!(none.next(now), Err(IdError::TooLarge { what: "shard", .. })));
    }

    proptest! {
        #[test]
        fn ids_are_unique_and_those_of_a_shard_in_order(steps in prop::collection::vec((0u64..4, 0u64..3), 1..300)) {
            let mut generators: Vec<IdGenerator> =
                (0..4).map(|shard| IdGenerator::new(IdLayout::SNOWFLAKE, shard)).collect();
            let (mut now, mut seen, mut last) = (0, BTreeSet::new(), [None; 4]);
            for (shard, later) in steps {
                now += later;
                let id = generators[shard as usize].next(Duration::from_millis(now)).unwrap();
                prop_assert!(seen.insert(id));
                prop_assert!(last[shard as usize].is_none_or(|before| before < id));
                last[shard as usize] = Some(id);
                prop_assert_eq!(IdLayout::SNOWFLAKE.parts(id).time_ms, now);
            }
        }
    }
}
