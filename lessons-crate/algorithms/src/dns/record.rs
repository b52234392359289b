//! Records: what a name has.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::name::{Name, read_name};
use super::wire::{DnsError, u8_at, u16_at, u32_at};

/// The type of a record, or of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordType(pub u16);

impl RecordType {
    /// An IPv4 address.
    pub const A: Self = Self(1);
    /// The name of a server that knows the zone.
    pub const NS: Self = Self(2);
    /// Another name: whatever is asked, ask there.
    pub const CNAME: Self = Self(5);
    /// The beginning of a zone.
    pub const SOA: Self = Self(6);
    /// A name for an address.
    pub const PTR: Self = Self(12);
    /// A server for mail.
    pub const MX: Self = Self(15);
    /// Texts.
    pub const TXT: Self = Self(16);
    /// An IPv6 address.
    pub const AAAA: Self = Self(28);
    /// A server and port for a service.
    pub const SRV: Self = Self(33);
    /// EDNS: no record, but what the message's header has no room for.
    pub const OPT: Self = Self(41);
    /// Who may make certificates.
    pub const CAA: Self = Self(257);
    /// In a question: whatever there is.
    pub const ANY: Self = Self(255);

    const NAMES: [(Self, &'static str); 12] = [
        (Self::A, "A"),
        (Self::NS, "NS"),
        (Self::CNAME, "CNAME"),
        (Self::SOA, "SOA"),
        (Self::PTR, "PTR"),
        (Self::MX, "MX"),
        (Self::TXT, "TXT"),
        (Self::AAAA, "AAAA"),
        (Self::SRV, "SRV"),
        (Self::OPT, "OPT"),
        (Self::CAA, "CAA"),
        (Self::ANY, "ANY"),
    ];

    /// The type of a name such as `AAAA`, or `TYPE64` for any (RFC 3597).
    pub fn from_name(name: &str) -> Option<Self> {
        let known = Self::NAMES.iter().find(|(_, own)| own.eq_ignore_ascii_case(name)).map(|(ty, _)| *ty);
        known.or_else(|| name.to_ascii_uppercase().strip_prefix("TYPE")?.parse().ok().map(Self))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(ty, _)| ty == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// The data of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields have the names of the standards, which say what they are")]
pub enum RData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A server that knows the zone.
    Ns(Name),
    /// Another name.
    Cname(Name),
    /// A name for an address.
    Ptr(Name),
    /// A server for mail; the lowest preference first.
    Mx { preference: u16, exchange: Name },
    /// Texts of up to 255 bytes each.
    Txt(Vec<Vec<u8>>),
    /// A server for a service (RFC 2782).
    Srv { priority: u16, weight: u16, port: u16, target: Name },
    /// Who may make certificates (RFC 8659).
    Caa { flags: u8, tag: Vec<u8>, value: Vec<u8> },
    /// The beginning of a zone. `minimum` is how long one may believe that something is not there.
    Soa { mname: Name, rname: Name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
    /// Of a type that we do not read.
    Other(RecordType, Vec<u8>),
}

impl RData {
    /// Its type.
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::AAAA,
            Self::Ns(_) => RecordType::NS,
            Self::Cname(_) => RecordType::CNAME,
            Self::Ptr(_) => RecordType::PTR,
            Self::Mx { .. } => RecordType::MX,
            Self::Txt(_) => RecordType::TXT,
            Self::Srv { .. } => RecordType::SRV,
            Self::Caa { .. } => RecordType::CAA,
            Self::Soa { .. } => RecordType::SOA,
            Self::Other(ty, _) => *ty,
        }
    }

    /// Appends it. Names are compressed only in the types of RFC 1035: of others, not everybody knows that there is one.
    pub(super) fn put(&self, ends: &mut BTreeMap<Name, usize>, out: &mut Vec<u8>) {
        match self {
            Self::A(address) => out.extend(address.octets()),
            Self::Aaaa(address) => out.extend(address.octets()),
            Self::Ns(name) | Self::Cname(name) | Self::Ptr(name) => name.put(ends, true, out),
            Self::Mx { preference, exchange } => {
                out.extend(preference.to_be_bytes());
                exchange.put(ends, true, out);
            }
            Self::Txt(texts) => {
                for text in texts {
                    let text = &text[..text.len().min(255)];
                    out.push(text.len() as u8);
                    out.extend_from_slice(text);
                }
            }
            Self::Srv { priority, weight, port, target } => {
                [priority, weight, port].iter().for_each(|number| out.extend(number.to_be_bytes()));
                target.put(ends, false, out);
            }
            Self::Caa { flags, tag, value } => {
                let tag = &tag[..tag.len().min(255)];
                out.extend([*flags, tag.len() as u8]);
                out.extend_from_slice(tag);
                out.extend_from_slice(value);
            }
            Self::Soa { mname, rname, serial, refresh, retry, expire, minimum } => {
                mname.put(ends, true, out);
                rname.put(ends, true, out);
                let numbers = [serial, refresh, retry, expire, minimum];
                numbers.iter().for_each(|number| out.extend(number.to_be_bytes()));
            }
            Self::Other(_, bytes) => out.extend_from_slice(bytes),
        }
    }

    /// The data at `start..end` of a message.
    pub(super) fn read(message: &[u8], start: usize, end: usize, ty: RecordType) -> Result<Self, DnsError> {
        let data = message.get(start..end).ok_or(DnsError::Truncated)?;
        let wrong = DnsError::DataLength(ty.0);
        let name = |at| read_name(message, at);
        let (read, used) = match ty {
            RecordType::A => (Self::A(<[u8; 4]>::try_from(data).map_err(|_| wrong)?.into()), end),
            RecordType::AAAA => (Self::Aaaa(<[u8; 16]>::try_from(data).map_err(|_| wrong)?.into()), end),
            RecordType::NS => name(start).map(|(name, next)| (Self::Ns(name), next))?,
            RecordType::CNAME => name(start).map(|(name, next)| (Self::Cname(name), next))?,
            RecordType::PTR => name(start).map(|(name, next)| (Self::Ptr(name), next))?,
            RecordType::MX => {
                let (exchange, next) = name(start + 2)?;
                (Self::Mx { preference: u16_at(message, start)?, exchange }, next)
            }
            RecordType::TXT => (Self::Txt(texts(data).ok_or(wrong)?), end),
            RecordType::SRV => {
                let number = |at| u16_at(message, start + at);
                let (target, next) = name(start + 6)?;
                (Self::Srv { priority: number(0)?, weight: number(2)?, port: number(4)?, target }, next)
            }
            RecordType::CAA => {
                let flags = u8_at(data, 0).map_err(|_| wrong)?;
                let length = usize::from(u8_at(data, 1).map_err(|_| wrong)?);
                let (tag, value) = data[2..].split_at_checked(length).ok_or(wrong)?;
                (Self::Caa { flags, tag: tag.to_vec(), value: value.to_vec() }, end)
            }
            RecordType::SOA => {
                let (mname, at) = name(start)?;
                let (rname, at) = name(at)?;
                let number = |place: usize| u32_at(message, at + 4 * place);
                let (serial, refresh, retry) = (number(0)?, number(1)?, number(2)?);
                let (expire, minimum) = (number(3)?, number(4)?);
                (Self::Soa { mname, rname, serial, refresh, retry, expire, minimum }, at + 20)
            }
            other => (Self::Other(other, data.to_vec()), end),
        };
        if used == end { Ok(read) } else { Err(wrong) }
    }
}

/// Texts with a length before each; there is at least one.
fn texts(mut data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    while let Some((&length, rest)) = data.split_first() {
        let (text, rest) = rest.split_at_checked(usize::from(length))?;
        found.push(text.to_vec());
        data = rest;
    }
    Some(found).filter(|found| !found.is_empty())
}

/// A record of the class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub name: Name,
    /// For how many seconds it may be believed.
    pub ttl: u32,
    /// What it says.
    pub data: RData,
}

impl fmt::Display for Record {
    /// As `dig` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} IN {} ", self.name, self.ttl, self.data.record_type())?;
        let text = |text: &[u8]| String::from_utf8_lossy(text).replace('\\', "\\\\").replace('"', "\\\"");
        match &self.data {
            RData::A(address) => write!(f, "{address}"),
            RData::Aaaa(address) => write!(f, "{address}"),
            RData::Ns(name) | RData::Cname(name) | RData::Ptr(name) => write!(f, "{name}"),
            RData::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            RData::Txt(texts) => {
                let texts: Vec<String> = texts.iter().map(|own| format!("\"{}\"", text(own))).collect();
                f.write_str(&texts.join(" "))
            }
            RData::Srv { priority, weight, port, target } => write!(f, "{priority} {weight} {port} {target}"),
            RData::Caa { flags, tag, value } => write!(f, "{flags} {} \"{}\"", text(tag), text(value)),
            RData::Soa { mname, rname, serial, refresh, retry, expire, minimum } => {
                write!(f, "{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
            }
            RData::Other(_, bytes) => {
                write!(f, "\\# {} ", bytes.len())?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}
