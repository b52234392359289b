//! The modules of each crate of the course, and the paths in their code, as far as tokens tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One module: a file, or a part of one in braces.
#[derive(Default)]
struct Module {
    name: String,
    parent: usize,
    children: BTreeMap<String, usize>,
    /// What it imports: the name here, and the path.
    imports: BTreeMap<String, Vec<String>>,
    /// What it imports all names from.
    globs: Vec<Vec<String>>,
    /// The names of its own items.
    items: BTreeSet<String>,
    /// The paths in its code.
    paths: BTreeSet<Vec<String>>,
}

/// Imports of imports that are followed; two crates of others may have the names of each other's items.
const IMPORTS_MAX: usize = 8;

/// The modules of one crate; the first is its root.
pub(super) struct Crate {
    modules: Vec<Module>,
}

/// Where a path leads.
struct Target {
    /// To this module, or to an item of it.
    module: usize,
    /// To the module itself.
    whole: bool,
}

impl Crate {
    pub(super) fn read(root: &Path) -> Self {
        let mut all = Self { modules: vec![Module { name: "crate".into(), ..Module::default() }] };
        let folder = root.parent().expect("a file is in a folder").to_owned();
        all.read_file(0, root, &folder);
        all
    }

    /// `children` is the folder for the files of its modules.
    fn read_file(&mut self, module: usize, file: &Path, children: &Path) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let tokens = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_body(module, tokens, file, children);
    }

    fn read_body(&mut self, module: usize, tokens: TokenStream, file: &Path, children: &Path) {
        for item in items(tokens) {
            if item.attributes.iter().any(|attribute| attribute == "cfg (test)") {
                continue;
            }
            if let Some(name) = item.name.as_ref().filter(|_| item.keyword == "mod") {
                let inner = self.add(module, name);
                let folder = children.join(name);
                match item.tokens.last() {
                    Some(TokenTree::Group(body)) => self.read_body(inner, body.stream(), file, &folder),
                    _ => {
                        let (file, folder) = place(&item, name, file, children);
                        self.read_file(inner, &file, &folder);
                    }
                }
                continue;
            }
            let own = &mut self.modules[module];
            own.items.extend(item.name.clone());
            if item.keyword == "use" {
                let start = item.tokens.iter().position(|token| is(token, "use")).expect("the keyword");
                for (path, name) in tree(&item.tokens[start + 1..]) {
                    match name.as_str() {
                        "*" => own.globs.push(path),
                        "_" => {}
                        _ => _ = own.imports.insert(name, path),
                    }
                }
            }
            gather(&item.tokens, &mut own.paths);
        }
    }

    fn add(&mut self, parent: usize, name: &str) -> usize {
        let module = self.modules.len();
        self.modules.push(Module { name: name.to_owned(), parent, ..Module::default() });
        self.modules[parent].children.insert(name.to_owned(), module);
        module
    }

    /// Where a path leads that stands in the module `from`; `None` when it leaves the crate.
    fn resolve(&self, from: usize, path: &[String]) -> Option<Target> {
        self.follow(from, path, IMPORTS_MAX)
    }

    /// Follows at most so many imports.
    fn follow(&self, from: usize, path: &[String], imports: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target { module: 0, whole: true },
            "self" => Target { module: from, whole: true },
            "super" => Target { module: self.modules[from].parent, whole: true },
            name => self.look_up(from, name, imports)?,
        };
        for name in rest {
            if !target.whole {
                break;
            }
            target = match name.as_str() {
                "self" => target,
                "super" => Target { module: self.modules[target.module].parent, whole: true },
                name => {
                    let here = Target { module: target.module, whole: false };
                    self.look_up(target.module, name, imports).unwrap_or(here)
                }
            };
        }
        Some(target)
    }

    /// What a name means in a module: a child, an item, an import, or something from an import of all names.
    fn look_up(&self, at: usize, name: &str, imports: usize) -> Option<Target> {
        let module = &self.modules[at];
        if let Some(&child) = module.children.get(name) {
            return Some(Target { module: child, whole: true });
        }
        if module.items.contains(name) {
            return Some(Target { module: at, whole: false });
        }
        // `use x::x;` would ask for itself.
        let import = module.imports.get(name).filter(|path| imports > 0 && path[0] != name);
        if let Some(target) = import.and_then(|path| self.follow(at, path, imports - 1)) {
            return Some(target);
        }
        // Only from below: what has the names of the modules around it would be asked without end.
        let below = |glob: &&Vec<String>| module.children.contains_key(&glob[0]);
        let inside = |glob: &Vec<String>| self.follow(at, glob, imports).filter(|target| target.whole);
        let globs = module.globs.iter().filter(below).filter_map(inside);
        globs
            .filter(|target| target.module != at)
            .find_map(|target| self.look_up(target.module, name, imports))
    }

    /// The module and those around it, from the root.
    fn ancestry(&self, module: usize) -> Vec<usize> {
        let mut all = vec![module];
        while let Some(&at) = all.last()
            && at != 0
        {
            all.push(self.modules[at].parent);
        }
        all.reverse();
        all
    }

    /// For each module those beside it that it uses, with the path that shows it.
    pub(super) fn uses(&self) -> BTreeMap<usize, BTreeMap<usize, String>> {
        let mut uses: BTreeMap<usize, BTreeMap<usize, String>> = BTreeMap::new();
        for (from, module) in self.modules.iter().enumerate() {
            for path in &module.paths {
                let Some(target) = self.resolve(from, path) else { continue };
                let (own, other) = (self.ancestry(from), self.ancestry(target.module));
                if let Some((own, other)) = own.into_iter().zip(other).find(|(own, other)| own != other) {
                    let shown = format!("`{}` in {}", path.join("::"), self.path(from));
                    uses.entry(own).or_default().entry(other).or_insert(shown);
                }
            }
        }
        uses
    }

    pub(super) fn path(&self, module: usize) -> String {
        let names: Vec<&str> =
            self.ancestry(module).into_iter().map(|at| self.modules[at].name.as_str()).collect();
        names.join("::")
    }
}

/// The file of a module that is only named, and the folder for those inside it.
fn place(item: &Item, name: &str, parent: &Path, children: &Path) -> (PathBuf, PathBuf) {
    let given = item.attributes.iter().find_map(|attribute| attribute.strip_prefix("path = "));
    if let Some(given) = given {
        let file = parent.parent().expect("a folder").join(given.trim_matches('"'));
        let folder = file.parent().expect("a folder").to_owned();
        return (file, folder);
    }
    let folder = children.join(name);
    let file = children.join(format!("{name}.rs"));
    (if file.exists() { file } else { folder.join("mod.rs") }, folder)
}

/// One item of a module.
#[derive(Default)]
struct Item {
    attributes: Vec<String>,
    keyword: String,
    name: Option<String>,
    tokens: Vec<TokenTree>,
}

/// Words that start an item, whatever stands before them.
const KEYWORDS: [&str; 12] = [
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "use",
];

fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let mut item = Item::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let mut ends = is(&token, ";");
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == '#' && item.keyword.is_empty() => {
                tokens.next_if(|next| is(next, "!"));
                if let Some(TokenTree::Group(attribute)) = tokens.next() {
                    item.attributes.push(attribute.stream().to_string());
                }
                continue;
            }
            TokenTree::Ident(word) => {
                let word = word.to_string();
                // `const fn` is a function.
                let first = item.keyword.is_empty() || (item.keyword == "const" && word == "fn");
                if first && KEYWORDS.contains(&word.as_str()) {
                    item.keyword = word;
                    tokens.next_if(|next| item.keyword == "macro_rules" && is(next, "!"));
                    if let Some(TokenTree::Ident(name)) = tokens.peek()
                        && !["use", "impl"].contains(&item.keyword.as_str())
                    {
                        item.name = Some(name.to_string());
                    }
                }
            }
            TokenTree::Group(group) => {
                let goes_on = ["const", "static", "type", "use"].contains(&item.keyword.as_str());
                ends = group.delimiter() == Delimiter::Brace && !goes_on;
            }
            _ => {}
        }
        item.tokens.push(token);
        if ends {
            items.push(std::mem::take(&mut item));
        }
    }
    items
}

fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(word) => word == text,
        TokenTree::Punct(mark) => text.chars().eq([mark.as_char()]),
        _ => false,
    }
}

/// Collects the paths that start with `crate`, `super` or `self`.
fn gather(tokens: &[TokenTree], paths: &mut BTreeSet<Vec<String>>) {
    for (at, token) in tokens.iter().enumerate() {
        let starts = ["crate", "super", "self"].iter().any(|word| is(token, word));
        let inner = at > 0 && is(&tokens[at - 1], ":");
        if starts && !inner && tokens.get(at + 1).is_some_and(|next| is(next, ":")) {
            paths.extend(tree(&tokens[at..]).into_iter().map(|(path, _)| path).filter(|path| path.len() > 1));
        }
        if let TokenTree::Group(group) = token {
            gather(&group.stream().into_iter().collect::<Vec<_>>(), paths);
        }
    }
}

/// The paths of a tree such as `a::{b, c as d, e::*}`, each with the name that it gets.
fn tree(tokens: &[TokenTree]) -> Vec<(Vec<String>, String)> {
    let mut path: Vec<String> = Vec::new();
    let mut rest = tokens;
    loop {
        match rest {
            [TokenTree::Ident(word), after @ ..] => {
                path.push(word.to_string());
                rest = after;
            }
            [star, ..] if is(star, "*") => return vec![(path, "*".to_owned())],
            [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                let parts = inside.split(|token| is(token, ","));
                let parts = parts.filter(|part| !part.is_empty()).flat_map(tree);
                return parts.map(|(part, name)| whole(&path, part, name)).collect();
            }
            _ => break,
        }
        match rest {
            [first, second, after @ ..] if is(first, ":") && is(second, ":") => rest = after,
            _ => break,
        }
    }
    let name = match rest {
        [word, TokenTree::Ident(name), ..] if is(word, "as") => name.to_string(),
        _ => path.last().cloned().unwrap_or_default(),
    };
    if path.is_empty() { Vec::new() } else { vec![(path, name)] }
}

/// `a::{self}` is `a`.
fn whole(start: &[String], mut part: Vec<String>, mut name: String) -> (Vec<String>, String) {
    if part == ["self"] {
        part.clear();
        if name == "self" {
            name = start.last().cloned().unwrap_or_default();
        }
    }
    (start.iter().cloned().chain(part).collect(), name)
}

/// The first files of all crates of the course.
pub(super) fn crates() -> Vec<PathBuf> {
    let mut roots = BTreeSet::new();
    for manifest in super::files(super::root(), "Cargo.toml") {
        let folder = manifest.parent().expect("a folder");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let table: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", manifest.display()));
        let bins = table.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
        let named = bins.chain(table.get("lib")).filter_map(|target| target.get("path")?.as_str());
        let usual = ["src/lib.rs", "src/main.rs"].into_iter();
        roots.extend(usual.chain(named).map(|file| folder.join(file)).filter(|file| file.is_file()));
    }
    roots.into_iter().collect()
}
