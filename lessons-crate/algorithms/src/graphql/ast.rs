//! What a query is made of.

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `$name`: what comes with the query.
    Variable(String),
    /// A whole number, as it was written.
    Int(String),
    /// A number with a point or an exponent, as it was written.
    Float(String),
    /// A text.
    String(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A name that stands for itself.
    Enum(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name, in the order of the query.
    Object(Vec<(String, Value)>),
}

/// A type as it is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRef {
    /// By name.
    Named(String),
    /// Many of it.
    List(Box<TypeRef>),
    /// Never null.
    NonNull(Box<TypeRef>),
}

impl TypeRef {
    /// The name inside all brackets.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.name(),
        }
    }

    /// The type without its `!`.
    pub fn nullable(&self) -> &Self {
        match self {
            Self::NonNull(inner) => inner,
            other => other,
        }
    }

    /// Whether null may stand here.
    pub fn is_nullable(&self) -> bool {
        !matches!(self, Self::NonNull(_))
    }

    /// Whether it is a list, or a list that is never null.
    pub fn is_list(&self) -> bool {
        matches!(self.nullable(), Self::List(_))
    }
}

/// `@name(arguments)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// Without the `@`.
    pub name: String,
    /// By name.
    pub arguments: Vec<(String, Value)>,
}

/// One field of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in the answer, if another than in the schema.
    pub alias: Option<String>,
    /// Its name in the schema.
    pub name: String,
    /// By name.
    pub arguments: Vec<(String, Value)>,
    /// `@skip`, `@include`.
    pub directives: Vec<Directive>,
    /// What is wanted of it; nothing of a number or a text.
    pub selections: Vec<Selection>,
    /// Where it stands.
    pub position: Position,
}

impl Field {
    /// Its name in the answer.
    pub fn response_key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// One part of a selection.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// A field.
    Field(Field),
    /// `...Name`
    Spread {
        /// Of the fragment.
        name: String,
        /// `@skip`, `@include`.
        directives: Vec<Directive>,
        /// Where it stands.
        position: Position,
    },
    /// `... on Type { }`
    Inline {
        /// Only for this type.
        on: Option<String>,
        /// `@skip`, `@include`.
        directives: Vec<Directive>,
        /// What is wanted.
        selections: Vec<Selection>,
    },
}

/// What kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Changes something; its fields one after the other.
    Mutation,
    /// One answer after the other.
    Subscription,
}

impl OperationKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// `$name: Type = default`
#[derive(Clone, Debug, PartialEq)]
pub struct VariableDefinition {
    /// Without the `$`.
    pub name: String,
    /// What it must be.
    pub ty: TypeRef,
    /// What it is when it does not come along.
    pub default: Option<Value>,
}

/// A query, mutation or subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which of the three.
    pub kind: OperationKind,
    /// Needed when there are several in a document.
    pub name: Option<String>,
    /// What comes along with it.
    pub variables: Vec<VariableDefinition>,
    /// Of the whole operation.
    pub directives: Vec<Directive>,
    /// What is wanted.
    pub selections: Vec<Selection>,
}

/// Fields with a name, to use more than once.
#[derive(Clone, Debug, PartialEq)]
pub struct Fragment {
    /// Its name.
    pub name: String,
    /// The type whose fields they are.
    pub on: String,
    /// Of the fragment.
    pub directives: Vec<Directive>,
    /// What is wanted.
    pub selections: Vec<Selection>,
    /// Where it stands.
    pub position: Position,
}

/// All that is in one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// At least one.
    pub operations: Vec<Operation>,
    /// In the order of the text.
    pub fragments: Vec<Fragment>,
}

impl Document {
    /// The fragment of a name.
    pub fn fragment(&self, name: &str) -> Option<&Fragment> {
        self.fragments.iter().find(|fragment| fragment.name == name)
    }

    /// The operation of a name; without a name, the only one.
    pub fn operation(&self, name: Option<&str>) -> Option<&Operation> {
        match name {
            Some(name) => self.operations.iter().find(|operation| operation.name.as_deref() == Some(name)),
            None => self.operations.first().filter(|_| self.operations.len() == 1),
        }
    }
}
