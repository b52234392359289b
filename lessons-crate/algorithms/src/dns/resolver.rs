//! From the root down: who asks nobody's cache but his own.

use std::net::IpAddr;
use std::time::Duration;

use super::cache::{Cache, Cached, NegativeKind};
use super::message::{Message, Question, Rcode};
use super::name::Name;
use super::record::{RData, Record, RecordType};
use crate::rng::Rng;

/// Questions that one question of a client may cost: without a limit, two zones that name each other's servers keep a
/// resolver busy for ever (NXNSAttack, 2020).
const QUERIES_MAX: usize = 60;
/// Aliases that lead to aliases are followed so often.
const ALIASES_MAX: usize = 12;
/// Names of servers that need names of servers are looked up so deep.
const DEPTH_MAX: usize = 5;
/// Servers of a referral whose addresses are looked up; one that answers is enough.
const SERVERS_MAX: usize = 4;
/// How long old records are better than none: a day.
const MAX_STALE: Duration = Duration::from_secs(86_400);

/// Why there is no answer. A client gets SERVFAIL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No server of the zone gave an answer that can be used.
    #[error("no server of {0} gave a usable answer")]
    NoServer(Name),
    /// The limit of questions.
    #[error("more than {QUERIES_MAX} questions would be needed")]
    TooManyQueries,
    /// Aliases in a circle, or too many.
    #[error("{0} leads through more than {ALIASES_MAX} aliases")]
    Aliases(Name),
    /// Servers whose names need servers whose names need servers.
    #[error("the servers of {0} are named in zones that need each other")]
    Depth(Name),
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Ask the servers of this zone.
    Referral(Name),
    /// The records.
    Answer,
    /// Another name.
    Alias(Name),
    /// There is nothing.
    Negative(NegativeKind),
    /// Nothing, or nothing that may be believed.
    Unusable,
}

/// One question to one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who was asked.
    pub server: IpAddr,
    /// The zone that it was asked as a server of.
    pub zone: Name,
    /// What was asked.
    pub question: Question,
    /// What it said.
    pub outcome: Outcome,
}

/// An answer, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Whether there is such a name.
    pub rcode: Rcode,
    /// Aliases, then the records.
    pub answers: Vec<Record>,
    /// The questions that it took; none when all was remembered.
    pub steps: Vec<Step>,
    /// Whether it is older than its TTL, because nobody answered.
    pub stale: bool,
}

/// Asks the root, then whoever it is referred to, and remembers what it learns.
///
/// A server is believed about names of its own zone only (its bailiwick): what it says about others, also as an
/// "additional" address, is thrown away. A referral must lead further down towards the name.
///
/// # Complexity
///
/// One question for each zone on the way that is not remembered: three for `www.shop.test` when nothing is.
///
/// # Sources
///
/// P. Mockapetris, RFC 1034, 1987, section 5.3.3; bailiwick: R. Elz, R. Bush, RFC 2181, 1997, section 5.4.1; limits:
/// Y. Afek, A. Bremler-Barr, L. Shafir, "NXNSAttack", USENIX Security 2020.
#[derive(Clone, Debug)]
pub struct Resolver {
    roots: Vec<IpAddr>,
    cache: Cache,
    rng: Rng,
}

/// Sends a question to an address, and gives what came back, if anything did.
type Ask<'a> = dyn FnMut(IpAddr, &Message) -> Option<Message> + 'a;

/// What one search has used up.
struct Search<'a> {
    now: Duration,
    ask: &'a mut Ask<'a>,
    steps: Vec<Step>,
}

enum Found {
    Records(Vec<Record>),
    Alias(Record, Name),
    Nothing(NegativeKind),
}

impl Resolver {
    /// A resolver that knows the addresses of the root's servers, and draws the ids of its questions from a seed.
    pub fn new(roots: Vec<IpAddr>, seed: u64) -> Self {
        Self { roots, cache: Cache::new(MAX_STALE), rng: Rng::new(seed) }
    }

    /// What it remembers.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Finds records of a name. `ask` sends a question to an address and gives what came back.
    ///
    /// # Errors
    ///
    /// See [`ResolveError`]; records that are too old are given instead, if there are any.
    pub fn resolve<'a>(
        &mut self,
        name: &Name,
        ty: RecordType,
        now: Duration,
        ask: &'a mut Ask<'a>,
    ) -> Result<Resolution, ResolveError> {
        let mut search = Search { now, ask, steps: Vec::new() };
        let found = self.search(name, ty, 0, &mut search);
        let steps = search.steps;
        match found {
            Ok((rcode, answers)) => Ok(Resolution { rcode, answers, steps, stale: false }),
            Err(error) => match self.cache.get(name, ty, now) {
                Some(Cached::Stale(answers)) => {
                    Ok(Resolution { rcode: Rcode::NO_ERROR, answers, steps, stale: true })
                }
                _ => Err(error),
            },
        }
    }

    fn search(
        &mut self,
        name: &Name,
        ty: RecordType,
        depth: usize,
        search: &mut Search<'_>,
    ) -> Result<(Rcode, Vec<Record>), ResolveError> {
        if depth > DEPTH_MAX {
            return Err(ResolveError::Depth(name.clone()));
        }
        let (mut answers, mut current) = (Vec::new(), name.clone());
        for _ in 0..ALIASES_MAX {
            let found = match self.remembered(&current, ty, search.now) {
                Some(found) => found,
                None => self.iterate(&current, ty, depth, search)?,
            };
            match found {
                Found::Records(records) => {
                    answers.extend(records);
                    return Ok((Rcode::NO_ERROR, answers));
                }
                Found::Nothing(NegativeKind::NxDomain) => return Ok((Rcode::NX_DOMAIN, answers)),
                Found::Nothing(NegativeKind::NoData) => return Ok((Rcode::NO_ERROR, answers)),
                Found::Alias(record, target) => {
                    answers.push(record);
                    current = target;
                }
            }
        }
        Err(ResolveError::Aliases(name.clone()))
    }

    fn remembered(&self, name: &Name, ty: RecordType, now: Duration) -> Option<Found> {
        match self.cache.get(name, ty, now) {
            Some(Cached::Fresh(records)) => return Some(Found::Records(records)),
            Some(Cached::Negative(kind)) => return Some(Found::Nothing(kind)),
            Some(Cached::Stale(_)) | None => {}
        }
        let Some(Cached::Fresh(records)) = self.cache.get(name, RecordType::CNAME, now) else { return None };
        alias(records)
    }

    /// Asks down from the closest zone whose servers are known.
    fn iterate(
        &mut self,
        name: &Name,
        ty: RecordType,
        depth: usize,
        search: &mut Search<'_>,
    ) -> Result<Found, ResolveError> {
        let (mut zone, mut servers) = self.closest_zone(name, search.now);
        loop {
            // Each referral leads to a longer zone, so this ends.
            let (cut, names) = match self.ask_servers(name, ty, &zone, &servers, search)? {
                Reply::Found(found) => return Ok(found),
                Reply::Referral(cut, names) => (cut, names),
            };
            servers = names.iter().flat_map(|name| self.addresses(name, search.now)).collect();
            for server in names.iter().take(SERVERS_MAX) {
                if !servers.is_empty() {
                    break;
                }
                // No address came along. One below the cut itself could only be found by asking it.
                if !server.is_within(&cut) {
                    for ty in [RecordType::A, RecordType::AAAA] {
                        let found = self.search(server, ty, depth + 1, search);
                        if let Err(error @ ResolveError::TooManyQueries) = found {
                            return Err(error);
                        }
                        servers = self.addresses(server, search.now);
                        if !servers.is_empty() {
                            break;
                        }
                    }
                }
            }
            if servers.is_empty() {
                return Err(ResolveError::NoServer(cut));
            }
            zone = cut;
        }
    }

    /// The longest zone above a name of whose servers an address is remembered; or the root.
    fn closest_zone(&self, name: &Name, now: Duration) -> (Name, Vec<IpAddr>) {
        for count in (1..=name.label_count()).rev() {
            let zone = name.suffix(count);
            let Some(Cached::Fresh(records)) = self.cache.get(&zone, RecordType::NS, now) else { continue };
            let servers: Vec<IpAddr> =
                server_names(&records).iter().flat_map(|server| self.addresses(server, now)).collect();
            if !servers.is_empty() {
                return (zone, servers);
            }
        }
        (Name::root(), self.roots.clone())
    }

    fn addresses(&self, name: &Name, now: Duration) -> Vec<IpAddr> {
        let types = [RecordType::A, RecordType::AAAA];
        let known = types.into_iter().filter_map(|ty| match self.cache.get(name, ty, now) {
            Some(Cached::Fresh(records)) => Some(records),
            _ => None,
        });
        known
            .flatten()
            .filter_map(|record| match record.data {
                RData::A(address) => Some(address.into()),
                RData::Aaaa(address) => Some(address.into()),
                _ => None,
            })
            .collect()
    }

    fn ask_servers(
        &mut self,
        name: &Name,
        ty: RecordType,
        zone: &Name,
        servers: &[IpAddr],
        search: &mut Search<'_>,
    ) -> Result<Reply, ResolveError> {
        for &server in servers {
            if search.steps.len() >= QUERIES_MAX {
                return Err(ResolveError::TooManyQueries);
            }
            let mut query = Message::query(self.rng.next_u64() as u16, name.clone(), ty);
            query.header.recursion_desired = false;
            let reply = (search.ask)(server, &query).filter(|reply| {
                reply.header.response
                    && reply.header.id == query.header.id
                    && reply.questions == query.questions
            });
            let understood = reply.and_then(|reply| self.understand(reply, name, ty, zone, search.now));
            let outcome = match &understood {
                Some(Reply::Found(Found::Records(_))) => Outcome::Answer,
                Some(Reply::Found(Found::Alias(_, target))) => Outcome::Alias(target.clone()),
                Some(Reply::Found(Found::Nothing(kind))) => Outcome::Negative(*kind),
                Some(Reply::Referral(cut, _)) => Outcome::Referral(cut.clone()),
                None => Outcome::Unusable,
            };
            let question = Question { name: name.clone(), record_type: ty };
            search.steps.push(Step { server, zone: zone.clone(), question, outcome });
            if let Some(reply) = understood {
                return Ok(reply);
            }
        }
        Err(ResolveError::NoServer(zone.clone()))
    }

    /// What a reply of a server of `zone` means, after all that is not its business is taken out; `None` when it is of
    /// no use.
    fn understand(
        &mut self,
        mut reply: Message,
        name: &Name,
        ty: RecordType,
        zone: &Name,
        now: Duration,
    ) -> Option<Reply> {
        for section in [&mut reply.answers, &mut reply.authorities, &mut reply.additionals] {
            section.retain(|record| record.name.is_within(zone));
        }
        let rcode = reply.header.rcode;
        if rcode != Rcode::NO_ERROR && rcode != Rcode::NX_DOMAIN {
            return None;
        }
        let rrset = |records: &[Record], name: &Name, ty: RecordType| {
            let same = |record: &&Record| record.name == *name && record.data.record_type() == ty;
            records.iter().filter(same).cloned().collect::<Vec<_>>()
        };
        let records = rrset(&reply.answers, name, ty);
        if !records.is_empty() {
            self.cache.insert(records.clone(), now);
            return Some(Reply::Found(Found::Records(records)));
        }
        let aliases = rrset(&reply.answers, name, RecordType::CNAME);
        if let Some(Found::Alias(record, target)) = alias(aliases) {
            self.cache.insert(vec![record.clone()], now);
            // What the alias leads to is asked for on its own, unless it came along.
            self.cache.insert(rrset(&reply.answers, &target, ty), now);
            return Some(Reply::Found(Found::Alias(record, target)));
        }
        let soa = reply.authorities.iter().find_map(|record| match record.data {
            RData::Soa { minimum, .. } => Some(record.ttl.min(minimum)),
            _ => None,
        });
        if rcode == Rcode::NX_DOMAIN || (reply.header.authoritative && soa.is_some()) {
            let kind = if rcode == Rcode::NX_DOMAIN { NegativeKind::NxDomain } else { NegativeKind::NoData };
            // Without an SOA nobody said for how long: it is not remembered (RFC 2308, section 5).
            self.cache.insert_negative(name, ty, kind, soa.unwrap_or(0), now);
            return Some(Reply::Found(Found::Nothing(kind)));
        }
        self.referral(&reply, name, zone, now)
    }

    /// A referral, if it leads down towards the name.
    fn referral(&mut self, reply: &Message, name: &Name, zone: &Name, now: Duration) -> Option<Reply> {
        let is_cut = |record: &&Record| {
            matches!(record.data, RData::Ns(_)) && record.name != *zone && name.is_within(&record.name)
        };
        let cut = reply.authorities.iter().find(is_cut)?.name.clone();
        let records: Vec<Record> =
            reply.authorities.iter().filter(is_cut).filter(|record| record.name == cut).cloned().collect();
        let names = server_names(&records);
        self.cache.insert(records, now);
        for server in &names {
            for ty in [RecordType::A, RecordType::AAAA] {
                let glue =
                    reply.additionals.iter().filter(|r| r.name == *server && r.data.record_type() == ty);
                self.cache.insert(glue.cloned().collect(), now);
            }
        }
        Some(Reply::Referral(cut, names))
    }
}

/// A reply that was understood.
enum Reply {
    Found(Found),
    /// The zone, and the names of its servers.
    Referral(Name, Vec<Name>),
}

fn alias(records: Vec<Record>) -> Option<Found> {
    let record = records.into_iter().next()?;
    let RData::Cname(target) = &record.data else { return None };
    let target = target.clone();
    Some(Found::Alias(record, target))
}

fn server_names(records: &[Record]) -> Vec<Name> {
    let names = records.iter().filter_map(|record| match &record.data {
        RData::Ns(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
