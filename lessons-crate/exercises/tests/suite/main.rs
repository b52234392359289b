//! Tests of the library as its users see it: one binary for all of them.

mod exercises;
