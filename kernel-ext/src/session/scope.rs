//! What a session has defined so far, and what the next cell changes in it.
//!
//! The engine keeps items by name, and writes them all into every cell. What it has no name for (an `impl`, an
//! item that a macro makes) it gets inside a module, whose name it keeps; what it would take for a variable of
//! its own (`let`) it gets inside a block. Both wrappings are the engine's only (see `front::marks`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use front::marks;
use front::plan::{Built, Plan};

use super::edited::{Edit, Edited};
use super::items::{Item, Static, Unnamed, imported};
use super::source::Source;
use super::variables::{Gone, Variables};

/// What a session has defined so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Drawn at random; in every mark.
    mark: String,
    /// How many numbers were given out: of cells, statics and modules.
    numbers: u64,
    items: BTreeMap<String, Item>,
    /// By the number of the module that the engine has each in.
    unnamed: BTreeMap<u64, Unnamed>,
    /// The cell that made each static, if it is alive, and the words of its definition.
    statics: BTreeMap<u64, (Option<u64>, BTreeSet<String>)>,
    pub(super) variables: Variables,
}

/// A cell, ready for the engine, and what it changes when it runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    pub(super) edited: Edited,
    pub(super) plan: Plan,
    items: Vec<Item>,
    unnamed: Vec<(u64, Unnamed)>,
    /// Modules that go.
    emptied: Vec<u64>,
    statics: Vec<(u64, BTreeSet<String>)>,
    /// Statics that begin anew, because a type in them does.
    restarted: Vec<u64>,
    /// Variables that go, each because of an item that is defined anew.
    pub(super) lost: Vec<(String, String)>,
}

impl Scope {
    pub(super) fn new() -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self { mark: format!("sd35x{}", &random[..10]), ..Self::default() }
    }

    /// What stands in every mark.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    pub(super) fn parse(&self, text: &str) -> Source {
        Source::parse(text, &|name| imported(self.items.values(), name))
    }

    /// Plans a cell. Only numbers are used up: what it defines is kept when it ran.
    pub(super) fn prepare(&mut self, source: &Source, asynchronous: bool) -> Prepared {
        let number = self.number();
        let changed = self.changed(source);
        let mut prepared = Prepared { items: source.items.named.clone(), ..Prepared::default() };
        if !changed.is_empty() {
            let reached = |words: &BTreeSet<String>| self.reach(words, &changed);
            prepared.lost = self.variables.using(reached);
            let statics = self.statics.iter().filter(|(_, (_, words))| reached(words).is_some());
            prepared.restarted = statics.map(|(number, _)| *number).collect();
        }
        let (mut edits, closing) = self.wrap_unnamed(source, &mut prepared);
        edits.extend(self.wrap_statics(source, &mut prepared));
        edits.extend(closing);
        for one in &source.lets {
            let [open, close] = marks::block(&self.mark);
            edits.push(Edit::insert(one.start, open));
            edits.push(Edit::insert(one.end, close));
        }
        let asynchronous = asynchronous || source.asynchronous;
        prepared.edited = source.edited(asynchronous, edits);
        let alive = self.statics.iter().filter(|(number, _)| !prepared.restarted.contains(number));
        let statics = alive.filter_map(|(number, (cell, _))| Some((*number, (*cell)?))).collect();
        let lost = prepared.lost.iter().map(|(name, _)| name.clone()).collect();
        prepared.plan = Plan {
            mark: self.mark.clone(),
            number,
            statics,
            fallible: source.fallible,
            asynchronous,
            macros: self.macros(source),
            ..self.variables.plan(source, lost)
        };
        prepared
    }

    /// Keeps what a cell changed, after its code was started; `finished` when it came to its end.
    pub(super) fn commit(&mut self, prepared: &Prepared, built: Built, finished: bool) {
        for item in &prepared.items {
            self.items.insert(item.name.clone(), item.clone());
        }
        self.unnamed.extend(prepared.unnamed.iter().cloned());
        self.unnamed.retain(|module, _| !prepared.emptied.contains(module));
        // The engine writes all definitions into each cell: those that were not alive are, from this one on.
        self.statics.extend(prepared.statics.iter().map(|(number, words)| (*number, (None, words.clone()))));
        for (number, (cell, _)) in &mut self.statics {
            if cell.is_none() || prepared.restarted.contains(number) {
                *cell = Some(prepared.plan.number);
            }
        }
        for (name, item) in &prepared.lost {
            self.variables.lose(name, Gone::Redefined(item.clone()));
        }
        self.variables.commit(&prepared.plan, built, finished);
    }

    /// The process that held the values is gone.
    pub(super) fn ended(&mut self) {
        self.variables.clear();
        self.statics.values_mut().for_each(|(cell, _)| *cell = None);
    }

    /// Everything is forgotten.
    pub(super) fn clear(&mut self) {
        *self = Self { mark: std::mem::take(&mut self.mark), numbers: self.numbers, ..Self::default() };
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The names of items that the cell defines otherwise than they were.
    fn changed(&self, source: &Source) -> BTreeSet<String> {
        let other = |item: &&Item| {
            !item.function && self.items.get(&item.name).is_some_and(|known| known.text != item.text)
        };
        source.items.named.iter().filter(other).map(|item| item.name.clone()).collect()
    }

    /// The changed item that something with these words is made of, if any.
    fn reach(&self, words: &BTreeSet<String>, changed: &BTreeSet<String>) -> Option<String> {
        let mut seen: BTreeSet<&str> = words.iter().map(String::as_str).collect();
        let mut open: Vec<&str> = seen.iter().copied().collect();
        while let Some(word) = open.pop() {
            if changed.contains(word) {
                return Some(word.to_owned());
            }
            let Some(item) = self.items.get(word).filter(|item| !item.function) else { continue };
            open.extend(item.words.iter().map(String::as_str).filter(|word| seen.insert(word)));
        }
        None
    }

    /// Macros are found wherever the engine writes them when they are imported, which those of the prelude
    /// already are.
    fn macros(&self, source: &Source) -> Vec<String> {
        let own = source.items.named.iter().chain(self.items.values());
        let names: BTreeSet<&str> =
            own.filter(|item| item.defines.is_some()).map(|item| item.name.as_str()).collect();
        let of_the_prelude = ["dbg", "eprint", "eprintln"];
        names.into_iter().filter(|name| !of_the_prelude.contains(name)).map(str::to_owned).collect()
    }

    /// Gives each item without a name a module, which is that of the one that it replaces.
    fn wrap_unnamed(&mut self, source: &Source, prepared: &mut Prepared) -> (Vec<Edit>, Vec<Edit>) {
        let (mut edits, mut closing) = (Vec::new(), Vec::new());
        let mut used = BTreeSet::new();
        for one in &source.items.unnamed {
            let same = |known: &Unnamed| -> bool {
                known.head == one.head
                    && (known.names.is_empty() && one.names.is_empty()
                        || !known.names.is_disjoint(&one.names))
            };
            let replaced: Vec<u64> = (self.unnamed.iter())
                .filter(|(module, known)| same(known) && !used.contains(*module))
                .map(|(module, _)| *module)
                .collect();
            let number = self.number();
            let module = replaced.first().copied().unwrap_or(number);
            used.insert(module);
            prepared.emptied.extend(replaced.into_iter().filter(|known| *known != module));
            let [open, close] = marks::module(&self.mark, module);
            edits.push(Edit::insert(one.start, open));
            closing.push(Edit::insert(one.end, if one.open { format!(";{close}") } else { close }));
            prepared.unnamed.push((module, one.clone()));
        }
        // What stood below an item goes with it.
        let defined: BTreeSet<&str> = source.items.named.iter().map(|item| item.name.as_str()).collect();
        for (module, known) in &self.unnamed {
            let goes = known.owner.as_deref().is_some_and(|owner| defined.contains(owner));
            if goes && !used.contains(module) {
                prepared.emptied.push(*module);
            }
        }
        let gone = prepared.emptied.iter().map(|module| marks::empty_module(&self.mark, *module));
        edits.insert(0, Edit::insert(source.items.start, gone.collect::<String>()));
        (edits, closing)
    }

    /// Writes each static twice: as it is, and as one that another cell defined.
    fn wrap_statics(&mut self, source: &Source, prepared: &mut Prepared) -> Vec<Edit> {
        let mut edits = Vec::new();
        for Static { declared, local, start, end, words } in &source.items.statics {
            let number = self.number();
            prepared.statics.push((number, words.clone()));
            let alive = marks::alive(&self.mark, number);
            let mut other = String::new();
            let mut exported = String::new();
            for (at, known) in declared.iter().enumerate() {
                let symbol = format!("{}_{at}", marks::symbol(&self.mark, number));
                let name = &known.name;
                let ty =
                    if *local { format!("::std::thread::LocalKey<{}>", known.ty) } else { known.ty.clone() };
                let safe = if known.mutable { "static mut" } else { "safe static" };
                let _ = write!(
                    other,
                    " #[cfg({alive})] #[allow(improper_ctypes)] unsafe extern \"C\" {{ #[link_name = \"{symbol}\"] \
                     {} {safe} {name}: {ty}; }}",
                    known.visibility
                );
                let export = format!("#[cfg(not({alive}))] #[unsafe(export_name = \"{symbol}\")]");
                exported += &if *local {
                    format!(
                        " {export} #[allow(non_upper_case_globals)] static {}k{number}_{at}: {ty} = {name};",
                        self.mark
                    )
                } else {
                    format!("{export} ")
                };
            }
            let (before, after) =
                if *local { (format!("#[cfg(not({alive}))] "), exported) } else { (exported, String::new()) };
            edits.push(Edit::insert(*start, before));
            edits.push(Edit::insert(*end, format!("{after}{other}")));
        }
        edits
    }
}
