//! What attackers send instead of a token.

use serde_json::{Value, json};

use crate::gateway::{base64url, hmac_sha256, token};

/// Names that become part of a path, a query or a command where keys are looked up carelessly.
const KEY_NAMES: [&str; 5] = ["../../../dev/null", "x' UNION SELECT 'AA", "k1; cat /etc/passwd", "", "k1\0"];

/// Tokens that a verifier must refuse, each with what is wrong with it: made of a good one's claims (which have `iss`,
/// `aud`, `sub`, `iat` and `exp`) and the secret that good ones are signed with.
///
/// # Complexity
///
/// O(1): some thirty tokens.
///
/// # Sources
///
/// Y. Sheffer, D. Hardt, M. Jones, RFC 8725, 2020, section 2; T. McLean, "Critical Vulnerabilities in JSON Web Token
/// Libraries", Auth0, 2015.
pub fn hostile_tokens(key_name: &str, secret: &[u8], claims: &Value) -> Vec<(&'static str, String)> {
    let header = |alg: &str| json!({ "alg": alg, "kid": key_name, "typ": "JWT" });
    let good = token::sign(key_name, secret, claims);
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, tag) = (parts[0], parts[1], parts[2]);
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    let mut endless = claims.clone();
    if let Some(claims) = endless.as_object_mut() {
        claims.remove("exp");
    }
    let exp = claims["exp"].as_u64().unwrap_or(0);
    let root = text(&with("sub", json!("root")));
    let mut tokens = vec![
        ("nothing", String::new()),
        ("no tag, and \"alg\": \"none\"", format!("{}.{body}.", text(&header("none")))),
        ("\"alg\": \"none\" with the right tag", signed(&header("none"), claims, secret)),
        ("\"alg\": \"NoNe\"", signed(&header("NoNe"), claims, secret)),
        ("\"alg\": \"HS512\"", signed(&header("HS512"), claims, secret)),
        ("\"alg\": \"RS256\"", signed(&header("RS256"), claims, secret)),
        ("\"alg\": \"\"", signed(&header(""), claims, secret)),
        ("no algorithm", signed(&json!({ "kid": key_name }), claims, secret)),
        (
            "an extension that must be understood",
            signed(&json!({ "alg": "HS256", "kid": key_name, "crit": ["exp"] }), claims, secret),
        ),
        ("the tag of other claims", format!("{head}.{root}.{tag}")),
        ("an empty tag", format!("{head}.{body}.")),
        ("half of its tag", format!("{head}.{body}.{}", &tag[..20])),
        ("a tag that is longer", format!("{head}.{body}.{tag}AAAA")),
        ("signed with an empty key", signed(&header("HS256"), claims, b"")),
        ("signed with the name of the key", signed(&header("HS256"), claims, key_name.as_bytes())),
        ("padding", format!("{good}=")),
        ("a fourth part", format!("{good}.{tag}")),
        ("two parts", format!("{head}.{body}")),
        ("a line end", format!("{good}\n")),
        ("a space before it", format!(" {good}")),
        ("the header twice", format!("{head}.{good}")),
        ("claims that are a list", signed(&header("HS256"), &json!([1]), secret)),
        ("no end", signed(&header("HS256"), &endless, secret)),
        ("an end that is text", signed(&header("HS256"), &with("exp", json!("9999999999")), secret)),
        ("an end long ago", signed(&header("HS256"), &with("exp", json!(1)), secret)),
        (
            "an end in a thousand years",
            signed(&header("HS256"), &with("exp", json!(exp + 31_536_000_000)), secret),
        ),
        ("not valid before its end", signed(&header("HS256"), &with("nbf", json!(exp)), secret)),
        ("another issuer", signed(&header("HS256"), &with("iss", json!("evil")), secret)),
        ("another audience", signed(&header("HS256"), &with("aud", json!("billing")), secret)),
        (
            "an audience that only begins so",
            signed(
                &header("HS256"),
                &with("aud", json!(format!("{}-admin", claims["aud"].as_str().unwrap_or_default()))),
                secret,
            ),
        ),
        ("more than anybody would read", format!("{head}.{}.{tag}", "A".repeat(100_000))),
    ];
    for name in KEY_NAMES {
        let header = json!({ "alg": "HS256", "kid": name });
        tokens.push(("the name of a key that is more than a name", signed(&header, claims, b"")));
    }
    tokens
}

fn text(part: &Value) -> String {
    base64url::encode(part.to_string().as_bytes())
}

/// A token with this header, signed as if the header did not matter.
fn signed(header: &Value, claims: &Value, key: &[u8]) -> String {
    let signed = format!("{}.{}", text(header), text(claims));
    let tag = base64url::encode(&hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{tag}")
}
