//! What keeps other users of this machine out of a server: it listens on 127.0.0.1, where everyone can connect.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

/// 128 random bits as letters and digits, which no address and no configuration has to quote.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Arc<str>);

impl Secret {
    /// A new one.
    ///
    /// # Panics
    ///
    /// Where the system has no random numbers.
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 16];
        let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
        read.expect("every system has random numbers");
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// The password of all servers that this process starts: replicas, shards and poolers log in to each other, also
    /// in statements that a lesson writes, which name a user and an address only.
    pub(crate) fn ours() -> Self {
        static OURS: OnceLock<Secret> = OnceLock::new();
        OURS.get_or_init(Self::new).clone()
    }

    /// One that was written to a file.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same_and_not_shown() {
        let (one, other) = (Secret::new(), Secret::new());
        assert!(one.as_str().len() == 32 && one.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(one, other);
        assert_eq!(Secret::ours(), Secret::ours());
        assert!(!format!("{one:?}").contains(one.as_str()));
    }
}
