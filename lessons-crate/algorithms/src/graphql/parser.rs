//! From tokens to a document.

use super::ast::{
    Directive, Document, Field, Fragment, Operation, OperationKind, Position, Selection, TypeRef, Value,
    VariableDefinition,
};
use super::lexer::{ParseError, Token, tokens};

/// Brackets in brackets are read so deep: deeper ones would use up the stack.
const NESTED_MAX: usize = 100;

/// The document of a text.
///
/// # Complexity
///
/// O(length).
///
/// # Errors
///
/// A [`ParseError`] with the line and column.
///
/// # Examples
///
/// ```
/// use lessons::graphql::parse;
///
/// let document = parse("query Q($id: ID!) { user(id: $id) { name, mail: email } }")?;
/// // One normal form: two spaces a level, no commas.
/// let printed = document.to_string();
/// assert_eq!(printed, "\
/// query Q($id: ID!) {
///   user(id: $id) {
///     name
///     mail: email
///   }
/// }
/// ");
/// # Ok::<(), lessons::graphql::ParseError>(())
/// ```
///
/// # Sources
///
/// "GraphQL", The GraphQL Foundation, September 2025, section 2 and appendix B.
pub fn parse(text: &str) -> Result<Document, ParseError> {
    let mut parser = Parser::new(text)?;
    let mut document = Document::default();
    while *parser.peek() != Token::End {
        if parser.is_name("fragment") {
            let fragment = parser.fragment()?;
            document.fragments.push(fragment);
        } else {
            let operation = parser.operation()?;
            document.operations.push(operation);
        }
    }
    if document.operations.is_empty() && document.fragments.is_empty() {
        return Err(parser.problem("there is no operation"));
    }
    Ok(document)
}

pub(super) struct Parser {
    tokens: Vec<(Token, Position)>,
    at: usize,
    depth: usize,
}

impl Parser {
    pub(super) fn new(text: &str) -> Result<Self, ParseError> {
        Ok(Self { tokens: tokens(text)?, at: 0, depth: 0 })
    }

    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    pub(super) fn position(&self) -> Position {
        self.tokens[self.at].1
    }

    pub(super) fn problem(&self, problem: impl Into<String>) -> ParseError {
        ParseError { position: self.position(), problem: problem.into() }
    }

    fn expected(&self, what: &str) -> ParseError {
        let found = match self.peek() {
            Token::Name(text) | Token::Int(text) | Token::Float(text) => format!("{text:?}"),
            Token::String(_) => "a text".to_owned(),
            Token::Sign(sign) => format!("{sign:?}"),
            Token::End => "the end".to_owned(),
        };
        self.problem(format!("found {found}, where {what} should be"))
    }

    /// The end is never passed.
    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(own) if *own == sign)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.peek(), Token::Name(own) if own == name)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Result<(), ParseError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.expected(sign)) }
    }

    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        let Token::Name(name) = self.peek().clone() else { return Err(self.expected("a name")) };
        self.advance();
        Ok(name)
    }

    /// A text that describes what follows; it is not kept.
    pub(super) fn skip_description(&mut self) {
        if matches!(self.peek(), Token::String(_)) {
            self.advance();
        }
    }

    /// At least one of something, between two signs.
    pub(super) fn many<T>(
        &mut self,
        open: &str,
        close: &str,
        mut one: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        self.expect_sign(open)?;
        self.depth += 1;
        if self.depth > NESTED_MAX {
            return Err(self.problem(format!("more than {NESTED_MAX} brackets are open")));
        }
        let mut found = vec![one(self)?];
        while !self.take_sign(close) {
            found.push(one(self)?);
        }
        self.depth -= 1;
        Ok(found)
    }

    fn operation(&mut self) -> Result<Operation, ParseError> {
        let mut operation = Operation {
            kind: OperationKind::Query,
            name: None,
            variables: Vec::new(),
            directives: Vec::new(),
            selections: Vec::new(),
        };
        if !self.is_sign("{") {
            operation.kind = match self.peek() {
                Token::Name(name) if name == "query" => OperationKind::Query,
                Token::Name(name) if name == "mutation" => OperationKind::Mutation,
                Token::Name(name) if name == "subscription" => OperationKind::Subscription,
                _ => return Err(self.expected("query, mutation, subscription, fragment or {")),
            };
            self.advance();
            if matches!(self.peek(), Token::Name(_)) {
                operation.name = Some(self.name()?);
            }
            if self.is_sign("(") {
                operation.variables = self.many("(", ")", Self::variable)?;
            }
            operation.directives = self.directives()?;
        }
        operation.selections = self.selections()?;
        Ok(operation)
    }

    fn variable(&mut self) -> Result<VariableDefinition, ParseError> {
        self.expect_sign("$")?;
        let name = self.name()?;
        self.expect_sign(":")?;
        let ty = self.type_ref()?;
        let default = if self.take_sign("=") { Some(self.value(true)?) } else { None };
        self.directives()?;
        Ok(VariableDefinition { name, ty, default })
    }

    pub(super) fn type_ref(&mut self) -> Result<TypeRef, ParseError> {
        let inner = if self.is_sign("[") {
            let mut inner = self.many("[", "]", Self::type_ref)?;
            match inner.pop() {
                Some(one) if inner.is_empty() => TypeRef::List(Box::new(one)),
                _ => return Err(self.problem("a list is of one type")),
            }
        } else {
            TypeRef::Named(self.name()?)
        };
        Ok(if self.take_sign("!") { TypeRef::NonNull(Box::new(inner)) } else { inner })
    }

    fn fragment(&mut self) -> Result<Fragment, ParseError> {
        let position = self.position();
        self.advance();
        if self.is_name("on") {
            return Err(self.problem("a fragment is not called on"));
        }
        let name = self.name()?;
        if !self.is_name("on") {
            return Err(self.expected("on"));
        }
        self.advance();
        let on = self.name()?;
        let directives = self.directives()?;
        Ok(Fragment { name, on, directives, selections: self.selections()?, position })
    }

    fn selections(&mut self) -> Result<Vec<Selection>, ParseError> {
        self.many("{", "}", Self::selection)
    }

    fn selection(&mut self) -> Result<Selection, ParseError> {
        let position = self.position();
        if !self.take_sign("...") {
            return self.field(position).map(Selection::Field);
        }
        if matches!(self.peek(), Token::Name(_)) && !self.is_name("on") {
            let name = self.name()?;
            return Ok(Selection::Spread { name, directives: self.directives()?, position });
        }
        let mut on = None;
        if self.is_name("on") {
            self.advance();
            on = Some(self.name()?);
        }
        let directives = self.directives()?;
        Ok(Selection::Inline { on, directives, selections: self.selections()? })
    }

    fn field(&mut self, position: Position) -> Result<Field, ParseError> {
        let first = self.name()?;
        let (alias, name) = if self.take_sign(":") { (Some(first), self.name()?) } else { (None, first) };
        let arguments = self.arguments(false)?;
        let directives = self.directives()?;
        let selections = if self.is_sign("{") { self.selections()? } else { Vec::new() };
        Ok(Field { alias, name, arguments, directives, selections, position })
    }

    fn arguments(&mut self, constant: bool) -> Result<Vec<(String, Value)>, ParseError> {
        if !self.is_sign("(") {
            return Ok(Vec::new());
        }
        self.many("(", ")", |parser| parser.named_value(constant))
    }

    fn named_value(&mut self, constant: bool) -> Result<(String, Value), ParseError> {
        let name = self.name()?;
        self.expect_sign(":")?;
        Ok((name, self.value(constant)?))
    }

    pub(super) fn directives(&mut self) -> Result<Vec<Directive>, ParseError> {
        let mut found = Vec::new();
        while self.take_sign("@") {
            found.push(Directive { name: self.name()?, arguments: self.arguments(false)? });
        }
        Ok(found)
    }

    /// A value; a constant one has no variables in it.
    pub(super) fn value(&mut self, constant: bool) -> Result<Value, ParseError> {
        let value = match self.peek().clone() {
            Token::Sign("$") if constant => return Err(self.problem("a default cannot be a variable")),
            Token::Sign("$") => {
                self.advance();
                return self.name().map(Value::Variable);
            }
            Token::Sign("[") => return self.brackets("[", "]", |p| p.value(constant)).map(Value::List),
            Token::Sign("{") => {
                return self.brackets("{", "}", |p| p.named_value(constant)).map(Value::Object);
            }
            Token::Int(text) => Value::Int(text),
            Token::Float(text) => Value::Float(text),
            Token::String(text) => Value::String(text),
            Token::Name(name) => match name.as_str() {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                "null" => Value::Null,
                _ => Value::Enum(name),
            },
            _ => return Err(self.expected("a value")),
        };
        self.advance();
        Ok(value)
    }

    /// As [`many`](Self::many), but there may be none.
    fn brackets<T>(
        &mut self,
        open: &str,
        close: &str,
        one: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let empty = matches!(self.tokens.get(self.at + 1), Some((Token::Sign(sign), _)) if *sign == close);
        if empty {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        self.many(open, close, one)
    }
}
