//! The same message in other formats, to compare how much room it takes.
//!
//! | format | names | numbers | schema needed to read |
//! |---|---|---|---|
//! | Protocol Buffers | numbers instead | 1 to 10 bytes, or 4 or 8 | yes |
//! | JSON ([`to_json`]) | in each message | digits | no |
//! | CBOR ([`to_cbor`]) | in each message | 1 to 9 bytes | no |
//!
//! What is in the message decides: small integers and short names gain much, a text of a thousand letters gains nothing.

use serde_json::{Map, Number, Value as Json};

use super::message::{Message, Value};
use super::schema::{FieldType, Scalar, Schema};
use crate::gateway::base64url;

/// How a message is written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStyle {
    /// As most people would: the names of the schema, integers as digits, enums as numbers.
    Plain,
    /// As the documentation has it: names in lowerCamelCase, integers of 64 bits as text, because JavaScript's numbers
    /// have 53, enums by name, fields that have the default left out.
    Proto,
}

/// A message as JSON; unknown fields have no name, so they are left out. Bytes become base64, floating-point numbers that
/// JSON does not have become text. O(size).
///
/// # Sources
///
/// "ProtoJSON Format", Protocol Buffers Documentation, Google, read 2026.
pub fn to_json(message: &Message, ty: &str, schema: &Schema, style: JsonStyle) -> Json {
    let mut object = Map::new();
    for field in schema.message(ty).into_iter().flat_map(|described| described.fields.values()) {
        let Some(value) = message.get(field.number) else { continue };
        let name = match style {
            JsonStyle::Plain => field.name.clone(),
            JsonStyle::Proto => lower_camel_case(&field.name),
        };
        object.insert(name, value_to_json(value, &field.ty, schema, style));
    }
    Json::Object(object)
}

fn value_to_json(value: &Value, ty: &FieldType, schema: &Schema, style: JsonStyle) -> Json {
    let as_text = style == JsonStyle::Proto
        && matches!(
            ty,
            FieldType::Scalar(
                Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64
            )
        );
    let float =
        |value: f64| Number::from_f64(value).map_or_else(|| Json::from(value.to_string()), Json::Number);
    match (value, ty) {
        (Value::Int(value), FieldType::Enum(name)) if style == JsonStyle::Proto => {
            let described = schema.enums.get(name);
            let name = i32::try_from(*value).ok().and_then(|number| described?.name_of(number));
            name.map_or(Json::from(*value), Json::from)
        }
        (Value::Int(value), _) if as_text => Json::from(value.to_string()),
        (Value::Uint(value), _) if as_text => Json::from(value.to_string()),
        (Value::Int(value), _) => Json::from(*value),
        (Value::Uint(value), _) => Json::from(*value),
        // By way of its digits: 0.1 is not to become 0.10000000149011612.
        (Value::Float(value), _) => float(value.to_string().parse().unwrap_or(f64::NAN)),
        (Value::Double(value), _) => float(*value),
        (Value::Bool(value), _) => Json::from(*value),
        (Value::Text(text), _) => Json::from(text.as_str()),
        (Value::Bytes(bytes), _) => Json::from(base64url::encode_standard(bytes)),
        (Value::Message(message), FieldType::Message(ty)) => to_json(message, ty, schema, style),
        (Value::Message(_), _) => Json::Null,
        (Value::List(values), _) => {
            values.iter().map(|value| value_to_json(value, ty, schema, style)).collect()
        }
    }
}

fn lower_camel_case(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::new();
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else {
            camel.push(if upper { letter.to_ascii_uppercase() } else { letter });
            upper = false;
        }
    }
    camel
}

/// A JSON value in CBOR: the binary form of the same tree, with the names in it. Integers and lengths take 1, 2, 3, 5 or
/// 9 bytes, other numbers 5 if that is exact, or 9. O(size).
///
/// # Examples
///
/// ```
/// use lessons::protobuf::size::to_cbor;
///
/// let user = serde_json::json!({ "id": "1", "name": "Alice" });
/// // One byte for the map, one for the length of each text.
/// assert_eq!(to_cbor(&user).len(), 1 + 3 + 2 + 5 + 6);
/// ```
///
/// # Sources
///
/// C. Bormann, P. Hoffman, "Concise Binary Object Representation (CBOR)", RFC 8949, 2020.
pub fn to_cbor(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    put_cbor(value, &mut out);
    out
}

fn put_cbor(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.push(0xf6),
        Json::Bool(value) => out.push(0xf4 + u8::from(*value)),
        Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), _, _) => put_head(0, value, out),
            // -1 - n is stored as n, which is the number with all bits turned.
            (None, Some(value), _) => put_head(1, !value as u64, out),
            (None, None, value) => put_float(value.unwrap_or(f64::NAN), out),
        },
        Json::String(text) => {
            put_head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Json::Array(values) => {
            put_head(4, values.len() as u64, out);
            values.iter().for_each(|value| put_cbor(value, out));
        }
        Json::Object(fields) => {
            put_head(5, fields.len() as u64, out);
            for (name, value) in fields {
                put_head(3, name.len() as u64, out);
                out.extend_from_slice(name.as_bytes());
                put_cbor(value, out);
            }
        }
    }
}

fn put_head(major: u8, value: u64, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes();
    let (short, length) = match value {
        0..24 => return out.push(major << 5 | value as u8),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | short);
    out.extend_from_slice(&bytes[8 - length..]);
}

/// Half precision is left out: few values of a JSON text fit it.
fn put_float(value: f64, out: &mut Vec<u8>) {
    if f64::from(value as f32) == value {
        out.push(0xfa);
        out.extend((value as f32).to_be_bytes());
    } else {
        out.push(0xfb);
        out.extend(value.to_be_bytes());
    }
}
