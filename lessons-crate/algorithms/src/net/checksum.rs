//! The Internet checksum: sixteen bits that catch most accidents and no attack.

use std::net::IpAddr;

/// The one's complement of the one's complement sum of all 16-bit words; a last odd byte counts as if a zero
/// followed. A message that has its own checksum in it has the checksum 0.
///
/// It finds every error in one run of up to 15 bits, and no two words that changed places. O(n).
///
/// # Examples
///
/// ```
/// use lessons::net::checksum;
///
/// let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
/// assert_eq!(checksum(&data), 0x220d);
/// let with = [&data[..], &[0x22, 0x0d]].concat();
/// assert_eq!(checksum(&with), 0);
/// ```
///
/// # Sources
///
/// R. Braden, D. Borman and C. Partridge, "Computing the Internet Checksum", RFC 1071, 1988. What it misses: J. Stone
/// and C. Partridge, "When the CRC and TCP Checksum Disagree", SIGCOMM 2000, doi:10.1145/347059.347561.
pub fn checksum(data: &[u8]) -> u16 {
    !sum(data)
}

/// The one's complement sum of all 16-bit words. O(n).
pub fn sum(data: &[u8]) -> u16 {
    let words = data.chunks(2).map(|pair| match *pair {
        [high, low] => u64::from(u16::from_be_bytes([high, low])),
        [high] => u64::from(high) << 8,
        _ => 0,
    });
    fold(words.sum())
}

/// Adds what was carried out of the 16 bits back in, until nothing is.
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// The checksum after one 16-bit word of the data was changed, from the old checksum alone: what a router does when
/// it lowers the time to live. O(1).
///
/// The result is that of computing anew, unless the changed data are all zeros (a header never is): then it is 0
/// and not 0xffff, which are the two zeros of the one's complement.
///
/// # Examples
///
/// ```
/// use lessons::net::{checksum, updated_checksum};
///
/// let before = [0x40, 0x06, 0x12, 0x34]; // Time to live 64, protocol 6.
/// let after = [0x3f, 0x06, 0x12, 0x34];
/// assert_eq!(updated_checksum(checksum(&before), 0x4006, 0x3f06), checksum(&after));
/// ```
///
/// # Sources
///
/// A. Rijsinghani (ed.), "Computation of the Internet Checksum via Incremental Update", RFC 1624, equation 3, 1994.
pub fn updated_checksum(checksum: u16, old_word: u16, new_word: u16) -> u16 {
    !fold(u64::from(!checksum) + u64::from(!old_word) + u64::from(new_word))
}

/// The checksum of a TCP or UDP segment, over a pseudo-header of both addresses, the protocol's number and the
/// length, so that a segment delivered to the wrong host is noticed. 0 for a segment that has its right checksum in
/// it. O(n).
///
/// # Panics
///
/// When one address is IPv4 and the other IPv6.
///
/// # Sources
///
/// W. Eddy (ed.), RFC 9293, section 3.1, 2022; J. Postel, RFC 768, 1980; S. Deering and R. Hinden, RFC 8200,
/// section 8.1, 2017.
pub fn transport_checksum(source: IpAddr, destination: IpAddr, protocol: u8, segment: &[u8]) -> u16 {
    let length = (segment.len() as u64 >> 16) + (segment.len() as u64 & 0xffff);
    let addresses = match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => u64::from(sum(&from.octets())) + u64::from(sum(&to.octets())),
        (IpAddr::V6(from), IpAddr::V6(to)) => u64::from(sum(&from.octets())) + u64::from(sum(&to.octets())),
        _ => panic!("{source} and {destination} are addresses of two families"),
    };
    !fold(addresses + u64::from(protocol) + length + u64::from(sum(segment)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: add word by word, and carry at once.
    fn naive(data: &[u8]) -> u16 {
        let mut total: u16 = 0;
        for at in (0..data.len()).step_by(2) {
            let word = u16::from_be_bytes([data[at], data.get(at + 1).copied().unwrap_or(0)]);
            let (added, carried) = total.overflowing_add(word);
            total = added + u16::from(carried);
        }
        !total
    }

    #[test]
    fn the_example_of_rfc_1071() {
        let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!((sum(&data), checksum(&data)), (0xddf2, 0x220d));
    }

    #[test]
    fn the_example_of_rfc_1624() {
        // Old checksum 0xDD2F, a word 0x5555 becomes 0x3285: equation 3 gives 0x0000, where equation 4 failed.
        assert_eq!(updated_checksum(0xdd2f, 0x5555, 0x3285), 0x0000);
    }

    #[test]
    fn words_that_change_places_go_unnoticed() {
        assert_eq!(checksum(&[1, 2, 3, 4]), checksum(&[3, 4, 1, 2]));
    }

    proptest! {
        #[test]
        fn equals_the_definition(data in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(checksum(&data), naive(&data));
        }

        #[test]
        fn an_update_equals_a_recomputation(mut data in prop::collection::vec(any::<u8>(), 2..60), at in any::<usize>(), word in prop_oneof![Just(0u16), Just(0xffff), any::<u16>()]) {
            let at = at % (data.len() / 2) * 2;
            let before = (checksum(&data), u16::from_be_bytes([data[at], data[at + 1]]));
            data[at..at + 2].copy_from_slice(&word.to_be_bytes());
            prop_assume!(data.iter().any(|byte| *byte != 0));
            prop_assert_eq!(updated_checksum(before.0, before.1, word), checksum(&data));
        }

        #[test]
        fn short_bursts_are_always_found(data in prop::collection::vec(any::<u8>(), 4..60), at in any::<usize>(), burst in 1u16..0x8000) {
            let mut damaged = data.clone();
            let at = at % (data.len() / 2) * 2;
            let word = u16::from_be_bytes([data[at], data[at + 1]]) ^ burst;
            damaged[at..at + 2].copy_from_slice(&word.to_be_bytes());
            prop_assert_ne!(checksum(&data), checksum(&damaged));
        }
    }
}
