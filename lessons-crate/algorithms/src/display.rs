//! How a value shows itself: plain text everywhere, HTML or SVG where a page or notebook can draw it.
//!
//! A rich type implements [`Render`]. In a cell it is shown when it is the last expression, or midway
//! with [`Render::show`]. Outside a cell (a test, a program) `show` prints the plain text.

use std::sync::OnceLock;

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

/// Takes a bundle that is to be shown, and the kind of it; false where nobody sees it.
type Sink = fn(&str, &MimeBundle) -> bool;

/// Where bundles go; unset outside a cell.
static SINK: OnceLock<Sink> = OnceLock::new();

/// Says where bundles go from now on. Only the first call counts.
#[doc(hidden)]
pub fn send_to(sink: fn(&str, &MimeBundle) -> bool) {
    let _ = SINK.set(sink);
}

/// Sends a bundle to whoever runs this code: the kernel when in a cell, else standard output.
#[doc(hidden)]
pub fn emit(kind: &str, bundle: &MimeBundle) {
    if !SINK.get().is_some_and(|sink| sink(kind, bundle)) {
        println!("{}", bundle.get("text/plain").unwrap_or_default());
    }
}
