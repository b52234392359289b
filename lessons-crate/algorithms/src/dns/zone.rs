//! What an authoritative server answers.

use std::collections::BTreeMap;

use super::message::{Message, Question, Rcode};
use super::name::Name;
use super::record::{RData, Record, RecordType};

/// Aliases that lead to aliases are followed so often.
const ALIASES_MAX: usize = 16;

/// Why a text is no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ZoneError {
    /// Counted from 1; 0 when it is about the zone as a whole.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// The records of a zone, by name and type.
///
/// # Complexity
///
/// `lookup` is O(labels × log names + answer), for each alias once.
///
/// # Sources
///
/// P. Mockapetris, RFC 1034, 1987, section 4.3.2; wildcards: E. Lewis, RFC 4592, 2006; what is not there: M. Andrews,
/// RFC 2308, 1998, and S. Bortzmeyer, S. Huque, RFC 8020, 2016.
#[derive(Clone, Debug)]
pub struct Zone {
    origin: Name,
    soa: Record,
    /// Names in canonical order, so that what is below a name follows it.
    names: BTreeMap<Name, BTreeMap<RecordType, Vec<Record>>>,
}

/// What a zone says about a name and a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// No error, also when there are no such records; or that the name does not exist; or that it is of another zone.
    pub rcode: Rcode,
    /// Whether the zone knows it itself. A referral is no such answer.
    pub authoritative: bool,
    /// The records, after the aliases that lead to them.
    pub answers: Vec<Record>,
    /// Who to ask instead, or the SOA with the time for which to believe that there is nothing.
    pub authorities: Vec<Record>,
    /// Addresses of those who are named above.
    pub additionals: Vec<Record>,
}

impl Zone {
    /// A zone of these records, each with the line where it stands.
    ///
    /// # Errors
    ///
    /// When there is not exactly one SOA, a record is not below it, or an alias is not alone at its name.
    pub(super) fn new(records: Vec<(usize, Record)>) -> Result<Self, ZoneError> {
        let error = |line, problem: String| Err(ZoneError { line, problem });
        let mut soas = records.iter().filter(|(_, record)| record.data.record_type() == RecordType::SOA);
        let Some((_, soa)) = soas.next().cloned() else {
            return error(0, "a zone needs an SOA record".to_owned());
        };
        if let Some((line, _)) = soas.next() {
            return error(*line, "a zone has one SOA record, and this is the second".to_owned());
        }
        let origin = soa.name.clone();
        let mut names: BTreeMap<Name, BTreeMap<RecordType, Vec<Record>>> = BTreeMap::new();
        for (line, record) in records {
            if !record.name.is_within(&origin) {
                return error(line, format!("{} is not below {origin}", record.name));
            }
            let node = names.entry(record.name.clone()).or_default();
            let ty = record.data.record_type();
            let same = node.entry(ty).or_default();
            if !same.iter().any(|other| other.data == record.data) {
                same.push(record);
            }
            let aliases = node.get(&RecordType::CNAME).map_or(0, Vec::len);
            if aliases > 1 || (aliases == 1 && node.len() > 1) {
                return error(line, "a name with a CNAME has nothing else".to_owned());
            }
        }
        Ok(Self { origin, soa, names })
    }

    /// The name at which the zone begins.
    pub fn origin(&self) -> &Name {
        &self.origin
    }

    /// All records in canonical order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.names.values().flat_map(|node| node.values().flatten())
    }

    /// What the zone says.
    pub fn lookup(&self, name: &Name, ty: RecordType) -> Answer {
        if !name.is_within(&self.origin) {
            return Answer { rcode: Rcode::REFUSED, ..Answer::default() };
        }
        let mut answer = Answer { authoritative: true, ..Answer::default() };
        let mut name = name.clone();
        for _ in 0..ALIASES_MAX {
            if let Some(cut) = self.cut_above(&name) {
                // Of an alias that leads out of what we know, only the alias is ours.
                answer.authoritative = !answer.answers.is_empty();
                answer.authorities = self.names[&cut][&RecordType::NS].clone();
                self.add_addresses(&mut answer);
                return answer;
            }
            let Some((node, wildcard)) = self.find(&name) else {
                if !self.exists(&name) {
                    answer.rcode = Rcode::NX_DOMAIN;
                }
                answer.authorities = vec![self.negative()];
                return answer;
            };
            // What a wildcard has is said of the name that was asked.
            let own = |record: &Record| match wildcard {
                true => Record { name: name.clone(), ..record.clone() },
                false => record.clone(),
            };
            let found: Vec<Record> = match node.get(&ty) {
                Some(records) => records.iter().map(own).collect(),
                None if ty == RecordType::ANY => node.values().flatten().map(own).collect(),
                None => Vec::new(),
            };
            if !found.is_empty() {
                answer.answers.extend(found);
                self.add_addresses(&mut answer);
                return answer;
            }
            let Some(alias) = node.get(&RecordType::CNAME).and_then(|records| records.first()) else {
                answer.authorities = vec![self.negative()];
                return answer;
            };
            answer.answers.push(own(alias));
            match &alias.data {
                RData::Cname(target) if target.is_within(&self.origin) => name = target.clone(),
                _ => return answer,
            }
        }
        answer
    }

    /// The message that answers another.
    pub fn answer(&self, query: &Message) -> Message {
        let [Question { name, record_type }] = query.questions.as_slice() else {
            return Message::reply_to(query, Rcode::FORM_ERR);
        };
        if query.header.opcode != 0 {
            return Message::reply_to(query, Rcode::NOT_IMP);
        }
        let Answer { rcode, authoritative, answers, authorities, additionals } =
            self.lookup(name, *record_type);
        let mut reply = Message { answers, authorities, additionals, ..Message::reply_to(query, rcode) };
        reply.header.authoritative = authoritative;
        reply
    }

    /// The highest name above or at this one that is another zone's: it has NS records, and is not the origin.
    fn cut_above(&self, name: &Name) -> Option<Name> {
        let own = self.origin.label_count();
        (own + 1..=name.label_count())
            .map(|count| name.suffix(count))
            .find(|above| self.names.get(above).is_some_and(|node| node.contains_key(&RecordType::NS)))
    }

    /// Whether the name has records, or one below it has.
    fn exists(&self, name: &Name) -> bool {
        self.names.range(name.clone()..).next().is_some_and(|(found, _)| found.is_within(name))
    }

    /// The records of a name: its own, or those of the wildcard below the closest name that exists.
    fn find(&self, name: &Name) -> Option<(&BTreeMap<RecordType, Vec<Record>>, bool)> {
        if let Some(node) = self.names.get(name) {
            return Some((node, false));
        }
        if self.exists(name) {
            return None;
        }
        let mut above = name.parent();
        while let Some(encloser) = above {
            if encloser == self.origin || self.exists(&encloser) {
                return self.names.get(&encloser.child(b"*")?).map(|node| (node, true));
            }
            above = encloser.parent();
        }
        None
    }

    /// The SOA, with the time for which one may believe that there is nothing: the smaller of its TTL and its minimum.
    fn negative(&self) -> Record {
        let minimum = match self.soa.data {
            RData::Soa { minimum, .. } => minimum,
            _ => 0,
        };
        Record { ttl: self.soa.ttl.min(minimum), ..self.soa.clone() }
    }

    /// The addresses of servers that the answer names, as far as they are in this file.
    fn add_addresses(&self, answer: &mut Answer) {
        let named =
            answer.answers.iter().chain(&answer.authorities).filter_map(|record| match &record.data {
                RData::Ns(name) | RData::Mx { exchange: name, .. } | RData::Srv { target: name, .. } => {
                    Some(name)
                }
                _ => None,
            });
        let mut found = Vec::new();
        for node in named.filter_map(|name| self.names.get(name)) {
            let addresses =
                [RecordType::A, RecordType::AAAA].into_iter().filter_map(|ty| node.get(&ty)).flatten();
            found.extend(addresses.filter(|record| !found.contains(*record)).cloned().collect::<Vec<_>>());
        }
        answer.additionals = found;
    }
}
