//! A cell's source, and the small edits it gets before the engine sees it.
//!
//! Edits never add or remove a line, so a line number of the compiler is a line number of the cell;
//! columns are mapped back through the list of edits. There are five kinds:
//! - `x.await` outside any `async` becomes a call that drives the future on the course's runtime;
//! - every loop asks at each turn whether it should stop (`lessons::interrupt`);
//! - `std::thread::sleep` and `std::io::stdin` become calls that an interrupt can end, and that ask the reader;
//! - the last expression becomes a call that shows it, so that one compilation is enough;
//! - `let v = ...` gets a stand-in for its type, because the engine stores variables by type (see `types`).

use std::collections::HashMap;

use ra_ap_syntax::ast::{self, HasLoopBody as _, HasName as _};
use ra_ap_syntax::{AstNode as _, Edition, SourceFile, SyntaxKind, SyntaxNode, SyntaxToken, T, TextSize};

/// A replacement in the reader's text, at a byte offset.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    at: usize,
    delete: usize,
    insert: String,
}

/// A variable that the cell binds at its top level.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    name: String,
    mutable: bool,
}

/// A `let` without a full type.
#[derive(Clone, Debug)]
struct Untyped {
    bindings: Vec<Binding>,
    /// Where a type goes when the pattern is a single name without any.
    annotation: Option<usize>,
    end: usize,
}

/// A cell, as typed, with what is known about its structure.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    text: String,
    edits: Vec<Edit>,
    untyped: Vec<Untyped>,
    /// Where a `let` has no pattern. The engine would leave such a statement out without a word.
    patternless: Option<usize>,
}

/// Put around the cell, so that statements and a last expression parse.
const BEFORE: &str = "fn cell() {\n";

impl Source {
    pub(crate) fn parse(text: &str) -> Self {
        let wrapped = format!("{BEFORE}{}\n}}", without_commands(text));
        let parsed = SourceFile::parse(&wrapped, Edition::Edition2024);
        let mut source =
            Self { text: text.to_owned(), edits: Vec::new(), untyped: Vec::new(), patternless: None };
        let root = parsed.syntax_node();
        source.patternless = root
            .descendants()
            .filter_map(ast::LetStmt::cast)
            .find(|statement| statement.pat().is_none())
            .and_then(|statement| Some(offset(statement.let_token()?.text_range().end())));
        // Broken syntax is the compiler's to explain, on the text as typed.
        if !parsed.errors().is_empty() {
            return source;
        }
        let body = root.children().find_map(ast::Fn::cast).and_then(|function| function.body());
        let Some(body) = body else { return source };
        for node in body.syntax().descendants() {
            source.edit_node(&node);
        }
        for statement in body.statements() {
            if let ast::Stmt::LetStmt(statement) = statement {
                source.note_let(&statement);
            }
        }
        if let Some(last) = body.tail_expr() {
            source.show(&last);
        }
        source.edits.sort_by_key(|edit| edit.at);
        source
    }

    /// Where a `let` has no pattern, if one has none.
    pub(crate) fn patternless(&self) -> Option<usize> {
        self.patternless
    }

    /// The names that need a type.
    pub(crate) fn untyped_names(&self) -> impl Iterator<Item = &str> {
        self.untyped.iter().flat_map(|u| &u.bindings).map(|b| b.name.as_str())
    }

    /// The text to ask for types with.
    pub(crate) fn edited(&self) -> Edited {
        self.typed(&HashMap::new())
    }

    /// The text to run, with `types` written in by variable name.
    pub(crate) fn typed(&self, types: &HashMap<String, String>) -> Edited {
        let mut edits = self.edits.clone();
        for (index, untyped) in self.untyped.iter().enumerate() {
            // The compiler named the type of the last binding of a name; earlier ones stay as typed.
            let last = |name: &str| {
                self.untyped[index + 1..].iter().all(|later| later.bindings.iter().all(|b| b.name != name))
            };
            let known = |binding: &&Binding| last(&binding.name) && types.contains_key(&binding.name);
            let annotation = |name: &str| types.get(name).map_or_else(String::new, |ty| format!(": {ty}"));
            match (untyped.annotation, untyped.bindings.as_slice()) {
                (Some(at), [binding]) => {
                    if known(&binding) {
                        edits.push(Edit { at, delete: 0, insert: annotation(&binding.name) });
                    }
                }
                (_, bindings) => {
                    // A pattern cannot carry the types of its parts, and what the reader wrote (`Vec<_>`)
                    // is wanted by the compiler: bind each name again, typed. Before the types are known
                    // this shows the engine which names there are.
                    let insert: String = bindings
                        .iter()
                        .filter(|binding| last(&binding.name))
                        .map(|Binding { name, mutable }| {
                            let mutable = if *mutable { "mut " } else { "" };
                            format!(" let {mutable}{name}{} = {name};", annotation(name))
                        })
                        .collect();
                    edits.push(Edit { at: untyped.end, delete: 0, insert });
                }
            }
        }
        edits.sort_by_key(|edit| edit.at);
        Edited::new(&self.text, edits)
    }

    /// The engine would try twice, and show a value that moves a variable by its `Debug` form only.
    fn show(&mut self, last: &ast::Expr) {
        let items = matches!(last, ast::Expr::MacroExpr(call)
            if call.macro_call().and_then(|call| call.token_tree()).is_some_and(|tree| tree.l_curly_token().is_some()));
        let node = last.syntax();
        // `thread_local! { ... }` defines things and has no value.
        if items
            || has_token(node, SyntaxKind::POUND)
            || node.children().any(|n| n.kind() == SyntaxKind::ATTR)
        {
            return;
        }
        let range = node.text_range();
        // Sorting keeps the order of edits at one place: the outer parenthesis comes first.
        self.edits.insert(0, Edit { at: offset(range.start()), delete: 0, insert: "(&(".into() });
        self.edits.push(Edit { at: offset(range.end()), delete: 0, insert: ")).evcxr_display();".into() });
    }

    /// What stands between a macro's brackets is only words to the parser. In the macros that take expressions
    /// an `.await` is one all the same: the words are parsed once more, at their place, as a tuple.
    fn edit_macro(&mut self, call: &ast::MacroCall) -> Option<()> {
        const OF_EXPRESSIONS: [&str; 12] = [
            "assert",
            "assert_eq",
            "assert_ne",
            "dbg",
            "eprint",
            "eprintln",
            "format",
            "print",
            "println",
            "vec",
            "write",
            "writeln",
        ];
        let name = call.path()?.segment()?.name_ref()?;
        let range = call.token_tree()?.syntax().text_range();
        let (start, mut end) = (offset(range.start()), offset(range.end()));
        if name.text() == "matches" {
            // An expression, and after the comma a pattern.
            let mut tokens = call.token_tree()?.syntax().children_with_tokens();
            end = offset(tokens.find(|token| token.kind() == SyntaxKind::COMMA)?.text_range().end());
        } else if !OF_EXPRESSIONS.contains(&name.text()) {
            return None;
        }
        let inside = self.text.get(start + 1..end - 1)?;
        if !inside.contains("await") || inside_async(call.syntax()) {
            return None;
        }
        let blank =
            |text: &str| text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
        let (before, after) = (blank(&self.text[..start]), blank(&self.text[end..]));
        let parsed =
            SourceFile::parse(&format!("{BEFORE}{before}({inside}){after}\n}}"), Edition::Edition2024);
        if parsed.errors().is_empty() {
            parsed.syntax_node().descendants().for_each(|node| self.edit_node(&node));
        }
        Some(())
    }

    fn edit_node(&mut self, node: &SyntaxNode) {
        if let Some(call) = ast::MacroCall::cast(node.clone()) {
            self.edit_macro(&call);
        }
        if let Some(awaiting) = ast::AwaitExpr::cast(node.clone()) {
            let inner = awaiting.expr().map(|expr| expr.syntax().text_range());
            if let (Some(inner), false) = (inner, inside_async(node)) {
                let (start, end) = (offset(inner.start()), offset(inner.end()));
                self.edits.push(Edit { at: start, delete: 0, insert: "lessons::cell::wait(".into() });
                let rest = offset(node.text_range().end()) - end;
                self.edits.push(Edit { at: end, delete: rest, insert: ")".into() });
            }
        }
        if let Some(path) = ast::CallExpr::cast(node.clone())
            .and_then(|call| call.expr())
            .filter(|callee| matches!(callee, ast::Expr::PathExpr(_)))
        {
            let range = path.syntax().text_range();
            let insert = match path.syntax().text().to_string().trim_start_matches("std::") {
                "thread::sleep" => "lessons::cell::sleep",
                "io::stdin" => "lessons::cell::stdin",
                _ => "",
            };
            if !insert.is_empty() {
                let (at, delete) = (offset(range.start()), usize::from(range.len()));
                self.edits.push(Edit { at, delete, insert: insert.into() });
            }
        }
        let body = ast::LoopExpr::cast(node.clone())
            .and_then(|l| l.loop_body())
            .or_else(|| ast::WhileExpr::cast(node.clone()).and_then(|l| l.loop_body()))
            .or_else(|| ast::ForExpr::cast(node.clone()).and_then(|l| l.loop_body()));
        let brace = body.and_then(|b| b.stmt_list()).and_then(|list| list.l_curly_token());
        if let Some(brace) = brace
            && !inside_const(node)
        {
            let at = offset(brace.text_range().end());
            let insert = " lessons::interrupt::checkpoint();".into();
            self.edits.push(Edit { at, delete: 0, insert });
        }
    }

    fn note_let(&mut self, statement: &ast::LetStmt) {
        let Some(pattern) = statement.pat() else { return };
        let complete = statement
            .ty()
            .is_some_and(|ty| !ty.syntax().descendants().any(|n| n.kind() == SyntaxKind::INFER_TYPE));
        let bindings: Vec<Binding> = pattern
            .syntax()
            .descendants()
            .filter_map(ast::IdentPat::cast)
            .filter_map(|ident| {
                let name = ident.name()?.text().to_string();
                // A capital names a constant or a variant (`None`), not a new variable.
                let variable = name.starts_with(|c: char| c.is_lowercase() || c == '_');
                variable.then(|| Binding { name, mutable: ident.mut_token().is_some() })
            })
            .collect();
        let single = matches!(&pattern, ast::Pat::IdentPat(ident) if ident.pat().is_none());
        if bindings.is_empty() || (complete && single) {
            return;
        }
        let plain = single && statement.ty().is_none();
        self.untyped.push(Untyped {
            bindings,
            annotation: plain.then(|| offset(pattern.syntax().text_range().end())),
            end: offset(statement.syntax().text_range().end()),
        });
    }
}

/// Whether a text can run as it is, for consoles that must decide what Enter means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can run.
    Complete,
    /// More lines must follow: a bracket, a comment or a string is open.
    Incomplete {
        /// White space to start the next line with.
        indent: String,
    },
    /// No further line can make it right.
    Invalid,
}

/// Judges a text by its brackets, strings and comments, and then by its syntax.
pub fn completeness(text: &str) -> Completeness {
    let code = without_commands(text);
    let tokens = SourceFile::parse(&code, Edition::Edition2024);
    let mut depth = 0_usize;
    for element in tokens.syntax_node().descendants_with_tokens() {
        match element.kind() {
            T!['('] | T!['['] | T!['{'] => depth += 1,
            T![')'] | T![']'] | T!['}'] => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Completeness::Invalid,
            },
            _ => {}
        }
    }
    let unterminated = tokens.errors().iter().any(|error| error.to_string().contains("to terminate"));
    if unterminated || depth > 0 {
        return Completeness::Incomplete { indent: "    ".repeat(depth) };
    }
    let wrapped = format!("{BEFORE}{code}\n}}");
    if SourceFile::parse(&wrapped, Edition::Edition2024).errors().is_empty() {
        Completeness::Complete
    } else {
        Completeness::Invalid
    }
}

/// The same text with lines of the engine's commands (`:dep`, `:vars`) blanked, offsets unchanged.
fn without_commands(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            if line.starts_with([':', '!']) {
                line.chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' }.to_string().repeat(c.len_utf8()))
                    .collect()
            } else {
                line.to_owned()
            }
        })
        .collect()
}

/// The same text with `:dep` lines as cargo wants them now: older notebooks have
/// `default_features`, which is an error since edition 2024. No column moves.
pub(super) fn with_todays_keys(text: &str) -> String {
    let line = |line: &str| match line.starts_with(":dep") {
        true => line.replace("default_features", "default-features"),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

fn offset(size: TextSize) -> usize {
    usize::from(size) - BEFORE.len()
}

fn has_token(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.children_with_tokens()
        .filter_map(|element| element.into_token())
        .any(|token: SyntaxToken| token.kind() == kind)
}

/// Inside an async block, closure or function, where `.await` is the language's own.
fn inside_async(node: &SyntaxNode) -> bool {
    for ancestor in node.ancestors().skip(1) {
        if ast::Fn::can_cast(ancestor.kind()) {
            return has_token(&ancestor, T![async]);
        }
        let block = ast::BlockExpr::can_cast(ancestor.kind()) || ast::ClosureExpr::can_cast(ancestor.kind());
        if block && has_token(&ancestor, T![async]) {
            return true;
        }
    }
    false
}

/// Inside something evaluated by the compiler, where a call into the library is not allowed.
fn inside_const(node: &SyntaxNode) -> bool {
    node.ancestors().skip(1).any(|ancestor| {
        matches!(ancestor.kind(), SyntaxKind::CONST | SyntaxKind::STATIC | SyntaxKind::CONST_ARG)
            || ((ast::Fn::can_cast(ancestor.kind()) || ast::BlockExpr::can_cast(ancestor.kind()))
                && has_token(&ancestor, T![const]))
    })
}

/// The text the engine gets, and the way back from its columns to the reader's.
#[derive(Clone, Debug)]
pub(crate) struct Edited {
    pub(crate) text: String,
    edits: Vec<Edit>,
    original: String,
}

impl Edited {
    fn new(original: &str, edits: Vec<Edit>) -> Self {
        let mut text = String::with_capacity(original.len() + 64);
        let mut from = 0;
        for edit in &edits {
            text.push_str(&original[from..edit.at.max(from)]);
            text.push_str(&edit.insert);
            from = edit.at + edit.delete;
        }
        text.push_str(&original[from..]);
        Self { text, edits, original: original.to_owned() }
    }

    /// The text as the reader typed it.
    pub(crate) fn original(&self) -> &str {
        &self.original
    }

    /// The byte offset in the original of a position in the edited text: line and column from 1, the
    /// column in characters. A place inside an insertion is the place of that edit.
    pub(crate) fn original_offset(&self, line: usize, column: usize) -> usize {
        let line_start: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let line_text = self.text[line_start..].lines().next().unwrap_or("");
        let in_line =
            line_text.char_indices().nth(column.saturating_sub(1)).map_or(line_text.len(), |(at, _)| at);
        let mut rest = line_start + in_line;
        // Walk both texts, edit by edit.
        let mut original = 0;
        for edit in &self.edits {
            let unchanged = edit.at - original.min(edit.at);
            if rest < unchanged {
                return original + rest;
            }
            rest -= unchanged;
            if rest < edit.insert.len() {
                return edit.at;
            }
            rest -= edit.insert.len();
            original = edit.at + edit.delete;
        }
        (original + rest).min(self.original.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_plain_let_gets_its_type() {
        let source = Source::parse("let mut v = vec![1];\nlet w: Vec<_> = v.clone();\nlet x: u8 = 1;");
        assert_eq!(source.untyped_names().collect::<Vec<_>>(), ["v", "w"]);
        assert_eq!(
            source.typed(&types(&[("v", "Vec<i32>"), ("w", "Vec<i32>")])).text,
            "let mut v: Vec<i32> = vec![1];\nlet w: Vec<_> = v.clone(); let w: Vec<i32> = w;\nlet x: u8 = 1;"
        );
    }

    #[test]
    fn a_pattern_binds_each_name_again() {
        let source = Source::parse("let (mut a, b) = pair();");
        assert_eq!(
            source.typed(&types(&[("a", "u8"), ("b", "char")])).text,
            "let (mut a, b) = pair(); let mut a: u8 = a; let b: char = b;"
        );
    }

    #[test]
    fn a_shadowed_name_is_typed_once() {
        let source = Source::parse("let x = 1;\nlet x = \"a\";");
        assert_eq!(source.typed(&types(&[("x", "&str")])).text, "let x = 1;\nlet x: &str = \"a\";");
    }

    #[test]
    fn await_becomes_a_call_within_macros_too() {
        let edited = |text: &str| Source::parse(text).edited().text;
        assert_eq!(
            edited("println!(\"ä {} {}\", f().await?, g(1).await);"),
            "println!(\"ä {} {}\", lessons::cell::wait(f())?, lessons::cell::wait(g(1)));"
        );
        assert_eq!(
            edited("g();\nassert_eq!(format!(\"{}\", f().await), \"x\");"),
            "g();\nassert_eq!(format!(\"{}\", lessons::cell::wait(f())), \"x\");"
        );
        assert_eq!(
            edited("g();\nmatches!(f(1, 2).await, Ok(n) if n > 1);"),
            "g();\nmatches!(lessons::cell::wait(f(1, 2)), Ok(n) if n > 1);"
        );
        let own = "async { println!(\"{}\", f().await) };";
        assert_eq!(edited(own), own);
    }

    #[test]
    fn await_becomes_a_call_only_outside_async() {
        let source = Source::parse("f(1).await?; async { g().await }.await");
        assert_eq!(
            source.edited().text,
            "lessons::cell::wait(f(1))?; (&(lessons::cell::wait(async { g().await }))).evcxr_display();"
        );
    }

    #[test]
    fn loops_can_be_stopped_but_not_in_constants() {
        let source = Source::parse("loop {}\nconst fn f() { while true {} }\nfor i in 0..3 { g(i) }");
        assert_eq!(
            source.edited().text,
            "loop { lessons::interrupt::checkpoint();}\nconst fn f() { while true {} }\n\
             (&(for i in 0..3 { lessons::interrupt::checkpoint(); g(i) })).evcxr_display();"
        );
    }

    #[test]
    fn commands_and_broken_code_stay_as_typed() {
        for text in [":dep rand\nlet x: u8 = 1;", "let = 3", "fn f( {", ":vars"] {
            assert_eq!(Source::parse(text).edited().text, text);
        }
        assert_eq!(
            Source::parse(":dep é\nlet x = 1;").typed(&types(&[("x", "i32")])).text,
            ":dep é\nlet x: i32 = 1;"
        );
    }

    #[test]
    fn sleeping_and_reading_go_through_the_library() {
        let source =
            Source::parse("use std::thread;\nthread::sleep(d); std::io::stdin().read_line(&mut s)?;");
        assert_eq!(
            source.edited().text,
            "use std::thread;\nlessons::cell::sleep(d); lessons::cell::stdin().read_line(&mut s)?;"
        );
    }

    #[test]
    fn the_last_expression_is_shown_unless_it_defines_things() {
        assert_eq!(Source::parse("f(); x + 1").edited().text, "f(); (&(x + 1)).evcxr_display();");
        for text in ["f();", "let x: u8 = 1;", "thread_local! { static A: u8 = 1 }", "fn f() {}"] {
            assert_eq!(Source::parse(text).edited().text, text);
        }
    }

    #[test]
    fn open_brackets_strings_and_comments_want_more() {
        let incomplete = |indent: &str| Completeness::Incomplete { indent: indent.to_owned() };
        assert_eq!(completeness("let x = 1;"), Completeness::Complete);
        assert_eq!(completeness("fn f() {"), incomplete("    "));
        assert_eq!(completeness("let s = \"a"), incomplete(""));
        assert_eq!(completeness("/* a"), incomplete(""));
        assert_eq!(completeness("f(1))"), Completeness::Invalid);
        assert_eq!(completeness("let = ;"), Completeness::Invalid);
    }

    #[test]
    fn columns_map_back() {
        let source = Source::parse("let v = f().await; g(v)");
        let edited = source.typed(&types(&[("v", "u8")]));
        assert_eq!(edited.text, "let v: u8 = lessons::cell::wait(f()); (&(g(v))).evcxr_display();");
        for (needle, expected) in [("f()", 8), ("g(v)", 19), ("u8", 5)] {
            let column = edited.text.find(needle).expect("in the text") + 1;
            assert_eq!(edited.original_offset(1, column), expected, "{needle}");
        }
    }
}
