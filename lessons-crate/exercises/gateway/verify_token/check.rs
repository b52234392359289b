//! Checks a function that verifies signed tokens.

use std::collections::BTreeMap;

use algorithms::gateway::{base64url, hmac_sha256, token};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Why a token is refused, as the exercise asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not three parts of base64url, or not what should be in them.
    Malformed,
    /// No key of this name.
    UnknownKey,
    /// Not HS256.
    Algorithm,
    /// The tag is not that of header and claims.
    Signature,
    /// Its time is over, or it names no end.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It is for someone else.
    Audience,
}

/// The claims that the exercise needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenClaims {
    /// Whom it is about.
    pub sub: String,
    /// For whom it is.
    #[serde(default)]
    pub aud: String,
    /// When it ends, in seconds.
    #[serde(default)]
    pub exp: Option<u64>,
    /// When it begins, in seconds.
    #[serde(default)]
    pub nbf: Option<u64>,
}

/// Reads the claims out of the decoded second part of a token; `None` when they are not there.
pub fn read_claims(json: &[u8]) -> Option<TokenClaims> {
    serde_json::from_slice(json).ok()
}

type Keys = BTreeMap<String, Vec<u8>>;
/// Token, keys, audience and time in; the subject out, or why the token is refused.
type Answer = fn(&str, &Keys, &str, u64) -> Result<String, Refusal>;
planted!("gateway/verify_token");

/// A token, what is special about it, and what is to be said of it.
struct Case {
    what: String,
    token: String,
    right: Result<&'static str, Refusal>,
}

const QUESTION: Question<Answer, Case, Result<String, Refusal>> = Question {
    ask: |verify, case| {
        let keys = BTreeMap::from([("k1".into(), vec![1; 32]), ("k2".into(), vec![2; 32])]);
        verify(&case.token, &keys, AUDIENCE, NOW)
    },
    right: |case| case.right.map(str::to_owned),
    accepts: None,
    same: |one, other| one == other,
    input: |case| format!("{}: {:?}", case.what, case.token),
    output: |found| format!("{found:?}"),
};

const NOW: u64 = 1_700_000_000;
const AUDIENCE: &str = "shop";
const HS256: &str = "HS256";

/// Checks a function that is given a token, the keys by name, the audience and the time in seconds, and answers
/// with the subject or the reason of its refusal.
pub fn verify_token(verify: fn(&str, &Keys, &str, u64) -> Result<String, Refusal>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, verify, MISTAKES)
        .visible("a good token gives its subject", || {
            [("k2", 2, "ada"), ("k1", 1, "ada"), ("k1", 1, "Grace Hopper")]
                .map(|(kid, key, sub)| {
                    let token = token::sign(kid, &[key; 32], &with(&[("sub", json!(sub))]));
                    case(format!("signed with {kid}"), token, Ok(sub))
                })
                .into()
        })
        .visible("any algorithm but HS256 is refused", algorithms)
        .visible("a token that was changed is refused", changed)
        .visible("a token is good from nbf until just before exp", times)
        .hidden("a token for another audience is refused", || {
            let audiences = ["billing", "shop-admin", "sho", "Shop", ""];
            audiences.map(|aud| signed(&with(&[("aud", json!(aud))]), Err(Refusal::Audience))).into()
        })
        .hidden("a token with an unknown key is refused", || {
            let unknown = Err(Refusal::UnknownKey);
            let nobody = json!({ "alg": HS256, "kid": "k9" });
            vec![
                case("an unknown kid, signed with k1", with_header(&nobody, &[1; 32]), unknown),
                case("no kid, signed with k1", with_header(&json!({ "alg": HS256 }), &[1; 32]), unknown),
            ]
        })
        .hidden("a token without an end is refused, one without a beginning is not", || {
            let (exp, nbf) = (("exp", Value::Null), ("nbf", Value::Null));
            let expired = Err(Refusal::Expired);
            vec![
                signed(&with(&[exp.clone(), nbf.clone()]), expired),
                signed(&with(&[exp]), expired),
                signed(&with(&[nbf]), Ok("ada")),
            ]
        })
        .hidden("of several reasons the first in the table counts", order)
        .hidden("padding, more parts or fewer are malformed", malformed)
        .described(known::TIMES_NOT_CHECKED, |case, right, found| {
            case.what.contains("nbf = now") && right.is_err() && found.is_ok()
        })
        .described(known::TAG_NOT_COMPARED, |case, _, found| case.what.contains("ada's tag") && found.is_ok())
        .described(known::LOOSE_PARSING, |_, right, found| *right == Err(Refusal::Malformed) && found.is_ok())
        .finish()
}

fn case(what: impl Into<String>, token: String, right: Result<&'static str, Refusal>) -> Case {
    Case { what: what.into(), token, right }
}

/// Good claims, but for these; one that is null is left out.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut claims = json!({ "sub": "ada", "aud": AUDIENCE, "exp": NOW + 600, "nbf": NOW - 60 });
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    if let Some(fields) = claims.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    claims
}

/// A token with these claims and the right tag.
fn signed(claims: &Value, right: Result<&'static str, Refusal>) -> Case {
    case(format!("claims {claims}"), token::sign("k2", &[2; 32], claims), right)
}

/// The token of these two parts, with the tag that HS256 gives it.
fn tagged(header: &[u8], claims: &[u8], key: &[u8]) -> String {
    let signed = [header, claims].map(base64url::encode).join(".");
    format!("{signed}.{}", base64url::encode(&hmac_sha256(key, signed.as_bytes())))
}

fn with_header(header: &Value, key: &[u8]) -> String {
    tagged(header.to_string().as_bytes(), with(&[]).to_string().as_bytes(), key)
}

fn algorithms() -> Vec<Case> {
    let refused = Err(Refusal::Algorithm);
    let none = with_header(&json!({ "alg": "none", "kid": "k2" }), &[2; 32]);
    let unsigned = format!("{}.", none.rsplit_once('.').map_or("", |(signed, _)| signed));
    let mut cases = vec![case("\"alg\": \"none\" and no tag", unsigned, refused)];
    for algorithm in ["none", "HS512", "RS256", "hs256", "HS256 ", ""] {
        let token = with_header(&json!({ "alg": algorithm, "kid": "k2" }), &[2; 32]);
        cases.push(case(
            format!("\"alg\": {algorithm:?}, with the tag that HS256 would have"),
            token,
            refused,
        ));
    }
    cases
}

fn changed() -> Vec<Case> {
    let refused = Err(Refusal::Signature);
    let good = token::sign("k2", &[2; 32], &with(&[]));
    let parts: Vec<&str> = good.split('.').collect();
    let evil = base64url::encode(with(&[("sub", json!("root"))]).to_string().as_bytes());
    let header = base64url::encode(br#"{"kid":"k2","alg":"HS256"}"#);
    let mut cases = vec![
        case("ada's tag under claims for root", format!("{}.{evil}.{}", parts[0], parts[2]), refused),
        case("ada's tag under another header", format!("{header}.{}.{}", parts[1], parts[2]), refused),
        case("signed with another key", token::sign("k2", &[1; 32], &with(&[])), refused),
    ];
    let tag = base64url::decode(parts[2]).unwrap_or_default();
    let mut tags = vec![];
    for length in [0, 1, 16, 31] {
        tags.push((format!("a good token with only {length} bytes of its tag"), tag[..length].to_vec()));
    }
    for byte in [0, 15, 31] {
        let mut tag = tag.clone();
        tag[byte] ^= 1;
        tags.push((format!("a good token with byte {byte} of its tag changed"), tag));
    }
    tags.push(("a good token with a byte more in its tag".to_owned(), [&tag[..], &[0]].concat()));
    cases.extend(tags.into_iter().map(|(what, tag)| {
        case(what, format!("{}.{}.{}", parts[0], parts[1], base64url::encode(&tag)), refused)
    }));
    cases
}

fn times() -> Vec<Case> {
    let times = [
        (1, 0, Ok("ada")),
        (0, -9, Err(Refusal::Expired)),
        (-1, -9, Err(Refusal::Expired)),
        (9, 1, Err(Refusal::NotYet)),
        (9, 8, Err(Refusal::NotYet)),
    ];
    let case = |(exp, nbf, right)| {
        let at = |seconds| json!(NOW.saturating_add_signed(seconds));
        let token = token::sign("k2", &[2; 32], &with(&[("exp", at(exp)), ("nbf", at(nbf))]));
        case(format!("exp = now {exp:+}, nbf = now {nbf:+} seconds"), token, right)
    };
    times.map(case).into()
}

fn order() -> Vec<Case> {
    let old = with(&[("exp", json!(NOW - 600)), ("aud", json!("billing"))]);
    let forged = |claims: &Value| token::sign("k2", &[7; 32], claims);
    let garbage = tagged(br#"{"alg":"HS256","kid":"k2"}"#, b"no claims", &[7; 32]);
    vec![
        case("forged, and expired", forged(&old), Err(Refusal::Signature)),
        case("forged, and for others", forged(&with(&[("aud", json!("billing"))])), Err(Refusal::Signature)),
        case("forged, and its claims cannot be read", garbage, Err(Refusal::Signature)),
        case(
            "another algorithm, and an unknown key",
            with_header(&json!({ "alg": "none", "kid": "k9" }), &[2; 32]),
            Err(Refusal::UnknownKey),
        ),
        case(
            "another algorithm, and forged",
            with_header(&json!({ "alg": "HS512", "kid": "k2" }), &[7; 32]),
            Err(Refusal::Algorithm),
        ),
        signed(&old, Err(Refusal::Expired)),
        signed(&with(&[("exp", json!(NOW - 6)), ("nbf", json!(NOW + 6))]), Err(Refusal::Expired)),
        signed(&with(&[("nbf", json!(NOW + 6)), ("aud", json!("billing"))]), Err(Refusal::NotYet)),
    ]
}

fn malformed() -> Vec<Case> {
    let good = token::sign("k2", &[2; 32], &with(&[]));
    let header = br#"{"alg":"HS256","kid":"k2"}"#;
    let tokens = [
        ("an empty text", String::new()),
        ("two parts", "a.b".to_owned()),
        ("a good token and a fourth part", format!("{good}.x")),
        ("a good token and an empty fourth part", format!("{good}.")),
        ("a good token with = at its end", format!("{good}=")),
        ("letters that are not base64url", "!.!.!".to_owned()),
        ("a header that is no header", tagged(b"none", with(&[]).to_string().as_bytes(), &[2; 32])),
        ("the right tag, under claims that cannot be read", tagged(header, b"no claims", &[2; 32])),
    ];
    tokens.map(|(what, token)| case(what, token, Err(Refusal::Malformed))).into()
}
