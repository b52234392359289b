//! Checks a function that verifies signed tokens.

use std::collections::BTreeMap;

use algorithms::gateway::{base64url, hmac_sha256, token};
use serde::Deserialize;
use serde_json::{Value, json};

use super::EXERCISE;
use crate::{Checker, Failure, Report};

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
type Verify = fn(&str, &Keys, &str, u64) -> Result<String, Refusal>;

/// Checks a function that is given a token, the keys by name, the audience and the time in seconds, and answers
/// with the subject or the reason of its refusal.
pub fn verify_token(verify: fn(&str, &Keys, &str, u64) -> Result<String, Refusal>) -> Report {
    Checker::new(&EXERCISE)
        .visible("a good token gives its subject", move || good(verify))
        .visible("any algorithm but HS256 is refused", move || algorithms(verify))
        .visible("a token that was changed is refused", move || changed(verify))
        .visible("a token is good from nbf until just before exp", move || times(verify))
        .hidden("a token for another audience is refused", move || audience(verify))
        .hidden("a token with an unknown key is refused", move || unknown_key(verify))
        .hidden("a token without an end is refused", move || endless(verify))
        .hidden("the signature is checked before the claims", move || order(verify))
        .hidden("padding, more parts or fewer are malformed", move || malformed(verify))
        .finish()
}

const NOW: u64 = 1_700_000_000;
const AUDIENCE: &str = "shop";

fn keys() -> Keys {
    BTreeMap::from([("k1".into(), vec![1; 32]), ("k2".into(), vec![2; 32])])
}

fn claims() -> Value {
    json!({ "sub": "ada", "aud": AUDIENCE, "exp": NOW + 600, "nbf": NOW - 60 })
}

fn signed(claims: &Value) -> String {
    token::sign("k2", &[2; 32], claims)
}

fn with_header(header: &Value, key: &[u8]) -> String {
    let signed = [header, &claims()].map(|part| base64url::encode(part.to_string().as_bytes())).join(".");
    format!("{signed}.{}", base64url::encode(&hmac_sha256(key, signed.as_bytes())))
}

fn run(verify: Verify, token: &str) -> Result<String, Refusal> {
    verify(token, &keys(), AUDIENCE, NOW)
}

/// A failure unless the answer is the expected one.
fn expect(
    found: Result<String, Refusal>,
    expected: Result<&str, Refusal>,
    input: &str,
    diagnosis: (&'static str, &str),
) -> Result<(), Failure> {
    if found.as_deref() == expected.as_ref().map(|subject| *subject) {
        return Ok(());
    }
    let (key, message) = diagnosis;
    let failure = Failure::new(format!("{expected:?}"), format!("{found:?}")).input(input);
    Err(if key.is_empty() { failure } else { failure.diagnosis(key, message) })
}

fn good(verify: Verify) -> Result<(), Failure> {
    let found = run(verify, &signed(&claims()));
    let diagnosis = match found {
        Err(Refusal::Signature) => (
            "not-the-signed-text",
            "The tag of a good token is called wrong. What was signed is the text `header.claims` as it stands in the token: both parts, still encoded, and the dot between them.",
        ),
        Err(Refusal::Expired | Refusal::NotYet) => (
            "milliseconds",
            "A token that is valid now is called too early or too late by far: `exp`, `nbf` and `now` are all in seconds.",
        ),
        _ => ("", ""),
    };
    expect(found, Ok("ada"), "a token for ada, signed with k2", diagnosis)?;
    let other = token::sign("k1", &[1; 32], &claims());
    expect(run(verify, &other), Ok("ada"), "a token for ada, signed with k1", ("", ""))
}

fn algorithms(verify: Verify) -> Result<(), Failure> {
    let trusts = (
        "trusts-alg",
        "The token was believed because its own header says how to check it. Whoever makes the token writes the header: you decide that it is HS256, and refuse everything else.",
    );
    let none = with_header(&json!({ "alg": "none", "kid": "k2" }), &[2; 32]);
    let unsigned = format!("{}.", none.rsplit_once('.').map_or("", |(signed, _)| signed));
    expect(run(verify, &unsigned), Err(Refusal::Algorithm), "\"alg\": \"none\" and no tag", trusts)?;
    for algorithm in ["none", "HS512", "RS256", "hs256"] {
        let token = with_header(&json!({ "alg": algorithm, "kid": "k2" }), &[2; 32]);
        let input = format!("\"alg\": {algorithm:?}, with the tag that HS256 would have");
        expect(run(verify, &token), Err(Refusal::Algorithm), &input, trusts)?;
    }
    Ok(())
}

fn changed(verify: Verify) -> Result<(), Failure> {
    let good = signed(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let mut evil = claims();
    evil["sub"] = json!("root");
    let evil = base64url::encode(evil.to_string().as_bytes());
    let forged = format!("{}.{evil}.{}", parts[0], parts[2]);
    expect(
        run(verify, &forged),
        Err(Refusal::Signature),
        "ada's tag under claims for root",
        (
            "tag-not-compared",
            "Other claims under an old tag were believed: compute the tag of what is there and compare it with the one in the token.",
        ),
    )?;
    let tag = base64url::decode(parts[2]).unwrap_or_default();
    for length in [0, 1, 16, 31] {
        let cut = format!("{}.{}.{}", parts[0], parts[1], base64url::encode(&tag[..length]));
        let input = format!("a good token with only {length} bytes of its tag");
        expect(
            run(verify, &cut),
            Err(Refusal::Signature),
            &input,
            (
                "shortened-tag",
                "A tag that was cut short was believed: `zip` compares only as many bytes as the shorter one has. Compare the lengths, too, or a tag of no bytes is always right.",
            ),
        )?;
    }
    Ok(())
}

fn times(verify: Verify) -> Result<(), Failure> {
    for (exp, nbf, expected) in [
        (NOW + 1, NOW, Ok("ada")),
        (NOW, NOW - 9, Err(Refusal::Expired)),
        (NOW - 1, NOW - 9, Err(Refusal::Expired)),
        (NOW + 9, NOW + 1, Err(Refusal::NotYet)),
    ] {
        let mut claims = claims();
        (claims["exp"], claims["nbf"]) = (json!(exp), json!(nbf));
        let found = run(verify, &signed(&claims));
        let (exp, nbf) = (exp as i64 - NOW as i64, nbf as i64 - NOW as i64);
        let diagnosis = match (&found, exp) {
            (Ok(_), 0) => (
                "last-second",
                "At `exp` the token is over (RFC 7519: \"on or after\"): `now >= exp`, not `now > exp`.",
            ),
            (Ok(_), _) => (
                "times-not-checked",
                "A token outside its time was believed. Both `exp` and, if it is there, `nbf` are seconds: compare them with `now` as they are.",
            ),
            _ => ("", ""),
        };
        expect(found, expected, &format!("exp = now {exp:+}, nbf = now {nbf:+} seconds"), diagnosis)?;
    }
    Ok(())
}

fn audience(verify: Verify) -> Result<(), Failure> {
    for audience in ["billing", "shop-admin", ""] {
        let mut claims = claims();
        claims["aud"] = json!(audience);
        let input = format!("a good token with \"aud\": {audience:?}, at {AUDIENCE:?}");
        expect(
            run(verify, &signed(&claims)),
            Err(Refusal::Audience),
            &input,
            (
                "audience-not-checked",
                "A token that was made for another service was believed. Then each service that a user logs in to can use the user's token at all others.",
            ),
        )?;
    }
    Ok(())
}

fn unknown_key(verify: Verify) -> Result<(), Failure> {
    let token = with_header(&json!({ "alg": "HS256", "kid": "k9" }), &[1; 32]);
    let fallback = (
        "any-key",
        "The token names a key that does not exist, and another one was used. A key that was taken out of use must stay out of use.",
    );
    expect(run(verify, &token), Err(Refusal::UnknownKey), "\"kid\": \"k9\", signed with k1", fallback)?;
    let nameless = with_header(&json!({ "alg": "HS256" }), &[1; 32]);
    expect(run(verify, &nameless), Err(Refusal::UnknownKey), "no \"kid\", signed with k1", fallback)
}

fn endless(verify: Verify) -> Result<(), Failure> {
    let mut claims = claims();
    if let Some(fields) = claims.as_object_mut() {
        fields.remove("exp");
        fields.remove("nbf");
    }
    expect(
        run(verify, &signed(&claims)),
        Err(Refusal::Expired),
        "claims without exp and nbf",
        (
            "endless-token",
            "A token without `exp` was believed: it would be good for ever, and nobody could take it back.",
        ),
    )?;
    claims["exp"] = json!(NOW + 5);
    expect(
        run(verify, &signed(&claims)),
        Ok("ada"),
        "claims without nbf",
        ("needs-nbf", "`nbf` need not be there: without it, the token is good from the beginning."),
    )
}

fn order(verify: Verify) -> Result<(), Failure> {
    let mut old = claims();
    (old["exp"], old["aud"]) = (json!(NOW - 600), json!("billing"));
    let forged = token::sign("k2", &[7; 32], &old);
    expect(
        run(verify, &forged),
        Err(Refusal::Signature),
        "a forged token that is also expired",
        (
            "claims-first",
            "The claims were read before the signature was checked. Until then they are a stranger's bytes: whoever forges tokens learns from the answers, and your JSON parser is open to everyone.",
        ),
    )
}

fn malformed(verify: Verify) -> Result<(), Failure> {
    let good = signed(&claims());
    let padded = format!("{good}=");
    for (token, what) in [
        ("", "an empty text"),
        ("a.b", "two parts"),
        (&format!("{good}.x"), "a good token and a fourth part"),
        (&padded, "a good token with = at its end"),
        ("!.!.!", "letters that are not base64url"),
    ] {
        let found = run(verify, token);
        // Whatever comes first in the token may be named first.
        if found.is_ok() {
            return Err(Failure::new("Err(Malformed)", format!("{found:?}")).input(what).diagnosis(
                "loose-parsing",
                "Something that is no token was believed. Two texts that mean the same token make every list of revoked tokens useless: three parts, strict base64url, nothing else.",
            ));
        }
    }
    Ok(())
}
