//! May a schema be changed like this? What is on disks, in queues and in old programs was written by the one before.

use std::collections::BTreeSet;
use std::fmt;

use super::schema::{EnumType, Field, FieldType, MessageType, Presence, Scalar, Schema};
use super::wire::WireType;

/// Whom a change hurts, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// Who reads JSON or names: on the wire nothing changes.
    Names,
    /// Nobody yet: the next change can go wrong unseen.
    Later,
    /// Some values: they are cut off, or "not set" cannot be told from the default any more.
    Values,
    /// Ordinary values: they are lost, or read as others.
    Wire,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BreakKind {
    /// The field has another type, as a `.proto` file names them.
    TypeChanged {
        /// It was.
        old: String,
        /// It is.
        new: String,
    },
    /// Another field, of another type, has the number now.
    NumberReused {
        /// The name that it had.
        old: String,
        /// The name that it has.
        new: String,
    },
    /// A field has a number that was reserved: somebody once sent something else under it.
    ReservedUsed,
    /// The field of this name has another number.
    Renumbered {
        /// Its number now.
        new: u32,
    },
    /// The field is gone, and its number can be taken by anyone.
    NotReserved,
    /// One value or many.
    RepeatedChanged,
    /// Whether "not set" differs from the default.
    PresenceChanged,
    /// Two fields that could both be set exclude each other now, or the other way round.
    OneofChanged,
    /// Only the name. If it is another *thing*, of the same type, no checker can know.
    Renamed {
        /// The name that it had.
        old: String,
        /// The name that it has.
        new: String,
    },
    /// A message that nothing else contains is gone.
    MessageRemoved,
    /// The number 0 of an enum, which is also "not set", means something else.
    EnumZeroChanged,
    /// The value of this name has another number.
    EnumRenumbered {
        /// Its number now.
        new: i32,
    },
    /// The value is gone, and its number can be taken by anyone.
    EnumNotReserved,
}

/// A change of a schema that somebody can be hurt by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Break {
    /// The message or enum.
    pub place: String,
    /// The number of the field or value, in the old schema if it was there.
    pub number: i64,
    /// What was changed.
    pub kind: BreakKind,
    /// Whom it hurts.
    pub harm: Harm,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.place, self.number)?;
        match &self.kind {
            BreakKind::TypeChanged { old, new } => write!(f, "{old} became {new}"),
            BreakKind::NumberReused { old, new } => write!(f, "the number of {old} was given to {new}"),
            BreakKind::ReservedUsed => f.write_str("the number was reserved"),
            BreakKind::Renumbered { new } => write!(f, "the field has the number {new} now"),
            BreakKind::NotReserved => f.write_str("removed, and the number not reserved"),
            BreakKind::RepeatedChanged => f.write_str("one value became many, or many one"),
            BreakKind::PresenceChanged => {
                f.write_str("\"not set\" and the default were told apart, or are now")
            }
            BreakKind::OneofChanged => f.write_str("excludes others that it did not, or no longer does"),
            BreakKind::Renamed { old, new } => write!(f, "{old} is called {new}"),
            BreakKind::MessageRemoved => f.write_str("the message is gone"),
            BreakKind::EnumZeroChanged => f.write_str("the default means something else"),
            BreakKind::EnumRenumbered { new } => write!(f, "the value has the number {new} now"),
            BreakKind::EnumNotReserved => f.write_str("the value was removed, and its number not reserved"),
        }
    }
}

/// What can go wrong when programs with the old schema and with the new one read each other's bytes, in order.
///
/// Fields are compared by number, then by what the bytes mean; names are for people and JSON. A field of a new number is
/// no break: old readers keep it unread.
///
/// # Complexity
///
/// O(f² + m) for messages of f fields, of which m pairs are compared.
///
/// # Examples
///
/// ```
/// use lessons::protobuf::{BreakKind, Harm, breaks, parse_proto};
///
/// let old = parse_proto(r#"syntax = "proto3"; message Quote { string symbol = 1; int32 change = 2; }"#)?;
/// let new = parse_proto(r#"syntax = "proto3"; message Quote { string ticker = 1; sint32 change = 2; }"#)?;
/// let found = breaks(&old, &new);
/// // The name is not on the wire; -1 as sint32 is 1 as int32.
/// assert_eq!(found[0].harm, Harm::Names);
/// assert_eq!((found[1].number, found[1].harm), (2, Harm::Wire));
/// assert!(matches!(found[1].kind, BreakKind::TypeChanged { .. }));
/// # Ok::<(), lessons::protobuf::ProtoError>(())
/// ```
///
/// # Sources
///
/// "Proto3 Language Guide" (Updating a Message Type) and "Proto Best Practices", Protocol Buffers Documentation, Google,
/// read 2026.
pub fn breaks(old: &Schema, new: &Schema) -> Vec<Break> {
    let mut found = Vec::new();
    for (name, was) in &old.messages {
        match new.messages.get(name) {
            Some(is) => {
                let checker = Checker { old, new, seen: &mut BTreeSet::new() };
                found.extend(checker.message(name, was, is));
            }
            None if !is_used(old, name) => found.push(Break {
                place: name.clone(),
                number: 0,
                kind: BreakKind::MessageRemoved,
                harm: Harm::Later,
            }),
            None => {}
        }
    }
    for (name, was) in &old.enums {
        if let Some(is) = new.enums.get(name) {
            enum_breaks(name, was, is, &mut found);
        }
    }
    found.sort();
    found
}

fn is_used(schema: &Schema, message: &str) -> bool {
    let mut fields = schema.messages.values().flat_map(|described| described.fields.values());
    fields.any(|field| matches!(&field.ty, FieldType::Message(name) if name == message))
}

struct Checker<'a> {
    old: &'a Schema,
    new: &'a Schema,
    /// Pairs of message types that are being compared: a message may contain itself.
    seen: &'a mut BTreeSet<(String, String)>,
}

impl Checker<'_> {
    fn message(mut self, place: &str, old: &MessageType, new: &MessageType) -> Vec<Break> {
        let mut found = Vec::new();
        let mut add = |number: u32, kind: BreakKind, harm: Harm| {
            found.push(Break { place: place.to_owned(), number: number.into(), kind, harm });
        };
        for (&number, was) in &old.fields {
            if let Some(is) = new.fields.get(&number) {
                for (kind, harm) in self.field(was, is) {
                    add(number, kind, harm);
                }
                if changes_oneof(was, is, old, new) {
                    add(number, BreakKind::OneofChanged, Harm::Wire);
                }
                continue;
            }
            if let Some(moved) = new.field(&was.name) {
                add(number, BreakKind::Renumbered { new: moved.number }, Harm::Wire);
            }
            if !new.is_reserved(number) {
                add(number, BreakKind::NotReserved, Harm::Later);
            }
        }
        for &number in new.fields.keys().filter(|number| old.is_reserved(**number)) {
            add(number, BreakKind::ReservedUsed, Harm::Wire);
        }
        found
    }

    fn field(&mut self, old: &Field, new: &Field) -> Vec<(BreakKind, Harm)> {
        let mut found = Vec::new();
        let renamed = old.name != new.name;
        let names = (old.name.clone(), new.name.clone());
        match self.types(&old.ty, &new.ty) {
            Some(Harm::Wire) if renamed => {
                let (old, new) = names;
                return vec![(BreakKind::NumberReused { old, new }, Harm::Wire)];
            }
            Some(harm) => {
                let (old, new) = (old.ty.name().to_owned(), new.ty.name().to_owned());
                found.push((BreakKind::TypeChanged { old, new }, harm));
            }
            None => {}
        }
        if renamed {
            found.push((BreakKind::Renamed { old: names.0, new: names.1 }, Harm::Names));
        }
        if old.is_repeated() != new.is_repeated() {
            // A reader of one number does not read packed ones; of several texts or messages it takes what it can.
            let packed = old.is_packed() || new.is_packed();
            found.push((BreakKind::RepeatedChanged, if packed { Harm::Wire } else { Harm::Values }));
        } else if is_explicit(old) != is_explicit(new) {
            found.push((BreakKind::PresenceChanged, Harm::Values));
        }
        found
    }

    /// What happens to values when one type is read as the other; the worse of both directions.
    fn types(&mut self, old: &FieldType, new: &FieldType) -> Option<Harm> {
        use FieldType::{Enum, Message};
        match (old, new) {
            (Message(was), Message(is)) => self.messages(was, is),
            // Bytes that hold an encoded message would be read; a checker cannot know what is in them.
            (Message(_), _) | (_, Message(_)) => Some(Harm::Wire),
            (Enum(_), Enum(_)) => None,
            _ => {
                let plain = |ty: &FieldType| match ty {
                    FieldType::Scalar(scalar) => *scalar,
                    _ => Scalar::Int32,
                };
                scalars(plain(old), plain(new))
            }
        }
    }

    /// Two types of message under different names mean the same if their fields do.
    fn messages(&mut self, old: &str, new: &str) -> Option<Harm> {
        if old == new || !self.seen.insert((old.to_owned(), new.to_owned())) {
            return None;
        }
        let (was, is) = (self.old.message(old)?, self.new.message(new)?);
        let inner = Checker { old: self.old, new: self.new, seen: self.seen };
        let harm = inner.message(old, was, is).into_iter().map(|broken| broken.harm).max();
        harm.filter(|harm| *harm >= Harm::Values)
    }
}

/// Whether "not set" can be told.
fn is_explicit(field: &Field) -> bool {
    field.presence != Presence::Implicit || matches!(field.ty, FieldType::Message(_))
}

fn scalars(old: Scalar, new: Scalar) -> Option<Harm> {
    let zigzag = |scalar| matches!(scalar, Scalar::Sint32 | Scalar::Sint64);
    let float = |scalar| matches!(scalar, Scalar::Float | Scalar::Double);
    if old == new {
        None
    } else if old.wire_type() != new.wire_type() || zigzag(old) != zigzag(new) || float(old) != float(new) {
        Some(Harm::Wire)
    } else {
        debug_assert!(old.wire_type() != WireType::Group);
        // The same bytes mean the same number, as long as both types have it; or the same text.
        Some(Harm::Values)
    }
}

/// Whether there is a field with which this one shares a `oneof` in one schema, and not in the other.
fn changes_oneof(old: &Field, new: &Field, old_type: &MessageType, new_type: &MessageType) -> bool {
    let partners = |field: &Field, described: &MessageType| -> BTreeSet<u32> {
        let Presence::Oneof(_) = field.presence else { return BTreeSet::new() };
        let same = described.fields.values().filter(|other| other.presence == field.presence);
        same.map(|other| other.number).filter(|number| *number != field.number).collect()
    };
    let (was, is) = (partners(old, old_type), partners(new, new_type));
    let both = |number: &u32| old_type.fields.contains_key(number) && new_type.fields.contains_key(number);
    was.symmetric_difference(&is).any(both)
}

fn enum_breaks(place: &str, old: &EnumType, new: &EnumType, found: &mut Vec<Break>) {
    for (name, number) in &old.values {
        let mut add = |kind: BreakKind, harm: Harm| {
            found.push(Break { place: place.to_owned(), number: (*number).into(), kind, harm });
        };
        let same_name = new.values.iter().find(|(other, _)| other == name);
        let is_there = new.values.iter().any(|value| value == &(name.clone(), *number));
        if is_there {
            continue;
        }
        if *number == 0 {
            add(BreakKind::EnumZeroChanged, Harm::Wire);
        }
        match (same_name, new.name_of(*number)) {
            (Some((_, moved)), _) => add(BreakKind::EnumRenumbered { new: *moved }, Harm::Wire),
            (None, Some(other)) if *number != 0 => {
                let (old, new) = (name.clone(), other.to_owned());
                add(BreakKind::Renamed { old, new }, Harm::Names);
            }
            (None, None) if !new.reserved.iter().any(|range| range.contains(number)) => {
                add(BreakKind::EnumNotReserved, Harm::Later);
            }
            _ => {}
        }
    }
}
