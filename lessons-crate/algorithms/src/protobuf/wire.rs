//! The bytes of Protocol Buffers: integers of variable length, zigzag, tags and records. It needs no schema.
//!
//! A message is a row of records. Each starts with a tag, `field number << 3 | wire type`, and the wire type says how
//! long the rest is, so that a reader can step over a field that it does not know.
//!
//! # Sources
//!
//! "Encoding", Protocol Buffers Documentation, Google, read 2026. The integers are LEB128: "DWARF Debugging Information
//! Format, Version 5", 2017, section 7.6.

/// An integer of 64 bits takes at most so many bytes: 10 groups of 7 bits.
pub const VARINT_BYTES_MAX: usize = 10;

/// The highest number that a field can have: 29 bits.
pub const FIELD_NUMBER_MAX: u32 = (1 << 29) - 1;

/// Groups (wire types 3 and 4) may be nested; more than this is refused, as in Google's decoders.
const GROUPS_DEEP_MAX: usize = 100;

/// Why bytes are no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VarintError {
    /// The last byte there is says that another follows.
    #[error("the integer goes on after the last byte: read more")]
    NeedMore,
    /// More than 64 bits.
    #[error("the integer has more than 64 bits: its tenth byte may only be 0 or 1")]
    Overflow,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end within a record.
    #[error("the bytes end within a record, {0} bytes too early or more")]
    Truncated(usize),
    /// An integer is longer than it can be.
    #[error(transparent)]
    Varint(VarintError),
    /// The field number is 0, or has more than 29 bits.
    #[error("{0} is no field number: they go from 1 to 536870911")]
    FieldNumber(u64),
    /// Wire types 6 and 7 mean nothing.
    #[error("{0} is no wire type: there are 0 to 5")]
    WireType(u8),
    /// The end of a group that was not begun, or of another one.
    #[error("a group ends that was not begun (field {0})")]
    GroupEnd(u32),
    /// Groups in groups in groups.
    #[error("groups are nested more than {GROUPS_DEEP_MAX} deep")]
    TooDeep,
}

impl From<VarintError> for WireError {
    fn from(error: VarintError) -> Self {
        match error {
            VarintError::NeedMore => Self::Truncated(1),
            VarintError::Overflow => Self::Varint(error),
        }
    }
}

/// Appends an unsigned integer: seven bits a byte, the lowest first; the top bit of a byte says that another follows.
/// O(bytes), at most [`VARINT_BYTES_MAX`].
///
/// # Examples
///
/// ```
/// use lessons::protobuf::wire::{get_varint, put_varint};
///
/// let mut bytes = Vec::new();
/// put_varint(150, &mut bytes);
/// assert_eq!(bytes, [0x96, 0x01]);
/// assert_eq!(get_varint(&bytes), Ok((150, 2)));
/// ```
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The integer at the start of the bytes, and how many it takes. O(bytes), at most [`VARINT_BYTES_MAX`].
///
/// An integer may be written longer than it needs to be: `80 00` is 0. Decoders accept that.
///
/// # Errors
///
/// [`VarintError::NeedMore`] when the bytes end too early, [`VarintError::Overflow`] when it has more than 64 bits.
pub fn get_varint(bytes: &[u8]) -> Result<(u64, usize), VarintError> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(VARINT_BYTES_MAX) {
        // Nine groups are 63 bits: one is left.
        if at == VARINT_BYTES_MAX - 1 && byte > 1 {
            return Err(VarintError::Overflow);
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, at + 1));
        }
    }
    Err(VarintError::NeedMore)
}

/// How many bytes an integer takes: ⌈bits / 7⌉, and 1 for zero. O(1).
pub fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// A signed integer as an unsigned one that is small when it is near zero: 0, -1, 1, -2 become 0, 1, 2, 3. O(1).
///
/// Without it, -1 has 64 bits set and takes ten bytes.
///
/// # Examples
///
/// ```
/// use lessons::protobuf::wire::{unzigzag, varint_len, zigzag};
///
/// assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
/// assert_eq!(unzigzag(zigzag(i64::MIN)), i64::MIN);
/// assert_eq!((varint_len(-1i64 as u64), varint_len(zigzag(-1))), (10, 1));
/// ```
pub fn zigzag(value: i64) -> u64 {
    // Shifted arithmetically, the sign fills all bits: all ones for a negative number, which turns every bit.
    ((value << 1) ^ (value >> 63)) as u64
}

/// What [`zigzag`] was given. O(1).
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// How the rest of a record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WireType {
    /// 0: an integer of variable length.
    Varint,
    /// 1: eight bytes.
    Fixed64,
    /// 2: a length, and so many bytes: text, bytes, a message, or packed numbers. The wire does not say which.
    Len,
    /// 3 and 4: a group, the records until its end. No longer written, still stepped over.
    Group,
    /// 5: four bytes.
    Fixed32,
}

impl WireType {
    /// Its number in a tag; a group has that of its start.
    pub fn number(self) -> u8 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Len => 2,
            Self::Group => 3,
            Self::Fixed32 => 5,
        }
    }
}

/// Appends a tag: one byte for the fields 1 to 15, two up to 2047.
///
/// # Panics
///
/// When the number is not from 1 to [`FIELD_NUMBER_MAX`].
pub fn put_tag(number: u32, wire: WireType, out: &mut Vec<u8>) {
    assert!((1..=FIELD_NUMBER_MAX).contains(&number), "{number} is no field number");
    put_varint(u64::from(number) << 3 | u64::from(wire.number()), out);
}

/// Appends a length and the bytes.
pub fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// The payload of a record, as far as the wire tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// An integer.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// Bytes of a stated length.
    Len(&'a [u8]),
    /// The records within a group.
    Group(&'a [u8]),
    /// Four bytes, little-endian.
    Fixed32(u32),
}

impl Payload<'_> {
    /// Its wire type.
    pub fn wire_type(&self) -> WireType {
        match self {
            Self::Varint(_) => WireType::Varint,
            Self::Fixed64(_) => WireType::Fixed64,
            Self::Len(_) => WireType::Len,
            Self::Group(_) => WireType::Group,
            Self::Fixed32(_) => WireType::Fixed32,
        }
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The number of the field.
    pub number: u32,
    /// What it holds.
    pub payload: Payload<'a>,
    /// All its bytes, the tag included: what is kept of a field that is not known.
    pub bytes: &'a [u8],
}

/// The records of a message, one after the other; after an error there are no more.
///
/// # Complexity
///
/// O(1) for each record but for integers and groups, which are read through. Nothing is allocated.
///
/// # Examples
///
/// ```
/// use lessons::protobuf::wire::{Payload, records};
///
/// // Field 1 is the integer 150; field 2 has seven bytes, which may be text, a message or packed numbers.
/// let bytes = [0x08, 0x96, 0x01, 0x12, 0x07, b't', b'e', b's', b't', b'i', b'n', b'g'];
/// let found: Vec<_> = records(&bytes).map(|record| record.map(|r| (r.number, r.payload))).collect();
/// assert_eq!(found, [Ok((1, Payload::Varint(150))), Ok((2, Payload::Len(b"testing")))]);
/// ```
pub fn records(bytes: &[u8]) -> Records<'_> {
    Records { rest: bytes }
}

/// The iterator of [`records`].
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let all = self.rest;
        let record = record(all, 0);
        self.rest = match &record {
            Ok(record) => &all[record.bytes.len()..],
            Err(_) => &[],
        };
        Some(record)
    }
}

/// The record at the start of the bytes, within so many groups.
fn record(all: &[u8], depth: usize) -> Result<Record<'_>, WireError> {
    let (number, wire, used) = tag(all)?;
    let rest = &all[used..];
    let (payload, length) = match wire {
        0 => {
            let (value, length) = get_varint(rest)?;
            (Payload::Varint(value), length)
        }
        1 => (Payload::Fixed64(u64::from_le_bytes(array(rest)?)), 8),
        2 => {
            let (length, used) = get_varint(rest)?;
            let rest = &rest[used..];
            // Compared before anything is taken or reserved: the length is a stranger's word.
            let missing = length.saturating_sub(rest.len() as u64);
            if missing > 0 {
                return Err(WireError::Truncated(usize::try_from(missing).unwrap_or(usize::MAX)));
            }
            (Payload::Len(&rest[..length as usize]), used + length as usize)
        }
        3 => {
            let (inside, length) = group(rest, number, depth + 1)?;
            (Payload::Group(inside), length)
        }
        4 => return Err(WireError::GroupEnd(number)),
        5 => (Payload::Fixed32(u32::from_le_bytes(array(rest)?)), 4),
        other => return Err(WireError::WireType(other)),
    };
    Ok(Record { number, payload, bytes: &all[..used + length] })
}

/// Number, wire type and length of a tag.
fn tag(bytes: &[u8]) -> Result<(u32, u8, usize), WireError> {
    let (tag, used) = get_varint(bytes)?;
    match u32::try_from(tag >> 3) {
        Ok(number @ 1..=FIELD_NUMBER_MAX) => Ok((number, (tag & 7) as u8, used)),
        _ => Err(WireError::FieldNumber(tag >> 3)),
    }
}

/// The bytes within a group, and the length up to and with its end.
fn group(bytes: &[u8], number: u32, depth: usize) -> Result<(&[u8], usize), WireError> {
    if depth > GROUPS_DEEP_MAX {
        return Err(WireError::TooDeep);
    }
    let mut at = 0;
    loop {
        let (inner, wire, used) = tag(&bytes[at..])?;
        if wire == 4 {
            return if inner == number {
                Ok((&bytes[..at], at + used))
            } else {
                Err(WireError::GroupEnd(inner))
            };
        }
        at += record(&bytes[at..], depth)?.bytes.len();
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], WireError> {
    bytes.first_chunk().copied().ok_or(WireError::Truncated(N - bytes.len().min(N)))
}
