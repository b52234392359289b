//! Fields of a message: names and values.

/// The fields of a request or a response, in the order in which they came; names in any letters.
///
/// # Complexity
///
/// [`get`](Self::get) looks at every field: messages have few.
///
/// # Examples
///
/// ```
/// use lessons::http::Fields;
///
/// let fields = Fields::from([("ETag", "\"v7\""), ("Vary", "Accept"), ("Vary", "Origin")]);
/// assert_eq!(fields.get("etag"), Some("\"v7\""));
/// assert_eq!(fields.list("vary").collect::<Vec<_>>(), ["Accept", "Origin"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// No field.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every value of a name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The members of a field that is a list: those of all its lines, apart by commas, without empty ones. Not for
    /// lists of quoted strings that have commas inside.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|value| value.split(',')).map(str::trim).filter(|member| !member.is_empty())
    }

    /// Adds a line.
    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// One line of this name, in the place of any that are there.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.push(name, value);
    }

    /// Takes every line of a name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push_owned(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(fields: [(&str, &str); N]) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
