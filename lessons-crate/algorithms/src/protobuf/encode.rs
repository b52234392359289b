//! From a message to bytes.

use super::decode::MESSAGES_DEEP_MAX;
use super::message::{Message, Value};
use super::schema::{Field, FieldType, MessageType, Presence, Scalar, Schema};
use super::wire::{WireType, put_bytes, put_tag, put_varint, zigzag};

/// Why a message cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The schema has no such type.
    #[error("the schema has no message {0:?}")]
    NoType(String),
    /// The type has no such field.
    #[error("{message} has no field {number}: add it to the schema, or take it out of the message")]
    NoField {
        /// The type of the message.
        message: String,
        /// The number that was set.
        number: u32,
    },
    /// A value of another type than the field has, or one that does not fit.
    #[error("field {name} is of type {ty}, which {found} is not")]
    WrongValue {
        /// The field.
        name: String,
        /// Its type.
        ty: String,
        /// The value, as Rust shows it.
        found: String,
    },
    /// Messages in messages in messages.
    #[error("messages are nested more than {MESSAGES_DEEP_MAX} deep")]
    TooDeep,
}

/// The bytes of a message: its fields in the order of their numbers, then what was not understood.
///
/// The same message gives the same bytes here, but nothing promises that of two libraries, or of two versions of one:
/// do not compare or sign bytes that someone else will write again.
///
/// # Complexity
///
/// O(bytes × nesting): each message is written into a buffer of its own, because its length comes first.
///
/// # Errors
///
/// See [`EncodeError`].
///
/// # Sources
///
/// "Encoding" and "Field Presence", Protocol Buffers Documentation, Google, read 2026.
pub fn encode(message: &Message, ty: &str, schema: &Schema) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    put_message(message, ty, schema, 0, &mut out)?;
    Ok(out)
}

fn put_message(
    message: &Message,
    ty: &str,
    schema: &Schema,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if depth > MESSAGES_DEEP_MAX {
        return Err(EncodeError::TooDeep);
    }
    let described: &MessageType = schema.message(ty).ok_or_else(|| EncodeError::NoType(ty.to_owned()))?;
    for (&number, value) in &message.fields {
        let field = described
            .fields
            .get(&number)
            .ok_or_else(|| EncodeError::NoField { message: ty.to_owned(), number })?;
        match value {
            Value::List(values) if field.is_packed() => put_packed(values, field, out)?,
            Value::List(values) if field.is_repeated() => {
                for value in values {
                    put_field(value, field, schema, depth, out)?;
                }
            }
            _ if field.is_repeated() => return Err(wrong(field, value)),
            _ if field.presence == Presence::Implicit && value.is_default() => {
                // Not sent, but it must still be one of the right type.
                put_value(value, field, &mut Vec::new())?;
            }
            _ => put_field(value, field, schema, depth, out)?,
        }
    }
    for field in &message.unknown {
        out.extend_from_slice(&field.bytes);
    }
    Ok(())
}

fn put_packed(values: &[Value], field: &Field, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if values.is_empty() {
        return Ok(());
    }
    let mut packed = Vec::new();
    for value in values {
        put_value(value, field, &mut packed)?;
    }
    put_tag(field.number, WireType::Len, out);
    put_bytes(&packed, out);
    Ok(())
}

fn put_field(
    value: &Value,
    field: &Field,
    schema: &Schema,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if let (FieldType::Message(ty), Value::Message(message)) = (&field.ty, value) {
        let mut inner = Vec::new();
        put_message(message, ty, schema, depth + 1, &mut inner)?;
        put_tag(field.number, WireType::Len, out);
        put_bytes(&inner, out);
        return Ok(());
    }
    put_tag(field.number, field.ty.wire_type(), out);
    put_value(value, field, out)
}

/// One value without its tag.
fn put_value(value: &Value, field: &Field, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let scalar = match &field.ty {
        FieldType::Scalar(scalar) => *scalar,
        FieldType::Enum(_) => Scalar::Int32,
        FieldType::Message(_) => return Err(wrong(field, value)),
    };
    let fits = match (scalar, value) {
        (Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32, Value::Int(value)) => {
            i32::try_from(*value).is_ok()
        }
        (Scalar::Uint32 | Scalar::Fixed32, Value::Uint(value)) => u32::try_from(*value).is_ok(),
        _ => true,
    };
    if !fits {
        return Err(wrong(field, value));
    }
    match (scalar, value) {
        // A negative int32 is widened first, so that a reader of int64 gets the same number: ten bytes.
        (Scalar::Int32 | Scalar::Int64, Value::Int(value)) => put_varint(*value as u64, out),
        (Scalar::Uint32 | Scalar::Uint64, Value::Uint(value)) => put_varint(*value, out),
        (Scalar::Sint32 | Scalar::Sint64, Value::Int(value)) => put_varint(zigzag(*value), out),
        (Scalar::Bool, Value::Bool(value)) => out.push(u8::from(*value)),
        (Scalar::Fixed32, Value::Uint(value)) => out.extend((*value as u32).to_le_bytes()),
        (Scalar::Fixed64, Value::Uint(value)) => out.extend(value.to_le_bytes()),
        (Scalar::Sfixed32, Value::Int(value)) => out.extend((*value as i32).to_le_bytes()),
        (Scalar::Sfixed64, Value::Int(value)) => out.extend(value.to_le_bytes()),
        (Scalar::Float, Value::Float(value)) => out.extend(value.to_le_bytes()),
        (Scalar::Double, Value::Double(value)) => out.extend(value.to_le_bytes()),
        (Scalar::String, Value::Text(text)) => put_bytes(text.as_bytes(), out),
        (Scalar::Bytes, Value::Bytes(bytes)) => put_bytes(bytes, out),
        _ => return Err(wrong(field, value)),
    }
    Ok(())
}

fn wrong(field: &Field, value: &Value) -> EncodeError {
    let found = format!("{value:?}");
    EncodeError::WrongValue { name: field.name.clone(), ty: field.ty.name().to_owned(), found }
}
