//! A cell's source: what it says, and the small edits it gets before the engine sees it.
//!
//! Edits never add or remove a line, so a line number of the compiler is a line number of the cell;
//! columns are mapped back through the list of edits. There are five kinds:
//! - `x.await` outside any `async` becomes a call that drives the future on the course's runtime, and so does a
//!   macro that awaits; or, where that cannot be, the whole cell becomes one future;
//! - every loop asks at each turn whether it should stop (`lessons::interrupt`);
//! - `std::thread::sleep` and `std::io::stdin` become calls that an interrupt can end, and that ask the reader;
//! - the last expression becomes a call that shows it, so that one compilation is enough;
//! - what the engine must not see as what it is gets a wrapping for it (`scope`).

use std::collections::{BTreeMap, BTreeSet};

use ra_ap_syntax::ast::{self, HasLoopBody as _, HasName as _};
use ra_ap_syntax::{AstNode as _, Edition, SourceFile, SyntaxKind, SyntaxNode, SyntaxToken, T};

use front::plan::Binding;

use super::edited::{Edit, Edited};
use super::items::{self, Items};
use super::text::{BEFORE, Names, offset, without_commands};

/// A `let` at the top level of a cell.
#[derive(Clone, Debug)]
pub(super) struct Let {
    pub(super) bindings: Vec<Binding>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A cell, as typed, with what is known about its structure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(super) text: String,
    edits: Vec<Edit>,
    /// The last expression, which is shown.
    shown: Option<(usize, usize)>,
    /// Edits for `.await` and macros that await, which a cell that is one future does without.
    awaits: Vec<Edit>,
    pub(super) lets: Vec<Let>,
    pub(super) items: Items,
    /// How often each word occurs, in code and in what a string may format.
    pub(super) words: BTreeMap<String, usize>,
    /// Names that are assigned to.
    pub(super) assigned: BTreeSet<String>,
    /// There is a `?` outside of functions and closures.
    pub(super) fallible: bool,
    /// An awaiting macro holds what could leave it: all of the cell must be one future.
    pub(super) asynchronous: bool,
    /// Where a `let` has no pattern. The engine would leave such a statement out without a word.
    patternless: Option<usize>,
    /// Where a bracket closes that was never opened, at which the engine would stop reading.
    unopened: Option<usize>,
}

impl Source {
    /// `names` says what earlier cells imported, and which of their macros define items.
    pub(crate) fn parse(text: &str, names: Names<'_>) -> Self {
        let code = without_commands(text);
        let parsed = SourceFile::parse(&format!("{BEFORE}{code}\n}}"), Edition::Edition2024);
        let mut source = Self { text: text.to_owned(), unopened: unopened(&code), ..Self::default() };
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
        source.items = Items::of(&body, names);
        let defined = source.items.clone();
        let names = |name: &str| defined.imports(name).or_else(|| names(name));
        for node in body.syntax().descendants() {
            source.edit_node(&node, &names);
        }
        for token in body.syntax().descendants_with_tokens().filter_map(|element| element.into_token()) {
            source.count(&token);
        }
        for statement in body.statements() {
            if let ast::Stmt::LetStmt(statement) = statement {
                source.note_let(&statement);
            }
        }
        if let Some(last) = body.tail_expr().filter(|last| !items::defines_items(last.syntax(), &names)) {
            source.show(&last);
        }
        source
    }

    /// What is wrong with the cell and would not be seen otherwise: a message and a byte offset.
    pub(crate) fn mistake(&self) -> Option<(&'static str, usize)> {
        let unopened = self.unopened.map(|at| ("unexpected closing bracket", at));
        self.patternless.map(|at| ("expected pattern", at)).or(unopened)
    }

    /// The text for the engine, with what `more` adds to it. A future needs no call for its awaits.
    pub(super) fn edited(&self, asynchronous: bool, mut more: Vec<Edit>) -> Edited {
        // Edits at one place keep their order.
        more.extend(self.shown.map(|(start, _)| Edit::insert(start, "(&(")));
        more.extend(self.edits.iter().cloned());
        if !asynchronous {
            more.extend(self.awaits.iter().cloned());
        }
        more.extend(self.shown.map(|(_, end)| Edit::insert(end, ")).evcxr_display();")));
        Edited::new(&self.text, more)
    }

    /// The engine would try twice, and show a value that moves a variable by its `Debug` form only.
    fn show(&mut self, last: &ast::Expr) {
        let node = last.syntax();
        if has_token(node, SyntaxKind::POUND) || node.children().any(|n| n.kind() == SyntaxKind::ATTR) {
            return;
        }
        let range = node.text_range();
        self.shown = Some((offset(range.start()), offset(range.end())));
    }

    fn count(&mut self, token: &SyntaxToken) {
        let mut add = |word: &str| *self.words.entry(word.to_owned()).or_default() += 1;
        match token.kind() {
            SyntaxKind::IDENT => add(token.text().trim_start_matches("r#")),
            SyntaxKind::STRING => {
                // What a string may format.
                for part in token.text().split('{').skip(1) {
                    let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
                    if end > 0 {
                        add(&part[..end]);
                    }
                }
            }
            T![?] => {
                let tries = token.parent().is_some_and(|parent| {
                    matches!(parent.kind(), SyntaxKind::TRY_EXPR | SyntaxKind::TOKEN_TREE)
                        && !inside_function(&parent)
                });
                self.fallible |= tries;
            }
            _ => {}
        }
    }

    /// What stands between a macro's brackets is only words to the parser. In the macros that take expressions
    /// an `.await` is one all the same: the words are parsed once more, at their place, as a tuple.
    fn edit_macro(&mut self, call: &ast::MacroCall, names: Names<'_>) -> Option<()> {
        const OF_EXPRESSIONS: [&str; 13] = [
            "assert",
            "assert_eq",
            "assert_ne",
            "dbg",
            "eprint",
            "eprintln",
            "format",
            "panic",
            "print",
            "println",
            "vec",
            "write",
            "writeln",
        ];
        const AWAITING: [&str; 4] = ["join", "try_join", "select", "select_biased"];
        let name = call.path()?.segment()?.name_ref()?;
        let tree = call.token_tree()?;
        let range = tree.syntax().text_range();
        let (start, mut end) = (offset(range.start()), offset(range.end()));
        if AWAITING.contains(&name.text()) && !inside_async(call.syntax()) {
            let leaves =
                |token: &SyntaxToken| matches!(token.kind(), T![?] | T![break] | T![continue] | T![return]);
            let mut tokens =
                tree.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
            if tokens.any(|token| leaves(&token)) {
                self.asynchronous = true;
            } else {
                let call = call.syntax().text_range();
                self.awaits.push(Edit::insert(offset(call.start()), "lessons::cell::wait(async { "));
                self.awaits.push(Edit::insert(offset(call.end()), " })"));
            }
            return None;
        }
        if name.text() == "matches" {
            // An expression, and after the comma a pattern.
            let mut tokens = tree.syntax().children_with_tokens();
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
            parsed.syntax_node().descendants().for_each(|node| self.edit_node(&node, names));
        }
        Some(())
    }

    fn edit_node(&mut self, node: &SyntaxNode, names: Names<'_>) {
        if let Some(call) = ast::MacroCall::cast(node.clone()) {
            self.edit_macro(&call, names);
        }
        if let Some(awaiting) = ast::AwaitExpr::cast(node.clone()) {
            let inner = awaiting.expr().map(|expr| expr.syntax().text_range());
            if let (Some(inner), false) = (inner, inside_async(node)) {
                let (start, end) = (offset(inner.start()), offset(inner.end()));
                self.awaits.push(Edit::insert(start, "lessons::cell::wait("));
                let delete = offset(node.text_range().end()) - end;
                self.awaits.push(Edit { at: end, delete, insert: ")".into() });
            }
        }
        self.edit_call(node, names);
        if let Some(assignment) = ast::BinExpr::cast(node.clone())
            && matches!(assignment.op_kind(), Some(ast::BinaryOp::Assignment { op: None }))
            && let Some(ast::Expr::PathExpr(path)) = assignment.lhs()
        {
            self.assigned.insert(path.syntax().text().to_string());
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
            self.edits.push(Edit::insert(at, " lessons::interrupt::checkpoint();"));
        }
    }

    /// Calls of the standard library that an interrupt could not end, by whatever name they are imported.
    fn edit_call(&mut self, node: &SyntaxNode, names: Names<'_>) -> Option<()> {
        let callee = ast::CallExpr::cast(node.clone())?.expr()?;
        let ast::Expr::PathExpr(path) = &callee else { return None };
        let text = path.syntax().text().to_string();
        let (first, rest) =
            text.split_once("::").map_or((text.as_str(), None), |(first, rest)| (first, Some(rest)));
        let first = names(first).unwrap_or_else(|| first.to_owned());
        let full = rest.map_or_else(|| first.clone(), |rest| format!("{first}::{rest}"));
        let insert = match full.trim_start_matches("::") {
            "std::thread::sleep" => "lessons::cell::sleep",
            "std::io::stdin" => "lessons::cell::stdin",
            _ => return None,
        };
        if !inside_const(node) {
            let range = path.syntax().text_range();
            self.edits.push(Edit {
                at: offset(range.start()),
                delete: usize::from(range.len()),
                insert: insert.into(),
            });
        }
        Some(())
    }

    fn note_let(&mut self, statement: &ast::LetStmt) {
        let Some(pattern) = statement.pat() else { return };
        let single = matches!(&pattern, ast::Pat::IdentPat(ident) if ident.pat().is_none())
            && statement.let_else().is_none();
        let closure = match statement.initializer() {
            Some(ast::Expr::ClosureExpr(_)) => true,
            Some(ast::Expr::BlockExpr(block)) => has_token(block.syntax(), T![async]),
            _ => false,
        };
        let unnamed = single && statement.ty().is_none() && closure;
        let bindings = pattern.syntax().descendants().filter_map(ast::IdentPat::cast).filter_map(|ident| {
            let name = ident.name()?.text().to_string();
            // In a larger pattern, a capital names a constant or a variant (`None`), not a new variable.
            let variable = single || name.starts_with(|c: char| c.is_lowercase() || c == '_');
            let mutable = ident.mut_token().is_some();
            variable.then_some(Binding { name, mutable, unnamed })
        });
        let range = statement.syntax().text_range();
        let bindings = bindings.collect();
        self.lets.push(Let { bindings, start: offset(range.start()), end: offset(range.end()) });
    }
}

/// Where a bracket closes that was never opened.
fn unopened(code: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for element in SourceFile::parse(code, Edition::Edition2024).syntax_node().descendants_with_tokens() {
        match element.kind() {
            T!['('] | T!['['] | T!['{'] => depth += 1,
            T![')'] | T![']'] | T!['}'] if depth == 0 => return Some(element.text_range().start().into()),
            T![')'] | T![']'] | T!['}'] => depth -= 1,
            _ => {}
        }
    }
    None
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

/// Inside something that a `?` would leave, other than the cell itself.
fn inside_function(node: &SyntaxNode) -> bool {
    let body_of_the_cell =
        |node: &SyntaxNode| node.parent().is_some_and(|parent| parent.kind() == SyntaxKind::SOURCE_FILE);
    node.ancestors().any(|ancestor| {
        let function = ast::Fn::can_cast(ancestor.kind()) && !body_of_the_cell(&ancestor);
        let block = ast::BlockExpr::can_cast(ancestor.kind())
            && (has_token(&ancestor, T![async]) || has_token(&ancestor, T![const]));
        function
            || block
            || matches!(
                ancestor.kind(),
                SyntaxKind::CLOSURE_EXPR | SyntaxKind::MACRO_RULES | SyntaxKind::CONST
            )
    })
}

/// Inside something evaluated by the compiler, where a call into the library is not allowed.
fn inside_const(node: &SyntaxNode) -> bool {
    node.ancestors().skip(1).any(|ancestor| {
        matches!(
            ancestor.kind(),
            SyntaxKind::CONST
                | SyntaxKind::STATIC
                | SyntaxKind::CONST_ARG
                | SyntaxKind::ARRAY_TYPE
                | SyntaxKind::VARIANT
        ) || ((ast::Fn::can_cast(ancestor.kind()) || ast::BlockExpr::can_cast(ancestor.kind()))
            && has_token(&ancestor, T![const]))
            || is_a_length(&ancestor)
    })
}

/// The `n` of `[x; n]`.
fn is_a_length(node: &SyntaxNode) -> bool {
    let Some(array) = node.parent().and_then(ast::ArrayExpr::cast) else { return false };
    let semicolon = array.semicolon_token().map(|token| token.text_range().end());
    semicolon.is_some_and(|end| node.text_range().start() >= end)
}

#[cfg(test)]
mod tests;
