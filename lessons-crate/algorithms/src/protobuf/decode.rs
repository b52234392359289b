//! From bytes to a message, by the reader's own schema.

use super::message::{Message, UnknownField, Value};
use super::schema::{Field, FieldType, MessageType, Presence, Scalar, Schema};
use super::wire::{Payload, WireError, get_varint, records, unzigzag};

/// Messages in messages are read so deep: deeper ones would let a few bytes use up the stack.
pub const MESSAGES_DEEP_MAX: usize = 100;

/// Why bytes are no message of a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The schema has no such type.
    #[error("the schema has no message {0:?}")]
    NoType(String),
    /// The bytes are no records.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Text that is not UTF-8.
    #[error("field {0} is a string, but its bytes are not UTF-8: should it be of type bytes?")]
    NotUtf8(u32),
    /// Messages in messages in messages.
    #[error("messages are nested more than {MESSAGES_DEEP_MAX} deep")]
    TooDeep,
}

/// The message that the bytes mean to a reader with this schema.
///
/// Of a field that may have one value and came several times, the last counts; messages are merged. Fields that the
/// schema does not have, or has with another wire type, are kept as they are. Numbers that are too large for their
/// type lose their high bits, as by a cast.
///
/// # Complexity
///
/// O(bytes × nesting).
///
/// # Errors
///
/// See [`DecodeError`].
///
/// # Sources
///
/// "Encoding" (Last One Wins, Packed Repeated Fields) and "Proto3 Language Guide" (Unknown Fields), Protocol Buffers
/// Documentation, Google, read 2026.
pub fn decode(bytes: &[u8], ty: &str, schema: &Schema) -> Result<Message, DecodeError> {
    let mut message = Message::default();
    merge(&mut message, bytes, ty, schema)?;
    Ok(message)
}

/// Reads the bytes into a message that is there already: as if its own bytes had come before.
///
/// # Errors
///
/// As [`decode`]; the message then has what came before the error.
pub fn merge(message: &mut Message, bytes: &[u8], ty: &str, schema: &Schema) -> Result<(), DecodeError> {
    merge_at(message, bytes, ty, schema, 0)
}

fn merge_at(
    message: &mut Message,
    bytes: &[u8],
    ty: &str,
    schema: &Schema,
    depth: usize,
) -> Result<(), DecodeError> {
    if depth > MESSAGES_DEEP_MAX {
        return Err(DecodeError::TooDeep);
    }
    let described = schema.message(ty).ok_or_else(|| DecodeError::NoType(ty.to_owned()))?;
    for record in records(bytes) {
        let record = record?;
        let known = match described.fields.get(&record.number) {
            Some(field) => set(message, field, &record.payload, described, schema, depth)?,
            None => false,
        };
        if !known {
            message.unknown.push(UnknownField { number: record.number, bytes: record.bytes.to_vec() });
        }
    }
    Ok(())
}

/// Puts a payload into its field; `false` when the wire type is not that of the field.
fn set(
    message: &mut Message,
    field: &Field,
    payload: &Payload<'_>,
    described: &MessageType,
    schema: &Schema,
    depth: usize,
) -> Result<bool, DecodeError> {
    if let (FieldType::Message(ty), Payload::Len(bytes)) = (&field.ty, payload) {
        let mut inner = match message.fields.get_mut(&field.number) {
            // Several records of one message are one message: the one there goes on.
            Some(Value::Message(there)) => std::mem::take(there),
            _ => Message::default(),
        };
        merge_at(&mut inner, bytes, ty, schema, depth + 1)?;
        put(message, field, Value::Message(inner), described);
        return Ok(true);
    }
    if let Some(value) = scalar(field, payload)? {
        put(message, field, value, described);
        return Ok(true);
    }
    // Numbers of a repeated field may come packed, whatever the schema says.
    if let (true, Payload::Len(bytes)) = (field.is_repeated(), payload)
        && let Some(values) = unpack(field, bytes)?
    {
        for value in values {
            put(message, field, value, described);
        }
        return Ok(true);
    }
    Ok(false)
}

fn put(message: &mut Message, field: &Field, value: Value, described: &MessageType) {
    match &field.presence {
        Presence::Repeated { .. } => {
            match message.fields.entry(field.number).or_insert_with(|| Value::List(Vec::new())) {
                Value::List(values) => values.push(value),
                // The caller merges into a message that another schema had made.
                other => *other = Value::List(vec![value]),
            }
            return;
        }
        Presence::Oneof(name) => {
            let others = described.fields.values().filter(|other| {
                other.number != field.number && other.presence == Presence::Oneof(name.clone())
            });
            for other in others {
                message.fields.remove(&other.number);
            }
        }
        // The default that was sent all the same is as if it had not been: the reader cannot tell.
        Presence::Implicit if value.is_default() => {
            message.fields.remove(&field.number);
            return;
        }
        Presence::Implicit | Presence::Explicit => {}
    }
    message.fields.insert(field.number, value);
}

/// One value of a number, text or bytes; `None` when the wire type is another.
fn scalar(field: &Field, payload: &Payload<'_>) -> Result<Option<Value>, DecodeError> {
    let scalar = match &field.ty {
        FieldType::Scalar(scalar) => *scalar,
        FieldType::Enum(_) => Scalar::Int32,
        FieldType::Message(_) => return Ok(None),
    };
    Ok(Some(match (scalar, *payload) {
        (Scalar::Int32, Payload::Varint(value)) => Value::Int(i64::from(value as i32)),
        (Scalar::Int64, Payload::Varint(value)) => Value::Int(value as i64),
        (Scalar::Uint32, Payload::Varint(value)) => Value::Uint(u64::from(value as u32)),
        (Scalar::Uint64, Payload::Varint(value)) => Value::Uint(value),
        (Scalar::Sint32, Payload::Varint(value)) => Value::Int(unzigzag(u64::from(value as u32))),
        (Scalar::Sint64, Payload::Varint(value)) => Value::Int(unzigzag(value)),
        (Scalar::Bool, Payload::Varint(value)) => Value::Bool(value != 0),
        (Scalar::Fixed32, Payload::Fixed32(value)) => Value::Uint(u64::from(value)),
        (Scalar::Sfixed32, Payload::Fixed32(value)) => Value::Int(i64::from(value as i32)),
        (Scalar::Float, Payload::Fixed32(value)) => Value::Float(f32::from_bits(value)),
        (Scalar::Fixed64, Payload::Fixed64(value)) => Value::Uint(value),
        (Scalar::Sfixed64, Payload::Fixed64(value)) => Value::Int(value as i64),
        (Scalar::Double, Payload::Fixed64(value)) => Value::Double(f64::from_bits(value)),
        (Scalar::Bytes, Payload::Len(bytes)) => Value::Bytes(bytes.to_vec()),
        (Scalar::String, Payload::Len(bytes)) => {
            let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8(field.number))?;
            Value::Text(text.to_owned())
        }
        _ => return Ok(None),
    }))
}

/// The numbers in one record; `None` when values of the field are never packed.
fn unpack(field: &Field, mut bytes: &[u8]) -> Result<Option<Vec<Value>>, DecodeError> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let truncated = |needed: usize| WireError::Truncated(needed - bytes.len().min(needed));
        let (payload, used) = match field.ty.wire_type().number() {
            0 => get_varint(bytes)
                .map(|(value, used)| (Payload::Varint(value), used))
                .map_err(WireError::from)?,
            1 => {
                let word = bytes.first_chunk().ok_or_else(|| truncated(8))?;
                (Payload::Fixed64(u64::from_le_bytes(*word)), 8)
            }
            5 => {
                let word = bytes.first_chunk().ok_or_else(|| truncated(4))?;
                (Payload::Fixed32(u32::from_le_bytes(*word)), 4)
            }
            _ => return Ok(None),
        };
        values.extend(scalar(field, &payload)?);
        bytes = &bytes[used..];
    }
    Ok(Some(values))
}
