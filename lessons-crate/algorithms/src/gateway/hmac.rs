//! Message authentication: who does not know the key cannot make the tag.

use sha2::{Digest as _, Sha256};

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// HMAC-SHA-256 of a message: H((K ⊕ opad) ‖ H((K ⊕ ipad) ‖ message)). O(length of the message).
///
/// Hashing the key before the message only once would not do: from H(key ‖ message) anyone can compute the hash
/// of a longer message, without the key (length extension).
///
/// # Sources
///
/// M. Bellare, R. Canetti, H. Krawczyk, "Keying Hash Functions for Message Authentication", CRYPTO 1996;
/// H. Krawczyk, M. Bellare, R. Canetti, "HMAC: Keyed-Hashing for Message Authentication", RFC 2104, 1997. Test
/// vectors: M. Nystrom, RFC 4231, 2005.
///
/// # Examples
///
/// ```
/// use lessons::gateway::hmac_sha256;
///
/// let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
/// assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
/// ```
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8| padded.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(keyed(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(keyed(0x5c)).chain_update(inner).finalize().into()
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
///
/// `==` stops at the first byte that differs, so whoever can measure the answer's time finds the right tag byte
/// by byte: 256 tries for each instead of 2²⁵⁶ for all.
pub fn equal_in_constant_time(one: &[u8], other: &[u8]) -> bool {
    // The length of a tag is no secret.
    if one.len() != other.len() {
        return false;
    }
    let difference = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    // Keeps the compiler from returning early.
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Test cases 1 to 4, 6 and 7 of RFC 4231 (5 is of a truncated tag).
    #[test]
    fn the_vectors_of_rfc_4231() {
        let long = [0xaa; 131];
        let cases: [(&[u8], &[u8], &str); 6] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &(1..=25).collect::<Vec<u8>>(),
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &long,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &long,
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex(&hmac_sha256(key, message)), expected);
        }
    }

    #[test]
    fn it_is_the_hmac_of_the_hmac_crate() {
        use hmac::Mac as _;
        for length in [0, 1, 63, 64, 65, 200] {
            let key: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let mut mac = hmac::Hmac::<Sha256>::new_from_slice(&key).expect("any length");
            mac.update(b"message");
            assert_eq!(hmac_sha256(&key, b"message")[..], mac.finalize().into_bytes()[..]);
        }
    }

    #[test]
    fn equality_is_equality() {
        assert!(equal_in_constant_time(b"", b"") && equal_in_constant_time(b"ab", b"ab"));
        assert!(!equal_in_constant_time(b"ab", b"aB") && !equal_in_constant_time(b"ab", b"abc"));
    }
}
