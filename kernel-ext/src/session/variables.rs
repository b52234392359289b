//! The variables of a session: which there are, and what became of those that are gone.

use std::collections::{BTreeMap, BTreeSet};

use front::plan::{Built, Plan, Variable, Why};

use super::source::Source;

/// Why a name that a cell bound is none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// It was never kept, or moved.
    Because(Why),
    /// This item, of which it was made, was defined anew.
    Redefined(String),
    /// The cell that bound it did not come to its end.
    Unfinished,
}

/// The variables of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    alive: BTreeMap<String, Variable>,
    gone: BTreeMap<String, Gone>,
    /// Moved, and known to be assignable.
    moved: BTreeMap<String, Variable>,
}

impl Variables {
    /// Names and types, by name.
    pub(super) fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.alive.values().map(|variable| (variable.name.as_str(), variable.ty.as_str()))
    }

    /// The variables with a type in which an item is found, and that item.
    pub(super) fn using(&self, found: impl Fn(&BTreeSet<String>) -> Option<String>) -> Vec<(String, String)> {
        let item = |variable: &Variable| Some((variable.name.clone(), found(&words(&variable.ty))?));
        self.alive.values().filter_map(item).collect()
    }

    /// What a cell does with variables; those in `lost` go.
    pub(super) fn plan(&self, source: &Source, lost: Vec<String>) -> Plan {
        let mut bound: Vec<front::plan::Binding> = Vec::new();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for binding in source.lets.iter().flat_map(|one| &one.bindings) {
            *times.entry(bare(&binding.name)).or_default() += 1;
            bound.retain(|earlier| earlier.name != binding.name);
            bound.push(binding.clone());
        }
        // One that is only bound again is not in use.
        let mentioned = |name: &str| {
            let times = times.get(bare(name)).copied().unwrap_or_default();
            source.words.get(bare(name)).is_some_and(|words| *words > times)
        };
        let taken = self.alive.values().filter(|one| mentioned(&one.name) && !lost.contains(&one.name));
        let assigned = |one: &&Variable| {
            source.assigned.contains(&one.name) && !bound.iter().any(|bound| bound.name == one.name)
        };
        Plan {
            taken: taken.cloned().collect(),
            declared: self.moved.values().filter(assigned).cloned().collect(),
            forgotten: lost,
            bound,
            ..Plan::default()
        }
    }

    pub(super) fn commit(&mut self, plan: &Plan, built: Built, finished: bool) {
        for (name, why) in built.gone {
            if let Some(variable) = self.alive.remove(&name)
                && matches!(why, Why::Moved(_))
            {
                self.moved.insert(name.clone(), variable);
            }
            self.gone.insert(name, Gone::Because(why));
        }
        let declared = |name: &str| plan.declared.iter().any(|variable| variable.name == name);
        for variable in built.kept {
            if finished {
                self.gone.remove(&variable.name);
                self.moved.remove(&variable.name);
                self.alive.insert(variable.name.clone(), variable);
            } else if !declared(&variable.name) && !self.alive.contains_key(&variable.name) {
                self.gone.insert(variable.name, Gone::Unfinished);
            }
        }
        for (name, why) in built.unkept {
            if !declared(&name) && (finished || !self.alive.contains_key(&name)) {
                self.alive.remove(&name);
                self.gone.insert(name, Gone::Because(why));
            }
        }
    }

    pub(super) fn lose(&mut self, name: &str, why: Gone) {
        self.alive.remove(name);
        self.gone.insert(name.to_owned(), why);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Code that declares the variables that `text` mentions, for text that is only looked at.
    pub(super) fn declarations(&self, text: &str) -> String {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mentioned: BTreeSet<&str> = text.split(|c| !word(c)).collect();
        let declare = |one: &Variable| {
            let mutable = if one.mutable { "mut " } else { "" };
            format!("let {mutable}{}: {} = todo!(); ", one.name, one.ty)
        };
        self.alive.values().filter(|one| mentioned.contains(bare(&one.name))).map(declare).collect()
    }

    /// Why this name is no variable any more, and what to do, if it was one.
    pub(super) fn explain(&self, name: &str) -> Option<String> {
        let gone = self.gone.get(name)?;
        Some(match gone {
            Gone::Because(why) => {
                format!("`{name}` {}: {}", because(why), remedy(name, why, self.moved.get(name)))
            }
            Gone::Redefined(item) => format!(
                "`{name}` went when `{item}`, of which it was made, was defined anew: run the cell that made it again"
            ),
            Gone::Unfinished => format!(
                "the cell that bound `{name}` stopped before its end, so `{name}` was not kept: run it again"
            ),
        })
    }
}

/// The line for the reader about a variable that is used in its own cell only; none where that goes without saying.
pub(super) fn note(name: &str, why: &Why) -> Option<String> {
    match why {
        Why::Moved(_) | Why::Unassigned => None,
        why => Some(format!("note: `{name}` {}, so it is for this cell only\n", because(why))),
    }
}

fn because(why: &Why) -> String {
    match why {
        Why::Closure => "is a closure or a future, whose type has no name".to_owned(),
        Why::Unnamed(ty) => format!("has the type `{ty}`, which has no name"),
        Why::Private(ty) => format!("has the type `{ty}`, which cannot be named here"),
        Why::Borrows => "borrows from something that a later cell could not keep alive".to_owned(),
        Why::Unassigned => "was declared, and has no value".to_owned(),
        Why::Moved(line) if line.is_empty() => "was moved in an earlier cell".to_owned(),
        Why::Moved(line) => format!("was moved in an earlier cell, by `{line}`"),
    }
}

fn remedy(name: &str, why: &Why, moved: Option<&Variable>) -> String {
    match why {
        Why::Closure => format!(
            "box it (`let {name}: Box<dyn Fn(...) -> ...> = Box::new(...);`), write a function instead, or use it \
             in its own cell"
        ),
        Why::Unnamed(_) => "turn it into a value with a name (`.collect::<Vec<_>>()`, `.await`, \
                            `Box<dyn Trait>`), or use it in its own cell"
            .to_owned(),
        Why::Private(_) => "use it in its own cell".to_owned(),
        Why::Borrows => {
            "keep an owned value instead (`.clone()`, `.to_owned()`), or use it in its own cell".to_owned()
        }
        Why::Unassigned => format!("give it one: `let {name} = ...;`"),
        Why::Moved(_) => match moved {
            Some(variable) if variable.mutable => format!(
                "assign it anew (`{name} = ...;`), move a copy there (`{name}.clone()`), or run the cell that made it again"
            ),
            _ => format!("move a copy there (`{name}.clone()`), or run the cell that made it again"),
        },
    }
}

fn bare(name: &str) -> &str {
    name.trim_start_matches("r#")
}

/// The words at the start of paths in a type: what follows `::` belongs to another crate or module.
fn words(ty: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = BTreeSet::new();
    let mut rest = ty;
    while let Some(start) = rest.find(word) {
        let length = rest[start..].find(|c| !word(c)).unwrap_or(rest.len() - start);
        if !rest[..start].ends_with("::") {
            words.insert(rest[start..start + length].to_owned());
        }
        rest = &rest[start + length..];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_made_of_what_its_paths_start_with() {
        let expected = ["Point", "m", "std", "u8"].map(str::to_owned).into();
        assert_eq!(words("std::vec::Vec<(Point, m::Other, u8)>"), expected);
    }

    #[test]
    fn only_what_is_mentioned_is_taken() {
        let mut variables = Variables::default();
        let alive = ["a", "b", "c", "d"].map(|name| Variable {
            name: name.to_owned(),
            ty: "u8".to_owned(),
            mutable: false,
        });
        variables.commit(&Plan::default(), Built { kept: alive.into(), ..Built::default() }, true);
        let source = Source::parse("let b = 1; let c = c + 1; println!(\"{d}\");", &|_| None);
        let plan = variables.plan(&source, Vec::new());
        let names = |list: &[Variable]| list.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&plan.taken), ["c", "d"]);
        assert_eq!(variables.declarations("c.len()"), "let c: u8 = todo!(); ");
    }
}
