//! Checks a checker of schema changes.

use algorithms::protobuf::{self, BreakKind, EnumType, FieldType, Harm, MessageType, Presence, Scalar};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of Protocol Buffers")]
pub enum Type {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Bool,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    String,
    Bytes,
    Message,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands on the wire.
    pub number: u32,
    /// For people.
    pub name: &'static str,
    /// What the bytes mean.
    pub ty: Type,
}

/// A message and an enum that it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Each number once.
    pub fields: Vec<Field>,
    /// Numbers that no field may take.
    pub reserved: Vec<u32>,
    /// The name of the enum's value 0, its default.
    pub zero: &'static str,
}

/// A change that hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// The number has a type that reads other values from the same bytes.
    Changed(u32),
    /// The number is gone, and not reserved.
    NotReserved(u32),
    /// The number was reserved, and is used again.
    Reused(u32),
    /// The enum's 0 means something else.
    Default,
}

/// Both schemas in.
type Answer = fn(&Schema, &Schema) -> Vec<Break>;
planted!("protobuf/breaking_changes");

/// The old one and the new one.
type Input = (Schema, Schema);

const QUESTION: Question<Answer, Input, Vec<Break>> = Question {
    ask: |breaks, (old, new)| {
        let mut found = breaks(old, new);
        found.sort_unstable();
        found
    },
    right: |(old, new)| {
        let broken = protobuf::breaks(&translated(old), &translated(new)).into_iter().filter_map(|found| {
            let number = u32::try_from(found.number).unwrap_or(0);
            match found.kind {
                BreakKind::TypeChanged { .. } | BreakKind::NumberReused { .. }
                    if found.harm == Harm::Wire =>
                {
                    Some(Break::Changed(number))
                }
                BreakKind::NotReserved => Some(Break::NotReserved(number)),
                BreakKind::ReservedUsed => Some(Break::Reused(number)),
                BreakKind::EnumZeroChanged => Some(Break::Default),
                _ => None,
            }
        });
        let mut broken: Vec<Break> = broken.collect();
        broken.sort_unstable();
        broken
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(old, new)| format!("old: {}, new: {}", shown(old), shown(new)),
    output: |found| format!("{found:?}"),
};

fn shown(schema: &Schema) -> String {
    let fields: Vec<String> = schema
        .fields
        .iter()
        .map(|Field { number, name, ty }| format!("{} {name} = {number};", format!("{ty:?}").to_lowercase()))
        .collect();
    let reserved: Vec<String> = schema.reserved.iter().map(|number| format!("reserved {number};")).collect();
    format!("{{ {} }} enum {{ {} = 0 }}", [fields, reserved].concat().join(" "), schema.zero)
}

/// The same in the library's words.
fn translated(schema: &Schema) -> protobuf::Schema {
    let scalar = |ty| {
        Some(match ty {
            Type::Int32 => Scalar::Int32,
            Type::Int64 => Scalar::Int64,
            Type::Uint32 => Scalar::Uint32,
            Type::Uint64 => Scalar::Uint64,
            Type::Bool => Scalar::Bool,
            Type::Sint32 => Scalar::Sint32,
            Type::Sint64 => Scalar::Sint64,
            Type::Fixed32 => Scalar::Fixed32,
            Type::Fixed64 => Scalar::Fixed64,
            Type::String => Scalar::String,
            Type::Bytes => Scalar::Bytes,
            Type::Message => return None,
        })
    };
    let fields = schema.fields.iter().map(|&Field { number, name, ty }| {
        let ty = scalar(ty).map_or_else(|| FieldType::Message("M".to_owned()), FieldType::Scalar);
        (number, protobuf::Field { number, name: name.to_owned(), ty, presence: Presence::Implicit })
    });
    let message = MessageType {
        fields: fields.collect(),
        reserved: schema.reserved.iter().map(|number| *number..=*number).collect(),
        reserved_names: Vec::new(),
    };
    let named = EnumType { values: vec![(schema.zero.to_owned(), 0)], reserved: Vec::new() };
    protobuf::Schema { messages: [("M".to_owned(), message)].into(), enums: [("E".to_owned(), named)].into() }
}

/// Checks a function that compares two schemas.
pub fn breaking_changes(breaks: fn(&Schema, &Schema) -> Vec<Break>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, breaks, MISTAKES)
        .visible("another name, or a new number, is no break", || {
            vec![
                (of(&[(1, "a", Type::String)]), of(&[(1, "b", Type::String)])),
                (of(&[(1, "a", Type::String)]), of(&[(1, "a", Type::String), (2, "b", Type::Int32)])),
                (of(&[]), of(&[])),
            ]
        })
        .visible("types that read the same bytes as the same value may change", || {
            pairs(&[
                (Type::Int32, Type::Int64),
                (Type::Uint64, Type::Bool),
                (Type::Sint64, Type::Sint32),
                (Type::String, Type::Bytes),
            ])
        })
        .visible("types that do not, may not", || {
            pairs(&[
                (Type::String, Type::Int32),
                (Type::Fixed32, Type::Fixed64),
                (Type::Int32, Type::Fixed32),
                (Type::Message, Type::String),
            ])
        })
        .visible("a number that is gone must be reserved", || {
            let old = of(&[(1, "a", Type::String), (2, "b", Type::Int32)]);
            let new = of(&[(1, "a", Type::String)]);
            vec![(old.clone(), new.clone()), (old, Schema { reserved: vec![2], ..new })]
        })
        .hidden("zigzag is another number", || {
            pairs(&[
                (Type::Int32, Type::Sint32),
                (Type::Sint64, Type::Int64),
                (Type::Uint32, Type::Sint32),
                (Type::Bool, Type::Sint64),
            ])
        })
        .hidden("a number that was reserved is not used again", || {
            let old = Schema { reserved: vec![2, 3], ..of(&[(1, "a", Type::String)]) };
            vec![
                (
                    old.clone(),
                    Schema { reserved: vec![3], ..of(&[(1, "a", Type::String), (2, "b", Type::String)]) },
                ),
                (
                    old.clone(),
                    Schema { reserved: vec![2, 3], ..of(&[(1, "a", Type::String), (4, "b", Type::String)]) },
                ),
                (old, of(&[(1, "a", Type::String)])),
            ]
        })
        .hidden("a number for another thing of another type, and a field that moved", || {
            let old = of(&[(1, "price", Type::Int64), (2, "note", Type::String)]);
            vec![
                (old.clone(), of(&[(1, "symbol", Type::String), (2, "note", Type::String)])),
                (old.clone(), of(&[(1, "note", Type::String), (2, "price", Type::Int64)])),
                (old, of(&[(1, "price", Type::Int64), (3, "note", Type::String)])),
            ]
        })
        .hidden("what 0 means", || {
            let with = |zero| Schema { zero, ..of(&[(1, "a", Type::Int32)]) };
            vec![(with("UNKNOWN"), with("UNKNOWN")), (with("UNKNOWN"), with("ACTIVE"))]
        })
        .hidden("1,000 random pairs of schemas", random)
        .finish()
}

fn of(fields: &[(u32, &'static str, Type)]) -> Schema {
    let fields = fields.iter().map(|&(number, name, ty)| Field { number, name, ty }).collect();
    Schema { fields, reserved: Vec::new(), zero: "UNKNOWN" }
}

/// One field whose type changes, in both directions.
fn pairs(types: &[(Type, Type)]) -> Vec<Input> {
    let one = |ty| of(&[(1, "a", ty)]);
    types.iter().flat_map(|&(old, new)| [(one(old), one(new)), (one(new), one(old))]).collect()
}

const TYPES: [Type; 12] = [
    Type::Int32,
    Type::Int64,
    Type::Uint32,
    Type::Uint64,
    Type::Bool,
    Type::Sint32,
    Type::Sint64,
    Type::Fixed32,
    Type::Fixed64,
    Type::String,
    Type::Bytes,
    Type::Message,
];

fn random() -> Vec<Input> {
    let mut rng = Rng::new(17);
    let mut schema = move || {
        let mut schema = of(&[]);
        for number in 1..=5 {
            match rng.below(4) {
                0 => schema.reserved.push(number),
                1 => {}
                _ => {
                    let name = ["a", "b", "c", "d", "e", "f"][rng.index(6)];
                    let free = schema.fields.iter().all(|field| field.name != name);
                    let ty = TYPES[rng.index(TYPES.len())];
                    if free {
                        schema.fields.push(Field { number, name, ty });
                    }
                }
            }
        }
        schema.zero = if rng.chance(0.8) { "UNKNOWN" } else { "ACTIVE" };
        schema
    };
    (0..1_000).map(|_| (schema(), schema())).collect()
}
