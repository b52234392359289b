//! What the fields of a message are: the half of the meaning that is not on the wire.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::wire::WireType;

/// The scalar types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Signed; a negative number takes ten bytes.
    Int32,
    /// Signed; a negative number takes ten bytes.
    Int64,
    /// Unsigned.
    Uint32,
    /// Unsigned.
    Uint64,
    /// Signed, by zigzag: short when near zero.
    Sint32,
    /// Signed, by zigzag: short when near zero.
    Sint64,
    /// Always four bytes.
    Fixed32,
    /// Always eight bytes.
    Fixed64,
    /// Signed, always four bytes.
    Sfixed32,
    /// Signed, always eight bytes.
    Sfixed64,
    /// Four bytes.
    Float,
    /// Eight bytes.
    Double,
    /// An integer that is 0 or 1.
    Bool,
    /// Text in UTF-8.
    String,
    /// Any bytes.
    Bytes,
}

impl Scalar {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Int32,
        Self::Int64,
        Self::Uint32,
        Self::Uint64,
        Self::Sint32,
        Self::Sint64,
        Self::Fixed32,
        Self::Fixed64,
        Self::Sfixed32,
        Self::Sfixed64,
        Self::Float,
        Self::Double,
        Self::Bool,
        Self::String,
        Self::Bytes,
    ];

    /// Its name in a `.proto` file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }

    /// How one value of it is stored.
    pub fn wire_type(self) -> WireType {
        match self {
            Self::Fixed32 | Self::Sfixed32 | Self::Float => WireType::Fixed32,
            Self::Fixed64 | Self::Sfixed64 | Self::Double => WireType::Fixed64,
            Self::String | Self::Bytes => WireType::Len,
            _ => WireType::Varint,
        }
    }
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A number, text or bytes.
    Scalar(Scalar),
    /// An enum of the schema, by name. On the wire it is an `int32`.
    Enum(String),
    /// A message of the schema, by name.
    Message(String),
}

impl FieldType {
    /// How one value of it is stored.
    pub fn wire_type(&self) -> WireType {
        match self {
            Self::Scalar(scalar) => scalar.wire_type(),
            Self::Enum(_) => WireType::Varint,
            Self::Message(_) => WireType::Len,
        }
    }

    /// Its name in a `.proto` file.
    pub fn name(&self) -> &str {
        match self {
            Self::Scalar(scalar) => scalar.name(),
            Self::Enum(name) | Self::Message(name) => name,
        }
    }
}

/// How many values a field has, and whether "not set" differs from the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// One; the default (0, "", false) is not sent, so a reader cannot tell it from "not set".
    Implicit,
    /// One; it is sent when it was set, whatever it is (`optional`). Messages always are so.
    Explicit,
    /// One, and setting it clears the other members of the `oneof` of this name.
    Oneof(String),
    /// Any number. Numbers are `packed` into one record unless the schema says otherwise.
    Repeated {
        /// Whether numbers are written so; they are always read both ways.
        packed: bool,
    },
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands on the wire.
    pub number: u32,
    /// For people and for JSON; not on the wire.
    pub name: String,
    /// What its bytes mean.
    pub ty: FieldType,
    /// How many, and whether "not set" can be told.
    pub presence: Presence,
}

impl Field {
    /// Whether there may be several values.
    pub fn is_repeated(&self) -> bool {
        matches!(self.presence, Presence::Repeated { .. })
    }

    /// Whether its values are written as one record.
    pub fn is_packed(&self) -> bool {
        self.presence == Presence::Repeated { packed: true } && self.ty.wire_type() != WireType::Len
    }
}

/// A type of message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageType {
    /// By number; each number once.
    pub fields: BTreeMap<u32, Field>,
    /// Numbers that no field may take, because an old one had them.
    pub reserved: Vec<RangeInclusive<u32>>,
    /// Names that no field may take.
    pub reserved_names: Vec<String>,
}

impl MessageType {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.values().find(|field| field.name == name)
    }

    /// Whether no field may have this number.
    pub fn is_reserved(&self, number: u32) -> bool {
        self.reserved.iter().any(|range| range.contains(&number))
    }
}

/// A type of enum. It is open, as in proto3: a number without a name is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnumType {
    /// Names and numbers, in the order of the file; the first is the default and has the number 0.
    pub values: Vec<(String, i32)>,
    /// Numbers that no value may take.
    pub reserved: Vec<RangeInclusive<i32>>,
}

impl EnumType {
    /// The name of a number: the first, if there are aliases.
    pub fn name_of(&self, number: i32) -> Option<&str> {
        self.values.iter().find(|(_, own)| *own == number).map(|(name, _)| name.as_str())
    }
}

/// Types of messages and enums by name; one in another has a dot: `User.Address`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Types of messages.
    pub messages: BTreeMap<String, MessageType>,
    /// Types of enums.
    pub enums: BTreeMap<String, EnumType>,
}

impl Schema {
    /// The type of message of this name.
    pub fn message(&self, name: &str) -> Option<&MessageType> {
        self.messages.get(name)
    }
}
