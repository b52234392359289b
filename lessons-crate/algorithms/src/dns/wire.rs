//! Numbers out of a message, and what can be wrong with one.

/// Why bytes are no DNS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsError {
    /// The message ends too early.
    #[error("the message ends within a field")]
    Truncated,
    /// The first two bits of a length are 01 or 10: reserved.
    #[error("{0:#04x} is neither a length up to 63 nor a pointer")]
    LabelType(u8),
    /// A name of more than 255 bytes.
    #[error("a name has more than 255 bytes")]
    NameTooLong,
    /// A pointer to itself, to what comes later, or to where the name has been: it could go on for ever.
    #[error("the pointer at {at} leads to {target}, which is not before what was read")]
    Pointer {
        /// Where it is.
        at: usize,
        /// Where it leads.
        target: usize,
    },
    /// The data of a record is not as long as it says.
    #[error("the data of a record of type {0} does not have the length that it says")]
    DataLength(u16),
    /// A second OPT record, or one that is not at the root.
    #[error("there is an OPT record that may not be there")]
    Opt,
    /// Bytes after the last record.
    #[error("{0} bytes follow the last record")]
    Trailing(usize),
}

pub(super) fn u8_at(bytes: &[u8], at: usize) -> Result<u8, DnsError> {
    bytes.get(at).copied().ok_or(DnsError::Truncated)
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Result<u16, DnsError> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map(|word| u16::from_be_bytes(*word))
        .ok_or(DnsError::Truncated)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, DnsError> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map(|word| u32::from_be_bytes(*word))
        .ok_or(DnsError::Truncated)
}
