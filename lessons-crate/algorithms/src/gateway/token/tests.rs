//! The example of RFC 7515, and forgeries.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: u64 = 1_700_000_000;
const SECRET: [u8; 32] = *b"a secret of thirty-two bytes ...";

fn expected() -> Expected {
    Expected { issuer: "login".into(), audience: "shop".into(), leeway: 5 }
}

fn good_claims() -> Value {
    json!({ "iss": "login", "aud": "shop", "sub": "ada", "exp": NOW + 600, "nbf": NOW - 10 })
}

fn check(token: &str) -> Result<Claims, TokenError> {
    verify(token, &KeySet::secret("k1", &SECRET), &expected(), NOW)
}

/// A token with this header, signed as if the header did not matter.
fn with_header(header: &Value, key: &[u8]) -> String {
    let signed =
        [header, &good_claims()].map(|part| base64url::encode(part.to_string().as_bytes())).join(".");
    let tag = base64url::encode(&hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{tag}")
}

#[test]
fn the_example_of_rfc_7515_a_1() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let keys = KeySet::secret("joe", &base64url::decode(key).expect("base64url"));
    let payload = verify_signature(token, &keys).expect("the RFC's own");
    let claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    assert_eq!(payload, claims.as_bytes());
}

#[test]
fn a_good_token_passes() {
    let claims = check(&sign("k1", &SECRET, &good_claims())).expect("good");
    assert_eq!((claims.subject.as_str(), claims.expires), ("ada", NOW + 600));
    let mut many = good_claims();
    many["aud"] = json!(["other", "shop"]);
    assert!(check(&sign("k1", &SECRET, &many)).is_ok());
    // One key, no name: no doubt.
    assert!(check(&with_header(&json!({ "alg": "HS256" }), &SECRET)).is_ok());
}

#[test]
fn forgeries_are_refused_for_the_right_reason() {
    let none = json!({ "alg": "none", "kid": "k1" });
    let unsigned = with_header(&none, &SECRET).rsplit_once('.').expect("dots").0.to_owned() + ".";
    let wrong = |said: &str| TokenError::WrongAlgorithm { said: said.into(), needed: "HS256" };
    assert_eq!(check(&unsigned), Err(wrong("none")));
    assert_eq!(check(&with_header(&json!({ "alg": "nOnE", "kid": "k1" }), &SECRET)), Err(wrong("nOnE")));

    // Key confusion: the public key, which everyone has, taken for a secret.
    let public = b"-----BEGIN PUBLIC KEY----- of some RSA key -----END PUBLIC KEY-----";
    let keys = KeySet::secret("k1", &SECRET).with("rsa", Algorithm::Rs256, public);
    let confused = with_header(&json!({ "alg": "HS256", "kid": "rsa" }), public);
    let error = verify(&confused, &keys, &expected(), NOW).expect_err("confused");
    assert_eq!(error, TokenError::WrongAlgorithm { said: "HS256".into(), needed: "RS256" });
    // Even when it says so itself: we cannot verify it.
    let honest = with_header(&json!({ "alg": "RS256", "kid": "rsa" }), public);
    assert!(matches!(verify(&honest, &keys, &expected(), NOW), Err(TokenError::WrongAlgorithm { .. })));

    let unknown = check(&sign("k2", &SECRET, &good_claims()));
    assert_eq!(unknown, Err(TokenError::UnknownKey("k2".into())));
    let nameless = with_header(&json!({ "alg": "HS256" }), &SECRET);
    assert_eq!(verify(&nameless, &keys, &expected(), NOW), Err(TokenError::UnknownKey(String::new())));
    let critical = with_header(&json!({ "alg": "HS256", "kid": "k1", "crit": ["b64"] }), &SECRET);
    assert!(matches!(check(&critical), Err(TokenError::Critical(_))));
    assert_eq!(check(&sign("k1", &[9; 32], &good_claims())), Err(TokenError::BadSignature));

    let good = sign("k1", &SECRET, &good_claims());
    for bad in [String::new(), "a.b".into(), format!("{good}."), format!("{good}="), "x".repeat(9_000)] {
        assert!(matches!(check(&bad), Err(TokenError::Malformed(_))), "{bad}");
    }
}

#[test]
fn claims_are_checked_one_by_one() {
    let with = |name: &str, value: Value| {
        let mut claims = good_claims();
        claims[name] = value;
        check(&sign("k1", &SECRET, &claims)).map(|claims| claims.expires)
    };
    assert_eq!(with("exp", json!(NOW - 4)), Ok(NOW - 4), "within the leeway");
    assert_eq!(with("exp", json!(NOW - 5)), Err(TokenError::Expired(5)));
    assert_eq!(with("exp", json!("soon")), Err(TokenError::BadClaim("exp")));
    assert_eq!(with("exp", Value::Null), Err(TokenError::BadClaim("exp")));
    assert_eq!(with("nbf", json!(NOW + 5)), Ok(NOW + 600));
    assert_eq!(with("nbf", json!(NOW + 6)), Err(TokenError::NotYet(6)));
    assert_eq!(with("iss", json!("evil")), Err(TokenError::WrongIssuer("evil".into())));
    assert_eq!(with("iss", json!(7)), Err(TokenError::BadClaim("iss")));
    assert_eq!(with("aud", json!("billing")), Err(TokenError::WrongAudience));
    assert_eq!(with("aud", json!(null)), Err(TokenError::BadClaim("aud")));
    assert_eq!(with("sub", json!(1)), Err(TokenError::BadClaim("sub")));
    assert_eq!(with("exp", json!(u64::MAX)), Ok(u64::MAX), "no overflow");
    let mut endless = good_claims();
    endless.as_object_mut().expect("an object").remove("exp");
    assert_eq!(check(&sign("k1", &SECRET, &endless)), Err(TokenError::BadClaim("exp")));
}

#[test]
#[should_panic(expected = "at least 32 bytes")]
fn a_short_secret_is_refused() {
    let _ = KeySet::secret("k", b"secret");
}

#[test]
fn secrets_are_not_printed() {
    assert_eq!(format!("{:?}", KeySet::secret("k1", &SECRET)), "KeySet([\"k1\"])");
}

proptest! {
    /// No letter of a token can be changed.
    #[test]
    fn any_change_is_noticed(at in 0usize..1_000, letter in "[A-Za-z0-9_.-]") {
        let good = sign("k1", &SECRET, &good_claims());
        let at = at % good.len();
        let mut changed = good.clone();
        changed.replace_range(at..=at, &letter);
        prop_assert!(changed == good || check(&changed).is_err());
    }

    #[test]
    fn any_text_gives_an_answer(text in ".{0,60}", parts in "[A-Za-z0-9_-]{0,30}(\\.[A-Za-z0-9_-]{0,30}){0,3}") {
        prop_assert!(check(&text).is_err() && check(&parts).is_err());
    }
}
