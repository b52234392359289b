//! Zones as text, as administrators write them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::name::Name;
use super::record::{RData, Record, RecordType};
use super::zone::{Zone, ZoneError};

/// The zone of a text: `$ORIGIN`, `$TTL`, `@`, names without a dot at their end below the origin, a line that begins with
/// a space about the name before, brackets over several lines, comments behind `;`, texts in quotes.
///
/// # Complexity
///
/// O(length × log records).
///
/// # Errors
///
/// A [`ZoneError`] with the line: a record that cannot be read, one without a TTL, one that is not of the zone, a CNAME
/// beside others, no SOA or two.
///
/// # Examples
///
/// ```
/// use lessons::dns::{RecordType, parse_zone};
///
/// let zone = parse_zone("
///     $ORIGIN shop.test.
///     $TTL 300
///     @    IN SOA ns1 admin ( 1 3600 600 86400 60 )
///          IN NS  ns1
///     ns1  IN A   127.0.53.3
///     www  60 IN CNAME web
///     web  IN A   192.0.2.80", None)?;
/// let answer = zone.lookup(&"www.shop.test".parse()?, RecordType::A);
/// assert_eq!(answer.answers.len(), 2, "the alias, and what it leads to");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// P. Mockapetris, RFC 1035, 1987, section 5; `$TTL`: M. Andrews, RFC 2308, 1998, section 4.
pub fn parse_zone(text: &str, origin: Option<&Name>) -> Result<Zone, ZoneError> {
    let mut reader = Reader { origin: origin.cloned(), ttl: None, owner: None, records: Vec::new() };
    for line in lines(text)? {
        let number = line.number;
        reader.line(&line).map_err(|problem| ZoneError { line: number, problem })?;
    }
    Zone::new(reader.records)
}

/// One word; what was in quotes is never a keyword.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    quoted: bool,
}

struct Line {
    number: usize,
    /// Whether it began with a space: it is about the name before.
    continued: bool,
    words: Vec<Word>,
}

/// The records' lines: without comments, brackets joined.
fn lines(text: &str) -> Result<Vec<Line>, ZoneError> {
    let mut found: Vec<Line> = Vec::new();
    let mut depth = 0usize;
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let problem = |problem: &str| ZoneError { line: number, problem: problem.to_owned() };
        if depth == 0 {
            found.push(Line { number, continued: line.starts_with([' ', '\t']), words: Vec::new() });
        }
        let Some(current) = found.last_mut() else { continue };
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                ';' => break,
                '(' => depth += 1,
                ')' => depth = depth.checked_sub(1).ok_or_else(|| problem("a ) without a ("))?,
                '"' => {
                    let mut text = String::new();
                    loop {
                        match letters.next() {
                            Some('"') => break,
                            Some('\\') => text.extend(letters.next()),
                            Some(letter) => text.push(letter),
                            None => return Err(problem("a text in quotes is not closed")),
                        }
                    }
                    current.words.push(Word { text, quoted: true });
                }
                space if space.is_whitespace() => {}
                first => {
                    let mut text = String::from(first);
                    let mut escaped = first == '\\';
                    while let Some(next) =
                        letters.next_if(|next| escaped || !(next.is_whitespace() || ";()\"".contains(*next)))
                    {
                        escaped = next == '\\' && !escaped;
                        text.push(next);
                    }
                    current.words.push(Word { text, quoted: false });
                }
            }
        }
    }
    if depth > 0 {
        let line = found.last().map_or(0, |line| line.number);
        return Err(ZoneError { line, problem: "a ( is not closed".to_owned() });
    }
    found.retain(|line| !line.words.is_empty());
    Ok(found)
}

struct Reader {
    origin: Option<Name>,
    ttl: Option<u32>,
    owner: Option<Name>,
    records: Vec<(usize, Record)>,
}

impl Reader {
    fn line(&mut self, line: &Line) -> Result<(), String> {
        let mut words = line.words.as_slice();
        match words[0].text.as_str() {
            "$ORIGIN" => {
                let [_, name] = words else { return Err("$ORIGIN is followed by a name".to_owned()) };
                self.origin = Some(self.name(&name.text)?);
                return Ok(());
            }
            "$TTL" => {
                let [_, ttl] = words else { return Err("$TTL is followed by a time".to_owned()) };
                self.ttl = Some(seconds(&ttl.text)?);
                return Ok(());
            }
            other if other.starts_with('$') => return Err(format!("{other} is not read here")),
            _ => {}
        }
        // Indented text in a program begins every line with a space: then a word that can be no TTL, class or type
        // is a name.
        let named = !line.continued || !is_keyword(&words[0].text);
        if named {
            self.owner = Some(self.name(&words[0].text)?);
            words = &words[1..];
        }
        let owner = self.owner.clone().ok_or("the first record needs a name")?;
        let mut ttl = None;
        let ty = loop {
            let Some((word, rest)) = words.split_first() else {
                return Err("the record has no type".to_owned());
            };
            words = rest;
            if word.quoted {
                return Err("a text in quotes stands where the type should".to_owned());
            }
            if word.text.eq_ignore_ascii_case("IN") {
                continue;
            }
            if word.text.starts_with(|c: char| c.is_ascii_digit()) && ttl.is_none() {
                ttl = Some(seconds(&word.text)?);
                continue;
            }
            break RecordType::from_name(&word.text)
                .ok_or_else(|| format!("{:?} is no type of record", word.text))?;
        };
        let data = self.data(ty, words)?;
        let ttl =
            ttl.or(self.ttl).ok_or("the record has no TTL: write one before its type, or $TTL above")?;
        self.records.push((line.number, Record { name: owner, ttl, data }));
        Ok(())
    }

    fn name(&self, text: &str) -> Result<Name, String> {
        let relative = !text.ends_with('.') || text == "@";
        match &self.origin {
            Some(origin) => Name::parse_below(text, origin).map_err(|error| error.to_string()),
            None if relative => {
                Err(format!("{text:?} is below an origin that is not known: write $ORIGIN above"))
            }
            None => Name::parse_below(text, &Name::root()).map_err(|error| error.to_string()),
        }
    }

    fn data(&self, ty: RecordType, words: &[Word]) -> Result<RData, String> {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let wrong = |needed: &str| format!("{ty} needs {needed}, not {:?}", texts.join(" "));
        Ok(match (ty, texts.as_slice()) {
            (RecordType::A, [address]) => {
                RData::A(address.parse::<Ipv4Addr>().map_err(|_| wrong("an IPv4 address"))?)
            }
            (RecordType::AAAA, [address]) => {
                RData::Aaaa(address.parse::<Ipv6Addr>().map_err(|_| wrong("an IPv6 address"))?)
            }
            (RecordType::NS, [name]) => RData::Ns(self.name(name)?),
            (RecordType::CNAME, [name]) => RData::Cname(self.name(name)?),
            (RecordType::PTR, [name]) => RData::Ptr(self.name(name)?),
            (RecordType::MX, [preference, exchange]) => {
                RData::Mx { preference: number(preference)?, exchange: self.name(exchange)? }
            }
            (RecordType::TXT, [_, ..]) => {
                if texts.iter().any(|text| text.len() > 255) {
                    return Err("a text has at most 255 bytes: write it in pieces".to_owned());
                }
                RData::Txt(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
            }
            (RecordType::SRV, [priority, weight, port, target]) => RData::Srv {
                priority: number(priority)?,
                weight: number(weight)?,
                port: number(port)?,
                target: self.name(target)?,
            },
            (RecordType::CAA, [flags, tag, value]) => RData::Caa {
                flags: number(flags)?,
                tag: tag.as_bytes().to_vec(),
                value: value.as_bytes().to_vec(),
            },
            (RecordType::SOA, [mname, rname, serial, refresh, retry, expire, minimum]) => RData::Soa {
                mname: self.name(mname)?,
                rname: self.name(rname)?,
                serial: number(serial)?,
                refresh: seconds(refresh)?,
                retry: seconds(retry)?,
                expire: seconds(expire)?,
                minimum: seconds(minimum)?,
            },
            _ => return Err(wrong("other data")),
        })
    }
}

/// Whether a word at the beginning of an indented line belongs to the record rather than names its owner.
fn is_keyword(word: &str) -> bool {
    word.eq_ignore_ascii_case("IN") || seconds(word).is_ok() || RecordType::from_name(word).is_some()
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text:?} is no number that fits"))
}

/// Seconds, or with units as in `1h30m`.
fn seconds(text: &str) -> Result<u32, String> {
    let error = || format!("{text:?} is no time: seconds, or as 1h30m");
    let (mut total, mut digits) = (0u32, String::new());
    for letter in text.chars() {
        let unit = match letter.to_ascii_lowercase() {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(error()),
        };
        let value: u32 = std::mem::take(&mut digits).parse().map_err(|_| error())?;
        total = value.checked_mul(unit).and_then(|value| total.checked_add(value)).ok_or_else(error)?;
    }
    if digits.is_empty() {
        return if text.is_empty() { Err(error()) } else { Ok(total) };
    }
    digits.parse().ok().and_then(|value: u32| total.checked_add(value)).ok_or_else(error)
}
