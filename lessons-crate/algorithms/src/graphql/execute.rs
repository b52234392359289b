//! Runs an operation, level by level.

use serde_json::{Map, Value as Json, json};

use super::ast::{Document, Field, OperationKind, Selection, TypeRef};
use super::schema::Schema;
use super::selection::{Collected, collect};
use super::values::{self, Direction, RequestError};

/// A part of the way to a value of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// A field.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// Why a field is null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// What went wrong.
    pub message: String,
    /// Where the value would be.
    pub path: Vec<PathPart>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Null when null went up to the root.
    pub data: Json,
    /// One for each field that failed. The HTTP status is 200 all the same.
    pub errors: Vec<FieldError>,
    /// How often the resolver was asked.
    pub resolver_calls: u64,
    /// How many values the answer was made of, those that null swallowed included.
    pub nodes: u64,
}

impl Response {
    /// As it is sent: `errors` only if there are any.
    pub fn to_json(&self) -> Json {
        let error = |error: &FieldError| {
            let path: Vec<Json> = error
                .path
                .iter()
                .map(|part| match part {
                    PathPart::Key(key) => json!(key),
                    PathPart::Index(index) => json!(index),
                })
                .collect();
            json!({ "message": error.message, "path": path })
        };
        let mut object = Map::new();
        if !self.errors.is_empty() {
            object.insert("errors".to_owned(), self.errors.iter().map(error).collect());
        }
        object.insert("data".to_owned(), self.data.clone());
        Json::Object(object)
    }
}

/// A field that is wanted of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The type of the object.
    pub parent_type: String,
    /// The object, as the resolver had given it.
    pub parent: Json,
    /// The field.
    pub field: String,
    /// Its arguments, checked, with defaults.
    pub arguments: Map<String, Json>,
}

/// Gives fields their values.
pub trait Resolver {
    /// The values of some fields, all of one name and type, in the order of the calls: objects as JSON objects, lists as
    /// arrays. One call is one query to a database, if it is written well.
    fn resolve(&mut self, calls: &[Call]) -> Vec<Result<Json, String>>;
}

/// Whether the calls of a level are made together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batching {
    /// Each on its own: 1 + N queries for a list and a field of its items.
    OneByOne,
    /// All of one field and level at once: as many queries as there are fields with a resolver of their own.
    Together,
}

/// Runs an operation that was [validated](fn@super::validate).
///
/// A field that the resolver's object has already (a JSON object with that key) is taken from it, without a call. A field
/// that fails, or is null where the schema forbids it, is null; where null may not stand, what contains it is null instead,
/// up to the answer itself.
///
/// # Complexity
///
/// O(nodes of the answer), and the calls.
///
/// # Errors
///
/// A [`RequestError`] when there is no such operation or a variable does not fit: nothing was run.
///
/// # Examples
///
/// ```
/// use lessons::graphql::{Batching, Call, Resolver, execute, parse, parse_schema};
/// use serde_json::{Map, Value, json};
///
/// struct Users;
/// impl Resolver for Users {
///     fn resolve(&mut self, calls: &[Call]) -> Vec<Result<Value, String>> {
///         calls.iter().map(|call| match call.arguments["id"].as_str() {
///             Some("1") => Ok(json!({ "name": "Ada" })),
///             _ => Err("no such user".to_owned()),
///         }).collect()
///     }
/// }
/// let schema = parse_schema("type Query { user(id: ID!): User } type User { name: String! }")?;
/// let document = parse("{ a: user(id: 1) { name } b: user(id: 2) { name } }")?;
/// let response = execute(&schema, &document, None, &Map::new(), &mut Users, Batching::Together)?;
/// assert_eq!(response.to_json(), json!({
///     "errors": [{ "message": "no such user", "path": ["b"] }],
///     "data": { "a": { "name": "Ada" }, "b": null },
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// "GraphQL", The GraphQL Foundation, September 2025, section 6.
pub fn execute(
    schema: &Schema,
    document: &Document,
    operation: Option<&str>,
    variables: &Map<String, Json>,
    resolver: &mut dyn Resolver,
    batching: Batching,
) -> Result<Response, RequestError> {
    let operation = document.operation(operation).ok_or_else(|| {
        RequestError::Operation(
            operation.map_or("more than one, or none".to_owned(), |name| format!("no {name}")),
        )
    })?;
    let root = match operation.kind {
        OperationKind::Query => "Query",
        OperationKind::Mutation => "Mutation",
        OperationKind::Subscription => return Err(RequestError::Subscription),
    };
    let variables = values::variables(operation, variables, schema)?;
    let run = Run {
        schema,
        document,
        variables: &variables,
        resolver,
        batching,
        nodes: Vec::new(),
        errors: Vec::new(),
        calls: 0,
    };
    Ok(run.operation(root, &operation.selections, operation.kind == OperationKind::Mutation))
}

/// A value of the answer, while it is made.
struct Node {
    ty: TypeRef,
    parent: Option<(usize, PathPart)>,
    content: Content,
}

enum Content {
    Null,
    Leaf(Json),
    List(Vec<usize>),
    Object(Vec<(String, usize)>),
}

/// An object whose fields are wanted.
struct Open<'a> {
    node: usize,
    ty: String,
    value: Json,
    fields: Collected<'a>,
}

/// A field whose value is to be had.
struct Wanted<'a> {
    node: usize,
    call: Call,
    fields: Vec<&'a Field>,
}

struct Run<'a> {
    schema: &'a Schema,
    document: &'a Document,
    variables: &'a Map<String, Json>,
    resolver: &'a mut dyn Resolver,
    batching: Batching,
    nodes: Vec<Node>,
    errors: Vec<FieldError>,
    calls: u64,
}

impl<'a> Run<'a> {
    fn operation(mut self, root: &str, selections: &'a [Selection], one_by_one: bool) -> Response {
        let ty = TypeRef::Named(root.to_owned());
        self.nodes.push(Node { ty, parent: None, content: Content::Object(Vec::new()) });
        let fields = collect(selections, root, self.document, self.variables);
        // What a mutation changes must be done before its next field begins.
        let steps: Vec<Collected<'a>> =
            if one_by_one { fields.into_iter().map(|field| vec![field]).collect() } else { vec![fields] };
        for fields in steps {
            let mut level =
                vec![Open { node: 0, ty: root.to_owned(), value: Json::Object(Map::new()), fields }];
            while !level.is_empty() {
                level = self.level(level);
            }
        }
        let data = self.finish(0).unwrap_or(Json::Null);
        Response { data, errors: self.errors, resolver_calls: self.calls, nodes: self.nodes.len() as u64 - 1 }
    }

    /// Gives all fields of some objects their values, and opens the objects among these.
    fn level(&mut self, objects: Vec<Open<'a>>) -> Vec<Open<'a>> {
        let (mut wanted, mut opened) = (Vec::new(), Vec::new());
        for object in objects {
            for (key, fields) in object.fields {
                let (name, arguments) = (&fields[0].name, &fields[0].arguments);
                let Some(definition) = self.schema.field(&object.ty, name) else { continue };
                let node = self.add(definition.ty.clone(), object.node, PathPart::Key(key.clone()));
                if let Content::Object(children) = &mut self.nodes[object.node].content {
                    children.push((key, node));
                }
                let arguments =
                    values::arguments(arguments, &definition.arguments, self.variables, self.schema);
                match (arguments, object.value.get(name)) {
                    _ if name == "__typename" => {
                        self.complete(node, Json::from(object.ty.as_str()), &fields, &mut opened)
                    }
                    (Err(problem), _) => self.fail(node, problem),
                    (Ok(_), Some(value)) => self.complete(node, value.clone(), &fields, &mut opened),
                    (Ok(arguments), None) => {
                        let (parent_type, parent) = (object.ty.clone(), object.value.clone());
                        let call = Call { parent_type, parent, field: name.clone(), arguments };
                        wanted.push(Wanted { node, call, fields });
                    }
                }
            }
        }
        for batch in batches(wanted, self.batching) {
            self.calls += 1;
            let (calls, rest): (Vec<Call>, Vec<_>) =
                batch.into_iter().map(|wanted| (wanted.call, (wanted.node, wanted.fields))).unzip();
            let mut values = self.resolver.resolve(&calls).into_iter();
            for (node, fields) in rest {
                match values.next() {
                    Some(Ok(value)) => self.complete(node, value, &fields, &mut opened),
                    Some(Err(problem)) => self.fail(node, problem),
                    None => self.fail(node, "the resolver gave no value".to_owned()),
                }
            }
        }
        opened
    }

    fn add(&mut self, ty: TypeRef, parent: usize, part: PathPart) -> usize {
        self.nodes.push(Node { ty, parent: Some((parent, part)), content: Content::Null });
        self.nodes.len() - 1
    }

    /// Makes a value fit its type: leaves are done, lists have their items, objects are opened.
    fn complete(&mut self, node: usize, value: Json, fields: &[&'a Field], opened: &mut Vec<Open<'a>>) {
        let ty = self.nodes[node].ty.clone();
        match (ty.nullable(), value) {
            (_, Json::Null) => {
                if !ty.is_nullable() {
                    self.fail(node, format!("null is no {ty}"));
                }
            }
            (TypeRef::List(inner), Json::Array(values)) => {
                let mut items = Vec::with_capacity(values.len());
                for (index, value) in values.into_iter().enumerate() {
                    let item = self.add((**inner).clone(), node, PathPart::Index(index));
                    items.push(item);
                    self.complete(item, value, fields, opened);
                }
                self.nodes[node].content = Content::List(items);
            }
            (TypeRef::Named(name), value @ Json::Object(_)) if self.schema.is_composite(name) => {
                self.nodes[node].content = Content::Object(Vec::new());
                let selections = fields.iter().flat_map(|field| &field.selections);
                let fields = collect(selections, name, self.document, self.variables);
                opened.push(Open { node, ty: name.clone(), value, fields });
            }
            (TypeRef::Named(name), value) if !self.schema.is_composite(name) => {
                match values::leaf(&value, name, self.schema, Direction::Out) {
                    Some(leaf) => self.nodes[node].content = Content::Leaf(leaf),
                    None => self.fail(node, format!("{value} is no {name}")),
                }
            }
            (_, value) => self.fail(node, format!("{value} is no {ty}")),
        }
    }

    fn fail(&mut self, node: usize, message: String) {
        let (mut path, mut at) = (Vec::new(), node);
        while let Some((parent, part)) = &self.nodes[at].parent {
            path.push(part.clone());
            at = *parent;
        }
        path.reverse();
        self.errors.push(FieldError { message, path });
    }

    /// The value of a node; `None` when it is null and may not be, so that what contains it is null.
    fn finish(&self, node: usize) -> Option<Json> {
        let Node { ty, content, .. } = &self.nodes[node];
        let value = match content {
            Content::Null => None,
            Content::Leaf(leaf) => Some(leaf.clone()),
            Content::List(items) => items.iter().map(|item| self.finish(*item)).collect(),
            Content::Object(fields) => {
                let fields = fields.iter().map(|(key, node)| Some((key.clone(), self.finish(*node)?)));
                fields.collect::<Option<Map<String, Json>>>().map(Json::Object)
            }
        };
        value.or(ty.is_nullable().then_some(Json::Null))
    }
}

/// Calls that are made together, in the order in which their fields first appear.
fn batches(wanted: Vec<Wanted<'_>>, batching: Batching) -> Vec<Vec<Wanted<'_>>> {
    let mut batches: Vec<Vec<Wanted<'_>>> = Vec::new();
    for one in wanted {
        let same = |batch: &&mut Vec<Wanted<'_>>| {
            let first = &batch[0].call;
            (&first.parent_type, &first.field) == (&one.call.parent_type, &one.call.field)
        };
        match batches.iter_mut().filter(|_| batching == Batching::Together).find(same) {
            Some(batch) => batch.push(one),
            None => batches.push(vec![one]),
        }
    }
    batches
}
