//! Signed tokens: claims that a client carries and cannot change.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{base64url, equal_in_constant_time, hmac_sha256};

/// No token is longer, in bytes: a header field of HTTP seldom may be.
const LONGEST: usize = 8 * 1024;

/// What a key is for. The verifier decides this when it is given the key, never the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256, with a secret that both sides know.
    Hs256,
    /// An RSA signature, whose key to verify is public. We have no RSA here: such tokens are refused, and such a
    /// key is never taken for a secret.
    Rs256,
}

impl Algorithm {
    /// The name in the header of a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}

/// The keys of a verifier by their names (`kid`).
#[derive(Clone, Default)]
pub struct KeySet {
    keys: BTreeMap<String, (Algorithm, Vec<u8>)>,
}

impl std::fmt::Debug for KeySet {
    /// Names only: secrets do not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeySet").field(&self.keys.keys().collect::<Vec<_>>()).finish()
    }
}

impl KeySet {
    /// The set with one more key; one of the same name is replaced.
    ///
    /// # Panics
    ///
    /// When a secret is shorter than the 32 bytes of its hash (RFC 7518, section 3.2): it could be guessed.
    #[must_use]
    pub fn with(mut self, name: &str, algorithm: Algorithm, key: &[u8]) -> Self {
        let long_enough = algorithm != Algorithm::Hs256 || key.len() >= 32;
        assert!(long_enough, "a secret for HS256 has at least 32 bytes, not {}", key.len());
        self.keys.insert(name.into(), (algorithm, key.into()));
        self
    }

    /// A set of one secret for HS256.
    ///
    /// # Panics
    ///
    /// As [`with`](Self::with).
    pub fn secret(name: &str, secret: &[u8]) -> Self {
        Self::default().with(name, Algorithm::Hs256, secret)
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// What must be true of the claims besides the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Who must have made the token (`iss`).
    pub issuer: String,
    /// For whom it must be (`aud`): a token for the billing service is not one for this.
    pub audience: String,
    /// By how many seconds clocks may differ.
    pub leeway: u64,
}

/// The claims of a token that was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Whom it is about (`sub`).
    pub subject: String,
    /// When it ends (`exp`), in seconds since 1970.
    pub expires: u64,
    /// All claims, these two among them.
    pub all: Map<String, Value>,
}

/// Why a token is refused. Clients should be told no more than "401"; this is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not three parts of base64url with dots between them, or too long.
    #[error("not a signed token: {0}")]
    Malformed(&'static str),
    /// No key of this name.
    #[error("no key is named {0:?}")]
    UnknownKey(String),
    /// The header names another algorithm than the key has: `none`, or one that would take a public key for a
    /// secret.
    #[error("the token says {said:?}, but the key is for {needed}")]
    WrongAlgorithm {
        /// What the header says.
        said: String,
        /// What the key is for.
        needed: &'static str,
    },
    /// The header has an extension that must be understood, and is not.
    #[error("the header demands {0}, which is not supported")]
    Critical(String),
    /// The tag is not that of header and claims.
    #[error("the signature is wrong")]
    BadSignature,
    /// A claim that is needed is missing, or has the wrong type.
    #[error("the claim {0:?} is missing or not what it should be")]
    BadClaim(&'static str),
    /// Too late.
    #[error("expired {0} s ago")]
    Expired(u64),
    /// Too early.
    #[error("not valid for another {0} s")]
    NotYet(u64),
    /// Made by someone else.
    #[error("issued by {0:?}")]
    WrongIssuer(String),
    /// Made for someone else.
    #[error("not for this audience")]
    WrongAudience,
}

/// The header of a token, which anyone can write: no more than a hint of which key to try.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Header {
    /// The algorithm that it claims.
    pub alg: String,
    /// The name of the key.
    #[serde(default)]
    pub kid: Option<String>,
    /// Extensions that must be understood.
    #[serde(default)]
    pub crit: Option<Value>,
}

/// Reads the decoded first part of a token; `None` when it is no header.
pub fn read_header(json: &[u8]) -> Option<Header> {
    serde_json::from_slice(json).ok()
}

/// Makes a signed token (HS256) of these claims.
///
/// # Examples
///
/// ```
/// use lessons::gateway::token::{self, Expected, KeySet};
///
/// let secret = [7; 32];
/// let claims = serde_json::json!({
///     "iss": "login", "aud": "shop", "sub": "ada", "exp": 1_700_000_600,
/// });
/// let token = token::sign("k1", &secret, &claims);
/// let expected = Expected { issuer: "login".into(), audience: "shop".into(), leeway: 0 };
/// let keys = KeySet::secret("k1", &secret);
/// assert_eq!(token::verify(&token, &keys, &expected, 1_700_000_000)?.subject, "ada");
/// assert!(token::verify(&token, &keys, &expected, 1_700_000_600).is_err());
/// # Ok::<(), token::TokenError>(())
/// ```
pub fn sign(key_name: &str, secret: &[u8], claims: &Value) -> String {
    let header = serde_json::json!({ "alg": "HS256", "kid": key_name, "typ": "JWT" });
    let signed = [&header, claims].map(|part| base64url::encode(part.to_string().as_bytes())).join(".");
    let tag = base64url::encode(&hmac_sha256(secret, signed.as_bytes()));
    format!("{signed}.{tag}")
}

/// The claims of a token, if everything about it is right at the time `now` (seconds since 1970).
///
/// The order matters. The key is found by its name and says which algorithm counts, whatever the header says;
/// the signature is checked before a single claim is read. A token without `exp` is refused.
///
/// # Errors
///
/// What is wrong first; see [`TokenError`].
///
/// # Sources
///
/// M. Jones, J. Bradley, N. Sakimura, "JSON Web Signature (JWS)", RFC 7515, 2015, and "JSON Web Token (JWT)",
/// RFC 7519, 2015; Y. Sheffer, D. Hardt, M. Jones, "JSON Web Token Best Current Practices", RFC 8725, 2020.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected, now: u64) -> Result<Claims, TokenError> {
    let claims = verify_signature(token, keys)?;
    let Ok(Value::Object(all)) = serde_json::from_slice(&claims) else {
        return Err(TokenError::Malformed("the claims are not a JSON object"));
    };
    let seconds = |name: &'static str| match all.get(name) {
        None => Ok(None),
        // A date with a fraction is allowed; it counts as the second in which it lies.
        Some(value) => value.as_f64().map(|date| Some(date as u64)).ok_or(TokenError::BadClaim(name)),
    };
    let expires = seconds("exp")?.ok_or(TokenError::BadClaim("exp"))?;
    if now >= expires.saturating_add(expected.leeway) {
        return Err(TokenError::Expired(now - expires));
    }
    let not_before = seconds("nbf")?.unwrap_or(0);
    if now.saturating_add(expected.leeway) < not_before {
        return Err(TokenError::NotYet(not_before - now));
    }
    let issuer = all.get("iss").and_then(Value::as_str).ok_or(TokenError::BadClaim("iss"))?;
    if issuer != expected.issuer {
        return Err(TokenError::WrongIssuer(issuer.into()));
    }
    let for_us = match all.get("aud") {
        Some(Value::String(one)) => *one == expected.audience,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(&expected.audience)),
        _ => return Err(TokenError::BadClaim("aud")),
    };
    if !for_us {
        return Err(TokenError::WrongAudience);
    }
    let subject = all.get("sub").and_then(Value::as_str).ok_or(TokenError::BadClaim("sub"))?.to_owned();
    Ok(Claims { subject, expires, all })
}

/// The payload of a token, in the bytes that were signed, if its signature is right.
///
/// # Errors
///
/// When it is no token, its key is unknown or for another algorithm, or the signature is wrong.
pub fn verify_signature(token: &str, keys: &KeySet) -> Result<Vec<u8>, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Malformed("too long"));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, tag] = parts[..] else {
        return Err(TokenError::Malformed("a token has three parts"));
    };
    let decode = |part| base64url::decode(part).ok_or(TokenError::Malformed("a part is not base64url"));
    let header_bytes = decode(header)?;
    let header_fields: Header = serde_json::from_slice(&header_bytes)
        .map_err(|_| TokenError::Malformed("the header is not as needed"))?;
    if let Some(critical) = header_fields.crit {
        return Err(TokenError::Critical(critical.to_string()));
    }
    let (algorithm, key) = match &header_fields.kid {
        Some(name) => keys.keys.get(name),
        // Without a name there must be no choice.
        None => keys.keys.values().next().filter(|_| keys.keys.len() == 1),
    }
    .ok_or_else(|| TokenError::UnknownKey(header_fields.kid.clone().unwrap_or_default()))?;
    if header_fields.alg != algorithm.name() || *algorithm != Algorithm::Hs256 {
        return Err(TokenError::WrongAlgorithm { said: header_fields.alg, needed: algorithm.name() });
    }
    let signed = &token[..header.len() + 1 + payload.len()];
    if !equal_in_constant_time(&hmac_sha256(key, signed.as_bytes()), &decode(tag)?) {
        return Err(TokenError::BadSignature);
    }
    decode(payload)
}

#[cfg(test)]
mod tests;
