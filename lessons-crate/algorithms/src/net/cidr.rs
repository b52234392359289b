//! CIDR: a block of addresses that share their first bits.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::address::{AddressError, canonical_v6, parse_v4, parse_v6};

/// Why a text, or a pair of address and length, is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CidrError {
    /// The part before the slash.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The part behind it.
    #[error("`{text}` needs a length behind a slash: 0 to 32 for IPv4, 0 to 128 for IPv6, as in 10.0.0.0/8")]
    Length {
        /// What was given.
        text: String,
    },
    /// Bits behind the prefix.
    #[error("`{text}` has bits set behind its prefix: the block is {block}")]
    HostBits {
        /// What was given.
        text: String,
        /// The block that the address lies in.
        block: Cidr,
    },
}

/// A block of addresses: those whose first `length` bits are those of `network`.
///
/// # Complexity
///
/// Everything is O(1): addresses are compared as numbers.
///
/// # Examples
///
/// ```
/// use lessons::net::Cidr;
///
/// let block: Cidr = "192.0.2.0/24".parse()?;
/// assert!(block.contains("192.0.2.77".parse()?));
/// assert!(!block.contains("192.0.3.1".parse()?));
/// assert_eq!(block.addresses(), Some(256)); // 2^(32 - 24)
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// V. Fuller and T. Li, "Classless Inter-domain Routing (CIDR)", RFC 4632, 2006.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// Invariant: the bits behind the prefix are 0.
    network: IpAddr,
    /// Invariant: at most the width of the family.
    length: u8,
}

impl Cidr {
    /// The block of this length that the address lies in: bits behind the prefix are cleared.
    ///
    /// # Errors
    ///
    /// When the length is above 32 for IPv4, or 128 for IPv6.
    pub fn new(address: IpAddr, length: u8) -> Result<Self, CidrError> {
        if length > width(address) {
            return Err(CidrError::Length { text: format!("{address}/{length}") });
        }
        Ok(Self { network: masked(address, length), length })
    }

    /// The first address of the block.
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// How many bits all its addresses share.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// Whether an address lies in the block. An IPv4 address lies in no IPv6 block, mapped or not.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.network.is_ipv4() && masked(address, self.length) == self.network
    }

    /// How many addresses it has, 2^(32 − length) or 2^(128 − length); `None` for `::/0`, which has one more than
    /// fit into a `u128`.
    pub fn addresses(&self) -> Option<u128> {
        1u128.checked_shl(u32::from(width(self.network) - self.length))
    }
}

/// Bits of an address of this family.
pub(super) fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address as a number whose highest bit is the address's first.
pub(super) fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address with all but the first `length` bits cleared.
fn masked(address: IpAddr, length: u8) -> IpAddr {
    // A shift by the whole width is none in Rust: /0 is a case of its own.
    let mask = if length == 0 { 0 } else { u128::MAX << (128 - u32::from(length)) };
    let kept = bits(address) & mask;
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from((kept >> 96) as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(kept)),
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let wrong = || CidrError::Length { text: text.to_owned() };
        let (address, length) = text.split_once('/').ok_or_else(wrong)?;
        let address = if address.contains(':') {
            IpAddr::V6(parse_v6(address)?)
        } else {
            IpAddr::V4(parse_v4(address)?)
        };
        let plain = length.bytes().all(|byte| byte.is_ascii_digit()) && length.len() <= 3;
        let length = if plain { length.parse().ok() } else { None };
        let block = Self::new(address, length.ok_or_else(wrong)?).map_err(|_| wrong())?;
        if block.network != address {
            return Err(CidrError::HostBits { text: text.to_owned(), block });
        }
        Ok(block)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.network {
            IpAddr::V4(v4) => write!(f, "{v4}/{}", self.length),
            IpAddr::V6(v6) => write!(f, "{}/{}", canonical_v6(v6), self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_holds_a_power_of_two() {
        for length in 0..=32u8 {
            let block = Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3)), length).expect("a length");
            assert_eq!(block.addresses(), Some(1 << (32 - length)));
        }
        let all: Cidr = "::/0".parse().expect("a block");
        assert_eq!(all.addresses(), None);
        assert!(all.contains(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    }

    #[test]
    fn errors_say_what_to_write() {
        for (text, part) in [
            ("10.1.2.3/8", "the block is 10.0.0.0/8"),
            ("10.0.0.0", "behind a slash"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("10.0.0/8", "3 parts"),
            ("::1/127", "::/127"),
        ] {
            let said = text.parse::<Cidr>().expect_err(text).to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
    }

    #[test]
    fn a_mapped_address_is_no_ipv4_address() {
        let block: Cidr = "192.0.2.0/24".parse().expect("a block");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        assert!(!block.contains(mapped));
    }

    proptest! {
        #[test]
        fn blocks_are_those_of_ipnet(v6 in any::<bool>(), number in any::<u128>(), other in any::<u128>(), length in 0u8..=128) {
            let address = |number: u128| if v6 { IpAddr::from(number.to_be_bytes()) } else { IpAddr::from((number as u32).to_be_bytes()) };
            let length = length % (width(address(0)) + 1);
            let ours = Cidr::new(address(number), length).expect("a length");
            let theirs = IpNet::new(address(number), length).expect("a length");
            prop_assert_eq!(ours.network(), theirs.network());
            prop_assert_eq!(ours.to_string(), theirs.trunc().to_string());
            // A random address is hardly ever inside; one that shares some bits often is.
            let near = address(number ^ (other >> (other % 128)));
            prop_assert_eq!(ours.contains(near), theirs.contains(&near));
            prop_assert_eq!(ours.to_string().parse::<Cidr>(), Ok(ours));
        }
    }
}
