//! The words of a `.proto` file, and how a parser takes them.

use std::ops::RangeInclusive;

use super::{Parser, ProtoError};

pub(super) type Token<'a> = (usize, &'a str);

/// Names, numbers, texts in quotes and single signs, each with its line.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ProtoError> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let problem = |problem: &str| ProtoError { line, problem: problem.to_owned() };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-';
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            2 + rest.find("*/").ok_or_else(|| problem("a comment /* is not closed by */"))?
        } else if first == '"' || first == '\'' {
            2 + rest[1..].find(first).ok_or_else(|| problem("a text in quotes is not closed"))?
        } else if is_name(first) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !first.is_whitespace() && !token.starts_with("//") && !token.starts_with("/*") {
            found.push((line, token));
        }
        line += token.matches('\n').count();
        rest = after;
    }
    Ok(found)
}

impl<'a> Parser<'a> {
    /// `2, 5 to 9, 40 to max` or `"name", "other"`.
    pub(super) fn ranges(&mut self, max: i64) -> Result<(Vec<RangeInclusive<i64>>, Vec<String>), ProtoError> {
        let (mut ranges, mut names) = (Vec::new(), Vec::new());
        loop {
            if self.peek()?.starts_with(['"', '\'']) {
                names.push(self.next()?.trim_matches(['"', '\'']).to_owned());
            } else {
                let first = self.number()?;
                let mut last = first;
                if self.peek()? == "to" {
                    self.at += 1;
                    last = if self.peek()? == "max" { max } else { self.number()? };
                    self.at += usize::from(self.tokens.get(self.at).is_some_and(|token| token.1 == "max"));
                }
                ranges.push(first..=last);
            }
            match self.next()? {
                "," => {}
                ";" => return Ok((ranges, names)),
                other => return Err(self.problem(format!("found {other:?}, where a , or ; should be"))),
            }
        }
    }

    pub(super) fn identifier(&mut self) -> Result<String, ProtoError> {
        let word = self.next()?;
        let good = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if good { Ok(word.to_owned()) } else { Err(self.problem(format!("{word:?} is no name"))) }
    }

    pub(super) fn number(&mut self) -> Result<i64, ProtoError> {
        let word = self.next()?;
        let hex = word.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
        hex.unwrap_or_else(|| word.parse()).map_err(|_| self.problem(format!("{word:?} is no number")))
    }

    pub(super) fn skip_statement(&mut self) -> Result<(), ProtoError> {
        while self.next()? != ";" {}
        Ok(())
    }

    pub(super) fn skip_block(&mut self) -> Result<(), ProtoError> {
        let mut depth = 0;
        loop {
            match self.next()? {
                "{" => depth += 1,
                "}" if depth <= 1 => return Ok(()),
                "}" => depth -= 1,
                _ => {}
            }
        }
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), ProtoError> {
        let found = self.next()?;
        if found == sign {
            return Ok(());
        }
        Err(self.problem(format!("found {found:?}, where a {sign} should be")))
    }

    pub(super) fn peek(&self) -> Result<&'a str, ProtoError> {
        let token = self.tokens.get(self.at).map(|token| token.1);
        token.ok_or_else(|| self.problem("the text ends too early: is a } or ; missing?".to_owned()))
    }

    pub(super) fn next(&mut self) -> Result<&'a str, ProtoError> {
        let token = self.peek()?;
        self.at += 1;
        Ok(token)
    }

    pub(super) fn line(&self) -> usize {
        let last = self.at.clamp(1, self.tokens.len().max(1)) - 1;
        self.tokens.get(last).map_or(1, |token| token.0)
    }

    pub(super) fn problem(&self, problem: String) -> ProtoError {
        ProtoError { line: self.line(), problem }
    }
}
