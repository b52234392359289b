//! May it be asked at all? Everything that can be known without running it.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Document, Field, Fragment, Operation, OperationKind, Selection, Value};
use super::schema::{Schema, TypeDefinition};

/// How much a document may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fields in fields.
    pub depth: usize,
    /// Fields under another name: an alias asks for one field as often as one likes.
    pub aliases: u64,
    /// Fields, with fragments put in.
    pub fields: u64,
}

impl Default for Limits {
    /// 12 levels, 30 aliases, 1,000 fields: more than a screen needs.
    fn default() -> Self {
        Self { depth: 12, aliases: 30, fields: 1_000 }
    }
}

/// Something that is wrong with a document, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

/// Everything that is wrong with a document; nothing when it may be run.
///
/// Fragments are measured once each, so a document that would have 2⁴⁰ fields is found out as fast as another.
///
/// # Complexity
///
/// O(length × log fragments), and O(fields²) of at most as many fields as the limits allow.
///
/// # Examples
///
/// ```
/// use lessons::graphql::{Limits, parse, parse_schema, validate};
///
/// let schema = parse_schema("type Query { me: User } type User { name: String  friends: [User] }")?;
/// let document = parse("{ me { name { first } age } }")?;
/// let found: Vec<String> =
///     validate(&document, &schema, &Limits::default()).iter().map(ToString::to_string).collect();
/// assert_eq!(found, ["User.name is a String: nothing can be selected of it", "User has no field age"]);
///
/// let circle = parse("{ me { ...F } } fragment F on User { friends { ...F } }")?;
/// assert_eq!(validate(&circle, &schema, &Limits::default())[0].to_string(), "the fragment F contains itself");
/// # Ok::<(), lessons::graphql::ParseError>(())
/// ```
///
/// # Sources
///
/// "GraphQL", The GraphQL Foundation, September 2025, section 5. The limits are not in it.
pub fn validate(document: &Document, schema: &Schema, limits: &Limits) -> Vec<Violation> {
    let mut checker = Checker { document, schema, limits, found: Vec::new() };
    checker.names();
    checker.fragments();
    for operation in &document.operations {
        checker.operation(operation);
    }
    let mut measure = Measure { document, known: BTreeMap::new() };
    let mut sizes = || -> Result<Size, String> {
        let mut all = Size::default();
        for operation in &document.operations {
            all = all.and(&measure.selections(&operation.selections, 0)?);
        }
        // Fragments that no operation uses may be circles, too.
        for fragment in &document.fragments {
            measure.fragment(&fragment.name, 0)?;
        }
        Ok(all)
    };
    match sizes() {
        Err(problem) => checker.add(problem),
        Ok(size) => checker.limits(&size),
    }
    if checker.found.is_empty() {
        for operation in &document.operations {
            let mut left = limits.fields;
            checker.merges(&operation.selections.iter().collect::<Vec<_>>(), &mut left);
        }
    }
    checker.found
}

/// What selections amount to with fragments put in.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    depth: usize,
    fields: u64,
    aliases: u64,
}

impl Size {
    fn and(self, other: &Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
        }
    }
}

/// Fragments in fragments are followed so deep.
const CHAIN_MAX: usize = 100;

struct Measure<'a> {
    document: &'a Document,
    /// `None` while a fragment is being measured.
    known: BTreeMap<&'a str, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn selections(&mut self, selections: &'a [Selection], chain: usize) -> Result<Size, String> {
        let mut sum = Size::default();
        for selection in selections {
            let one = match selection {
                Selection::Field(field) => {
                    let inside = self.selections(&field.selections, chain)?;
                    Size {
                        depth: inside.depth + 1,
                        fields: inside.fields.saturating_add(1),
                        aliases: inside.aliases.saturating_add(field.alias.is_some().into()),
                    }
                }
                Selection::Inline { selections, .. } => self.selections(selections, chain)?,
                Selection::Spread { name, .. } => self.fragment(name, chain)?,
            };
            sum = sum.and(&one);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &'a str, chain: usize) -> Result<Size, String> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(format!("the fragment {name} contains itself")),
            None if chain >= CHAIN_MAX => {
                return Err(format!("fragments are nested more than {CHAIN_MAX} deep"));
            }
            None => {}
        }
        // That it is nowhere is said elsewhere.
        let Some(fragment) = self.document.fragment(name) else { return Ok(Size::default()) };
        self.known.insert(name, None);
        let size = self.selections(&fragment.selections, chain + 1)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

struct Checker<'a> {
    document: &'a Document,
    schema: &'a Schema,
    limits: &'a Limits,
    found: Vec<Violation>,
}

impl<'a> Checker<'a> {
    fn add(&mut self, problem: String) {
        if !self.found.iter().any(|known| known.0 == problem) {
            self.found.push(Violation(problem));
        }
    }

    fn limits(&mut self, size: &Size) {
        let Limits { depth, aliases, fields } = *self.limits;
        if size.depth > depth {
            self.add(format!("{} levels of fields, and {depth} are allowed", size.depth));
        }
        if size.aliases > aliases {
            self.add(format!("{} aliases, and {aliases} are allowed", size.aliases));
        }
        if size.fields > fields {
            self.add(format!("{} fields, and {fields} are allowed", size.fields));
        }
    }

    fn names(&mut self) {
        let mut seen = BTreeSet::new();
        for operation in &self.document.operations {
            match &operation.name {
                None if self.document.operations.len() > 1 => {
                    self.add("of several operations, each needs a name".to_owned());
                }
                Some(name) if !seen.insert(name) => {
                    self.add(format!("there are two operations named {name}"))
                }
                _ => {}
            }
        }
        let mut seen = BTreeSet::new();
        for fragment in &self.document.fragments {
            if !seen.insert(&fragment.name) {
                self.add(format!("there are two fragments named {}", fragment.name));
            }
        }
    }

    fn fragments(&mut self) {
        for Fragment { name, on, selections, .. } in &self.document.fragments {
            if self.schema.is_composite(on) {
                self.selections(selections, on);
            } else {
                self.add(format!("the fragment {name} is on {on}, which has no fields"));
            }
        }
    }

    fn operation(&mut self, operation: &'a Operation) {
        let root = match operation.kind {
            OperationKind::Query => "Query",
            OperationKind::Mutation => "Mutation",
            OperationKind::Subscription => "Subscription",
        };
        if !self.schema.is_composite(root) {
            return self.add(format!("the schema has no {}", operation.kind.name()));
        }
        let mut defined = BTreeSet::new();
        for variable in &operation.variables {
            if !defined.insert(variable.name.as_str()) {
                self.add(format!("${} is defined twice", variable.name));
            }
            match self.schema.get(variable.ty.name()) {
                None | Some(TypeDefinition::Object(_)) => {
                    self.add(format!(
                        "${} is of type {}, which is no input type",
                        variable.name, variable.ty
                    ));
                }
                Some(_) => {}
            }
        }
        self.selections(&operation.selections, root);
        for name in self.used(operation).difference(&defined) {
            self.add(format!("${name} is not defined"));
        }
    }

    fn selections(&mut self, selections: &'a [Selection], ty: &str) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(field, ty),
                Selection::Spread { name, .. } => match self.document.fragment(name) {
                    None => self.add(format!("there is no fragment {name}")),
                    Some(fragment) if fragment.on != ty => {
                        self.add(format!("the fragment {name} is on {}, not on {ty}", fragment.on));
                    }
                    Some(_) => {}
                },
                Selection::Inline { on, selections, .. } => match on.as_deref().filter(|on| *on != ty) {
                    Some(on) => self.add(format!("a fragment is on {on}, not on {ty}")),
                    None => self.selections(selections, ty),
                },
            }
        }
    }

    fn field(&mut self, field: &'a Field, ty: &str) {
        let name = &field.name;
        let Some(definition) = self.schema.field(ty, name) else {
            return self.add(format!("{ty} has no field {name}"));
        };
        for (argument, _) in &field.arguments {
            if !definition.arguments.contains_key(argument) {
                self.add(format!("{ty}.{name} has no argument {argument}"));
            }
        }
        for (argument, own) in &definition.arguments {
            if own.is_required() && !field.arguments.iter().any(|(given, _)| given == argument) {
                self.add(format!("{ty}.{name} needs the argument {argument} of type {}", own.ty));
            }
        }
        let inner = definition.ty.name();
        match (self.schema.is_composite(inner), field.selections.is_empty()) {
            (true, true) => self.add(format!("{ty}.{name} is a {inner}: select some of its fields")),
            (false, false) => self.add(format!("{ty}.{name} is a {inner}: nothing can be selected of it")),
            _ => self.selections(&field.selections, inner),
        }
    }

    /// The variables that an operation uses, also in its fragments.
    fn used(&self, operation: &'a Operation) -> BTreeSet<&'a str> {
        let (mut used, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut values: Vec<&'a Value> = Vec::new();
        let mut open: Vec<&'a Selection> = operation.selections.iter().collect();
        let mut directives: Vec<_> = operation.directives.iter().collect();
        while let Some(selection) = open.pop() {
            match selection {
                Selection::Field(field) => {
                    values.extend(field.arguments.iter().map(|(_, value)| value));
                    directives.extend(&field.directives);
                    open.extend(&field.selections);
                }
                Selection::Inline { directives: own, selections, .. } => {
                    directives.extend(own);
                    open.extend(selections);
                }
                Selection::Spread { name, directives: own, .. } => {
                    directives.extend(own);
                    if let (true, Some(fragment)) = (seen.insert(name), self.document.fragment(name)) {
                        open.extend(&fragment.selections);
                    }
                }
            }
        }
        values.extend(directives.iter().flat_map(|directive| &directive.arguments).map(|(_, value)| value));
        while let Some(value) = values.pop() {
            match value {
                Value::Variable(name) => drop(used.insert(name.as_str())),
                Value::List(inner) => values.extend(inner),
                Value::Object(fields) => values.extend(fields.iter().map(|(_, value)| value)),
                _ => {}
            }
        }
        used
    }

    /// Fields of one key are one field: they must have the same name and arguments.
    fn merges(&mut self, selections: &[&'a Selection], left: &mut u64) {
        let (mut keys, mut seen): (BTreeMap<&str, Vec<&'a Field>>, BTreeSet<&str>) = Default::default();
        let mut open = selections.to_vec();
        while let Some(selection) = open.pop() {
            match selection {
                Selection::Field(field) => keys.entry(field.response_key()).or_default().push(field),
                Selection::Inline { selections, .. } => open.extend(selections),
                Selection::Spread { name, .. } if seen.insert(name) => {
                    open.extend(
                        self.document.fragment(name).into_iter().flat_map(|fragment| &fragment.selections),
                    );
                }
                Selection::Spread { .. } => {}
            }
        }
        for (key, fields) in keys {
            let Some(rest) = left.checked_sub(1) else { return };
            *left = rest;
            let (name, arguments) = (&fields[0].name, &fields[0].arguments);
            if fields.iter().any(|field| field.name != *name || field.arguments != *arguments) {
                self.add(format!("{key} is asked for in two ways: give one of them another name"));
            }
            let inner: Vec<&'a Selection> = fields.iter().flat_map(|field| &field.selections).collect();
            if !inner.is_empty() {
                self.merges(&inner, left);
            }
        }
    }
}
