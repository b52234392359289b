//! Keys that change while tokens of the old ones are still out there.

use crate::gateway::token::{self, Algorithm, KeySet};
use serde_json::Value;

/// Why a key is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// It could be guessed.
    #[error("a secret for HS256 has at least 32 bytes, not {0}")]
    Short(usize),
    /// A token names its key: the same name must never mean another one.
    #[error("there is, or was, a key named {0:?}: take a new name")]
    NameTaken(String),
    /// A name is a name: not a path, not a query.
    #[error("{0:?} is no name of a key: letters, digits, - and _, up to 64")]
    Name(String),
}

struct Key {
    name: String,
    secret: Vec<u8>,
    /// From when on it signs, and until when tokens of it count, in seconds since 1970.
    signs_from: u64,
    counts_until: u64,
}

/// The keys of an issuer. The newest that has begun signs; all that have not ended count.
///
/// A new key is told to verifiers before it signs: otherwise those that have not heard of it refuse good tokens. The old
/// one counts for as long as its tokens live: otherwise everybody is logged out at once.
///
/// # Complexity
///
/// O(keys).
///
/// # Examples
///
/// ```
/// use lessons::authn::KeyRing;
///
/// let mut ring = KeyRing::new("k1", &[1; 32], 0)?;
/// // At 1000 comes a new key; it signs from 1060 on. Tokens live 600 s.
/// ring.rotate("k2", &[2; 32], 1_060, 600)?;
/// assert_eq!((ring.signing_key(1_059), ring.signing_key(1_060)), ("k1", "k2"));
/// assert_eq!(ring.names(1_659), ["k1", "k2"], "an old token still counts");
/// assert_eq!(ring.names(1_660), ["k2"]);
/// # Ok::<(), lessons::authn::KeyRingError>(())
/// ```
///
/// # Sources
///
/// M. Jones, "JSON Web Key (JWK)", RFC 7517, 2015; Y. Sheffer, D. Hardt, M. Jones, "JSON Web Token Best Current
/// Practices", RFC 8725, 2020; E. Barker, "Recommendation for Key Management", NIST SP 800-57 part 1, 2020, section 5.3
/// (a key's period of use for making and for checking).
pub struct KeyRing {
    /// By the time from which they sign. Invariant: never empty.
    keys: Vec<Key>,
    /// Names of keys that are gone.
    retired: Vec<String>,
}

impl std::fmt::Debug for KeyRing {
    /// Names only: secrets do not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("KeyRing").field(&self.keys.iter().map(|key| &key.name).collect::<Vec<_>>()).finish()
    }
}

impl KeyRing {
    /// A ring of one key that signs from a time on.
    ///
    /// # Errors
    ///
    /// See [`KeyRingError`].
    pub fn new(name: &str, secret: &[u8], signs_from: u64) -> Result<Self, KeyRingError> {
        let mut ring = Self { keys: Vec::new(), retired: Vec::new() };
        ring.rotate(name, secret, signs_from, 0)?;
        Ok(ring)
    }

    /// Adds a key that signs from a time on; the ones before count for as long after that as tokens live.
    ///
    /// # Errors
    ///
    /// See [`KeyRingError`].
    pub fn rotate(
        &mut self,
        name: &str,
        secret: &[u8],
        signs_from: u64,
        token_lifetime: u64,
    ) -> Result<(), KeyRingError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
            return Err(KeyRingError::Name(name.chars().take(80).collect()));
        }
        if secret.len() < 32 {
            return Err(KeyRingError::Short(secret.len()));
        }
        let taken = self.keys.iter().map(|key| &key.name).chain(&self.retired).any(|own| own == name);
        if taken {
            return Err(KeyRingError::NameTaken(name.to_owned()));
        }
        for key in &mut self.keys {
            key.counts_until = key.counts_until.min(signs_from.saturating_add(token_lifetime));
        }
        self.keys.push(Key {
            name: name.to_owned(),
            secret: secret.to_vec(),
            signs_from,
            counts_until: u64::MAX,
        });
        self.keys.sort_by_key(|key| key.signs_from);
        Ok(())
    }

    /// Takes a key out of use at once, because somebody else has it: all its tokens are refused. The last key stays.
    /// Says whether there was one to take out.
    pub fn revoke(&mut self, name: &str) -> bool {
        let place = self.keys.iter().position(|key| key.name == name).filter(|_| self.keys.len() > 1);
        if let Some(place) = place {
            self.retired.push(self.keys.remove(place).name);
        }
        place.is_some()
    }

    /// The name of the key that signs now: the newest that has begun, or the first if none has.
    pub fn signing_key(&self, now: u64) -> &str {
        &self.signing(now).name
    }

    fn signing(&self, now: u64) -> &Key {
        let begun = self.keys.iter().rev().find(|key| key.signs_from <= now);
        begun.unwrap_or(&self.keys[0])
    }

    /// Makes a token of these claims with the key that signs now.
    pub fn sign(&self, claims: &Value, now: u64) -> String {
        let key = self.signing(now);
        token::sign(&key.name, &key.secret, claims)
    }

    /// The names of the keys that count now, also of those that do not sign yet.
    pub fn names(&self, now: u64) -> Vec<&str> {
        self.keys.iter().filter(|key| now < key.counts_until).map(|key| key.name.as_str()).collect()
    }

    /// The keys that count now, for a verifier.
    pub fn key_set(&self, now: u64) -> KeySet {
        let counting = self.keys.iter().filter(|key| now < key.counts_until);
        counting.fold(KeySet::default(), |set, key| set.with(&key.name, Algorithm::Hs256, &key.secret))
    }
}
