//! What can be wrong with a schema.

/// Why a schema or a dependency could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NormalizationError {
    /// A dependency names an attribute that the schema does not have.
    #[error("`{name}` is not an attribute of this schema; it has {known}")]
    UnknownAttribute {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// An attribute is listed twice.
    #[error("the attribute `{0}` is listed twice")]
    RepeatedAttribute(String),
    /// A dependency without an arrow, or with nothing on its right.
    #[error("`{0}` is not a dependency; write `zip -> city`, several apart by commas")]
    NotADependency(String),
    /// More attributes than a set can hold.
    #[error("{0} attributes are too many: a schema has at most 64")]
    TooManyAttributes(usize),
}
