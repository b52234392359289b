//! The crates that a cell can name as any program can that depends on them.
//!
//! A crate that nothing uses would not be linked into the dynamic library. The compiler of cells is told where
//! each is (`kernel_ext::library`), so none needs to be in the prelude, where it would be in the way of a crate
//! of the reader's with the same name.

#![expect(unused_imports, reason = "to be used by cells")]

use ::{
    axum, bson, bytes, futures, futures_util, hyper, lapin, mongodb, plotters, redis, serde, serde_json,
    sha2, sqlx, thiserror, tokio, tower,
};
