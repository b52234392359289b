//! A table with names, and its dependencies.

use super::{AttrSet, Fd, NormalForm, NormalizationError, candidate_keys, closure, normal_form};

/// The attributes of a table by name, and the dependencies between them.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{NormalForm, Schema};
///
/// let address = Schema::new("street city zip", "street city -> zip, zip -> city")?;
/// assert_eq!(address.normal_form(), NormalForm::Third);
/// assert_eq!(address.show_all(address.violations(NormalForm::BoyceCodd)), ["zip -> city"]);
/// # Ok::<(), lessons::normalization::NormalizationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    names: Vec<String>,
    fds: Vec<Fd>,
}

impl Schema {
    /// Reads attributes apart by spaces, and dependencies such as `zip -> city, isbn -> title price`.
    ///
    /// # Errors
    ///
    /// When an attribute is listed twice or unknown, there are more than 64, or a dependency has no arrow.
    pub fn new(attributes: &str, dependencies: &str) -> Result<Self, NormalizationError> {
        let mut names: Vec<String> = Vec::new();
        for name in attributes.split_whitespace() {
            if names.iter().any(|other| other == name) {
                return Err(NormalizationError::RepeatedAttribute(name.to_owned()));
            }
            names.push(name.to_owned());
        }
        if names.len() > AttrSet::MAX {
            return Err(NormalizationError::TooManyAttributes(names.len()));
        }
        let mut schema = Self { names, fds: Vec::new() };
        for text in dependencies.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            schema.fds.push(schema.fd(text)?);
        }
        Ok(schema)
    }

    /// The same attributes with other dependencies.
    #[must_use]
    pub fn with(&self, fds: Vec<Fd>) -> Self {
        Self { names: self.names.clone(), fds }
    }

    /// Reads one dependency, such as `street city -> zip`.
    ///
    /// # Errors
    ///
    /// When an attribute is unknown, or there is no arrow.
    pub fn fd(&self, text: &str) -> Result<Fd, NormalizationError> {
        let wrong = || NormalizationError::NotADependency(text.to_owned());
        let (lhs, rhs) = text.split_once("->").ok_or_else(wrong)?;
        let fd = Fd::new(self.set(lhs)?, self.set(rhs)?);
        if fd.rhs.is_empty() { Err(wrong()) } else { Ok(fd) }
    }

    /// Reads a set of attributes, apart by spaces.
    ///
    /// # Errors
    ///
    /// When an attribute is unknown.
    pub fn set(&self, names: &str) -> Result<AttrSet, NormalizationError> {
        let number = |name: &str| {
            let known = || NormalizationError::UnknownAttribute {
                name: name.to_owned(),
                known: self.names.join(", "),
            };
            self.names.iter().position(|other| other == name).ok_or_else(known)
        };
        names.split_whitespace().map(number).collect()
    }

    /// All attributes.
    pub fn all(&self) -> AttrSet {
        AttrSet::first(self.names.len())
    }

    /// The dependencies.
    pub fn fds(&self) -> &[Fd] {
        &self.fds
    }

    /// The name of an attribute; empty when there is none of that number.
    pub fn name(&self, attribute: usize) -> &str {
        self.names.get(attribute).map_or("", String::as_str)
    }

    /// A set by its names.
    pub fn show(&self, set: AttrSet) -> String {
        set.iter().map(|attribute| self.name(attribute)).collect::<Vec<_>>().join(" ")
    }

    /// A dependency by its names.
    pub fn show_fd(&self, fd: Fd) -> String {
        format!("{} -> {}", self.show(fd.lhs), self.show(fd.rhs))
    }

    /// Dependencies by their names.
    pub fn show_all(&self, fds: impl IntoIterator<Item = Fd>) -> Vec<String> {
        fds.into_iter().map(|fd| self.show_fd(fd)).collect()
    }

    /// What these attributes determine, by name.
    ///
    /// # Errors
    ///
    /// When an attribute is unknown.
    pub fn closure(&self, names: &str) -> Result<String, NormalizationError> {
        Ok(self.show(closure(self.set(names)?, &self.fds)))
    }

    /// The candidate keys, by name.
    pub fn keys(&self) -> Vec<String> {
        candidate_keys(self.all(), &self.fds).into_iter().map(|key| self.show(key)).collect()
    }

    /// The highest normal form that the table is in.
    pub fn normal_form(&self) -> NormalForm {
        let held = |form: &NormalForm| self.violations(*form).is_empty();
        NormalForm::DECIDED.into_iter().take_while(held).last().unwrap_or(NormalForm::First)
    }

    /// The dependencies that a normal form forbids.
    ///
    /// # Complexity
    ///
    /// Finding the candidate keys, of which there may be exponentially many.
    pub fn violations(&self, form: NormalForm) -> Vec<Fd> {
        normal_form::violations(self.all(), &self.fds, form)
    }
}
