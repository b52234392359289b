//! Reads the part of `.proto` files that says how messages look.

mod reading;

use std::collections::BTreeMap;

use super::schema::{EnumType, Field, FieldType, MessageType, Presence, Scalar, Schema};
use super::wire::FIELD_NUMBER_MAX;
use reading::{Token, tokens};

/// Messages within messages are read so deep.
const NESTED_MAX: usize = 32;

/// Why a text is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ProtoError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// The schema of a `.proto` file.
///
/// It reads `syntax = "proto3"`, messages and enums, also nested, `optional`, `repeated`, `oneof`, `map`, `reserved` and
/// `[packed = ...]`. `package`, options and services are stepped over; types have their names without the package.
///
/// # Complexity
///
/// O(length of the text), and O(fields × nesting × log types) to find types.
///
/// # Errors
///
/// A [`ProtoError`] with the line: another syntax, `import`, `required`, `group`, `extend`, a number or a name that is
/// taken or reserved, an enum that does not begin with 0, a type that is nowhere.
///
/// # Examples
///
/// ```
/// use lessons::protobuf::{FieldType, Scalar, parse_proto};
///
/// let schema = parse_proto(r#"
///     syntax = "proto3";
///     message Quote {
///       reserved 2;                 // It was `double price`.
///       string symbol = 1;
///       sint64 price_micros = 3;
///     }"#)?;
/// let quote = schema.message("Quote").expect("it is there");
/// assert_eq!(quote.field("price_micros").map(|f| &f.ty), Some(&FieldType::Scalar(Scalar::Sint64)));
/// assert!(quote.is_reserved(2));
/// # Ok::<(), lessons::protobuf::ProtoError>(())
/// ```
///
/// # Sources
///
/// "Protocol Buffers Language Specification (Proto3)", Protocol Buffers Documentation, Google, read 2026.
pub fn parse_proto(text: &str) -> Result<Schema, ProtoError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, schema: Schema::default(), uses: Vec::new() };
    parser.file()?;
    parser.resolve()?;
    Ok(parser.schema)
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    schema: Schema,
    /// Fields whose type is a name: the message, the number, the line.
    uses: Vec<(String, u32, usize)>,
}

impl<'a> Parser<'a> {
    fn file(&mut self) -> Result<(), ProtoError> {
        while let Some(&(_, word)) = self.tokens.get(self.at) {
            match word {
                "syntax" => {
                    self.at += 1;
                    self.expect("=")?;
                    let syntax = self.next()?.trim_matches(['"', '\'']);
                    if syntax != "proto3" {
                        return Err(self.problem(format!("the syntax is {syntax}, and only proto3 is read")));
                    }
                    self.expect(";")?;
                }
                "package" | "option" => self.skip_statement()?,
                "service" => self.skip_block()?,
                "message" => self.message("", 0)?,
                "enum" => self.enumeration("")?,
                ";" => self.at += 1,
                "import" => {
                    self.at += 1;
                    return Err(self.problem("import: put all types into one text".to_owned()));
                }
                other => {
                    self.at += 1;
                    return Err(self.problem(format!("{other:?} begins neither a message nor an enum")));
                }
            }
        }
        Ok(())
    }

    fn message(&mut self, outer: &str, depth: usize) -> Result<(), ProtoError> {
        if depth > NESTED_MAX {
            return Err(self.problem(format!("messages are nested more than {NESTED_MAX} deep")));
        }
        self.at += 1;
        let name = self.declared(outer)?;
        self.schema.messages.insert(name.clone(), MessageType::default());
        self.expect("{")?;
        loop {
            match self.peek()? {
                "}" => {
                    self.at += 1;
                    return self.check_reserved(&name);
                }
                "message" => self.message(&name, depth + 1)?,
                "enum" => self.enumeration(&name)?,
                "option" => self.skip_statement()?,
                ";" => self.at += 1,
                "reserved" => self.reserved(&name)?,
                "oneof" => {
                    self.at += 1;
                    let oneof = self.identifier()?;
                    self.expect("{")?;
                    while self.peek()? != "}" {
                        if self.peek()? == "option" {
                            self.skip_statement()?;
                            continue;
                        }
                        self.field(&name, Presence::Oneof(oneof.clone()))?;
                    }
                    self.at += 1;
                }
                "required" | "group" | "extend" | "extensions" => {
                    let word = self.peek()?.to_owned();
                    return Err(self.problem(format!("{word} is not in proto3")));
                }
                "optional" => {
                    self.at += 1;
                    self.field(&name, Presence::Explicit)?;
                }
                "repeated" => {
                    self.at += 1;
                    self.field(&name, Presence::Repeated { packed: true })?;
                }
                "map" if self.tokens.get(self.at + 1).is_some_and(|token| token.1 == "<") => {
                    self.map(&name)?;
                }
                _ => self.field(&name, Presence::Implicit)?,
            }
        }
    }

    fn field(&mut self, message: &str, presence: Presence) -> Result<(), ProtoError> {
        let ty = self.next()?;
        self.typed_field(message, presence, ty.trim_start_matches('.'))
    }

    /// What follows the type: name, number, options.
    fn typed_field(&mut self, message: &str, mut presence: Presence, ty: &str) -> Result<(), ProtoError> {
        let name = self.identifier()?;
        self.expect("=")?;
        let number = u32::try_from(self.number()?).unwrap_or(0);
        if !(1..=FIELD_NUMBER_MAX).contains(&number) || (19_000..20_000).contains(&number) {
            return Err(self.problem(format!(
                "{number} cannot be a field number: they go from 1 to {FIELD_NUMBER_MAX}, without 19000 to 19999"
            )));
        }
        if self.peek()? == "[" {
            let start = self.at;
            while self.next()? != "]" {}
            let options = &self.tokens[start..self.at];
            let unpacked = options.windows(3).any(|w| [w[0].1, w[1].1, w[2].1] == ["packed", "=", "false"]);
            if let (Presence::Repeated { packed }, true) = (&mut presence, unpacked) {
                *packed = false;
            }
        }
        self.expect(";")?;
        let ty = match Scalar::ALL.into_iter().find(|scalar| scalar.name() == ty) {
            Some(scalar) => FieldType::Scalar(scalar),
            None => {
                self.uses.push((message.to_owned(), number, self.line()));
                FieldType::Message(ty.to_owned())
            }
        };
        let described = self.schema.messages.entry(message.to_owned()).or_default();
        if described.fields.contains_key(&number) {
            return Err(self.problem(format!("{message} has two fields with the number {number}")));
        }
        if described.field(&name).is_some() {
            return Err(self.problem(format!("{message} has two fields named {name}")));
        }
        described.fields.insert(number, Field { number, name, ty, presence });
        Ok(())
    }

    /// A map is a repeated message of key and value.
    fn map(&mut self, message: &str) -> Result<(), ProtoError> {
        self.at += 2;
        let key = self.next()?;
        self.expect(",")?;
        let value = self.next()?.trim_start_matches('.');
        self.expect(">")?;
        let scalar = Scalar::ALL.into_iter().find(|scalar| scalar.name() == key);
        let Some(key) = scalar.filter(|key| !matches!(key, Scalar::Float | Scalar::Double | Scalar::Bytes))
        else {
            return Err(
                self.problem(format!("{key} cannot be the key of a map: a number, bool or string can"))
            );
        };
        let name: String = self.peek()?.split('_').map(capitalized).collect::<String>() + "Entry";
        let entry = format!("{message}.{name}");
        let line = self.line();
        let field = |number: u32, name: &str, ty: FieldType| {
            (number, Field { number, name: name.to_owned(), ty, presence: Presence::Implicit })
        };
        let value = match Scalar::ALL.into_iter().find(|scalar| scalar.name() == value) {
            Some(scalar) => FieldType::Scalar(scalar),
            None => {
                self.uses.push((entry.clone(), 2, line));
                FieldType::Message(value.to_owned())
            }
        };
        let fields = BTreeMap::from([field(1, "key", FieldType::Scalar(key)), field(2, "value", value)]);
        self.schema.messages.insert(entry, MessageType { fields, ..MessageType::default() });
        self.typed_field(message, Presence::Repeated { packed: false }, &name)
    }

    fn enumeration(&mut self, outer: &str) -> Result<(), ProtoError> {
        self.at += 1;
        let name = self.declared(outer)?;
        self.expect("{")?;
        let mut described = EnumType::default();
        loop {
            match self.peek()? {
                "}" => break,
                ";" => self.at += 1,
                "option" => self.skip_statement()?,
                "reserved" => {
                    self.at += 1;
                    for range in self.ranges(i64::from(i32::MAX))?.0 {
                        let bound = |value: i64| value.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
                        described.reserved.push(bound(*range.start())..=bound(*range.end()));
                    }
                }
                _ => {
                    let value = self.identifier()?;
                    self.expect("=")?;
                    let number = i32::try_from(self.number()?)
                        .map_err(|_| self.problem("an enum's number has 32 bits".to_owned()))?;
                    described.values.push((value, number));
                    self.skip_statement()?;
                }
            }
        }
        self.at += 1;
        if described.values.first().is_none_or(|(_, number)| *number != 0) {
            return Err(self.problem(format!("the first value of {name} must be 0: it is the default")));
        }
        self.schema.enums.insert(name, described);
        Ok(())
    }

    fn reserved(&mut self, message: &str) -> Result<(), ProtoError> {
        self.at += 1;
        let (ranges, names) = self.ranges(i64::from(FIELD_NUMBER_MAX))?;
        let number = |value: &i64| (*value).clamp(0, i64::from(FIELD_NUMBER_MAX)) as u32;
        let ranges = ranges.iter().map(|range| number(range.start())..=number(range.end()));
        let described = self.schema.messages.entry(message.to_owned()).or_default();
        described.reserved.extend(ranges);
        described.reserved_names.extend(names);
        Ok(())
    }

    fn check_reserved(&self, name: &str) -> Result<(), ProtoError> {
        let Some(described) = self.schema.messages.get(name) else { return Ok(()) };
        for field in described.fields.values() {
            if described.is_reserved(field.number) || described.reserved_names.contains(&field.name) {
                let problem = format!(
                    "{name} reserves the number or name of {} = {}: take another, what was sent under it has an old meaning",
                    field.name, field.number
                );
                return Err(self.problem(problem));
            }
        }
        Ok(())
    }

    /// Finds the types of fields: from the innermost message outwards.
    fn resolve(&mut self) -> Result<(), ProtoError> {
        for (message, number, line) in std::mem::take(&mut self.uses) {
            let Some(field) = self.schema.messages.get_mut(&message).and_then(|m| m.fields.get_mut(&number))
            else {
                continue;
            };
            let written = field.ty.name().to_owned();
            let mut scope = message.as_str();
            let ty = loop {
                let full = if scope.is_empty() { written.clone() } else { format!("{scope}.{written}") };
                if self.schema.enums.contains_key(&full) {
                    break FieldType::Enum(full);
                }
                if self.schema.messages.contains_key(&full) {
                    break FieldType::Message(full);
                }
                if scope.is_empty() {
                    return Err(ProtoError { line, problem: format!("no type is named {written}") });
                }
                scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
            };
            if let Some(field) =
                self.schema.messages.get_mut(&message).and_then(|m| m.fields.get_mut(&number))
            {
                field.ty = ty;
            }
        }
        Ok(())
    }

    /// The full name of a type that is declared here.
    fn declared(&mut self, outer: &str) -> Result<String, ProtoError> {
        let name = self.identifier()?;
        let full = if outer.is_empty() { name } else { format!("{outer}.{name}") };
        if self.schema.messages.contains_key(&full) || self.schema.enums.contains_key(&full) {
            return Err(self.problem(format!("two types are named {full}")));
        }
        Ok(full)
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
