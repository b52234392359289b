//! The items of a cell: what it defines, and what the session has to know to keep it.

use std::collections::BTreeSet;

use ra_ap_syntax::ast::{self, HasAttrs as _, HasName as _, HasVisibility as _};
use ra_ap_syntax::{AstNode as _, Edition, SourceFile, SyntaxKind, SyntaxNode, T};

use super::text::{Names, offset};

/// Something with a name: a function, a type, a constant, an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    /// Without what changes no type.
    pub(super) text: String,
    /// All words in it.
    pub(super) words: BTreeSet<String>,
    /// What an import stands for.
    pub(super) path: Option<String>,
    /// A `macro_rules!`, and whether it defines items.
    pub(super) defines: Option<bool>,
    /// A function: a new one changes no type.
    pub(super) function: bool,
}

/// An `impl`, or the call of a macro that defines items: the engine has no name for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unnamed {
    /// What it is of, and for: two with the same head are the same, unless the names tell them apart.
    pub(super) head: String,
    /// Of what it defines, when it is an `impl` of a type's own.
    pub(super) names: BTreeSet<String>,
    /// The item before it in the cell, with which it goes.
    pub(super) owner: Option<String>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// It has no semicolon, and needs one outside of a function.
    pub(super) open: bool,
}

/// A `static` that can change, so that there must be one of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Static {
    /// Declarations for cells that do not define it: visibility, mutability, name, type.
    pub(super) declared: Vec<Declared>,
    /// Made by `thread_local!`.
    pub(super) local: bool,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) words: BTreeSet<String>,
}

/// How a static is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) visibility: String,
    pub(super) mutable: bool,
    pub(super) name: String,
    pub(super) ty: String,
}

/// What a cell defines.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) named: Vec<Item>,
    pub(super) unnamed: Vec<Unnamed>,
    pub(super) statics: Vec<Static>,
    /// Where the first item or statement starts.
    pub(super) start: usize,
}

impl Items {
    pub(super) fn of(body: &ast::BlockExpr, names: Names<'_>) -> Self {
        let mut items = Self::default();
        let Some(list) = body.stmt_list() else { return items };
        let children: Vec<SyntaxNode> = list.syntax().children().collect();
        let first = children.iter().find(|node| !ast::Attr::can_cast(node.kind()));
        items.start = first.map_or(0, |node| offset(node.text_range().start()));
        let mut owner = None;
        for node in &children {
            if let Some(item) = ast::Item::cast(node.clone()) {
                if let ast::Item::Impl(item) = &item {
                    items.unnamed.push(implementation(item, owner.clone()));
                } else {
                    let before = items.named.len();
                    items.name(&item);
                    if let Some(named) = items.named.get(before).filter(|named| named.path.is_none()) {
                        owner = Some(named.name.clone());
                    }
                }
                items.find_statics(node);
            }
        }
        // Macros of this cell count, wherever they stand.
        let own = items.clone();
        let names = |name: &str| own.imports(name).or_else(|| names(name));
        for node in children.iter().filter(|node| defines_items(node, &names)) {
            let Some(call) = macro_call(node) else { continue };
            let range = node.text_range();
            let text = compact(&call.syntax().text().to_string());
            items.unnamed.push(Unnamed {
                head: text.trim_end_matches(';').to_owned(),
                names: BTreeSet::new(),
                owner: None,
                start: offset(range.start()),
                end: offset(range.end()),
                open: !node.text().to_string().ends_with([';', '}']),
            });
            items.find_statics(node);
        }
        items
    }

    /// What a name at the start of a path was imported as, or an item's own name when it is one; with `!` at its
    /// end, whether a macro defines items.
    pub(super) fn imports(&self, name: &str) -> Option<String> {
        imported(&self.named, name)
    }

    fn name(&mut self, item: &ast::Item) {
        let text = meaning(item.syntax());
        let words = words(item.syntax());
        let function = matches!(item, ast::Item::Fn(_));
        if let ast::Item::Use(item) = item {
            if let Some(tree) = item.use_tree() {
                let mut imports = Vec::new();
                import(&tree, "", &mut imports);
                self.named.extend(imports.into_iter().map(|(name, path)| Item {
                    name,
                    text: path.clone(),
                    words: path.split("::").map(str::to_owned).collect(),
                    path: Some(path),
                    defines: None,
                    function: false,
                }));
            }
            return;
        }
        let defines = match item {
            ast::Item::MacroRules(rules) => Some(rules.token_tree().is_some_and(|tree| makes_items(&tree))),
            _ => None,
        };
        if let Some(name) = item.syntax().children().find_map(ast::Name::cast) {
            let name = name.text().to_string();
            self.named.push(Item { name, text, words, path: None, defines, function });
        }
    }

    /// Those in functions too: each cell would have its own.
    fn find_statics(&mut self, node: &SyntaxNode) {
        for node in node.descendants() {
            let range = node.text_range();
            let mut add = |declared: Vec<Declared>, local| {
                if !declared.is_empty() {
                    self.statics.push(Static {
                        declared,
                        local,
                        start: offset(range.start()),
                        end: offset(range.end()),
                        words: words(&node),
                    });
                }
            };
            if let Some(item) = ast::Static::cast(node.clone()) {
                let exported = item.attrs().any(|attribute| {
                    let text = attribute.syntax().text().to_string();
                    text.contains("no_mangle") || text.contains("export_name")
                });
                let known =
                    declared(&item).filter(|known| !exported && (known.mutable || can_change(&known.ty)));
                add(known.into_iter().collect(), false);
            } else if let Some(call) = statement_macro(&node).filter(|call| name_of(call) == "thread_local") {
                let inside =
                    call.token_tree().map(|tree| tree.syntax().text().to_string()).unwrap_or_default();
                let inside = inside.get(1..inside.len().saturating_sub(1)).unwrap_or_default();
                let parsed = SourceFile::parse(inside, Edition::Edition2024).syntax_node();
                add(
                    parsed
                        .children()
                        .filter_map(ast::Static::cast)
                        .filter_map(|item| declared(&item))
                        .collect(),
                    true,
                );
            }
        }
    }
}

/// See [`Items::imports`].
pub(super) fn imported<'a>(items: impl IntoIterator<Item = &'a Item>, name: &str) -> Option<String> {
    let (name, is_macro) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let mut found = items.into_iter().filter(|item| item.name == name);
    if is_macro {
        return found.any(|item| item.defines == Some(true)).then(|| name.to_owned());
    }
    found.next().map(|item| item.path.clone().unwrap_or_else(|| format!("self::{name}")))
}

/// A statement that is the call of a macro which defines items.
pub(super) fn defines_items(node: &SyntaxNode, names: Names<'_>) -> bool {
    const KNOWN: [&str; 4] = ["thread_local", "lazy_static", "bitflags", "task_local"];
    macro_call(node).is_some_and(|call| {
        let name = name_of(&call);
        KNOWN.contains(&name.as_str()) || names(&format!("{name}!")).is_some()
    })
}

fn name_of(call: &ast::MacroCall) -> String {
    let name = call.path().and_then(|path| path.segment()).and_then(|segment| segment.name_ref());
    name.map(|name| name.text().to_string()).unwrap_or_default()
}

/// The macro call that a statement, or a last expression, consists of.
fn macro_call(node: &SyntaxNode) -> Option<ast::MacroCall> {
    let expr = match ast::ExprStmt::cast(node.clone()) {
        Some(statement) => statement.expr()?,
        None => ast::Expr::cast(node.clone())?,
    };
    let ast::Expr::MacroExpr(call) = expr else { return None };
    call.macro_call()
}

/// The same, and as an item in a module.
fn statement_macro(node: &SyntaxNode) -> Option<ast::MacroCall> {
    if let Some(call) = ast::MacroCall::cast(node.clone()) {
        let in_module = node.parent().is_some_and(|parent| parent.kind() == SyntaxKind::ITEM_LIST);
        return in_module.then_some(call);
    }
    let nested =
        ast::Expr::can_cast(node.kind()) && node.parent().is_some_and(|p| p.kind() == SyntaxKind::EXPR_STMT);
    if nested { None } else { macro_call(node) }
}

fn implementation(item: &ast::Impl, owner: Option<String>) -> Unnamed {
    let range = item.syntax().text_range();
    let list = item.assoc_item_list();
    let head_end = list.as_ref().map_or(range.end(), |list| list.syntax().text_range().start());
    let tokens = item.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    let after_attributes = item.attrs().last().map_or(range.start(), |last| last.syntax().text_range().end());
    let head: Vec<String> = tokens
        .filter(|token| {
            token.text_range().start() >= after_attributes && token.text_range().end() <= head_end
        })
        .filter(|token| !token.kind().is_trivia())
        .map(|token| token.text().to_owned())
        .collect();
    let names = list
        .iter()
        .flat_map(|list| list.assoc_items())
        .filter_map(|item| Some(item.syntax().children().find_map(ast::Name::cast)?.text().to_string()));
    Unnamed {
        head: head.join(" "),
        names: if item.trait_().is_none() { names.collect() } else { BTreeSet::new() },
        owner,
        start: offset(range.start()),
        end: offset(range.end()),
        open: false,
    }
}

fn declared(item: &ast::Static) -> Option<Declared> {
    Some(Declared {
        visibility: item
            .visibility()
            .map(|visibility| visibility.syntax().text().to_string())
            .unwrap_or_default(),
        mutable: item.mut_token().is_some(),
        name: item.name()?.text().to_string(),
        ty: item.ty()?.syntax().text().to_string(),
    })
}

/// Whether a type has parts that can change behind a shared reference, as far as can be seen.
fn can_change(ty: &str) -> bool {
    const FIXED: [&str; 22] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "bool", "char", "str", "static", "Option", "String", "Duration", "Ordering",
    ];
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = ty.split(|c| !word(c)).filter(|word| !word.is_empty());
    !words.all(|word| FIXED.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the arms of a `macro_rules!` begin as items do.
fn makes_items(rules: &ast::TokenTree) -> bool {
    const ITEMS: [&str; 14] = [
        "fn",
        "pub",
        "struct",
        "enum",
        "union",
        "impl",
        "trait",
        "mod",
        "static",
        "const",
        "type",
        "use",
        "extern",
        "macro_rules",
    ];
    let children: Vec<_> =
        rules.syntax().children_with_tokens().filter(|element| !element.kind().is_trivia()).collect();
    let arms = children.windows(3).filter_map(|three| match three {
        [equals, greater, arm] if equals.kind() == T![=] && greater.kind() == T![>] => arm.as_node().cloned(),
        [_, arrow, arm] if arrow.kind() == T![=>] => arm.as_node().cloned(),
        _ => None,
    });
    let mut arms = arms.peekable();
    arms.peek().is_some()
        && arms.all(|arm| {
            let text = compact(&arm.text().to_string());
            let mut rest = text.trim_matches(['(', ')', '{', '}', '[', ']', ' ']);
            // Attributes, and what repeats.
            while let Some(after) = rest.strip_prefix('#').or_else(|| rest.strip_prefix('$')) {
                let after = after.trim_start();
                if let Some(inside) = after.strip_prefix('(') {
                    rest = inside.trim_start();
                } else if after.starts_with('[') {
                    rest = after.split_once(']').map_or("", |(_, rest)| rest).trim_start();
                    rest =
                        rest.strip_prefix(')').map_or(rest, |rest| rest.trim_start_matches(['*', '+', ' ']));
                } else {
                    // A visibility, or a name.
                    rest = after.split_once(' ').map_or("", |(_, rest)| rest).trim_start();
                }
            }
            let first = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            ITEMS.contains(&first)
        })
}

fn words(node: &SyntaxNode) -> BTreeSet<String> {
    let tokens = node.descendants_with_tokens().filter_map(|element| element.into_token());
    tokens.filter(|token| token.kind() == SyntaxKind::IDENT).map(|token| token.text().to_owned()).collect()
}

/// The text of an item without what changes no type: white space, comments, and attributes that say nothing of
/// its layout.
fn meaning(item: &SyntaxNode) -> String {
    let attribute = |token: &ra_ap_syntax::SyntaxToken| {
        token
            .parent_ancestors()
            .any(|node| node.kind() == SyntaxKind::ATTR && !node.text().to_string().contains("repr"))
    };
    let tokens = item.descendants_with_tokens().filter_map(|element| element.into_token());
    let tokens = tokens.filter(|token| !token.kind().is_trivia() && !attribute(token));
    tokens.map(|token| token.text().to_owned()).collect::<Vec<_>>().join(" ")
}

fn compact(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names that an import brings, with what each stands for.
fn import(tree: &ast::UseTree, before: &str, found: &mut Vec<(String, String)>) {
    let own = tree.path().map(|path| compact(&path.syntax().text().to_string())).unwrap_or_default();
    let path =
        if before.is_empty() { own.trim_start_matches("::").to_owned() } else { format!("{before}::{own}") };
    if let Some(list) = tree.use_tree_list() {
        let path = path.trim_end_matches("::").to_owned();
        list.use_trees().for_each(|tree| import(&tree, &path, found));
        return;
    }
    if tree.star_token().is_some() {
        return;
    }
    let path = path.strip_suffix("::self").map_or(path.clone(), str::to_owned);
    let last = path.rsplit("::").next().unwrap_or_default().to_owned();
    let name = tree.rename().and_then(|rename| rename.name()).map(|name| name.text().to_string());
    found.push((name.unwrap_or(last), path));
}

#[cfg(test)]
mod tests;
