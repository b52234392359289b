//! Is this token good? Decided by what the verifier knows, never by what the token says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::keyring::KeyRing;
use crate::gateway::token::{self, Claims, Expected, TokenError};

/// Why a token is refused. A client is told "401" and no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is no good token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It has no `iat`, or lives longer than tokens of this issuer do: somebody made one for ever.
    #[error("it does not say when it was made, or is made to live longer than {0} s")]
    Lifetime(u64),
    /// It was made in the future, by more than clocks differ.
    #[error("it was made {0} s from now")]
    FromTheFuture(u64),
    /// It was withdrawn.
    #[error("it was withdrawn")]
    Withdrawn,
}

/// Checks tokens by itself: the signature with a key of the ring that counts now, then the claims, then whether it was
/// withdrawn.
///
/// # Complexity
///
/// O(length of the token + keys + log withdrawn): microseconds. A login with Argon2 takes tens of milliseconds, on purpose.
///
/// # Examples
///
/// ```
/// use lessons::authn::{KeyRing, Refused, Verifier};
/// use lessons::gateway::token::Expected;
///
/// let ring = KeyRing::new("k1", &[1; 32], 0)?;
/// let expected = Expected { issuer: "login".into(), audience: "shop".into(), leeway: 5 };
/// let mut verifier = Verifier::new(expected, 900);
/// let claims = serde_json::json!({
///     "iss": "login", "aud": "shop", "sub": "ada", "jti": "t1", "iat": 1_000, "exp": 1_600,
/// });
/// let token = ring.sign(&claims, 1_000);
/// assert_eq!(verifier.verify(&token, &ring, 1_100)?.subject, "ada");
/// verifier.withdraw("t1", 1_600);
/// assert_eq!(verifier.verify(&token, &ring, 1_100), Err(Refused::Withdrawn));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sources
///
/// M. Jones, J. Bradley, N. Sakimura, RFC 7519, 2015; Y. Sheffer, D. Hardt, M. Jones, RFC 8725, 2020.
#[derive(Clone, Debug)]
pub struct Verifier {
    expected: Expected,
    /// No token lives longer, in seconds.
    lifetime_max: u64,
    /// Ids of tokens, until when they would have been good: the list must not grow for ever.
    withdrawn: BTreeMap<String, u64>,
}

impl Verifier {
    /// One that takes tokens with these claims, made to live so many seconds or fewer.
    pub fn new(expected: Expected, lifetime_max: u64) -> Self {
        Self { expected, lifetime_max, withdrawn: BTreeMap::new() }
    }

    /// The claims of a token, if everything about it is right at the time `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn verify(&self, token: &str, ring: &KeyRing, now: u64) -> Result<Claims, Refused> {
        let claims = token::verify(token, &ring.key_set(now), &self.expected, now)?;
        let made =
            claims.all.get("iat").and_then(Value::as_u64).ok_or(Refused::Lifetime(self.lifetime_max))?;
        if made > now.saturating_add(self.expected.leeway) {
            return Err(Refused::FromTheFuture(made - now));
        }
        if claims.expires.saturating_sub(made) > self.lifetime_max {
            return Err(Refused::Lifetime(self.lifetime_max));
        }
        let id = claims.all.get("jti").and_then(Value::as_str);
        if id.is_some_and(|id| self.withdrawn.contains_key(id)) {
            return Err(Refused::Withdrawn);
        }
        Ok(claims)
    }

    /// Refuses a token from now on, by its id (`jti`) and the time at which it would have ended.
    pub fn withdraw(&mut self, id: &str, expires: u64) {
        self.withdrawn.insert(id.to_owned(), expires);
    }

    /// Forgets withdrawn tokens that have expired by themselves, and says how many are left.
    pub fn forget_expired(&mut self, now: u64) -> usize {
        let leeway = self.expected.leeway;
        self.withdrawn.retain(|_, expires| now < expires.saturating_add(leeway));
        self.withdrawn.len()
    }
}
