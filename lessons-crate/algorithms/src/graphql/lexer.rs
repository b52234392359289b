//! From letters to tokens.

use super::ast::Position;

/// Why a text is no query, or no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {problem}", position.line, position.column)]
pub struct ParseError {
    /// Where.
    pub position: Position,
    /// What is wrong.
    pub problem: String,
}

/// What a text is cut into. Spaces, commas and comments are between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Int(String),
    Float(String),
    String(String),
    /// One of `! $ & ( ) ... : = @ [ ] { | }`.
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 14] = ["...", "!", "$", "&", "(", ")", ":", "=", "@", "[", "]", "{", "|", "}"];

/// The tokens of a text, the last of which is the end. O(length).
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Position)>, ParseError> {
    let mut lexer = Lexer { rest: text, position: Position { line: 1, column: 1 } };
    let mut found = Vec::new();
    loop {
        lexer.skip();
        let position = lexer.position;
        let token = lexer.token()?;
        let end = token == Token::End;
        found.push((token, position));
        if end {
            return Ok(found);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Lexer<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        for letter in taken.chars() {
            if letter == '\n' {
                self.position = Position { line: self.position.line + 1, column: 1 };
            } else {
                self.position.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    /// Spaces, line ends, commas, the mark of byte order, comments.
    fn skip(&mut self) {
        loop {
            let ignored = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}');
            let length = match self.rest.chars().next() {
                Some('#') => self.rest.find(['\n', '\r']).unwrap_or(self.rest.len()),
                Some(first) if ignored(first) => self.rest.find(|c| !ignored(c)).unwrap_or(self.rest.len()),
                _ => return,
            };
            self.take(length);
        }
    }

    fn problem(&self, problem: impl Into<String>) -> ParseError {
        ParseError { position: self.position, problem: problem.into() }
    }

    fn token(&mut self) -> Result<Token, ParseError> {
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign)) {
            self.take(sign.len());
            return Ok(Token::Sign(sign));
        }
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Name(self.word().to_owned())),
            '0'..='9' | '-' => self.number(),
            '"' if self.rest.starts_with("\"\"\"") => self.block_string(),
            '"' => self.string(),
            other => Err(self.problem(format!("{other:?} means nothing here"))),
        }
    }

    fn word(&mut self) -> &'a str {
        let length = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.take(length.unwrap_or(self.rest.len()))
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = usize::from(bytes[0] == b'-');
        let whole = digits(at);
        if whole == 0 || (whole > 1 && bytes[at] == b'0') {
            return Err(self.problem("a number begins with one digit, or with one that is not 0"));
        }
        at += whole;
        let mut float = false;
        if bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            at += 1 + fraction;
            float = true;
            if fraction == 0 {
                return Err(self.problem("digits follow the point of a number"));
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            let exponent = digits(at);
            at += exponent;
            float = true;
            if exponent == 0 {
                return Err(self.problem("digits follow the exponent of a number"));
            }
        }
        if self.rest[at..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            return Err(self.problem("a number ends before a name or a point"));
        }
        let text = self.take(at).to_owned();
        Ok(if float { Token::Float(text) } else { Token::Int(text) })
    }

    fn string(&mut self) -> Result<Token, ParseError> {
        self.take(1);
        let mut text = String::new();
        loop {
            let Some(first) = self.rest.chars().next() else {
                return Err(self.problem("a text is not closed"));
            };
            match first {
                '"' => {
                    self.take(1);
                    return Ok(Token::String(text));
                }
                '\n' | '\r' => return Err(self.problem("a text in simple quotes ends in its line")),
                '\\' => text.push(self.escape()?),
                other => {
                    self.take(other.len_utf8());
                    text.push(other);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let error = self.problem("a \\ is followed by one of \" \\ / b f n r t, or by u and four digits");
        let letter = self.rest[1..].chars().next().ok_or_else(|| error.clone())?;
        let plain = match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode().ok_or(error),
            _ => return Err(error),
        };
        self.take(2);
        Ok(plain)
    }

    /// `\u{1F600}`, `\u00e9`, or two of the latter for one character.
    fn unicode(&mut self) -> Option<char> {
        if self.rest.starts_with("\\u{") {
            let end = self.rest.find('}')?;
            let digits = &self.rest[3..end];
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
            self.take(end + 1);
            return char::from_u32(code);
        }
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        let low = self.four_digits().filter(|low| (0xdc00..0xe000).contains(low))?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.rest.strip_prefix("\\u")?.get(..4)?;
        let good = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| good);
        self.take(6);
        code
    }

    fn block_string(&mut self) -> Result<Token, ParseError> {
        self.take(3);
        let mut raw = String::new();
        loop {
            if self.rest.starts_with("\\\"\"\"") {
                self.take(4);
                raw.push_str("\"\"\"");
            } else if self.rest.starts_with("\"\"\"") {
                self.take(3);
                return Ok(Token::String(without_indent(&raw)));
            } else {
                let Some(letter) = self.rest.chars().next() else {
                    return Err(self.problem("a text in three quotes is not closed"));
                };
                self.take(letter.len_utf8());
                raw.push(letter);
            }
        }
    }
}

/// The lines of a block without what all but the first are indented by, and without empty ones at both ends.
fn without_indent(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let blank = |line: &str| indent(line) == line.len();
    let common = lines.iter().skip(1).filter(|line| !blank(line)).map(|line| indent(line)).min().unwrap_or(0);
    let cut =
        |at: usize, line: &str| line.get(if at == 0 { 0 } else { common }..).unwrap_or_default().to_owned();
    let lines: Vec<String> = lines.iter().enumerate().map(|(at, line)| cut(at, line)).collect();
    let first = lines.iter().position(|line| !blank(line));
    let last = lines.iter().rposition(|line| !blank(line));
    first.zip(last).map_or(String::new(), |(first, last)| lines[first..=last].join("\n"))
}
