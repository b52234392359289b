//! Addresses: from text to bits, and back to the one text that everybody should write.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Groups of 16 bits in an IPv6 address.
const GROUPS: usize = 8;

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not four numbers.
    #[error("`{text}` has {found} parts: an IPv4 address is four numbers with dots between, as in 192.0.2.1")]
    Parts {
        /// What was given.
        text: String,
        /// How many parts it has.
        found: usize,
    },
    /// One of the four numbers.
    #[error(
        "`{part}` in `{text}` is not a number from 0 to 255, in decimal digits and without leading zeros"
    )]
    Octet {
        /// What was given.
        text: String,
        /// The part that is wrong.
        part: String,
    },
    /// A group of an IPv6 address.
    #[error("`{group}` in `{text}` is not one to four hexadecimal digits")]
    Group {
        /// What was given.
        text: String,
        /// The group that is wrong.
        group: String,
    },
    /// Too many or too few groups, or more than one `::`.
    #[error(
        "`{text}` does not give eight groups: separate them with `:`, and use `::` once for a row of zeros"
    )]
    Groups {
        /// What was given.
        text: String,
    },
}

/// Reads an IPv4 address in dotted decimal: exactly four numbers, none with a leading zero, because `010` is ten
/// for some programs and eight for others. O(length).
///
/// # Errors
///
/// Says which part is wrong.
///
/// # Examples
///
/// ```
/// use lessons::net::parse_v4;
///
/// assert_eq!(u32::from(parse_v4("192.0.2.1")?), 0xC000_0201);
/// assert!(parse_v4("192.0.2.256").is_err());
/// assert!(parse_v4("10.1").is_err()); // Some old programs read 10.0.0.1.
/// # Ok::<(), lessons::net::AddressError>(())
/// ```
///
/// # Sources
///
/// R. Braden (ed.), RFC 1123, section 2.1, 1989; J. Reynolds and J. Postel, RFC 1700, "dotted decimal", 1994.
pub fn parse_v4(text: &str) -> Result<Ipv4Addr, AddressError> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 4 {
        return Err(AddressError::Parts { text: text.to_owned(), found: parts.len() });
    }
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(parts) {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let plain = digits && (part == "0" || !part.starts_with('0'));
        let value = if plain { part.parse().ok() } else { None };
        *octet = value.ok_or_else(|| AddressError::Octet { text: text.to_owned(), part: part.to_owned() })?;
    }
    Ok(Ipv4Addr::from(octets))
}

/// Reads an IPv6 address: eight groups of hexadecimal digits, `::` once for one or more groups of zeros, and the
/// last two groups perhaps as an IPv4 address. O(length).
///
/// # Errors
///
/// Says which group is wrong, or that there are not eight.
///
/// # Examples
///
/// ```
/// use lessons::net::parse_v6;
///
/// assert_eq!(parse_v6("2001:db8::1")?.segments(), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
/// assert_eq!(parse_v6("::ffff:192.0.2.1")?.segments()[6], 0xC000);
/// # Ok::<(), lessons::net::AddressError>(())
/// ```
///
/// # Sources
///
/// R. Hinden and S. Deering, "IP Version 6 Addressing Architecture", RFC 4291, section 2.2, 2006.
pub fn parse_v6(text: &str) -> Result<Ipv6Addr, AddressError> {
    let wrong = || AddressError::Groups { text: text.to_owned() };
    let (before, after) = match text.split_once("::") {
        Some((_, after)) if after.contains("::") => return Err(wrong()),
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    };
    let head = groups(text, before, after.is_none())?;
    let tail = groups(text, after.unwrap_or(""), true)?;
    let given = head.len() + tail.len();
    // `::` stands for at least one group.
    if given > GROUPS || (after.is_none()) != (given == GROUPS) {
        return Err(wrong());
    }
    let mut all = [0; GROUPS];
    all[..head.len()].copy_from_slice(&head);
    all[GROUPS - tail.len()..].copy_from_slice(&tail);
    Ok(Ipv6Addr::from(all))
}

/// The groups of one side of `::`; an IPv4 address may stand at the very end.
fn groups(text: &str, side: &str, last: bool) -> Result<Vec<u16>, AddressError> {
    if side.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&str> = side.split(':').collect();
    let mut groups = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if last && index + 1 == parts.len() && part.contains('.') {
            let [a, b, c, d] = parse_v4(part)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
            continue;
        }
        let hexadecimal = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = if hexadecimal { u16::from_str_radix(part, 16).ok() } else { None };
        groups.push(
            value.ok_or_else(|| AddressError::Group { text: text.to_owned(), group: (*part).to_owned() })?,
        );
    }
    Ok(groups)
}

/// The canonical text of an IPv6 address: lower case, no leading zeros, `::` for the longest row of at least two
/// zero groups (the first of equals), and IPv4-mapped addresses with dots. O(1).
///
/// Two texts of one address compare as unequal, in logs and in keys of caches, unless everybody writes this one.
///
/// # Examples
///
/// ```
/// use lessons::net::{canonical_v6, parse_v6};
///
/// assert_eq!(canonical_v6(parse_v6("2001:0DB8:0:0:1:0:0:1")?), "2001:db8::1:0:0:1");
/// # Ok::<(), lessons::net::AddressError>(())
/// ```
///
/// # Sources
///
/// S. Kawamura and M. Kawashima, "A Recommendation for IPv6 Address Text Representation", RFC 5952, 2010.
pub fn canonical_v6(address: Ipv6Addr) -> String {
    let groups = address.segments();
    if let [0, 0, 0, 0, 0, 0xffff, high, low] = groups {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return format!("::ffff:{a}.{b}.{c}.{d}");
    }
    let (mut start, mut length) = (0, 0);
    let mut at = 0;
    while at < GROUPS {
        let zeros = groups[at..].iter().take_while(|group| **group == 0).count();
        if zeros > length {
            (start, length) = (at, zeros);
        }
        at += zeros.max(1);
    }
    let written =
        |groups: &[u16]| groups.iter().map(|group| format!("{group:x}")).collect::<Vec<_>>().join(":");
    if length < 2 {
        return written(&groups);
    }
    format!("{}::{}", written(&groups[..start]), written(&groups[start + length..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_5952() {
        for (text, canonical) in [
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8::0001", "2001:db8::1"),
            ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:DB8::AAAA", "2001:db8::aaaa"),
            ("::", "::"),
            ("::ffff:c000:0201", "::ffff:192.0.2.1"),
            ("::192.0.2.1", "::c000:201"),
        ] {
            assert_eq!(parse_v6(text).map(canonical_v6).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        for (text, part) in [
            ("1:2:3:4:5:6:7", "eight groups"),
            ("1:2:3:4:5:6:7:8::", "eight groups"),
            ("1::2::3", "once"),
            (":1", "`` in"),
            ("12345::", "12345"),
            ("::1.2.3.4:5", "1.2.3.4"),
            ("fe80::1%eth0", "1%eth0"),
            ("::1.2.3", "3 parts"),
        ] {
            let said = parse_v6(text).expect_err(text).to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
        assert!(parse_v4("1.2.3.04").expect_err("a leading zero").to_string().contains("`04`"));
        assert!(parse_v4("").is_err());
    }

    proptest! {
        #[test]
        fn printing_and_parsing_agree_with_std(groups in prop::array::uniform8(prop_oneof![Just(0u16), any::<u16>()])) {
            let address = Ipv6Addr::from(groups);
            prop_assert_eq!(canonical_v6(address), address.to_string());
            prop_assert_eq!(parse_v6(&canonical_v6(address)), Ok(address));
        }

        /// Texts made of the characters of addresses: std takes the same ones, and reads the same.
        #[test]
        fn the_same_texts_are_taken_as_by_std(text in "[0-9a-f:.]{0,20}", v4 in "[0-9]{1,3}(\\.[0-9]{0,3}){2,4}") {
            prop_assert_eq!(parse_v6(&text).ok(), text.parse().ok(), "{}", text);
            prop_assert_eq!(parse_v4(&text).ok(), text.parse().ok(), "{}", text);
            prop_assert_eq!(parse_v4(&v4).ok(), v4.parse().ok(), "{}", v4);
            let mixed = format!("::{v4}");
            prop_assert_eq!(parse_v6(&mixed).ok(), mixed.parse().ok(), "{}", mixed);
        }
    }
}
