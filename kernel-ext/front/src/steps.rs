//! From the crate that the engine wrote to a compiled cell: what is done in any case, whether the kernel
//! compiles it or, with crates of the reader's, cargo does.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::assembled::{Assembled, Variables};
use crate::generated::{CHANGED, Generated, PRELUDE, WRITTEN};
use crate::learned::{self, Inferred};
use crate::plan::{Built, Plan, Variable};
use crate::types;

/// Types are wanted in full, as code that compiles anywhere in the crate. (With `RUSTC_BOOTSTRAP`.)
pub const FULL_TYPES: [&str; 2] = ["-Ztrim-diagnostic-paths=no", "-Zwrite-long-types-to-disk=no"];
/// In the folder of the generated crate: the files of cells with statics that are alive, for the linker.
pub const STATICS: &str = "statics";

/// What became of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// What was made, unless it failed.
    pub made: Option<T>,
    /// What the compiler said: one JSON diagnostic a line.
    pub messages: String,
}

/// The crate that the engine wrote in `folder`.
///
/// # Errors
///
/// Fails when it is not there.
pub fn read(folder: &Path) -> Result<Generated> {
    Ok(Generated::new(&fs::read_to_string(folder.join(WRITTEN)).context(WRITTEN)?))
}

/// Builds a cell, and learns the types of its new variables. Leaves a [`Built`] behind when it compiles.
///
/// # Errors
///
/// Fails when a file cannot be written, or as `compile` does. A cell that does not compile is no error.
pub fn build<T>(
    folder: &Path,
    source: &Generated,
    mut compile: impl FnMut(&str) -> Result<Outcome<T>>,
) -> Result<Outcome<T>> {
    let plan = Plan::load(folder);
    let mut variables = Variables::new(&plan);
    let mut learned = Vec::new();
    let files: String = plan.made_statics(folder).map(|file| format!("{:?}\n", file.display())).collect();
    fs::write(folder.join(STATICS), files).context(STATICS)?;
    loop {
        let assembled = Assembled::new(source, &plan, &variables);
        keep(folder, &assembled.text)?;
        let Outcome { made, messages } = compile(&assembled.text)?;
        if made.is_none() {
            let (readers, changed) = learned::errors(&messages, &assembled, &mut variables);
            // The reader's own errors come first; without any, the cell goes on without what did not compile.
            if learned::any_error(&readers) || !changed {
                let messages = if learned::any_error(&readers) { readers } else { messages };
                return Ok(Outcome { made, messages });
            }
            continue;
        }
        learned.extend(learned::types(&messages, &assembled));
        if !variables.settle(&learned) {
            variables.built(&plan, &learned, assembled.statics).save(folder)?;
            return Ok(Outcome { made, messages });
        }
    }
}

impl Variables {
    /// Writes out what the compiler would infer otherwise, and keeps no value without a name for its type; true
    /// when the cell must be compiled again for that.
    fn settle(&mut self, learned: &[(String, Inferred)]) -> bool {
        let before = self.clone();
        for (name, inferred) in learned {
            match inferred {
                Inferred::Named(_) => {}
                Inferred::Pointer(ty) => {
                    if let Some((_, written)) = self.kept.iter_mut().find(|(kept, _)| kept == name) {
                        *written = Some(ty.clone());
                    }
                }
                Inferred::Unnamed(why) => {
                    self.unkeep(name, why.clone());
                }
            }
        }
        *self != before
    }

    fn built(self, plan: &Plan, learned: &[(String, Inferred)], statics: bool) -> Built {
        let mutable = |name: &str| {
            plan.bound.iter().any(|bound| bound.name == name && bound.mutable)
                || plan.declared.iter().any(|declared| declared.name == name && declared.mutable)
        };
        let ty = |name: &str, written: Option<String>| {
            let inferred = learned.iter().find_map(|(of, inferred)| match inferred {
                Inferred::Named(ty) | Inferred::Pointer(ty) if of == name => Some(ty.clone()),
                _ => None,
            });
            written.or(inferred)
        };
        let kept = self.kept.into_iter().filter_map(|(name, written)| {
            Some(Variable { ty: ty(&name, written)?, mutable: mutable(&name), name })
        });
        Built { kept: kept.collect(), unkept: self.unkept, gone: self.gone, statics }
    }
}

/// Checks a cell, and leaves what the compiler says about the type of a receiver in a file.
///
/// # Errors
///
/// As [`build`].
pub fn check<T>(
    folder: &Path,
    source: &Generated,
    compile: impl FnOnce(&str) -> Result<Outcome<T>>,
) -> Result<Outcome<T>> {
    let plan = Plan::load(folder);
    let assembled = Assembled::new(source, &plan, &Variables::new(&plan));
    keep(folder, &assembled.text)?;
    let Outcome { made, messages } = compile(&assembled.text)?;
    let (types, others): (Vec<&str>, Vec<&str>) =
        messages.lines().partition(|line| types::receiver(line).is_some());
    fs::write(folder.join(types::RECEIVERS), types.join("\n")).context(types::RECEIVERS)?;
    Ok(Outcome { made, messages: others.join("\n") })
}

/// Keeps what a cell was compiled to under a second name, when it has statics that later cells use.
///
/// # Errors
///
/// Fails when the file system has no room for the name.
pub fn keep_statics(folder: &Path, result: &Path) -> std::io::Result<()> {
    if Built::load(folder).statics {
        let kept = folder.join(statics_of(Plan::load(folder).number));
        let _ = fs::remove_file(&kept);
        fs::hard_link(result, kept)?;
    }
    Ok(())
}

fn statics_of(cell: u64) -> String {
    format!("target/cell/statics-{cell}.so")
}

impl Plan {
    /// The files with the statics that are alive.
    pub fn made_statics(&self, folder: &Path) -> impl Iterator<Item = std::path::PathBuf> {
        let cells: std::collections::BTreeSet<u64> = self.statics.values().copied().collect();
        cells.into_iter().map(|cell| folder.join(statics_of(cell)))
    }
}

/// Keeps the text that is compiled, also for the place of a panic.
fn keep(folder: &Path, text: &str) -> Result<()> {
    let path = folder.join(CHANGED);
    let parent = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, format!("{text}{PRELUDE}")))
        .with_context(|| path.display().to_string())
}
