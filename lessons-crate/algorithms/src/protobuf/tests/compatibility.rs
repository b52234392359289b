//! Each verdict of the checker, confirmed by letting both sides read each other.

use super::*;

/// A type as one value of it is declared.
const TYPES: [&str; 18] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "float", "double", "bool", "string", "bytes", "Kind", "Inner", "Alike",
];

const SHARED: &str =
    "enum Kind { NONE = 0; ONE = 1; } message Inner { int32 a = 1; } message Alike { int32 b = 1; }";

fn of_type(field: &str) -> Schema {
    schema(&format!("{SHARED} message M {{ {field} f = 1; }}"))
}

/// Ordinary values of a type, and those at its edges.
fn samples(ty: &FieldType) -> (Vec<Value>, Vec<Value>) {
    let signed = |values: &[i64]| values.iter().map(|value| Value::Int(*value)).collect::<Vec<_>>();
    let unsigned = |values: &[u64]| values.iter().map(|value| Value::Uint(*value)).collect::<Vec<_>>();
    let FieldType::Scalar(scalar) = ty else {
        return match ty {
            FieldType::Enum(_) => (signed(&[1]), signed(&[-1, i32::MIN.into(), i32::MAX.into()])),
            _ => (vec![Message::default().with(1, 1).into()], vec![Message::default().with(1, -7).into()]),
        };
    };
    match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => {
            (signed(&[1]), signed(&[-1, 5, i32::MIN.into(), i32::MAX.into()]))
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => {
            (signed(&[1]), signed(&[-1, 5, i64::MIN, i64::MAX]))
        }
        Scalar::Uint32 | Scalar::Fixed32 => (unsigned(&[1]), unsigned(&[5, u32::MAX.into()])),
        Scalar::Uint64 | Scalar::Fixed64 => (unsigned(&[1]), unsigned(&[5, u64::MAX])),
        Scalar::Float => (vec![1f32.into()], vec![(-0.5f32).into()]),
        Scalar::Double => (vec![1f64.into()], vec![(-0.5f64).into()]),
        Scalar::Bool => (vec![true.into()], vec![]),
        Scalar::String => (vec!["an ordinary text".into()], vec!["\u{e9}".into()]),
        Scalar::Bytes => (vec![Value::Bytes(b"an ordinary text".to_vec())], vec![Value::Bytes(vec![0xff])]),
    }
}

/// What a value means, whatever type it is read as: a number, or bytes.
#[derive(Debug, PartialEq)]
enum Meaning {
    Number(i128),
    Real(u64),
    Bytes(Vec<u8>),
}

fn meaning(value: &Value) -> Meaning {
    match value {
        Value::Int(value) => Meaning::Number((*value).into()),
        Value::Uint(value) => Meaning::Number((*value).into()),
        Value::Bool(value) => Meaning::Number((*value).into()),
        Value::Float(value) => Meaning::Real(f64::from(*value).to_bits()),
        Value::Double(value) => Meaning::Real(value.to_bits()),
        Value::Text(text) => Meaning::Bytes(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => Meaning::Bytes(bytes.clone()),
        Value::Message(message) => {
            Meaning::Bytes(encode(message, "Inner", &of_type("int32")).expect("a message of the test"))
        }
        Value::List(_) => unreachable!("values are compared one by one"),
    }
}

/// What a reader gets of some values that were written under another schema.
fn crossed(values: &[Value], writer: &Schema, reader: &Schema) -> Option<Vec<Meaning>> {
    let field = &writer.messages["M"].fields[&1];
    let value = if field.is_repeated() { Value::List(values.to_vec()) } else { values[0].clone() };
    let bytes = encode(&Message::default().with(1, value), "M", writer).expect("good");
    Some(match decode(&bytes, "M", reader).ok()?.get(1)? {
        Value::List(values) => values.iter().map(meaning).collect(),
        value => vec![meaning(value)],
    })
}

/// The worst that happens to values from one to the other.
fn observed(writer: &Schema, reader: &Schema) -> Option<Harm> {
    let field = &writer.messages["M"].fields[&1];
    let (ordinary, edges) = samples(&field.ty);
    let survives =
        |values: &[Value]| crossed(values, writer, reader) == Some(values.iter().map(meaning).collect());
    if !ordinary.iter().all(|value| survives(std::slice::from_ref(value))) {
        return Some(Harm::Wire);
    }
    let several = ordinary.iter().chain(&edges).chain(&ordinary).cloned().collect::<Vec<_>>();
    let fine = edges.iter().all(|value| survives(std::slice::from_ref(value)));
    let many = !field.is_repeated() || several.len() < 2 || survives(&several);
    (!(fine && many)).then_some(Harm::Values)
}

#[test]
fn each_change_of_type_does_what_the_checker_says() {
    let (mut pairs, mut harmless) = (0, Vec::new());
    for label in ["", "repeated "] {
        for old in TYPES {
            for new in TYPES {
                let (was, is) = (of_type(&format!("{label}{old}")), of_type(&format!("{label}{new}")));
                let found = breaks(&was, &is);
                let said = found.iter().map(|found| found.harm).max();
                let happens = observed(&was, &is).max(observed(&is, &was));
                assert_eq!(said, happens, "{label}{old} became {new}: {found:?}");
                pairs += 1;
                if said.is_none() && old < new && label.is_empty() {
                    harmless.push((old, new));
                }
            }
        }
    }
    assert_eq!(pairs, 2 * 18 * 18);
    assert_eq!(harmless, [("Kind", "int32"), ("Alike", "Inner")]);
}

#[test]
fn one_or_many_is_harmless_to_ordinary_values_only_where_nothing_is_packed() {
    for ty in TYPES {
        let (one, many) = (of_type(ty), of_type(&format!("repeated {ty}")));
        let said = breaks(&one, &many).iter().map(|found| found.harm).max();
        let happens = observed(&one, &many).max(observed(&many, &one));
        // A type with one sample cannot show that all but the last are lost.
        assert_eq!(said, happens, "{ty}");
        let text_like = ["string", "bytes", "Inner", "Alike"].contains(&ty);
        assert_eq!(said, Some(if text_like { Harm::Values } else { Harm::Wire }), "{ty}");
    }
}

#[test]
fn what_else_breaks() {
    use BreakKind::*;
    let check = |old: &str, new: &str, expected: &[(i64, BreakKind, Harm)]| {
        let found: Vec<_> = breaks(&schema(old), &schema(new))
            .into_iter()
            .map(|found| (found.number, found.kind, found.harm))
            .collect();
        assert_eq!(found, expected, "{old} -> {new}");
    };
    let renamed = |old: &str, new: &str| Renamed { old: old.into(), new: new.into() };
    check("message M { string a = 1; }", "message M { string a = 1; int32 b = 2; }", &[]);
    check(
        "message M { string a = 1; }",
        "message M { string b = 1; }",
        &[(1, renamed("a", "b"), Harm::Names)],
    );
    check("message M { string a = 1; }", "message M { reserved 1; reserved \"a\"; }", &[]);
    check("message M { string a = 1; }", "message M { }", &[(1, NotReserved, Harm::Later)]);
    check("message M { reserved 1; }", "message M { string a = 1; }", &[(1, ReservedUsed, Harm::Wire)]);
    let reused = NumberReused { old: "a".into(), new: "b".into() };
    check("message M { string a = 1; }", "message M { int32 b = 1; }", &[(1, reused, Harm::Wire)]);
    let moved = [(1, Renumbered { new: 2 }, Harm::Wire), (1, NotReserved, Harm::Later)];
    check("message M { string a = 1; }", "message M { string a = 2; }", &moved);
    let optional = "message M { optional int32 a = 1; }";
    check("message M { int32 a = 1; }", optional, &[(1, PresenceChanged, Harm::Values)]);
    check("message M { M a = 1; }", "message M { optional M a = 1; }", &[]);
    let oneof = "message M { oneof o { int32 a = 1; int32 b = 2; } }";
    let split = [(1, PresenceChanged, Harm::Values), (2, PresenceChanged, Harm::Values)];
    let apart = [(1, OneofChanged, Harm::Wire), (2, OneofChanged, Harm::Wire)];
    let both = [split[0].clone(), split[1].clone(), apart[0].clone(), apart[1].clone()];
    let mut both = both.to_vec();
    both.sort_by_key(|found| found.0);
    check("message M { int32 a = 1; int32 b = 2; }", oneof, &both);
    check("message M { oneof o { int32 a = 1; } }", oneof, &[]);
    check(oneof, "message M { optional int32 a = 1; optional int32 b = 2; }", &apart);
    check("message M { }", "", &[(0, MessageRemoved, Harm::Later)]);
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; B = 1; C = 2; }", &[]);
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; }", &[(1, EnumNotReserved, Harm::Later)]);
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; reserved 1; }", &[]);
    check("enum E { A = 0; B = 1; }", "enum E { A = 0; X = 1; }", &[(1, renamed("B", "X"), Harm::Names)]);
    let swapped = [
        (0, EnumZeroChanged, Harm::Wire),
        (0, EnumRenumbered { new: 1 }, Harm::Wire),
        (1, EnumRenumbered { new: 0 }, Harm::Wire),
    ];
    check("enum E { A = 0; B = 1; }", "enum E { B = 0; A = 1; }", &swapped);
    check("enum E { A = 0; }", "enum E { X = 0; }", &[(0, EnumZeroChanged, Harm::Wire)]);
}

/// Those that a type alone does not show: the bytes of one side, read by the other.
#[test]
fn the_others_confirmed_by_reading() {
    let read = |message: Message, writer: &str, reader: &str| {
        decode(&encode(&message, "M", &schema(writer)).expect("good"), "M", &schema(reader)).expect("good")
    };
    let m = Message::default;
    // Renumbered: the value is there, and nobody sees it.
    let moved = read(m().with(1, "x"), "message M { string a = 1; }", "message M { string a = 2; }");
    assert_eq!((moved.get(2), moved.unknown.len()), (None, 1));
    // A reserved number that is used: text of long ago is read as a name.
    let old = read(
        m().with(1, "price in euros"),
        "message M { string note = 1; }",
        "message M { string name = 1; }",
    );
    assert_eq!(old.get(1), Some(&"price in euros".into()));
    // Presence: a zero that was set is "not set", the other way round a zero cannot be told.
    let zero = read(m().with(1, 0), "message M { int32 a = 1; }", "message M { optional int32 a = 1; }");
    assert_eq!(zero.get(1), None);
    // A oneof drops what could be together before.
    let two = "message M { int32 a = 1; int32 b = 2; }";
    let oneof = "message M { oneof o { int32 a = 1; int32 b = 2; } }";
    assert_eq!(read(m().with(1, 7).with(2, 8), two, oneof), m().with(2, 8));
    // One field that moves into a oneof of its own loses nothing.
    assert_eq!(read(m().with(1, 7), two, "message M { oneof o { int32 a = 1; } }"), m().with(1, 7));
}
