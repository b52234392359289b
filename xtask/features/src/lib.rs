//! Nothing: see `Cargo.toml`.
//!
//! Cargo compiles a package anew when a build wants other features of it than the build before, and with it
//! everything that uses it. A new reader builds three things, one after the other: what serves the book, the kernel,
//! the library of the cells; the test run is a fourth. Packages that they share get the features of all four.
