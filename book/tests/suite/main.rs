//! The built site, and the shape of the code of the whole course.

mod builds;
mod postman;
mod site;
mod tidy;
