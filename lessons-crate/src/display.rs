//! How a value shows itself: plain text everywhere, HTML or SVG where a page or notebook can draw it.
//!
//! A rich type implements [`Render`]. In a cell it is shown when it is the last expression, or midway
//! with [`Render::show`]. Outside a cell (a test, a program) `show` prints the plain text.

/// One value in several media types; the plain text is always there, for consoles and screen readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeBundle {
    /// Media type and content, the plain text first.
    entries: Vec<(&'static str, String)>,
}

impl MimeBundle {
    /// A bundle with its `text/plain` form.
    pub fn text(plain: impl Into<String>) -> Self {
        Self { entries: vec![("text/plain", plain.into())] }
    }

    /// Adds the same value in another media type, for example `image/svg+xml`.
    #[must_use]
    pub fn with(mut self, mime: &'static str, content: impl Into<String>) -> Self {
        self.entries.push((mime, content.into()));
        self
    }

    /// Media types and contents, the plain text first.
    pub fn entries(&self) -> &[(&'static str, String)] {
        &self.entries
    }

    /// The content in one media type, if the bundle has it.
    pub fn get(&self, mime: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _)| *name == mime).map(|(_, content)| content.as_str())
    }
}

/// A value that can show itself in a page, a notebook and a console.
pub trait Render {
    /// The value in every media type it has.
    fn render(&self) -> MimeBundle;

    /// Shows the value now, in order with whatever the cell prints before and after.
    fn show(&self) {
        emit("display", &self.render());
    }
}

/// Gives rich types the inherent method that a cell calls on its last expression. Inherent, because it
/// must win over the blanket one that shows any other value by its `Debug` form.
#[doc(hidden)]
#[macro_export]
macro_rules! rich_display {
    ($($type:ty),+ $(,)?) => {$(
        impl $type {
            /// Shows the value as the result of a cell.
            #[doc(hidden)]
            pub fn evcxr_display(&self) {
                $crate::display::emit("result", &$crate::display::Render::render(self));
            }
        }
    )+};
}

/// Sends a bundle to whoever runs this code: the kernel when in a cell, else standard output.
#[doc(hidden)]
pub fn emit(kind: &str, bundle: &MimeBundle) {
    #[cfg(feature = "cell")]
    if crate::cell::send_bundle(kind, None, bundle) {
        return;
    }
    let _ = kind;
    println!("{}", bundle.get("text/plain").unwrap_or_default());
}
