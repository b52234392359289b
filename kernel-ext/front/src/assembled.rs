//! The crate that is compiled for a cell: the reader's items and statements as they are, line by line, in a
//! function of our own that takes the variables of earlier cells and keeps those of this one.
//!
//! Where the function does something to one variable is remembered as a [`Place`]: an error there says what
//! became of that variable.

use std::fmt::Write as _;

use crate::generated::Generated;
use crate::marks;
use crate::plan::{Plan, Variable, Why};

/// The variables of a cell, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variables {
    /// Of earlier cells, in use.
    pub(crate) taken: Vec<Variable>,
    /// Moved earlier, and assigned here.
    pub(crate) declared: Vec<Variable>,
    /// Bound here and kept; the type is written out where the compiler would infer another.
    pub(crate) kept: Vec<(String, Option<String>)>,
    /// Bound here and used here only.
    pub(crate) unkept: Vec<(String, Why)>,
    /// Of earlier cells, gone with this one: not put back.
    pub(crate) gone: Vec<(String, Why)>,
    /// Used here only, and dropped before others are kept, which they may borrow from.
    pub(crate) dropped: Vec<String>,
}

/// What the cell's function does to one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Takes it out of the store.
    Taken(String),
    /// Declares it, without a value.
    Declared(String),
    /// Keeps it.
    Kept(String),
    /// Drops it.
    Dropped(String),
    /// Puts it back.
    Back(String),
}

/// A place on one line, from 1, and in its columns, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    line: usize,
    from: usize,
    to: usize,
    place: Place,
}

/// A crate to be compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) text: String,
    spans: Vec<Span>,
    /// The crate defines statics that live on.
    pub(crate) statics: bool,
}

impl Variables {
    pub(crate) fn new(plan: &Plan) -> Self {
        let (unnamed, named): (Vec<_>, Vec<_>) = plan.bound.iter().partition(|bound| bound.unnamed);
        Self {
            taken: plan.taken.clone(),
            declared: plan.declared.clone(),
            kept: (named.iter().map(|bound| (bound.name.clone(), None)))
                .chain(plan.declared.iter().map(|known| (known.name.clone(), Some(known.ty.clone()))))
                .collect(),
            unkept: unnamed.iter().map(|bound| (bound.name.clone(), Why::Closure)).collect(),
            dropped: unnamed.iter().map(|bound| bound.name.clone()).collect(),
            ..Self::default()
        }
    }
}

impl Assembled {
    pub(crate) fn new(generated: &Generated, plan: &Plan, variables: &Variables) -> Self {
        let Plan { mark, number, statics, .. } = plan;
        let (items, defines) = marks::for_compiler(mark, &generated.items, *number, statics);
        let (body, _) = marks::for_compiler(mark, &generated.body, *number, statics);
        let mut own = Self { text: items, statics: defines, ..Self::default() };
        if generated.entry.is_empty() {
            return own;
        }
        own.head(generated, plan, variables);
        own.text += &"\n".repeat(generated.head);
        own.text += &body;
        own.tail(generated, plan, variables);
        own
    }

    /// The line before the reader's statements.
    fn head(&mut self, generated: &Generated, plan: &Plan, variables: &Variables) {
        let (name, own) = (&generated.entry, own_name(plan));
        let _ = write!(
            self.text,
            "#[unsafe(no_mangle)] pub extern \"C\" fn {name}(own: *mut ::std::ffi::c_void) -> *mut ::std::ffi::c_void \
             {{ ::lessons::cell::run({own}_cell); own }} \
             fn {own}_cell({own}_store: &mut ::lessons::cell::store::VariableStore) {{ let mut {own}_done = false; "
        );
        if !plan.forgotten.is_empty() {
            let _ = write!(self.text, "{own}_store.forget(&{:?}); ", plan.forgotten);
        }
        if !variables.taken.is_empty() {
            let _ = write!(self.text, "if !{own}_store.holds(&[");
            for Variable { name, ty, .. } in &variables.taken {
                self.place(
                    Place::Taken(name.clone()),
                    &format!("({name:?}, ::std::any::TypeId::of::<{ty}>()), "),
                );
            }
            self.text += "]) { return; } ";
        }
        for Variable { name, ty, mutable } in &variables.taken {
            let mutable = if *mutable { "mut " } else { "" };
            let take = format!("let {mutable}{name}: {ty} = {own}_store.take::<{ty}>({name:?}); ");
            self.place(Place::Taken(name.clone()), &take);
        }
        self.text += match (generated.guarded, plan.fallible && !plan.asynchronous) {
            (true, true) => {
                "::lessons::cell::caught(|| -> ::std::result::Result<(), ::lessons::cell::CellError> { "
            }
            (true, false) => "::lessons::cell::caught(|| { ",
            (false, true) => "let _ = (|| -> ::std::result::Result<(), ::lessons::cell::CellError> { ",
            (false, false) => "({ ",
        };
        if plan.asynchronous {
            self.text += "::lessons::cell::wait(async { ";
        }
        for Variable { name, ty, mutable } in &variables.declared {
            let mutable = if *mutable { "mut " } else { "" };
            self.place(Place::Declared(name.clone()), &format!("let {mutable}{name}: {ty}; "));
        }
    }

    /// The lines after them.
    fn tail(&mut self, generated: &Generated, plan: &Plan, variables: &Variables) {
        let own = own_name(plan);
        for name in variables.dropped.iter().rev() {
            self.place(Place::Dropped(name.clone()), &format!("::std::mem::drop({name});"));
            self.text.push('\n');
        }
        for (name, ty) in &variables.kept {
            let ty = ty.as_deref().unwrap_or("_");
            let keep = format!("::std::mem::drop(&{name}); {own}_store.put::<{ty}>({name:?}, {name});");
            self.place(Place::Kept(name.clone()), &keep);
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "{own}_done = true;");
        if plan.fallible {
            self.text += "::std::result::Result::<(), ::lessons::cell::CellError>::Ok(())\n";
        }
        if plan.asynchronous {
            self.text += "});\n";
        }
        self.text += match (generated.guarded, plan.fallible && !plan.asynchronous) {
            (true, _) => "});\n",
            (false, true) => "})();\n",
            (false, false) => "});\n",
        };
        let gone = |variable: &&Variable| variables.gone.iter().any(|(name, _)| *name == variable.name);
        for Variable { name, ty, .. } in variables.taken.iter().filter(|variable| !gone(variable)) {
            let bound = plan.bound.iter().any(|bound| bound.name == *name);
            let unless = if bound { format!("if !{own}_done ") } else { String::new() };
            let back = format!("{unless}{{ {own}_store.put::<{ty}>({name:?}, {name}); }}");
            self.place(Place::Back(name.clone()), &back);
            self.text.push('\n');
        }
        let _ = write!(self.text, "::lessons::cell::finished({own}_done);\n}}\n");
        if !plan.macros.is_empty() {
            // Wherever the engine writes a macro, its uses find it.
            let _ = writeln!(self.text, "#[allow(unused_imports)] use {{{}}};", plan.macros.join(", "));
        }
    }

    fn place(&mut self, place: Place, text: &str) {
        let line = self.text.matches('\n').count() + 1;
        let start = self.text.rfind('\n').map_or(0, |at| at + 1);
        let from = self.text[start..].chars().count() + 1;
        self.text += text;
        self.spans.push(Span { line, from, to: from + text.chars().count(), place });
    }

    /// What is done at a line and column, both from 1.
    pub(crate) fn at(&self, line: usize, column: usize) -> Option<&Place> {
        let here = |span: &&Span| span.line == line && (span.from..span.to).contains(&column);
        self.spans.iter().find(here).map(|span| &span.place)
    }
}

/// What our own names start with, which no reader can know.
fn own_name(plan: &Plan) -> &str {
    if plan.mark.is_empty() { "sd35x" } else { &plan.mark }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::tests::{SAME, written};
    use crate::plan::Binding;

    fn variable(name: &str, ty: &str) -> Variable {
        Variable { name: name.to_owned(), ty: ty.to_owned(), mutable: false }
    }

    #[test]
    fn nothing_of_the_readers_is_changed_or_moved() {
        let bound = Binding { name: "b".to_owned(), mutable: false, unnamed: false };
        let plan = Plan {
            taken: vec![variable("a", "Vec<u8>")],
            bound: vec![bound],
            fallible: true,
            ..Plan::default()
        };
        for same in SAME {
            // A guard of the reader's that is the same as the engine's is taken for that.
            for guarded in [true, false].into_iter().filter(|guarded| *guarded || !same.starts_with("if std"))
            {
                let text = written(&format!("fn g() {{ {same} }}"), same, guarded);
                let generated = Generated::new(&text);
                let built = Assembled::new(&generated, &plan, &Variables::new(&plan));
                assert!(built.text.starts_with(&generated.items));
                // On the line on which the engine has it.
                let before = generated.items.matches('\n').count() + generated.head;
                let rest: String = built.text.split_inclusive('\n').skip(before).collect();
                assert!(rest.starts_with(&generated.body), "{rest}");
            }
        }
    }

    #[test]
    fn a_place_is_found_by_line_and_column() {
        let plan = Plan {
            taken: vec![variable("é", "u8"), variable("b", "u8")],
            declared: vec![variable("s", "String")],
            ..Plan::default()
        };
        let generated = Generated::new(&written("", "f();", true));
        let built = Assembled::new(&generated, &plan, &Variables::new(&plan));
        for (code, place) in [
            ("let b: u8", Place::Taken("b".into())),
            ("let é: u8", Place::Taken("é".into())),
            ("let s: String", Place::Declared("s".into())),
            ("sd35x_store.put::<String>(\"s\"", Place::Kept("s".into())),
            ("sd35x_store.put::<u8>(\"é\"", Place::Back("é".into())),
        ] {
            let at = built.text.find(code).unwrap_or_else(|| panic!("{code}: {}", built.text));
            let before = &built.text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before[before.rfind('\n').map_or(0, |n| n + 1)..].chars().count() + 1;
            assert_eq!(built.at(line, column), Some(&place), "{code}");
        }
        assert_eq!(built.at(1, 1), None);
    }
}
