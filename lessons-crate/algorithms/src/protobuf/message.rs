//! A message whose type is known only at run time.

use std::collections::BTreeMap;

use super::schema::{Field, FieldType, Presence, Scalar};

/// A value of a field. Which one it is follows from the type of the field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of `int32`, `int64`, `sint32`, `sint64`, `sfixed32`, `sfixed64` and enums.
    Int(i64),
    /// Of `uint32`, `uint64`, `fixed32` and `fixed64`.
    Uint(u64),
    /// Of `float`.
    Float(f32),
    /// Of `double`.
    Double(f64),
    /// Of `bool`.
    Bool(bool),
    /// Of `string`.
    Text(String),
    /// Of `bytes`.
    Bytes(Vec<u8>),
    /// Of a message.
    Message(Message),
    /// Of a repeated field.
    List(Vec<Value>),
}

impl Value {
    /// What a field of this type has when nothing was sent.
    pub fn default_of(ty: &FieldType) -> Self {
        match ty {
            FieldType::Enum(_) => Self::Int(0),
            FieldType::Message(_) => Self::Message(Message::default()),
            FieldType::Scalar(scalar) => match scalar {
                Scalar::Int32
                | Scalar::Int64
                | Scalar::Sint32
                | Scalar::Sint64
                | Scalar::Sfixed32
                | Scalar::Sfixed64 => Self::Int(0),
                Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64 => Self::Uint(0),
                Scalar::Float => Self::Float(0.0),
                Scalar::Double => Self::Double(0.0),
                Scalar::Bool => Self::Bool(false),
                Scalar::String => Self::Text(String::new()),
                Scalar::Bytes => Self::Bytes(Vec::new()),
            },
        }
    }

    /// Whether it is what a reader assumes when nothing was sent. Negative zero is not: its bits differ.
    pub fn is_default(&self) -> bool {
        match self {
            Self::Int(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Double(value) => value.to_bits() == 0,
            Self::Bool(value) => !value,
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Message(_) => false,
            Self::List(values) => values.is_empty(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl<V: Into<Self>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

macro_rules! value_from {
    ($($ty:ty => $variant:ident),*) => {
        $(impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}
value_from!(i32 => Int, i64 => Int, u32 => Uint, u64 => Uint, f32 => Float, f64 => Double, bool => Bool, String => Text);

/// A field that the reader's schema does not have, or has with another wire type: its bytes, as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// Its number.
    pub number: u32,
    /// The whole record, the tag included.
    pub bytes: Vec<u8>,
}

/// The fields of a message by number, and what was not understood.
///
/// # Examples
///
/// ```
/// use lessons::protobuf::{Message, decode, encode, parse_proto};
///
/// let schema = parse_proto(r#"syntax = "proto3"; message User { string id = 1; string name = 2; }"#)?;
/// let user = Message::default().with(1, "1").with(2, "Alice");
/// let bytes = encode(&user, "User", &schema)?;
/// assert_eq!(bytes, b"\x0a\x011\x12\x05Alice");
/// assert_eq!(decode(&bytes, "User", &schema)?, user);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// What was set, by number. A repeated field that is here has at least one value.
    pub fields: BTreeMap<u32, Value>,
    /// In the order in which they came. They are written again after the fields.
    pub unknown: Vec<UnknownField>,
}

impl Message {
    /// The message with a field set.
    #[must_use]
    pub fn with(mut self, number: u32, value: impl Into<Value>) -> Self {
        self.fields.insert(number, value.into());
        self
    }

    /// What was set, or came over the wire.
    pub fn get(&self, number: u32) -> Option<&Value> {
        self.fields.get(&number)
    }

    /// What a program reads: the value, or the default of the type. A missing price and a price of 0 look alike.
    pub fn read(&self, field: &Field) -> Value {
        match self.fields.get(&field.number) {
            Some(value) => value.clone(),
            None if field.is_repeated() => Value::List(Vec::new()),
            None => Value::default_of(&field.ty),
        }
    }

    /// Whether the field was set; `None` when nobody can know, because its presence is implicit and it has the default.
    pub fn is_set(&self, field: &Field) -> Option<bool> {
        let value = self.fields.get(&field.number);
        let message = matches!(field.ty, FieldType::Message(_));
        match field.presence {
            Presence::Implicit if !message => value.filter(|value| !value.is_default()).map(|_| true),
            _ => Some(value.is_some()),
        }
    }

    /// Takes over what another message of the same type has: single values replace those here, messages are merged,
    /// lists are appended. It is what a reader gets from the bytes of both, one after the other.
    pub fn merge(&mut self, other: Self) {
        for (number, theirs) in other.fields {
            match (self.fields.get_mut(&number), theirs) {
                (Some(Value::List(own)), Value::List(theirs)) => own.extend(theirs),
                (Some(Value::Message(own)), Value::Message(theirs)) => own.merge(theirs),
                (_, theirs) => drop(self.fields.insert(number, theirs)),
            }
        }
        self.unknown.extend(other.unknown);
    }
}
