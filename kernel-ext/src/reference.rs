//! What the library and the standard library offer: names, signatures, documentation.
//!
//! Completion and inspection answer from here. The text is rustdoc's, made from the compiled metadata when
//! the library is prebuilt, so it needs no sources: a toolchain without `rust-src` still knows every method
//! of `Vec`. The pages are read once into one file, a few megabytes, that a kernel opens at the first
//! question.

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

/// The modules of the standard library that cells use most.
const STD: &str =
    "boxed, cell, collections, iter, option, rc, result, slice, str, string, sync, thread, time, vec";

/// Macros of the standard library, which are not in any of its modules.
const STD_MACROS: &str =
    "assert, assert_eq, assert_ne, eprintln, format, matches, panic, print, println, write, writeln";

/// The types of the language itself. Only a crate that says that it documents one gets its page.
const PRIMITIVES: [&str; 18] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "slice", "str", "u128", "u16",
    "u32", "u64", "u8", "usize",
];

/// Everything documented, by path: `BloomFilter`, `sketch::formula::fill`, `std::vec::Vec`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reference {
    items: BTreeMap<String, Item>,
}

/// A type, trait, function, macro, constant or module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// rustdoc's word: `struct`, `fn`, `mod`...
    pub(crate) kind: String,
    pub(crate) doc: Doc,
    /// Methods, variants, fields and associated items.
    pub(crate) members: BTreeMap<String, Member>,
}

/// Something inside an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// rustdoc's word: `method`, `variant`, `structfield`...; `deref` for a method of what the type stands for.
    pub(crate) kind: String,
    pub(crate) doc: Doc,
}

/// A signature and what is written about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doc {
    /// One line or several, as code.
    pub(crate) signature: String,
    /// HTML without links.
    pub(crate) html: String,
}

impl Doc {
    /// For consoles.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.signature, page::text(&self.html)).trim_end().to_owned()
    }

    /// For pages and notebooks.
    pub(crate) fn html(&self) -> String {
        format!("<pre><code>{}</code></pre>{}", escape(&self.signature), self.html)
    }
}

impl Member {
    /// Whether it is called on a value, rather than on the type.
    pub(crate) fn takes_self(&self) -> bool {
        let arguments = self.doc.signature.split_once('(').map_or("", |(_, rest)| rest.trim_start());
        self.kind == "structfield"
            || ["self", "&self", "&mut self", "mut self"].iter().any(|own| arguments.starts_with(own))
    }
}

impl Reference {
    /// Changes whenever what is read from the pages changes.
    pub(crate) const FORMAT: u32 = 2;

    /// Writes the reference of the library in `library` to the file `to`.
    ///
    /// # Errors
    ///
    /// Fails when rustdoc is missing or fails, or the disk is full.
    pub(crate) fn build(rustdoc: &Path, library: &Path, to: &Path) -> Result<()> {
        let folder = crate::private::folder("sd35-reference-", &std::env::temp_dir())?;
        let source = folder.path().join("reference.rs");
        let primitives: String = PRIMITIVES
            .iter()
            .map(|name| {
                format!(
                    "/// A type of the language.\n#[rustc_doc_primitive = \"{name}\"]\nmod own_{name} {{}}\n"
                )
            })
            .collect();
        fs::write(
            &source,
            format!(
                "#![feature(rustc_attrs)]\n{primitives}\
                 #[doc(inline)] pub use lessons::prelude::*;\n\
                 pub mod std {{\n#[doc(inline)] pub use ::std::{{{STD}}};\n#[doc(inline)] pub use ::std::{{{STD_MACROS}}};\n}}\n"
            ),
        )?;
        let html = folder.path().join("html");
        let output = Command::new(rustdoc)
            .args(["--edition", "2024", "--crate-name", "reference", "--cap-lints", "allow"])
            .arg(&source)
            .arg("-o")
            .arg(&html)
            .arg("--extern")
            .arg(format!("lessons={}", library.join("liblessons.so").display()))
            .arg("-L")
            .arg(format!("dependency={}", library.display()))
            // Stable, it knows what the nightly one does: here, that a crate may document primitive types.
            .env("RUSTC_BOOTSTRAP", "1")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} could not be started", rustdoc.display()))?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut reference = Self::default();
        reference.read_folder(&html.join("reference"), "")?;
        fs::write(to, serde_json::to_vec(&reference)?)?;
        Ok(())
    }

    /// Reads what [`build`](Reference::build) wrote; nothing is known where that is missing.
    pub(crate) fn load(file: &Path) -> Self {
        fs::read(file).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    fn read_folder(&mut self, folder: &Path, module: &str) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                self.read_folder(&path, &join(module, &name))?;
                continue;
            }
            let Some(stem) = name.strip_suffix(".html") else { continue };
            let (kind, path_of_item) = match stem.split_once('.') {
                Some((kind, item)) if !item.ends_with('!') => (kind, join(module, item)),
                // The index of a module has the module's own documentation.
                None if stem == "index" && !module.is_empty() => ("mod", module.to_owned()),
                _ => continue,
            };
            let item = page::read(&fs::read_to_string(&path)?, kind);
            self.items.insert(path_of_item, item);
        }
        Ok(())
    }

    /// The item that a path in a cell names: of the library first, then of the standard library.
    pub(crate) fn item(&self, path: &str) -> Option<&Item> {
        let path = path.trim_start_matches("::");
        let own = path.strip_prefix("lessons::").unwrap_or(path);
        let own = own.strip_prefix("prelude::").unwrap_or(own);
        self.items.get(own).or_else(|| self.by_name(own))
    }

    /// A type named by the compiler with its full path, or one of the standard library by its name alone.
    fn by_name(&self, path: &str) -> Option<&Item> {
        let name = path.rsplit("::").next()?;
        if let Some(item) = self.items.get(name) {
            return Some(item);
        }
        let suffix = format!("::{name}");
        self.items.iter().find(|(known, _)| known.ends_with(&suffix)).map(|(_, item)| item)
    }

    /// The item of the type `ty`, as the compiler writes it: references and parameters left out.
    pub(crate) fn of_type(&self, ty: &str) -> Option<&Item> {
        let ty = ty.trim_start_matches(['&', ' ']).trim_start_matches("mut ");
        let name = ty.split(['<', ' ']).next()?;
        self.item(match name {
            "{integer}" => "i32",
            "{float}" => "f64",
            _ if ty.starts_with('[') => "slice",
            _ => name,
        })
    }

    /// Names that stand directly inside a module; the prelude's for the empty path.
    pub(crate) fn inside(&self, module: &str) -> impl Iterator<Item = (&str, &Item)> {
        let prefix = if module.is_empty() { String::new() } else { format!("{module}::") };
        self.items.iter().filter_map(move |(path, item)| {
            let name = path.strip_prefix(&prefix)?;
            (!name.contains("::")).then_some((name, item))
        })
    }
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
