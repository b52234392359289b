//! Questions and answers as they are sent.

use std::collections::BTreeMap;

use super::name::{Name, read_name};
use super::record::{RData, Record, RecordType};
use super::wire::{DnsError, u16_at, u32_at};

/// The longest answer over UDP to somebody who did not say that more is welcome, in bytes.
pub const UDP_BYTES_MAX: usize = 512;

/// The class IN, the Internet; others are not used.
const CLASS_IN: u16 = 1;

/// How the question was dealt with. The values without a name are kept as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rcode(pub u16);

impl Rcode {
    /// There is an answer, which may be that the name has no such records.
    pub const NO_ERROR: Self = Self(0);
    /// The question cannot be read.
    pub const FORM_ERR: Self = Self(1);
    /// The server failed.
    pub const SERV_FAIL: Self = Self(2);
    /// The name does not exist, whatever the type.
    pub const NX_DOMAIN: Self = Self(3);
    /// A kind of question that is not answered.
    pub const NOT_IMP: Self = Self(4);
    /// Not for you, or not of this zone.
    pub const REFUSED: Self = Self(5);
}

/// The twelve bytes at the beginning, without the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Chosen at random by who asks; an answer has the same.
    pub id: u16,
    /// QR: it is an answer.
    pub response: bool,
    /// 0 for a plain question. Four bits.
    pub opcode: u8,
    /// AA: the server knows the zone itself.
    pub authoritative: bool,
    /// TC: it did not fit; ask again over TCP.
    pub truncated: bool,
    /// RD: please ask others for me.
    pub recursion_desired: bool,
    /// RA: I would ask others for you.
    pub recursion_available: bool,
    /// AD: checked by DNSSEC.
    pub authentic: bool,
    /// CD: do not check.
    pub checking_disabled: bool,
    /// How it went; with EDNS it has 12 bits.
    pub rcode: Rcode,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Of which name.
    pub name: Name,
    /// Which records.
    pub record_type: RecordType,
}

/// What an OPT record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edns {
    /// How large an answer over UDP may be, in bytes. 1232 passes nearly everywhere in one piece.
    pub udp_bytes: u16,
    /// 0.
    pub version: u8,
    /// DO: please send what DNSSEC needs.
    pub dnssec_ok: bool,
    /// Code and data.
    pub options: Vec<(u16, Vec<u8>)>,
}

impl Default for Edns {
    fn default() -> Self {
        Self { udp_bytes: 1_232, version: 0, dnssec_ok: false, options: Vec::new() }
    }
}

/// A DNS message of class IN.
///
/// # Complexity
///
/// `encode` is O(bytes × labels × log names), `decode` O(records × 255).
///
/// # Examples
///
/// ```
/// use lessons::dns::{Edns, Message, RecordType};
///
/// let mut query = Message::query(0x1234, "www.example.test".parse()?, RecordType::A);
/// assert_eq!(query.encode().len(), 34);
/// query.edns = Some(Edns::default());
/// assert_eq!(query.encode().len(), 34 + 11);
/// assert_eq!(Message::decode(&query.encode())?, query);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// P. Mockapetris, RFC 1035, 1987, section 4; J. Damas, M. Graff, P. Vixie, "Extension Mechanisms for DNS (EDNS(0))",
/// RFC 6891, 2013. Why 1232 bytes: "DNS Flag Day 2020".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub header: Header,
    /// What is asked: one question, in practice.
    pub questions: Vec<Question>,
    /// The answer.
    pub answers: Vec<Record>,
    /// Who knows more, or how long to believe that there is nothing.
    pub authorities: Vec<Record>,
    /// What would be asked next, without the OPT record.
    pub additionals: Vec<Record>,
    /// The OPT record.
    pub edns: Option<Edns>,
}

impl Message {
    /// A question to a resolver.
    pub fn query(id: u16, name: Name, record_type: RecordType) -> Self {
        Self {
            header: Header { id, recursion_desired: true, ..Header::default() },
            questions: vec![Question { name, record_type }],
            ..Self::default()
        }
    }

    /// An empty answer to a question.
    pub fn reply_to(query: &Self, rcode: Rcode) -> Self {
        let Header { id, opcode, recursion_desired, .. } = query.header;
        Self {
            header: Header { id, opcode, recursion_desired, response: true, rcode, ..Header::default() },
            questions: query.questions.clone(),
            edns: query.edns.as_ref().map(|_| Edns::default()),
            ..Self::default()
        }
    }

    /// The bytes, with compressed names.
    ///
    /// # Panics
    ///
    /// When there are more than 65,535 records of a kind, or one has more bytes than that.
    pub fn encode(&self) -> Vec<u8> {
        let Header { id, response, opcode, authoritative, truncated, recursion_desired, .. } = self.header;
        let Header { recursion_available, authentic, checking_disabled, rcode, .. } = self.header;
        let bits = [
            response,
            authoritative,
            truncated,
            recursion_desired,
            recursion_available,
            authentic,
            checking_disabled,
        ];
        let places = [15, 10, 9, 8, 7, 5, 4];
        let flags = bits.iter().zip(places).fold(0, |flags, (bit, place)| flags | u16::from(*bit) << place);
        let flags = flags | u16::from(opcode & 15) << 11 | rcode.0 & 15;
        let count = |count: usize| u16::try_from(count).expect("at most 65,535 records");
        let additionals = self.additionals.len() + usize::from(self.edns.is_some());
        let counts =
            [self.questions.len(), self.answers.len(), self.authorities.len(), additionals].map(count);
        let mut out: Vec<u8> =
            [id, flags].iter().chain(&counts).flat_map(|word| word.to_be_bytes()).collect();
        let mut ends = BTreeMap::new();
        for question in &self.questions {
            question.name.put(&mut ends, true, &mut out);
            [question.record_type.0, CLASS_IN].iter().for_each(|word| out.extend(word.to_be_bytes()));
        }
        for record in self.answers.iter().chain(&self.authorities).chain(&self.additionals) {
            record.name.put(&mut ends, true, &mut out);
            [record.data.record_type().0, CLASS_IN].iter().for_each(|word| out.extend(word.to_be_bytes()));
            out.extend(record.ttl.to_be_bytes());
            let start = out.len() + 2;
            out.extend([0, 0]);
            record.data.put(&mut ends, &mut out);
            let length = u16::try_from(out.len() - start).expect("at most 65,535 bytes of data");
            out[start - 2..start].copy_from_slice(&length.to_be_bytes());
        }
        if let Some(edns) = &self.edns {
            put_edns(edns, rcode, &mut out);
        }
        out
    }

    /// The bytes if there are at most so many; otherwise only the question, with TC set: ask again over TCP.
    pub fn encode_within(&self, max_bytes: usize) -> Vec<u8> {
        let whole = self.encode();
        if whole.len() <= max_bytes {
            return whole;
        }
        let header = Header { truncated: true, ..self.header };
        let (questions, edns) = (self.questions.clone(), self.edns.clone());
        Self { header, questions, edns, ..Self::default() }.encode()
    }

    /// What some bytes say.
    ///
    /// # Errors
    ///
    /// See [`DnsError`]. Records of other classes than IN are read as if they were of it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DnsError> {
        let flags = u16_at(bytes, 2)?;
        let bit = |place: u32| flags >> place & 1 == 1;
        let mut message = Self {
            header: Header {
                id: u16_at(bytes, 0)?,
                response: bit(15),
                opcode: (flags >> 11 & 15) as u8,
                authoritative: bit(10),
                truncated: bit(9),
                recursion_desired: bit(8),
                recursion_available: bit(7),
                authentic: bit(5),
                checking_disabled: bit(4),
                rcode: Rcode(flags & 15),
            },
            ..Self::default()
        };
        let counts = [u16_at(bytes, 4)?, u16_at(bytes, 6)?, u16_at(bytes, 8)?, u16_at(bytes, 10)?];
        let mut at = 12;
        // The counts are a stranger's word: nothing is reserved for them.
        for _ in 0..counts[0] {
            let (name, next) = read_name(bytes, at)?;
            message.questions.push(Question { name, record_type: RecordType(u16_at(bytes, next)?) });
            u16_at(bytes, next + 2)?;
            at = next + 4;
        }
        for (section, count) in counts[1..].iter().enumerate() {
            for _ in 0..*count {
                at = message.read_record(bytes, at, section)?;
            }
        }
        if at == bytes.len() { Ok(message) } else { Err(DnsError::Trailing(bytes.len() - at)) }
    }

    fn read_record(&mut self, bytes: &[u8], at: usize, section: usize) -> Result<usize, DnsError> {
        let (name, at) = read_name(bytes, at)?;
        let (ty, class, ttl) =
            (RecordType(u16_at(bytes, at)?), u16_at(bytes, at + 2)?, u32_at(bytes, at + 4)?);
        let start = at + 10;
        let end = start + usize::from(u16_at(bytes, at + 8)?);
        let data = RData::read(bytes, start, end, ty)?;
        if let RData::Other(RecordType::OPT, options) = &data {
            if !name.is_root() || self.edns.is_some() || section != 2 {
                return Err(DnsError::Opt);
            }
            let [high, version, flags, _] = ttl.to_be_bytes();
            self.header.rcode.0 |= u16::from(high) << 4;
            let options = read_options(options)?;
            self.edns = Some(Edns { udp_bytes: class, version, dnssec_ok: flags & 0x80 != 0, options });
            return Ok(end);
        }
        // A TTL with the highest bit set counts as 0 (RFC 2181, section 8).
        let ttl = if ttl >> 31 == 0 { ttl } else { 0 };
        let records = [&mut self.answers, &mut self.authorities, &mut self.additionals];
        records[section.min(2)].push(Record { name, ttl, data });
        Ok(end)
    }
}

fn put_edns(edns: &Edns, rcode: Rcode, out: &mut Vec<u8>) {
    out.push(0);
    [RecordType::OPT.0, edns.udp_bytes].iter().for_each(|word| out.extend(word.to_be_bytes()));
    out.extend([(rcode.0 >> 4) as u8, edns.version, u8::from(edns.dnssec_ok) << 7, 0]);
    let mut data = Vec::new();
    for (code, option) in &edns.options {
        let length = u16::try_from(option.len()).expect("at most 65,535 bytes of an option");
        [*code, length].iter().for_each(|word| data.extend(word.to_be_bytes()));
        data.extend_from_slice(option);
    }
    out.extend(u16::try_from(data.len()).expect("at most 65,535 bytes of options").to_be_bytes());
    out.extend(data);
}

fn read_options(data: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, DnsError> {
    let (mut options, mut at) = (Vec::new(), 0);
    while at < data.len() {
        let (code, length) = (u16_at(data, at)?, usize::from(u16_at(data, at + 2)?));
        let option = data.get(at + 4..at + 4 + length).ok_or(DnsError::DataLength(RecordType::OPT.0))?;
        options.push((code, option.to_vec()));
        at += 4 + length;
    }
    Ok(options)
}
