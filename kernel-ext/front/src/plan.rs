//! What the kernel and the front tell each other about a cell: which variables it uses and binds, and what
//! became of them when it was compiled.
//!
//! The engine knows of no variables. With every one it would compile more, and ask a second compiler for the
//! types of all of them; a cell needs those that it mentions.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// In the folder of the generated crate: the [`Plan`] of the cell that is compiled next.
const PLAN: &str = "plan.json";
/// In the same folder: the [`Built`] of the cell that was compiled last.
const BUILT: &str = "built.json";

/// A variable, with a type that any cell can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// As it is written in code.
    pub name: String,
    /// In full, as the compiler writes it.
    pub ty: String,
    /// Declared with `mut`.
    pub mutable: bool,
}

/// A variable that a cell binds at its top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// As it is written in code.
    pub name: String,
    /// Declared with `mut`.
    pub mutable: bool,
    /// A closure or an async block, as its text shows: there is no type to ask for.
    pub unnamed: bool,
}

/// What is known of a cell before it is compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What stands in the marks around text that is the engine's only; nobody can know it beforehand.
    pub mark: String,
    /// The number of the cell in its session.
    pub number: u64,
    /// Variables of earlier cells that this one mentions.
    pub taken: Vec<Variable>,
    /// Variables that were moved earlier, and are assigned anew here.
    pub declared: Vec<Variable>,
    /// Variables whose values are to be dropped.
    pub forgotten: Vec<String>,
    /// Variables that are new, or new again.
    pub bound: Vec<Binding>,
    /// There is a `?` outside of functions and closures.
    pub fallible: bool,
    /// All of the cell is to be one future.
    pub asynchronous: bool,
    /// The statics that are alive: their numbers, and those of the cells that made them.
    pub statics: BTreeMap<u64, u64>,
    /// The reader's macros.
    pub macros: Vec<String>,
}

/// Why a later cell cannot use a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// It is a closure, whose type has no name.
    Closure,
    /// Its type has parts without a name: some `impl Trait`, the future of an async block, an adapter around
    /// a closure.
    Unnamed(String),
    /// Its type is known by a name that only the crate uses that defines it.
    Private(String),
    /// It borrows from something that does not live on.
    Borrows,
    /// It was declared, and never given a value in all cases.
    Unassigned,
    /// It was moved, in this line of the cell.
    Moved(String),
}

/// What became of the variables of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Kept, when the cell comes to its end.
    pub kept: Vec<Variable>,
    /// Bound by the cell, and not kept.
    pub unkept: Vec<(String, Why)>,
    /// Variables of earlier cells that are gone once the cell runs.
    pub gone: Vec<(String, Why)>,
    /// The cell defines statics that live on.
    pub statics: bool,
}

impl Plan {
    /// The plan in the folder of the generated crate; the empty one when there is none.
    pub fn load(folder: &Path) -> Self {
        load(folder, PLAN)
    }

    /// Keeps it there.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let _ = fs::remove_file(folder.join(BUILT));
        fs::write(folder.join(PLAN), serde_json::to_vec(self)?)
    }
}

impl Built {
    /// What became of the last cell; nothing, when it was not compiled.
    pub fn load(folder: &Path) -> Self {
        load(folder, BUILT)
    }

    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(BUILT), serde_json::to_vec(self)?)
    }
}

fn load<T: Default + DeserializeOwned>(folder: &Path, file: &str) -> T {
    fs::read(folder.join(file)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}
