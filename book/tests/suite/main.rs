//! The built site, and the shape of the code of the whole course.

mod builds;
mod site;
mod tidy;
