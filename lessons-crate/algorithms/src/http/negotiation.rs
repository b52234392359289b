//! Content negotiation: which of several representations a client would rather have.

/// The field `Accept`: kinds of content with a weight each.
///
/// The most specific range that matches a kind of content decides its weight: `text/plain;format=flowed` before
/// `text/plain`, that before `text/*`, that before `*/*`. A weight of 0 means: not this.
///
/// # Complexity
///
/// O(ranges) for each offer.
///
/// # Examples
///
/// ```
/// use lessons::http::Accept;
///
/// let accept = Accept::parse("text/html, application/json;q=0.8, */*;q=0");
/// assert_eq!(accept.best(&["application/xml", "application/json"]), Some("application/json"));
/// assert_eq!(accept.best(&["application/xml"]), None); // 406 Not Acceptable
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP Semantics", RFC 9110, 2022, sections 12.4.2 and 12.5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept(Vec<Range>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    /// `*` for any.
    kind: String,
    /// `*` for any.
    subtype: String,
    /// Name and value, both in small letters.
    parameters: Vec<(String, String)>,
    /// In thousandths: weights have three decimals, and are compared.
    weight: u16,
}

impl Accept {
    /// Reads the field's value. Members that are no range are left out; an empty field accepts anything.
    pub fn parse(field: &str) -> Self {
        Self(field.split(',').filter_map(range).collect())
    }

    /// The weight of a kind of content, in thousandths: 1,000 when nothing is said at all, 0 when it is not wanted.
    pub fn weight(&self, content: &str) -> u16 {
        if self.0.is_empty() {
            return 1_000;
        }
        let Some(offer) = range(content) else { return 0 };
        let matching = self.0.iter().filter(|range| range.matches(&offer));
        matching.max_by_key(|range| range.specificity()).map_or(0, |range| range.weight)
    }

    /// The offer of the largest weight; the first of several, so the server's own order decides between equals.
    pub fn best<'a>(&self, offers: &[&'a str]) -> Option<&'a str> {
        let mut best = None;
        for offer in offers {
            let weight = self.weight(offer);
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((*offer, weight));
            }
        }
        best.map(|(offer, _)| offer)
    }
}

impl Range {
    fn matches(&self, offer: &Self) -> bool {
        (self.kind == "*" || self.kind == offer.kind)
            && (self.subtype == "*" || self.subtype == offer.subtype)
            && self.parameters.iter().all(|parameter| offer.parameters.contains(parameter))
    }

    fn specificity(&self) -> (bool, bool, usize) {
        (self.kind != "*", self.subtype != "*", self.parameters.len())
    }
}

fn range(text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let (kind, subtype) = (kind.trim().to_ascii_lowercase(), subtype.trim().to_ascii_lowercase());
    if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
        return None;
    }
    let (mut parameters, mut weight) = (Vec::new(), 1_000);
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
        if name == "q" {
            weight = thousandths(value)?;
        } else {
            parameters.push((name, value.to_ascii_lowercase()));
        }
    }
    Some(Range { kind, subtype, parameters, weight })
}

/// A weight: 0 or 1 with up to three decimals, and not more than 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !matches!(whole, "0" | "1") {
        return None;
    }
    let weight = format!("{whole}{decimals:0<3}").parse().ok()?;
    (weight <= 1_000).then_some(weight)
}

/// The content coding to answer with, by the field `Accept-Encoding`: the offer of the largest weight, the first of
/// several. `identity`, no coding, is always among the offers unless it is ruled out; without the field nothing is
/// coded. `None`: nothing is acceptable.
///
/// # Examples
///
/// ```
/// use lessons::http::best_encoding;
///
/// assert_eq!(best_encoding(Some("gzip;q=0.5, br"), &["gzip", "br"]), Some("br"));
/// assert_eq!(best_encoding(Some("zstd"), &["gzip"]), Some("identity"));
/// assert_eq!(best_encoding(Some("*;q=0"), &["gzip"]), None);
/// ```
///
/// # Sources
///
/// RFC 9110, 2022, section 12.5.3.
pub fn best_encoding<'a>(field: Option<&str>, offers: &[&'a str]) -> Option<&'a str> {
    let Some(field) = field else { return Some("identity") };
    let members: Vec<(String, u16)> = field
        .split(',')
        .filter_map(|member| {
            let (name, weight) = member.split_once(';').unwrap_or((member, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(thousandths)?;
            (!name.trim().is_empty()).then(|| (name.trim().to_ascii_lowercase(), weight))
        })
        .collect();
    let said = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, weight)| *weight);
    let any = said("*");
    let mut best: Option<(&str, u16)> = None;
    for offer in offers.iter().copied().filter(|offer| *offer != "identity") {
        let weight = said(offer).or(any).unwrap_or(0);
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((offer, weight));
        }
    }
    // Not named, it is acceptable, and every coding that is named is preferred to it.
    let identity = said("identity").or(any.filter(|weight| *weight == 0));
    match (best, identity) {
        (None, Some(0)) => None,
        (None, _) => Some("identity"),
        (Some((_, weight)), Some(identity)) if identity > weight => Some("identity"),
        (Some((offer, _)), _) => Some(offer),
    }
}
