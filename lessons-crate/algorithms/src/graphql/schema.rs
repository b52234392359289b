//! What can be asked.

use std::collections::BTreeMap;

use super::ast::{TypeRef, Value};
use super::lexer::{ParseError, Token};
use super::parser::Parser;

/// The types that are always there.
const SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// An argument, or a field of an input type.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgumentDefinition {
    /// What it must be.
    pub ty: TypeRef,
    /// What it is when it is not there.
    pub default: Option<Value>,
}

impl ArgumentDefinition {
    /// Whether it must be there.
    pub fn is_required(&self) -> bool {
        !self.ty.is_nullable() && self.default.is_none()
    }
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDefinition {
    /// What it is.
    pub ty: TypeRef,
    /// By name.
    pub arguments: BTreeMap<String, ArgumentDefinition>,
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeDefinition {
    /// Fields by name.
    Object(BTreeMap<String, FieldDefinition>),
    /// What an argument can be: fields by name.
    Input(BTreeMap<String, ArgumentDefinition>),
    /// One of some names.
    Enum(Vec<String>),
    /// A value that is as it is.
    Scalar,
}

/// All types, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Int, Float, String, Boolean and ID among them.
    pub types: BTreeMap<String, TypeDefinition>,
}

impl Schema {
    /// The type of a name.
    pub fn get(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.get(name)
    }

    /// A field of an object. Each object has `__typename`.
    pub fn field(&self, object: &str, field: &str) -> Option<FieldDefinition> {
        let TypeDefinition::Object(fields) = self.types.get(object)? else { return None };
        if field == "__typename" {
            let ty = TypeRef::NonNull(Box::new(TypeRef::Named("String".to_owned())));
            return Some(FieldDefinition { ty, arguments: BTreeMap::new() });
        }
        fields.get(field).cloned()
    }

    /// Whether something is to be selected of a type.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(TypeDefinition::Object(_)))
    }
}

/// The schema of a text: `type`, `input`, `enum` and `scalar`, with descriptions. The roots are `Query`, `Mutation` and
/// `Subscription`.
///
/// # Complexity
///
/// O(length × log types).
///
/// # Errors
///
/// A [`ParseError`]: a type that is nowhere, one that may not stand where it does, two of a name, no `Query`; `interface`
/// and `union` are not read here.
///
/// # Examples
///
/// ```
/// use lessons::graphql::parse_schema;
///
/// let schema = parse_schema(r#"
///     type Query { user(id: ID!): User }
///     type User { id: ID!  orders(first: Int = 10): [Order!]! }
///     type Order { id: ID! }
/// "#)?;
/// assert_eq!(schema.field("User", "orders").map(|field| field.ty.to_string()).as_deref(), Some("[Order!]!"));
/// # Ok::<(), lessons::graphql::ParseError>(())
/// ```
///
/// # Sources
///
/// "GraphQL", The GraphQL Foundation, September 2025, section 3.
pub fn parse_schema(text: &str) -> Result<Schema, ParseError> {
    let mut parser = Parser::new(text)?;
    let mut types: BTreeMap<String, TypeDefinition> =
        SCALARS.into_iter().map(|name| (name.to_owned(), TypeDefinition::Scalar)).collect();
    while *parser.peek() != Token::End {
        parser.skip_description();
        let start = parser.position();
        let keyword = parser.name()?;
        let name = parser.name()?;
        parser.directives()?;
        let definition = match keyword.as_str() {
            "type" => TypeDefinition::Object(named(&mut parser, field)?),
            "input" => TypeDefinition::Input(named(&mut parser, argument)?),
            "enum" => TypeDefinition::Enum(parser.many("{", "}", enum_value)?),
            "scalar" => TypeDefinition::Scalar,
            other => {
                let problem = format!("{other:?} is not read here: type, input, enum and scalar are");
                return Err(ParseError { position: start, problem });
            }
        };
        if types.insert(name.clone(), definition).is_some() {
            return Err(ParseError { position: start, problem: format!("there are two types named {name}") });
        }
    }
    let schema = Schema { types };
    match check(&schema) {
        None => Ok(schema),
        Some(problem) => Err(parser.problem(problem)),
    }
}

fn named<T>(
    parser: &mut Parser,
    one: fn(&mut Parser) -> Result<T, ParseError>,
) -> Result<BTreeMap<String, T>, ParseError> {
    collect(parser, "{", "}", one)
}

fn collect<T>(
    parser: &mut Parser,
    open: &str,
    close: &str,
    one: fn(&mut Parser) -> Result<T, ParseError>,
) -> Result<BTreeMap<String, T>, ParseError> {
    let all = parser.many(open, close, |parser| {
        parser.skip_description();
        let (position, name) = (parser.position(), parser.name()?);
        Ok((position, name, one(parser)?))
    })?;
    let mut found = BTreeMap::new();
    for (position, name, definition) in all {
        let problem = format!("{name} is there twice");
        if found.insert(name, definition).is_some() {
            return Err(ParseError { position, problem });
        }
    }
    Ok(found)
}

fn field(parser: &mut Parser) -> Result<FieldDefinition, ParseError> {
    let arguments = if parser.is_sign("(") { collect(parser, "(", ")", argument)? } else { BTreeMap::new() };
    parser.expect_sign(":")?;
    let ty = parser.type_ref()?;
    parser.directives()?;
    Ok(FieldDefinition { ty, arguments })
}

fn argument(parser: &mut Parser) -> Result<ArgumentDefinition, ParseError> {
    parser.expect_sign(":")?;
    let ty = parser.type_ref()?;
    let default = if parser.take_sign("=") { Some(parser.value(true)?) } else { None };
    parser.directives()?;
    Ok(ArgumentDefinition { ty, default })
}

fn enum_value(parser: &mut Parser) -> Result<String, ParseError> {
    parser.skip_description();
    let name = parser.name()?;
    parser.directives()?;
    Ok(name)
}

/// What is wrong with the types, if anything.
fn check(schema: &Schema) -> Option<String> {
    if !schema.is_composite("Query") {
        return Some("a schema needs a type Query".to_owned());
    }
    for (name, definition) in &schema.types {
        let input = |field: &String, argument: &ArgumentDefinition| match schema.get(argument.ty.name()) {
            None => Some(format!("{name}.{field} is of type {}, which is nowhere", argument.ty)),
            Some(TypeDefinition::Object(_)) => {
                Some(format!("{name}.{field} takes {}, which is no input type", argument.ty))
            }
            Some(_) => None,
        };
        let problem = match definition {
            TypeDefinition::Object(fields) => fields.iter().find_map(|(field, own)| {
                let wrong = match schema.get(own.ty.name()) {
                    None => Some(format!("{name}.{field} is of type {}, which is nowhere", own.ty)),
                    Some(TypeDefinition::Input(_)) => Some(format!("{name}.{field} is of an input type")),
                    Some(_) => None,
                };
                wrong.or_else(|| own.arguments.iter().find_map(|(argument, own)| input(argument, own)))
            }),
            TypeDefinition::Input(fields) => fields.iter().find_map(|(field, own)| input(field, own)),
            TypeDefinition::Enum(_) | TypeDefinition::Scalar => None,
        };
        if problem.is_some() {
            return problem;
        }
    }
    None
}
