//! Why a command was refused, with the number that clients know it by.

use mongodb::bson::{Document, doc};

/// The commands on documents that it knows.
pub(super) const COMMANDS: [&str; 10] = [
    "insert",
    "find",
    "update",
    "delete",
    "aggregate",
    "count",
    "createIndexes",
    "listIndexes",
    "explain",
    "drop",
];

/// What the store says against a command.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    code: i32,
    text: String,
}

impl Refusal {
    /// A value is taken that may be there once.
    pub(super) fn duplicate(text: &str) -> Self {
        Self { code: 11_000, text: format!("E11000 duplicate key error: {text}") }
    }

    /// The command is none of those in the list.
    pub(super) fn unknown(command: &str) -> Self {
        let text = format!(
            "the command {command} is not known to this store; it knows {}. A real MongoDB, at the address in \
             SD35_MONGODB, knows them all",
            COMMANDS.join(", ")
        );
        Self { code: 59, text }
    }

    /// A command of a client that has not given the password.
    pub(super) fn not_inside(command: &str) -> Self {
        Self { code: 13, text: format!("command {command} requires authentication") }
    }

    /// A client that does not know the password.
    pub(super) fn wrong_password() -> Self {
        Self { code: 18, text: "Authentication failed.".to_owned() }
    }

    /// A cursor that is read to its end, or was never there.
    pub(super) fn no_cursor(id: i64) -> Self {
        Self { code: 43, text: format!("cursor id {id} not found") }
    }

    /// As the answer to a command.
    pub(super) fn answer(&self) -> Document {
        let name = match self.code {
            11_000 => "DuplicateKey",
            13 => "Unauthorized",
            18 => "AuthenticationFailed",
            59 => "CommandNotFound",
            43 => "CursorNotFound",
            _ => "BadValue",
        };
        doc! { "ok": 0.0, "errmsg": &self.text, "code": self.code, "codeName": name }
    }

    /// As one of the errors of a command that writes many.
    pub(super) fn of_write(&self, index: usize) -> Document {
        doc! { "index": i32::try_from(index).unwrap_or(i32::MAX), "code": self.code, "errmsg": &self.text }
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self { code: 2, text }
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
