//! Integers that share their first byte with flags.

use super::HpackError;

/// Appends an integer: in the lowest `prefix` bits of the first byte if it fits below all ones; otherwise all ones, and
/// what is left in groups of seven bits, the lowest first. The bits above are those of `first`. O(1).
///
/// # Panics
///
/// When the prefix is not from 1 to 8 bits.
///
/// # Examples
///
/// ```
/// use lessons::http2::hpack::{get_integer, put_integer};
///
/// // The example of RFC 7541, C.1.2.
/// let mut out = Vec::new();
/// put_integer(1337, 5, 0, &mut out);
/// assert_eq!(out, [31, 154, 10]);
/// assert_eq!(get_integer(&out, 5)?, (1337, 3));
/// # Ok::<(), lessons::http2::hpack::HpackError>(())
/// ```
///
/// # Sources
///
/// RFC 7541, section 5.1.
pub fn put_integer(value: u32, prefix: u32, first: u8, out: &mut Vec<u8>) {
    assert!((1..=8).contains(&prefix), "a prefix has 1 to 8 bits, not {prefix}");
    let ones = u32::from(u8::MAX >> (8 - prefix));
    if value < ones {
        return out.push(first | value as u8);
    }
    out.push(first | ones as u8);
    let mut rest = value - ones;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The integer at the start of the bytes, and how many it takes. O(1).
///
/// # Errors
///
/// When the bytes end, or it has more than 32 bits: a limit of ours, as the standard asks for one.
///
/// # Panics
///
/// When the prefix is not from 1 to 8 bits.
pub fn get_integer(bytes: &[u8], prefix: u32) -> Result<(u32, usize), HpackError> {
    assert!((1..=8).contains(&prefix), "a prefix has 1 to 8 bits, not {prefix}");
    let ones = u8::MAX >> (8 - prefix);
    let first = bytes.first().ok_or(HpackError::Truncated)? & ones;
    if first < ones {
        return Ok((first.into(), 1));
    }
    let mut value = u64::from(ones);
    // Five groups are 35 bits.
    for (group, &byte) in bytes[1..].iter().enumerate().take(5) {
        value += u64::from(byte & 0x7f) << (7 * group);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| HpackError::Integer)?;
            return Ok((value, group + 2));
        }
    }
    Err(if bytes.len() > 5 { HpackError::Integer } else { HpackError::Truncated })
}
