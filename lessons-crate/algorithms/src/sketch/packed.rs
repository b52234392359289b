//! An array of small numbers without gaps: 4-bit counters, 12-bit fingerprints.

/// Numbers of 1 to 32 bits each, packed into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackedArray {
    /// One word more than the bits need, so that reading two words is always in bounds.
    words: Vec<u64>,
    width: u32,
    len: usize,
}

impl PackedArray {
    /// `len` zeros of `width` bits.
    pub(super) fn new(len: usize, width: u32) -> Self {
        assert!((1..=32).contains(&width), "a width of 1 to 32 bits, not {width}");
        Self { words: vec![0; (len * width as usize).div_ceil(64) + 1], width, len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn size_bits(&self) -> u64 {
        self.len as u64 * u64::from(self.width)
    }

    /// The largest number that fits.
    pub(super) fn max(&self) -> u32 {
        u32::MAX >> (32 - self.width)
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> u32 {
        let (word, shift) = self.place(index);
        let both = u128::from(self.words[word + 1]) << 64 | u128::from(self.words[word]);
        (both >> shift) as u32 & self.max()
    }

    #[inline]
    pub(super) fn set(&mut self, index: usize, value: u32) {
        debug_assert!(value <= self.max());
        let (word, shift) = self.place(index);
        let mut both = u128::from(self.words[word + 1]) << 64 | u128::from(self.words[word]);
        both = both & !(u128::from(self.max()) << shift) | u128::from(value) << shift;
        self.words[word] = both as u64;
        self.words[word + 1] = (both >> 64) as u64;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len).map(|index| self.get(index))
    }

    #[inline]
    fn place(&self, index: usize) -> (usize, u32) {
        debug_assert!(index < self.len);
        let bit = index * self.width as usize;
        (bit / 64, (bit % 64) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_vector(width in 1u32..=32, writes in prop::collection::vec((0usize..100, any::<u32>()), 0..300)) {
            let mut packed = PackedArray::new(100, width);
            let mut model = vec![0; 100];
            for (index, value) in writes {
                let value = value & packed.max();
                packed.set(index, value);
                model[index] = value;
            }
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), model);
        }
    }
}
