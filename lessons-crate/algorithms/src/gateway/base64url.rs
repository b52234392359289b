//! Bytes as text that needs no escaping in addresses.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes in base64url, without padding: 4 letters for 3 bytes. O(bytes).
///
/// # Sources
///
/// S. Josefsson, "The Base16, Base32, and Base64 Data Encodings", RFC 4648, 2006, section 5; without padding as
/// in RFC 7515, section 2.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for letter in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * letter)) as usize & 63]));
        }
    }
    text
}

/// The bytes in the base64 of mail, HTTP and JSON: with `+` and `/`, and filled up with `=` to groups of four. O(bytes).
///
/// # Sources
///
/// S. Josefsson, RFC 4648, 2006, section 4.
pub fn encode_standard(bytes: &[u8]) -> String {
    let mut text = encode(bytes).replace('-', "+").replace('_', "/");
    text.extend(std::iter::repeat_n('=', text.len().next_multiple_of(4) - text.len()));
    text
}

/// The bytes of a text in base64 with padding; `None` when it is none. The same strictness as [`decode`].
pub fn decode_standard(text: &str) -> Option<Vec<u8>> {
    let strict = text.len().is_multiple_of(4) && !text.contains(['-', '_']);
    let plain = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    decode(&plain.replace('+', "-").replace('/', "_")).filter(|_| strict)
}

/// The bytes of a text in base64url; `None` when it is none, has padding, or has bits set that stand for
/// nothing. Each byte string has exactly one text, so two texts never mean the same token. O(letters).
///
/// # Examples
///
/// ```
/// use lessons::gateway::base64url;
///
/// assert_eq!(base64url::decode("Zm9v").as_deref(), Some(&b"foo"[..]));
/// assert_eq!(base64url::decode("Zg=="), None);
/// assert_eq!(base64url::decode("Zh"), None); // "Zg" is an f; here four bits too many are set.
/// ```
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0u32;
        for letter in chunk {
            group = group << 6 | ALPHABET.iter().position(|own| own == letter)? as u32;
        }
        let spare = match chunk.len() {
            4 => 0,
            3 => 2,
            2 => 4,
            _ => return None,
        };
        if group & ((1 << spare) - 1) != 0 {
            return None;
        }
        let group = (group >> spare).to_be_bytes();
        bytes.extend(&group[group.len() - (chunk.len() - 1)..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_without_padding() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
            let padded = format!("{text}{}", ["", "", "==", "="][text.len() % 4]);
            assert_eq!(encode_standard(bytes.as_bytes()), padded);
            assert_eq!(decode_standard(&padded).as_deref(), Some(bytes.as_bytes()));
            assert_eq!(decode_standard(text).is_some(), text == padded);
        }
        assert_eq!(encode_standard(&[0xfb, 0xff]), "+/8=");
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        for bad in ["Zg==", "Z", "Zm9v+", "Zm9v/w", "Zm 9v", "Zh", "\u{e9}"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn each_byte_string_has_one_text(text in "[A-Za-z0-9_-]{0,12}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
