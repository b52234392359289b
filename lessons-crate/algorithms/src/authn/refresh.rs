//! Tokens for tokens: each works once.

use std::collections::BTreeMap;

/// Why there is no new token. The user has to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// It was never given out, or its login has ended.
    #[error("this refresh token is not known")]
    Unknown,
    /// It was used before: somebody has a copy. All tokens of the login have ended.
    #[error("this refresh token was used before: the login has ended")]
    Reused,
    /// Too late.
    #[error("this refresh token has expired")]
    Expired,
}

#[derive(Clone, Debug)]
struct Login {
    subject: String,
    /// The token that works, and those that did.
    current: String,
    used: Vec<String>,
    expires: u64,
}

/// Refresh tokens that are replaced at each use.
///
/// If a thief and the owner both have one, whoever comes second shows a token that was used: then nobody knows who is who,
/// and the login ends for both.
///
/// Tokens are random texts that the caller makes, or better, hashes of them: this table is worth stealing.
///
/// # Complexity
///
/// O(log tokens).
///
/// # Examples
///
/// ```
/// use lessons::authn::{RefreshError, RefreshTokens};
///
/// let mut tokens = RefreshTokens::default();
/// tokens.login("ada", "r1", 1_000);
/// assert_eq!(tokens.refresh("r1", "r2", 10)?, "ada");
/// // A thief has r1.
/// assert_eq!(tokens.refresh("r1", "r3", 20), Err(RefreshError::Reused));
/// assert_eq!(tokens.refresh("r2", "r4", 30), Err(RefreshError::Unknown), "the owner has to log in again");
/// # Ok::<(), RefreshError>(())
/// ```
///
/// # Sources
///
/// T. Lodderstedt, J. Bradley, A. Labunets, D. Fett, "Best Current Practice for OAuth 2.0 Security", RFC 9700, 2025,
/// section 4.14.
#[derive(Clone, Debug, Default)]
pub struct RefreshTokens {
    logins: BTreeMap<u64, Login>,
    /// Of each token, used or not, its login.
    owner: BTreeMap<String, u64>,
    next_login: u64,
}

impl RefreshTokens {
    /// Somebody logged in: their first token, until a time in seconds.
    pub fn login(&mut self, subject: &str, token: &str, expires: u64) {
        let login =
            Login { subject: subject.to_owned(), current: token.to_owned(), used: Vec::new(), expires };
        self.logins.insert(self.next_login, login);
        self.owner.insert(token.to_owned(), self.next_login);
        self.next_login += 1;
    }

    /// Takes a token, and puts another in its place; says whose it is.
    ///
    /// # Errors
    ///
    /// See [`RefreshError`].
    pub fn refresh(&mut self, token: &str, next: &str, now: u64) -> Result<String, RefreshError> {
        let id = *self.owner.get(token).ok_or(RefreshError::Unknown)?;
        let login = self.logins.get_mut(&id).ok_or(RefreshError::Unknown)?;
        let error = match login.current == token {
            false => RefreshError::Reused,
            true if now >= login.expires => RefreshError::Expired,
            true => {
                login.used.push(std::mem::replace(&mut login.current, next.to_owned()));
                self.owner.insert(next.to_owned(), id);
                return Ok(login.subject.clone());
            }
        };
        self.end(id);
        Err(error)
    }

    /// Ends the login of a token: its user logged out. Says whether there was one.
    pub fn logout(&mut self, token: &str) -> bool {
        let id = self.owner.get(token).copied();
        id.inspect(|id| self.end(*id)).is_some()
    }

    fn end(&mut self, id: u64) {
        if let Some(login) = self.logins.remove(&id) {
            for token in login.used.iter().chain([&login.current]) {
                self.owner.remove(token);
            }
        }
    }

    /// How many logins there are.
    pub fn len(&self) -> usize {
        self.logins.len()
    }

    /// Whether nobody is logged in.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }
}
