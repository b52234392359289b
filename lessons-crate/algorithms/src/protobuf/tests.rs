//! The documentation's own bytes, theory, and prost.

use proptest::prelude::*;
use prost::Message as _;

use super::size::{JsonStyle, to_cbor, to_json};
use super::wire::{
    Payload, VARINT_BYTES_MAX, VarintError, WireError, WireType, get_varint, put_tag, put_varint, records,
    unzigzag, varint_len, zigzag,
};
use super::*;
use crate::fuzz::any_bytes;
use crate::rng::Rng;

fn schema(text: &str) -> Schema {
    parse_proto(&format!("syntax = \"proto3\";\n{text}")).expect("a good schema")
}

fn varint(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_varint(value, &mut bytes);
    bytes
}

#[test]
fn an_integer_takes_as_many_bytes_as_its_bits_need() {
    for bits in 0..64u32 {
        let value = 1u64 << bits;
        assert_eq!(varint(value).len(), (bits + 1).div_ceil(7) as usize, "{value}");
        assert_eq!(varint(value - 1).len(), bits.max(1).div_ceil(7) as usize, "{}", value - 1);
    }
    assert_eq!(varint(u64::MAX).len(), VARINT_BYTES_MAX);
    assert_eq!(varint(150), [0x96, 0x01]);
}

#[test]
fn edges_of_integers() {
    let ten = |last: u8| [[0x80; 9].as_slice(), &[last]].concat();
    assert_eq!(get_varint(&[]), Err(VarintError::NeedMore));
    assert_eq!(get_varint(&[0x80]), Err(VarintError::NeedMore));
    assert_eq!(get_varint(&[0x80; 9]), Err(VarintError::NeedMore));
    assert_eq!(get_varint(&ten(1)), Ok((1 << 63, 10)));
    assert_eq!(get_varint(&ten(2)), Err(VarintError::Overflow));
    assert_eq!(get_varint(&[0xff; 11]), Err(VarintError::Overflow));
    assert_eq!(get_varint(&[0x80, 0x00, 7]), Ok((0, 2)), "longer than needed, and still 0");
}

#[test]
fn zigzag_is_the_table_of_the_documentation() {
    let table = [(0, 0), (-1, 1), (1, 2), (-2, 3), (0x7fff_ffff, 0xffff_fffe), (-0x8000_0000, 0xffff_ffff)];
    for (signed, unsigned) in table {
        assert_eq!((zigzag(signed), unzigzag(unsigned)), (unsigned, signed));
    }
    assert_eq!([i64::MIN, i64::MAX].map(zigzag), [u64::MAX, u64::MAX - 1]);
}

#[test]
fn a_tag_takes_one_byte_up_to_field_15() {
    let length = |number| {
        let mut bytes = Vec::new();
        put_tag(number, WireType::Len, &mut bytes);
        bytes.len()
    };
    assert_eq!([1, 15, 16, 2047, 2048, wire::FIELD_NUMBER_MAX].map(length), [1, 1, 2, 2, 3, 5]);
}

/// Each from the page "Encoding" of the documentation.
#[test]
fn the_examples_of_the_documentation() {
    let schema = schema(
        "message Test1 { int32 a = 1; } message Test2 { string b = 2; } message Test3 { Test1 c = 3; }
         message Test4 { string d = 4; repeated int32 e = 5 [packed = false]; }
         message Test5 { repeated int32 f = 6; }",
    );
    let cases: [(&str, Message, &[u8]); 5] = [
        ("Test1", Message::default().with(1, 150), &[0x08, 0x96, 0x01]),
        ("Test2", Message::default().with(2, "testing"), b"\x12\x07testing"),
        (
            "Test3",
            Message::default().with(3, Message::default().with(1, 150)),
            &[0x1a, 0x03, 0x08, 0x96, 0x01],
        ),
        (
            "Test4",
            Message::default().with(4, "hello").with(5, vec![1, 2, 3]),
            b"\x22\x05hello\x28\x01\x28\x02\x28\x03",
        ),
        (
            "Test5",
            Message::default().with(6, vec![3, 270, 86_942]),
            &[0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05],
        ),
    ];
    for (ty, message, bytes) in cases {
        assert_eq!(encode(&message, ty, &schema).as_deref(), Ok(bytes), "{ty}");
        assert_eq!(decode(bytes, ty, &schema), Ok(message), "{ty}");
    }
    // Fields may come in any order, and elements of one list apart from each other.
    let mixed = b"\x28\x01\x22\x05hello\x28\x02\x2a\x01\x03";
    let message = decode(mixed, "Test4", &schema).expect("good");
    assert_eq!(message.get(5), Some(&Value::from(vec![1, 2, 3])), "one by one and packed");
}

#[test]
fn a_negative_int32_takes_ten_bytes_and_a_sint32_one() {
    let schema = schema("message M { int32 plain = 1; sint32 zigzag = 2; int64 wide = 3; }");
    let length = |number, value: i32| {
        encode(&Message::default().with(number, value), "M", &schema).map(|bytes| bytes.len() - 1)
    };
    assert_eq!([1, 2, 3].map(|number| length(number, -1)), [Ok(10), Ok(1), Ok(10)]);
    assert_eq!([1, 2].map(|number| length(number, i32::MIN)), [Ok(10), Ok(5)]);
}

#[test]
fn the_last_one_wins_and_messages_merge() {
    let schema = schema(
        "message User { string name = 1; Address home = 2; repeated string tags = 3; }
         message Address { string city = 1; int32 zip = 2; }",
    );
    let address = |city: &str| Message::default().with(1, city);
    let one = Message::default().with(1, "a").with(2, address("Bern")).with(3, vec!["x"]);
    let other = Message::default().with(1, "b").with(2, Message::default().with(2, 3000)).with(3, vec!["y"]);
    let bytes = [&one, &other].map(|m| encode(m, "User", &schema).expect("good")).concat();
    let both = decode(&bytes, "User", &schema).expect("good");
    assert_eq!(both.get(1), Some(&"b".into()));
    assert_eq!(both.get(2), Some(&address("Bern").with(2, 3000).into()));
    assert_eq!(both.get(3), Some(&vec!["x", "y"].into()));
    let mut merged = one;
    merged.merge(other);
    assert_eq!(merged, both, "as if read one after the other");
}

#[test]
fn absent_is_the_default_unless_presence_is_declared() {
    let schema = schema("message M { int64 price = 1; optional int64 size = 2; M inner = 3; }");
    let ty = schema.message("M").expect("there");
    let zero = Message::default().with(1, 0).with(2, 0);
    let bytes = encode(&zero, "M", &schema).expect("good");
    assert_eq!(bytes, [0x10, 0x00], "only the one with presence is sent");
    let read = decode(&bytes, "M", &schema).expect("good");
    let [price, size, inner] = [1, 2, 3].map(|number| &ty.fields[&number]);
    assert_eq!((read.is_set(price), read.is_set(size), read.is_set(inner)), (None, Some(true), Some(false)));
    assert_eq!((read.read(price), read.read(size)), (Value::Int(0), Value::Int(0)));
    // Sent all the same, as a careless writer would: nobody can tell.
    let sent = decode(&[0x08, 0x00], "M", &schema).expect("good");
    assert_eq!(sent, Message::default());
}

#[test]
fn a_oneof_keeps_the_last_member() {
    let schema = schema("message M { oneof target { string mail = 1; int32 phone = 2; } bool vip = 3; }");
    let ty = schema.message("M").expect("there");
    let both = [&b"\x0a\x01a"[..], b"\x18\x01", b"\x10\x00"].concat();
    let read = decode(&both, "M", &schema).expect("good");
    assert_eq!(read, Message::default().with(2, 0).with(3, true));
    assert_eq!(read.is_set(&ty.fields[&2]), Some(true), "a member has presence, also when it is 0");
}

#[test]
fn unknown_fields_survive_an_old_program() {
    let v1 = schema("message User { string name = 1; }");
    let v2 = schema("message User { string name = 1; int32 age = 2; repeated string tags = 300; }");
    let new = Message::default().with(1, "Ada").with(2, 36).with(300, vec!["x", "y"]);
    let bytes = encode(&new, "User", &v2).expect("good");
    let mut old = decode(&bytes, "User", &v1).expect("good");
    assert_eq!(old.unknown.iter().map(|field| field.number).collect::<Vec<_>>(), [2, 300, 300]);
    old.fields.insert(1, "Ada Lovelace".into());
    let through = decode(&encode(&old, "User", &v1).expect("good"), "User", &v2).expect("good");
    assert_eq!(through, new.with(1, "Ada Lovelace"));
    // Another wire type than the schema's is as unknown as another number.
    let other = decode(b"\x08\x05", "User", &v1).expect("good");
    assert_eq!(other.unknown[0].bytes, b"\x08\x05");
}

#[test]
fn what_is_no_message_is_refused() {
    let schema = schema("message M { string s = 1; M inner = 2; repeated fixed32 words = 3; }");
    let refused = |bytes: &[u8]| decode(bytes, "M", &schema).expect_err("bad");
    let wire = DecodeError::Wire;
    assert_eq!(refused(b"\x0a\x05ab"), wire(WireError::Truncated(3)));
    assert_eq!(
        refused(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        wire(WireError::Truncated(usize::MAX))
    );
    assert_eq!(refused(b"\x00\x00"), wire(WireError::FieldNumber(0)));
    assert_eq!(refused(b"\x0e"), wire(WireError::WireType(6)));
    assert_eq!(refused(b"\x0c"), wire(WireError::GroupEnd(1)));
    assert_eq!(refused(b"\x23\x2c"), wire(WireError::GroupEnd(5)));
    assert_eq!(refused(b"\x1a\x03abc"), wire(WireError::Truncated(1)), "not a whole number of words");
    assert_eq!(refused(b"\x0a\x01\xff"), DecodeError::NotUtf8(1));
    assert_eq!(decode(b"", "N", &schema), Err(DecodeError::NoType("N".into())));
    // A group is stepped over and kept.
    assert_eq!(
        decode(b"\x23\x08\x01\x24", "M", &schema).expect("good").unknown[0].bytes,
        b"\x23\x08\x01\x24"
    );
    assert_eq!(refused(&[0x23; 200]), wire(WireError::TooDeep));
    let deep =
        |levels: usize| (0..levels).fold(Message::default(), |inner, _| Message::default().with(2, inner));
    let bytes = encode(&deep(MESSAGES_DEEP_MAX), "M", &schema).expect("just not too deep");
    assert_eq!(decode(&bytes, "M", &schema), Ok(deep(MESSAGES_DEEP_MAX)));
    assert_eq!(encode(&deep(MESSAGES_DEEP_MAX + 1), "M", &schema), Err(EncodeError::TooDeep));
    let mut deeper = vec![0x12];
    put_varint(bytes.len() as u64, &mut deeper);
    assert_eq!(refused(&[deeper, bytes].concat()), DecodeError::TooDeep);
}

#[test]
fn values_must_be_those_of_the_schema() {
    let schema = schema("message M { int32 i = 1; repeated string s = 2; uint32 u = 3; }");
    let error = |message: Message| encode(&message, "M", &schema).expect_err("bad").to_string();
    let m = Message::default;
    assert_eq!(error(m().with(1, "x")), "field i is of type int32, which Text(\"x\") is not");
    assert_eq!(error(m().with(1, 1i64 << 31)), "field i is of type int32, which Int(2147483648) is not");
    assert_eq!(
        error(m().with(3, u64::MAX)),
        "field u is of type uint32, which Uint(18446744073709551615) is not"
    );
    assert_eq!(error(m().with(2, "x")), "field s is of type string, which Text(\"x\") is not");
    assert_eq!(
        error(m().with(1, "")),
        "field i is of type int32, which Text(\"\") is not",
        "also when not sent"
    );
    assert!(error(m().with(9, 1)).starts_with("M has no field 9"));
}

/// The sizes of the course's own messages.
#[test]
fn names_and_digits_are_what_json_costs() {
    let schema = schema(
        "message Quote { string symbol = 1; int64 price_micros = 2; uint32 size = 3; int64 ts_us = 4; }
         message User { string id = 1; string name = 2; }
         message Post { string bio = 1; }",
    );
    let sizes = |ty: &str, message: Message| {
        let json = |style| to_json(&message, ty, &schema, style);
        let [plain, proto] = [JsonStyle::Plain, JsonStyle::Proto].map(|style| json(style).to_string().len());
        let cbor = to_cbor(&json(JsonStyle::Plain)).len();
        (encode(&message, ty, &schema).expect("good").len(), cbor, plain, proto)
    };
    let quote = Message::default()
        .with(1, "ACME")
        .with(2, 123_450_000i64)
        .with(3, 100u32)
        .with(4, 1_700_000_000_000_000i64);
    assert_eq!(sizes("Quote", quote), (22, 53, 78, 80));
    assert_eq!(sizes("User", Message::default().with(1, "1").with(2, "Alice")), (10, 17, 25, 25));
    let text = "x".repeat(1_000);
    assert_eq!(sizes("Post", Message::default().with(1, text)), (1_003, 1_008, 1_010, 1_010));
}

#[test]
fn proto_json_quotes_what_javascript_cannot_hold() {
    let schema = schema(
        "enum Color { RED = 0; BLUE = 1; }
         message M { int64 big_number = 1; Color color = 2; bytes raw = 3; repeated uint64 all = 4; float f = 5; }",
    );
    let message = Message::default()
        .with(1, -5i64)
        .with(2, 1)
        .with(3, Value::Bytes(vec![0xfb, 0xff]))
        .with(4, vec![1u64])
        .with(5, 0.1f32);
    let proto =
        serde_json::json!({ "bigNumber": "-5", "color": "BLUE", "raw": "+/8=", "all": ["1"], "f": 0.1 });
    assert_eq!(to_json(&message, "M", &schema, JsonStyle::Proto), proto);
    let plain = serde_json::json!({ "big_number": -5, "color": 1, "raw": "+/8=", "all": [1], "f": 0.1 });
    assert_eq!(to_json(&message, "M", &schema, JsonStyle::Plain), plain);
}

/// From appendix A of RFC 8949; a float that fits half precision is written in single here.
#[test]
fn cbor_is_that_of_rfc_8949() {
    let hex = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
        to_cbor(&json).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    for (json, expected) in [
        ("0", "00"),
        ("23", "17"),
        ("24", "1818"),
        ("100", "1864"),
        ("1000", "1903e8"),
        ("1000000", "1a000f4240"),
        ("1000000000000", "1b000000e8d4a51000"),
        ("18446744073709551615", "1bffffffffffffffff"),
        ("-1", "20"),
        ("-100", "3863"),
        ("-1000", "3903e7"),
        ("1.1", "fb3ff199999999999a"),
        ("100000.0", "fa47c35000"),
        ("-4.1", "fbc010666666666666"),
        ("false", "f4"),
        ("true", "f5"),
        ("null", "f6"),
        ("\"\"", "60"),
        ("\"IETF\"", "6449455446"),
        ("\"\u{6c34}\"", "63e6b0b4"),
        ("[]", "80"),
        ("[1,[2,3],[4,5]]", "8301820203820405"),
        ("{}", "a0"),
        ("{\"a\":1,\"b\":[2,3]}", "a26161016162820203"),
    ] {
        assert_eq!(hex(json), expected, "{json}");
    }
}

#[test]
fn a_file_is_read_as_protoc_reads_it() {
    let schema = schema(
        "package shop.v1; option java_package = \"x\"; /* two
         lines */ // one line
         message User {
           reserved 2, 5 to 7, 100 to max; reserved \"mail\", 'phone';
           message Address { string city = 1; Kind kind = 2; }
           enum Kind { option allow_alias = true; UNKNOWN = 0; HOME = 1 [deprecated = true]; reserved 3 to max; }
           Address home = 1 [deprecated = true, (x) = { a: 1 }];
           repeated sint64 scores = 3 [packed=false]; map<string, Address> by_name = 4; optional .User friend = 8;
         }
         service Users { rpc Get (User) returns (stream User) { option (http) = { get: '/x' }; } }",
    );
    let user = schema.message("User").expect("there");
    let ty = |name: &str| user.field(name).map(|field| field.ty.name());
    assert_eq!(
        [ty("home"), ty("by_name"), ty("friend")],
        [Some("User.Address"), Some("User.ByNameEntry"), Some("User")]
    );
    assert_eq!(user.field("scores").map(|field| field.is_packed()), Some(false));
    assert!(
        [2, 5, 7, 100, 536_870_911].iter().all(|number| user.is_reserved(*number)) && !user.is_reserved(8)
    );
    assert_eq!(user.reserved_names, ["mail", "phone"]);
    let entry = schema.message("User.ByNameEntry").expect("made");
    assert_eq!(entry.fields[&2].ty, FieldType::Message("User.Address".into()));
    assert_eq!(schema.enums["User.Kind"].name_of(1), Some("HOME"));
    assert_eq!(
        schema.message("User.Address").expect("there").fields[&2].ty,
        FieldType::Enum("User.Kind".into())
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    for (text, expected) in [
        ("message M { int32 a = 1; int32 b = 1; }", "line 2: M has two fields with the number 1"),
        ("message M { int32 a = 1; int32 a = 2; }", "line 2: M has two fields named a"),
        ("message M {\n reserved 1;\n int32 a = 1; }", "line 4: M reserves the number or name of a = 1"),
        ("message M { int32 a = 0; }", "line 2: 0 cannot be a field number"),
        ("message M { int32 a = 19500; }", "line 2: 19500 cannot be a field number"),
        ("message M {\n N a = 1; }", "line 3: no type is named N"),
        ("enum E { A = 1; }", "line 2: the first value of E must be 0"),
        ("message M { required int32 a = 1; }", "line 2: required is not in proto3"),
        ("message M { map<float, int32> a = 1; }", "line 2: float cannot be the key of a map"),
        ("message M { int32 a = 1 }", "line 2: found \"}\", where a ; should be"),
        ("message M {", "line 2: the text ends too early"),
        ("import \"a.proto\";", "line 2: import"),
        ("message M {} message M {}", "line 2: two types are named M"),
        ("/* a", "line 2: a comment"),
    ] {
        let error = parse_proto(&format!("syntax = \"proto3\";\n{text}")).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = parse_proto("syntax = \"proto2\";").expect_err("the old one").to_string();
    assert_eq!(error, "line 1: the syntax is proto2, and only proto3 is read");
}

#[test]
fn any_bytes_as_a_file() {
    let seeds: [&[u8]; 2] = [
        b"syntax = \"proto3\"; message M { optional M a = 1; map<string, E> b = 2; oneof o { int32 c = 3; } reserved 4 to max; }",
        b"enum E { A = 0; reserved -1, 5 to 9; } service S { rpc A (B) returns (C) {} } message M { E e = 1 [packed = false]; }",
    ];
    any_bytes(&seeds, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = parse_proto(text);
        }
    });
}

proptest! {
    #[test]
    fn integers_come_back(value: u64, rest: Vec<u8>) {
        let mut bytes = varint(value);
        let length = bytes.len();
        prop_assert_eq!(length, varint_len(value));
        for end in 0..length {
            prop_assert_eq!(get_varint(&bytes[..end]), Err(VarintError::NeedMore));
        }
        bytes.extend(rest);
        prop_assert_eq!(get_varint(&bytes), Ok((value, length)));
        prop_assert_eq!(unzigzag(zigzag(value as i64)), value as i64);
    }
}

mod compatibility;
mod crates;
