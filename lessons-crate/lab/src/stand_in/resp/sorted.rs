//! Sorted sets: members in the order of their scores.

use super::collections::{Span, access};
use super::frame::Frame;
use super::store::{Reply, SYNTAX, Store, WRONG_TYPE};
use super::value::{Score, SortedSet, Value};

const NOT_FLOAT: &str = "ERR value is not a valid float";

access!(sorted, change_sorted, Sorted, SortedSet);

impl Store {
    pub(super) fn sorted_command(&mut self, name: &str, arguments: &[&[u8]]) -> Option<Reply> {
        let [key, rest @ ..] = arguments else {
            return name.starts_with('Z').then(|| Err(String::new()));
        };
        Some(match (name, rest) {
            ("ZADD", [_, ..]) if rest.len().is_multiple_of(2) => (|| {
                let pairs = rest.chunks(2).map(|pair| Ok((pair[1], float(pair[0])?)));
                let pairs = pairs.collect::<Result<Vec<_>, String>>()?;
                self.change_sorted(key, |set| {
                    let new = pairs.iter().filter(|(member, score)| set.insert(member, *score));
                    Ok(Frame::count(new.count()))
                })
            })(),
            ("ZINCRBY", [by, member]) => float(by).and_then(|by| {
                self.change_sorted(key, |set| {
                    let sum = set.score(member).unwrap_or(0.0) + by;
                    if sum.is_nan() {
                        return Err("ERR resulting score is not a number (NaN)".into());
                    }
                    set.insert(member, sum);
                    Ok(shown(sum))
                })
            }),
            ("ZREM", [_, ..]) => self.change_sorted(key, |set| {
                Ok(Frame::count(rest.iter().filter(|member| set.remove(member)).count()))
            }),
            ("ZCARD", []) => self.sorted(key).map(|set| Frame::count(set.scores.len())),
            ("ZSCORE", [member]) => self.sorted(key).map(|set| set.score(member).map_or(Frame::Nil, shown)),
            ("ZRANK", [member]) => {
                self.sorted(key).map(|set| set.rank(member).map_or(Frame::Nil, Frame::count))
            }
            ("ZREVRANK", [member]) => self.sorted(key).map(|set| {
                set.rank(member).map_or(Frame::Nil, |rank| Frame::count(set.order.len() - 1 - rank))
            }),
            ("ZRANGE", [first, last, options @ ..]) => self.by_position(key, first, last, options, false),
            ("ZREVRANGE", [first, last, options @ ..]) => self.by_position(key, first, last, options, true),
            ("ZRANGEBYSCORE", [least, most, options @ ..]) => {
                self.between(key, least, most).and_then(|members| listed(members.iter(), options))
            }
            ("ZCOUNT", [least, most]) => {
                self.between(key, least, most).map(|members| Frame::count(members.len()))
            }
            ("ZREMRANGEBYSCORE", [least, most]) => self.between(key, least, most).and_then(|members| {
                self.change_sorted(key, |set| {
                    Ok(Frame::count(members.iter().filter(|(_, name)| set.remove(name)).count()))
                })
            }),
            (
                "ZADD" | "ZINCRBY" | "ZREM" | "ZCARD" | "ZSCORE" | "ZRANK" | "ZREVRANK" | "ZRANGE"
                | "ZREVRANGE" | "ZRANGEBYSCORE" | "ZCOUNT" | "ZREMRANGEBYSCORE",
                _,
            ) => Err(String::new()),
            _ => return None,
        })
    }

    fn by_position(
        &mut self,
        key: &[u8],
        first: &[u8],
        last: &[u8],
        options: &[&[u8]],
        backward: bool,
    ) -> Reply {
        let (backward, options) = match options {
            [option, rest @ ..] if option.eq_ignore_ascii_case(b"REV") => (true, rest),
            all => (backward, all),
        };
        let span = Span::read(first, last)?;
        let set = self.sorted(key)?;
        let range = span.of(set.order.len());
        if backward {
            listed(set.order.iter().rev().skip(range.start).take(range.len()), options)
        } else {
            listed(set.order.iter().skip(range.start).take(range.len()), options)
        }
    }

    fn between(&mut self, key: &[u8], least: &[u8], most: &[u8]) -> Result<Vec<(Score, Vec<u8>)>, String> {
        let (least, above) = bound(least)?;
        let (most, below) = bound(most)?;
        let set = self.sorted(key)?;
        let inside = |score: f64| {
            (if above { score > least } else { score >= least })
                && (if below { score < most } else { score <= most })
        };
        Ok(set.order.iter().filter(|(score, _)| inside(score.0)).cloned().collect())
    }
}

/// A bound of scores, and whether it is itself left out.
fn bound(bytes: &[u8]) -> Result<(f64, bool), String> {
    let invalid = |_| "ERR min or max is not a float".to_owned();
    match bytes.strip_prefix(b"(") {
        Some(bytes) => Ok((float(bytes).map_err(invalid)?, true)),
        None => Ok((float(bytes).map_err(invalid)?, false)),
    }
}

fn float(bytes: &[u8]) -> Result<f64, String> {
    let number = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<f64>().ok());
    number.filter(|number| !number.is_nan()).ok_or_else(|| NOT_FLOAT.into())
}

/// A score in its shortest form, as Redis 7.2 and later write it (7.0 gives 17 digits).
fn shown(score: f64) -> Frame {
    if score.is_infinite() {
        Frame::text(if score > 0.0 { "inf" } else { "-inf" })
    } else {
        Frame::text(score)
    }
}

fn listed<'a>(members: impl Iterator<Item = &'a (Score, Vec<u8>)>, options: &[&[u8]]) -> Reply {
    let with_scores = match options {
        [] => false,
        [option] if option.eq_ignore_ascii_case(b"WITHSCORES") => true,
        _ => return Err(SYNTAX.into()),
    };
    let mut list = Vec::new();
    for (score, member) in members {
        list.push(Frame::Bulk(member.clone()));
        if with_scores {
            list.push(shown(score.0));
        }
    }
    Ok(Frame::Array(list))
}
