//! The same messages in prost.

use super::*;

/// What [`PROTO`] says, in prost's words.
#[derive(Clone, PartialEq, prost::Message)]
struct Everything {
    #[prost(int32, tag = "1")]
    int32: i32,
    #[prost(int64, tag = "2")]
    int64: i64,
    #[prost(uint32, tag = "3")]
    uint32: u32,
    #[prost(uint64, tag = "4")]
    uint64: u64,
    #[prost(sint32, tag = "5")]
    sint32: i32,
    #[prost(sint64, tag = "6")]
    sint64: i64,
    #[prost(fixed32, tag = "7")]
    fixed32: u32,
    #[prost(fixed64, tag = "8")]
    fixed64: u64,
    #[prost(sfixed32, tag = "9")]
    sfixed32: i32,
    #[prost(sfixed64, tag = "10")]
    sfixed64: i64,
    #[prost(bool, tag = "11")]
    bool: bool,
    #[prost(string, tag = "12")]
    string: String,
    #[prost(bytes = "vec", tag = "13")]
    bytes: Vec<u8>,
    #[prost(float, optional, tag = "14")]
    float: Option<f32>,
    #[prost(double, optional, tag = "15")]
    double: Option<f64>,
    #[prost(sint64, repeated, tag = "16")]
    packed: Vec<i64>,
    #[prost(fixed32, repeated, packed = "false", tag = "17")]
    apart: Vec<u32>,
    #[prost(string, repeated, tag = "18")]
    texts: Vec<String>,
    #[prost(message, optional, boxed, tag = "19")]
    inner: Option<Box<Everything>>,
    #[prost(message, repeated, tag = "20")]
    list: Vec<Everything>,
    #[prost(oneof = "Choice", tags = "21, 22, 23")]
    choice: Option<Choice>,
    #[prost(bool, optional, tag = "24")]
    flag: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Choice {
    #[prost(string, tag = "21")]
    Text(String),
    #[prost(message, tag = "22")]
    Message(Box<Everything>),
    #[prost(int32, tag = "23")]
    Number(i32),
}

const PROTO: &str = "
    message Everything {
      int32 int32 = 1; int64 int64 = 2; uint32 uint32 = 3; uint64 uint64 = 4; sint32 sint32 = 5; sint64 sint64 = 6;
      fixed32 fixed32 = 7; fixed64 fixed64 = 8; sfixed32 sfixed32 = 9; sfixed64 sfixed64 = 10; bool bool = 11;
      string string = 12; bytes bytes = 13; optional float float = 14; optional double double = 15;
      repeated sint64 packed = 16; repeated fixed32 apart = 17 [packed = false]; repeated string texts = 18;
      Everything inner = 19; repeated Everything list = 20;
      oneof choice { string text = 21; Everything message = 22; int32 number = 23; }
      optional bool flag = 24;
    }";

/// A number of any size: half of them small.
fn number(rng: &mut Rng) -> u64 {
    rng.next_u64() >> rng.below(64)
}

fn value(ty: &FieldType, depth: u32, rng: &mut Rng) -> Value {
    let number = number(rng);
    let signed = if rng.chance(0.5) { number as i64 } else { !number as i64 };
    let scalar = match ty {
        FieldType::Scalar(scalar) => *scalar,
        _ => return everything(depth + 1, rng).into(),
    };
    match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Value::Int((signed as i32).into()),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Value::Int(signed),
        Scalar::Uint32 | Scalar::Fixed32 => Value::Uint((number as u32).into()),
        Scalar::Uint64 | Scalar::Fixed64 => Value::Uint(number),
        Scalar::Float => Value::Float(signed as f32),
        Scalar::Double => Value::Double(signed as f64),
        Scalar::Bool => Value::Bool(number % 2 == 1),
        Scalar::String => Value::Text("\u{e9}x".repeat(rng.index(5))),
        Scalar::Bytes => Value::Bytes(number.to_be_bytes()[rng.index(9)..].to_vec()),
    }
}

/// A message as a decoder would give it: no defaults where they cannot be told.
fn everything(depth: u32, rng: &mut Rng) -> Message {
    let schema = schema(PROTO);
    let mut message = Message::default();
    for (number, field) in &schema.messages["Everything"].fields {
        let oneof = matches!(field.presence, Presence::Oneof(_));
        let nested = matches!(field.ty, FieldType::Message(_));
        let taken = oneof && message.fields.keys().any(|number| (21..24).contains(number));
        if taken || rng.chance(if depth > 1 { 0.9 } else { 0.5 }) || (nested && depth > 2) {
            continue;
        }
        let made = if field.is_repeated() {
            Value::List((0..1 + rng.below(4)).map(|_| value(&field.ty, depth, rng)).collect())
        } else {
            value(&field.ty, depth, rng)
        };
        if field.presence != Presence::Implicit || nested || !made.is_default() {
            message.fields.insert(*number, made);
        }
    }
    message
}

#[test]
fn prost_reads_and_writes_the_same_bytes() {
    let schema = schema(PROTO);
    let mut rng = Rng::new(17);
    for round in 0..300 {
        let message = everything(0, &mut rng);
        let bytes = encode(&message, "Everything", &schema).expect("good");
        let theirs = Everything::decode(bytes.as_slice()).expect("prost reads it");
        assert_eq!(theirs.encode_to_vec(), bytes, "round {round}");
        assert_eq!(decode(&bytes, "Everything", &schema), Ok(message), "round {round}");
    }
}

fn without_unknown(message: &mut Message) {
    message.unknown.clear();
    message.fields.values_mut().for_each(forget);
}

fn forget(value: &mut Value) {
    match value {
        Value::Message(message) => without_unknown(message),
        Value::List(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}

/// What prost takes, we take, and it means the same; we also keep what it throws away, and fields of another wire type,
/// which it refuses.
#[test]
fn any_bytes_mean_what_they_mean_to_prost() {
    let schema = schema(PROTO);
    let mut rng = Rng::new(18);
    let seeds: Vec<Vec<u8>> =
        (0..40).map(|_| encode(&everything(1, &mut rng), "Everything", &schema).expect("good")).collect();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    any_bytes(&seeds, |bytes| {
        let ours = decode(bytes, "Everything", &schema);
        if let Ok(message) = &ours {
            let again = encode(message, "Everything", &schema).expect("what was read can be written");
            assert_eq!(
                decode(&again, "Everything", &schema).map(|m| format!("{m:?}")),
                Ok(format!("{message:?}"))
            );
        }
        if let Ok(theirs) = Everything::decode(bytes) {
            let mut ours = ours.expect("prost reads it");
            without_unknown(&mut ours);
            assert_eq!(encode(&ours, "Everything", &schema).expect("good"), theirs.encode_to_vec());
        }
        for record in records(bytes).flatten() {
            assert!(matches!(record.payload, Payload::Varint(_)) || !record.bytes.is_empty());
        }
    });
}
