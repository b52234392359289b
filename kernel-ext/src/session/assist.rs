//! Help while typing: what a name could become, and what is known about it.
//!
//! Names come from three places: the session (variables), the [`Reference`] (the library and the standard
//! library) and the engine (the cell's own items and fields). The type in front of a dot is the
//! compiler's answer, so chains, closures and the standard library are understood.

use std::collections::BTreeMap;

use super::commands::COMMANDS;
use super::cursor::{Cursor, Place};
use super::{Failure, Session};
use crate::reference::{Item, Reference, escape};

/// What could be typed at a place, and the byte range that it replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The possible texts, sorted, each once.
    pub candidates: Vec<Candidate>,
    /// Where the replaced text starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// One text that could be typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The text.
    pub text: String,
    /// `function`, `struct`, `variable`... as editors know it; empty when unknown.
    pub kind: String,
    /// The signature or type; empty when unknown.
    pub signature: String,
}

/// What is known about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// For consoles.
    pub text: String,
    /// For pages and notebooks, where there is more than one line to say.
    pub html: Option<String>,
}

/// Names that are known everywhere, with the module of the standard library that documents them.
const STD_NAMES: [(&str, &str); 14] = [
    ("Box", "boxed::Box"),
    ("Err", "result::Result"),
    ("Iterator", "iter::Iterator"),
    ("None", "option::Option"),
    ("Ok", "result::Result"),
    ("Option", "option::Option"),
    ("Result", "result::Result"),
    ("Some", "option::Option"),
    ("String", "string::String"),
    ("ToString", "string::ToString"),
    ("Vec", "vec::Vec"),
    ("Extend", "iter::Extend"),
    ("IntoIterator", "iter::IntoIterator"),
    ("DoubleEndedIterator", "iter::DoubleEndedIterator"),
];

const KEYWORDS: [&str; 26] = [
    "async", "await", "break", "const", "continue", "dyn", "else", "enum", "false", "fn", "for", "if",
    "impl", "let", "loop", "match", "move", "mut", "pub", "return", "static", "struct", "trait", "true",
    "use", "while",
];

impl Session {
    /// What could stand at byte `at` of `code`.
    pub fn complete(&mut self, code: &str, at: usize) -> Completions {
        let cursor = Cursor::before(code, at);
        let mut found = BTreeMap::new();
        let line = &code[code[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        if line.starts_with(':') && !line.contains(char::is_whitespace) {
            for command in COMMANDS.into_iter().filter(|command| command.starts_with(line)) {
                add(&mut found, command, "magic", "");
            }
            return Completions {
                candidates: found.into_values().collect(),
                start: at - line.len(),
                end: at,
            };
        }
        let mut documented = false;
        match &cursor.place {
            Place::Alone => self.names(&mut found),
            Place::In(path) => inside(self.reference(), path, &mut found),
            Place::Of { receiver, probe } => {
                let known = self.variable(receiver).or_else(|| self.type_of_receiver(probe));
                let item = known.as_deref().and_then(|ty| self.reference().of_type(ty));
                documented = item.is_some();
                for (name, member) in item.iter().flat_map(|item| &item.members) {
                    if member.takes_self() {
                        add(&mut found, name, &member.kind, &member.doc.signature);
                    }
                }
            }
        }
        found.retain(|name, _| name.starts_with(cursor.name));
        // The engine knows what earlier cells defined, for what is documented nowhere. It writes calls with their
        // arguments.
        let before = self.scope.variables.declarations(code);
        let internal =
            |name: &str| ["evcxr", "sd35", "Evcxr", "EVCXR"].iter().any(|own| name.starts_with(own));
        if !documented
            && let Ok(own) = self.engine.completions(&format!("{before}{code}"), before.len() + at)
            && own.start_offset == before.len() + cursor.start
        {
            for completion in own.completions {
                let name = completion.code.split('(').next().unwrap_or_default().to_owned();
                if name.starts_with(cursor.name) && !internal(&name) {
                    found.entry(name.clone()).or_insert(Candidate { text: name, ..Candidate::default() });
                }
            }
        }
        Completions { candidates: found.into_values().collect(), start: cursor.start, end: cursor.end }
    }

    /// What is known about the name at byte `at` of `code`.
    pub fn inspect(&mut self, code: &str, at: usize) -> Option<Help> {
        let cursor = Cursor::around(code, at);
        if cursor.name.is_empty() {
            return None;
        }
        let name = cursor.name;
        let (title, doc) = match &cursor.place {
            Place::Alone => {
                if let Some(ty) = self.variable(name) {
                    let doc = self.reference().of_type(&ty).map(|item| &item.doc);
                    return Some(variable_help(name, &ty, doc));
                }
                let std = STD_NAMES
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, path)| format!("std::{path}"));
                let path = std.unwrap_or_else(|| name.to_owned());
                (path.clone(), &self.reference().item(&path)?.doc)
            }
            Place::In(path) => {
                let full = format!("{path}::{name}");
                let member = type_at(self.reference(), path).and_then(|item| item.members.get(name));
                let doc = match member {
                    Some(member) => &member.doc,
                    None => &self.reference().item(&full)?.doc,
                };
                (full, doc)
            }
            Place::Of { receiver, probe } => {
                let ty = self.variable(receiver).or_else(|| self.type_of_receiver(probe))?;
                let member = self.reference().of_type(&ty)?.members.get(name)?;
                (format!("{ty}::{name}"), &member.doc)
            }
        };
        Some(Help {
            text: format!("{title}\n\n{}", doc.text()),
            html: Some(format!("<p><b>{}</b></p>{}", escape(&title), doc.html())),
        })
    }

    /// As [`inspect`](Session::inspect), at the end of `name`.
    ///
    /// # Errors
    ///
    /// The failure that the reader is shown when nothing is known.
    pub fn help(&mut self, name: &str) -> Result<Help, Failure> {
        let unknown = || Failure::new("Error", format!("nothing is known about `{name}`"));
        self.inspect(name, name.len()).ok_or_else(unknown)
    }

    fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| self.environment.reference())
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables().into_iter().find(|(variable, _)| variable == name).map(|(_, ty)| ty)
    }

    /// Everything that needs no path.
    fn names(&self, found: &mut BTreeMap<String, Candidate>) {
        for keyword in KEYWORDS {
            add(found, keyword, "keyword", "");
        }
        for (name, path) in STD_NAMES {
            let kind = self.reference().item(&format!("std::{path}")).map_or("", |item| &item.kind);
            add(found, name, kind, "");
        }
        for (name, item) in self.reference().inside("std").filter(|(_, item)| item.kind == "macro") {
            add(found, &format!("{name}!"), &item.kind, "");
        }
        for (name, item) in self.reference().inside("") {
            add(found, name, &item.kind, &item.doc.signature);
        }
        for (name, ty) in self.variables() {
            add(found, &name, "variable", &ty);
        }
    }
}

fn variable_help(name: &str, ty: &str, doc: Option<&crate::reference::Doc>) -> Help {
    let title = format!("{name}: {ty}");
    let Some(doc) = doc else { return Help { text: title, html: None } };
    Help {
        text: format!("{title}\n\n{}", doc.text()),
        html: Some(format!("<p><b>{}</b></p>{}", escape(&title), doc.html())),
    }
}

/// What a path before `::` names, also when it is a type that every program knows.
fn type_at<'a>(reference: &'a Reference, path: &str) -> Option<&'a Item> {
    let std = STD_NAMES.iter().find(|(known, _)| *known == path).map(|(_, at)| format!("std::{at}"));
    reference.item(std.as_deref().unwrap_or(path))
}

fn inside(reference: &Reference, path: &str, found: &mut BTreeMap<String, Candidate>) {
    if let Some(item) = type_at(reference, path) {
        for (name, member) in
            item.members.iter().filter(|(_, member)| !matches!(&*member.kind, "structfield" | "deref"))
        {
            add(found, name, &member.kind, &member.doc.signature);
        }
    }
    let module = path.strip_prefix("lessons::").unwrap_or(path);
    let module = if path == "lessons" || module == "prelude" { "" } else { module };
    for (name, item) in reference.inside(module) {
        add(found, name, &item.kind, &item.doc.signature);
    }
}

fn add(found: &mut BTreeMap<String, Candidate>, name: &str, kind: &str, signature: &str) {
    let kind = match kind {
        "fn" | "method" | "deref" => "function",
        "mod" => "module",
        "structfield" => "field",
        other => other,
    };
    let candidate =
        Candidate { text: name.to_owned(), kind: kind.to_owned(), signature: signature.to_owned() };
    found.insert(name.to_owned(), candidate);
}
