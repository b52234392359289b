//! A prefix code for the letters of header fields: 5 bits for `0` and `a`, up to 30 for what is never there.

use super::HpackError;

/// The lengths of the codes of all bytes, in bits, and of the end of the text, which is never written (RFC 7541,
/// appendix B). The code is canonical, so the lengths are all that one needs: codes count up, the short ones first, and
/// among codes of one length in the order of the bytes.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26, 30,
];

/// The number that stands for the end of the text.
const END: usize = 256;

/// The longest code, in bits.
const LONGEST: usize = 30;

/// The canonical code.
struct Code {
    /// The code of each byte.
    codes: [u32; 257],
    /// For each length: the first code, how many there are, and where they begin in `sorted`.
    first: [u32; LONGEST + 1],
    count: [u32; LONGEST + 1],
    start: [usize; LONGEST + 1],
    /// The bytes by length of their code, then by value.
    sorted: [u16; 257],
}

const CODE: Code = code();

const fn code() -> Code {
    let mut code = Code {
        codes: [0; 257],
        first: [0; LONGEST + 1],
        count: [0; LONGEST + 1],
        start: [0; LONGEST + 1],
        sorted: [0; 257],
    };
    let (mut next, mut placed, mut length) = (0, 0, 1);
    while length <= LONGEST {
        next <<= 1;
        code.first[length] = next;
        code.start[length] = placed;
        let mut symbol = 0;
        while symbol <= END {
            if LENGTHS[symbol] as usize == length {
                code.codes[symbol] = next;
                code.sorted[placed] = symbol as u16;
                code.count[length] += 1;
                next += 1;
                placed += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    code
}

/// The bytes that a text takes in the code, rounded up. O(length).
pub fn huffman_len(text: &[u8]) -> usize {
    text.iter().map(|&byte| usize::from(LENGTHS[usize::from(byte)])).sum::<usize>().div_ceil(8)
}

/// Appends a text in the code; the last byte is filled up with ones. O(length).
///
/// # Sources
///
/// RFC 7541, section 5.2 and appendix B; D. A. Huffman, "A Method for the Construction of Minimum-Redundancy Codes",
/// Proceedings of the IRE 40(9), 1952, doi:10.1109/JRPROC.1952.273898.
pub fn huffman_encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0u64, 0u32);
    for &byte in text {
        let length = u32::from(LENGTHS[usize::from(byte)]);
        bits = bits << length | u64::from(CODE.codes[usize::from(byte)]);
        count += length;
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        out.push((bits << (8 - count)) as u8 | 0xff >> count);
    }
}

/// The text of a code. O(bits): each bit either ends a code or makes it one longer.
///
/// # Errors
///
/// [`HpackError::Huffman`] when what is left at the end is more than seven bits or not all ones, or the end is coded.
pub fn huffman_decode(bytes: &[u8]) -> Result<Vec<u8>, HpackError> {
    // The shortest code has 5 bits.
    let mut text = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut code, mut length) = (0u32, 0);
    for byte in bytes {
        for bit in (0..8).rev() {
            code = code << 1 | u32::from(byte >> bit & 1);
            length += 1;
            let place = code.wrapping_sub(CODE.first[length]);
            if place < CODE.count[length] {
                let symbol = CODE.sorted[CODE.start[length] + place as usize];
                text.push(u8::try_from(symbol).map_err(|_| HpackError::Huffman)?);
                (code, length) = (0, 0);
            } else if length == LONGEST {
                return Err(HpackError::Huffman);
            }
        }
    }
    if length > 7 || code != (1 << length) - 1 {
        return Err(HpackError::Huffman);
    }
    Ok(text)
}
