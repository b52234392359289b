//! The page's scripts: ES modules in `theme/`, joined into one file.
//!
//! Readers of the code follow imports; readers of a page load one file, where modules by themselves would be some
//! thirty, each asked for only after the one that names it has come. The file is a classic script: browsers refuse
//! modules to a page that is opened from the disk. Its name changes when any of them does.
//!
//! Each module becomes a function that returns what it exports, in an order in which all comes before it is used.
//! What that cannot express is refused: imports in a circle, default exports, variables that are exported and change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use super::repairs;

/// The module that all others are reached from.
const ENTRY: &str = "main.js";

/// Writes the scripts into the site, and what loads them into each page.
pub(super) fn write(theme: &Path, site: &Path) -> Result<()> {
    let joined = join(&|name| {
        let file = theme.join(name);
        fs::read_to_string(&file).with_context(|| format!("there is no module {}", file.display()))
    })?;
    let digest = Sha256::digest(&joined.text);
    let name = format!("page-{:02x}{:02x}{:02x}{:02x}.js", digest[0], digest[1], digest[2], digest[3]);
    fs::write(site.join(&name), joined.text).with_context(|| format!("cannot write {name}"))?;
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        // The list of chapters is for readers without scripts.
        if path.extension().is_some_and(|extension| extension == "html") && !path.ends_with("toc.html") {
            let page = fs::read_to_string(&path)?;
            let page = add(&page, &name).with_context(|| format!("in {}", path.display()))?;
            fs::write(&path, page)?;
        }
    }
    Ok(())
}

/// Puts the scripts at the end of a page, after those of mdBook.
fn add(page: &str, name: &str) -> Result<String> {
    let tag = format!("<script defer src=\"{name}\"></script>\n    </body>");
    repairs::once(page, "a page loads its scripts", "</body>", &tag)
}

/// All modules in one text, and their names.
struct Joined {
    text: String,
    exports: BTreeMap<String, BTreeSet<String>>,
}

fn join(read: &dyn Fn(&str) -> Result<String>) -> Result<Joined> {
    let mut joined = Joined { text: "\"use strict\";\n(() => {\n".to_owned(), exports: BTreeMap::new() };
    joined.include(ENTRY, read, &mut Vec::new())?;
    joined.text += "})();\n";
    Ok(joined)
}

impl Joined {
    /// Adds a module after those that it imports.
    fn include(
        &mut self,
        name: &str,
        read: &dyn Fn(&str) -> Result<String>,
        importers: &mut Vec<String>,
    ) -> Result<()> {
        if self.exports.contains_key(name) {
            return Ok(());
        }
        ensure!(
            !importers.iter().any(|importer| importer == name),
            "imports in a circle: {} -> {name}",
            importers.join(" -> ")
        );
        importers.push(name.to_owned());
        let module = Module::parse(name, &read(name)?).with_context(|| format!("in theme/{name}"))?;
        let mut imports = String::new();
        for import in &module.imports {
            self.include(&import.from, read, importers)?;
            let theirs = &self.exports[&import.from];
            for wanted in &import.names {
                ensure!(theirs.contains(wanted), "theme/{name}: {} exports no `{wanted}`", import.from);
            }
            let _ = writeln!(imports, "const {} = {};", import.pattern, variable(&import.from));
        }
        importers.pop();
        let names: Vec<&str> = module.exports.iter().map(String::as_str).collect();
        let _ = write!(
            self.text,
            "\n// {name}\nconst {} = (() => {{\n{imports}{}\nreturn {{{}}};\n}})();\n",
            variable(name),
            module.body.trim(),
            names.join(", ")
        );
        self.exports.insert(name.to_owned(), module.exports);
        Ok(())
    }
}

/// The variable that holds what a module exports. Nothing inside a module has a name that begins so.
fn variable(module: &str) -> String {
    let word: String =
        module.trim_end_matches(".js").chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format!("${word}")
}

struct Module {
    imports: Vec<Import>,
    exports: BTreeSet<String>,
    body: String,
}

struct Import {
    /// The file, from the folder of the theme.
    from: String,
    /// What it must export.
    names: Vec<String>,
    /// What the names become in this module.
    pattern: String,
}

impl Module {
    /// Imports and exports begin a line, as a formatter puts them.
    fn parse(name: &str, text: &str) -> Result<Self> {
        let mut module = Self { imports: Vec::new(), exports: BTreeSet::new(), body: String::new() };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("import ") {
                let mut statement = line.to_owned();
                while !statement.ends_with(';') {
                    statement += " ";
                    statement += lines.next().context("an import without an end")?.trim();
                }
                module.imports.push(Import::parse(name, &statement)?);
            } else if let Some(declaration) = line.strip_prefix("export ") {
                module.exports.insert(declared(declaration)?.to_owned());
                module.body += declaration;
                module.body.push('\n');
            } else {
                ensure!(
                    !line.contains("import(") && !line.contains("import.meta"),
                    "cannot be joined: {line}"
                );
                module.body += line;
                module.body.push('\n');
            }
        }
        Ok(module)
    }
}

/// The name in `function name(..`, `class Name ..` or `const name = ..`.
fn declared(declaration: &str) -> Result<&str> {
    let (kind, rest) = declaration
        .strip_prefix("async ")
        .unwrap_or(declaration)
        .split_once(' ')
        .with_context(|| format!("cannot be joined: export {declaration}"))?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    ensure!(
        ["function", "class", "const"].contains(&kind) && !name.is_empty(),
        "cannot be joined: export {declaration}"
    );
    Ok(name)
}

impl Import {
    /// `import { a, b as c } from "./file.js";` or `import * as name from "./file.js";`
    fn parse(importer: &str, statement: &str) -> Result<Self> {
        let parts = || {
            let (what, from) = statement.strip_prefix("import ")?.split_once(" from \"./")?;
            Some((what.trim(), from.strip_suffix("\";")?))
        };
        let (what, from) = parts().with_context(|| format!("cannot be joined: {statement}"))?;
        let folder = importer.rsplit_once('/').map_or("", |(folder, _)| folder);
        let from = Path::new(folder).join(from).display().to_string();
        if let Some(all) = what.strip_prefix("* as ") {
            return Ok(Self { from, names: Vec::new(), pattern: all.to_owned() });
        }
        let list = what.strip_prefix('{').and_then(|list| list.strip_suffix('}'));
        let list = list.with_context(|| format!("cannot be joined: {statement}"))?;
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let pairs: Vec<(&str, &str)> =
            names.map(|name| name.split_once(" as ").unwrap_or((name, name))).collect();
        let pattern: Vec<String> = pairs
            .iter()
            .map(
                |(theirs, mine)| {
                    if theirs == mine { (*mine).to_owned() } else { format!("{theirs}: {mine}") }
                },
            )
            .collect();
        let names = pairs.iter().map(|(theirs, _)| (*theirs).to_owned()).collect();
        Ok(Self { from, names, pattern: format!("{{ {} }}", pattern.join(", ")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(modules: &[(&str, &str)]) -> Result<String> {
        let read = |name: &str| {
            let found = modules.iter().find(|(module, _)| *module == name);
            Ok(found.with_context(|| format!("no {name}"))?.1.to_owned())
        };
        join(&read).map(|joined| joined.text)
    }

    #[test]
    fn modules_stand_in_the_order_of_their_imports() {
        let text = joined(&[
            (
                "main.js",
                "// All.\n\nimport {\n  a,\n  b as c,\n} from \"./pure/one.js\";\nimport * as two from \"./two.js\";\n\na(c, two);\n",
            ),
            (
                "pure/one.js",
                "import { two } from \"./two.js\";\nexport const a = two;\nexport async function b() {}\n",
            ),
            ("pure/two.js", "export class two {}\n"),
            ("two.js", "let inside = 1;\nexport function get() {\n  return inside;\n}\n"),
        ]);
        let expected = "\"use strict\";
(() => {

// pure/two.js
const $pure_two = (() => {
class two {}
return {two};
})();

// pure/one.js
const $pure_one = (() => {
const { two } = $pure_two;
const a = two;
async function b() {}
return {a, b};
})();

// two.js
const $two = (() => {
let inside = 1;
function get() {
  return inside;
}
return {get};
})();

// main.js
const $main = (() => {
const { a, b: c } = $pure_one;
const two = $two;
// All.


a(c, two);
return {};
})();
})();
";
        assert_eq!(text.expect("joined"), expected);
    }

    #[test]
    fn what_cannot_be_joined_is_refused() {
        let check = |main: &str, other: &str, words: &str| {
            let error = joined(&[("main.js", main), ("other.js", other)]).expect_err(words);
            assert!(format!("{error:#}").contains(words), "{error:#}");
        };
        let import = "import { x } from \"./other.js\";\n";
        check(import, "const x = 1;\n", "other.js exports no `x`");
        check("import { x } from \"./none.js\";\n", "", "no none.js");
        check(
            import,
            "import { y } from \"./main.js\";\nexport const x = 1;\n",
            "main.js -> other.js -> main.js",
        );
        check(import, "export let x = 1;\n", "export let x");
        check(import, "export default 1;\n", "export default");
        check("import x from \"./other.js\";\n", "", "import x");
        check("import { x } from \"../other.js\";\n", "", "cannot be joined");
        check("const x = import(\"./other.js\");\n", "", "cannot be joined");
        assert!(add("<p>no end", "page.js").is_err());
    }

    /// A module that nothing reaches is no part of the page.
    #[test]
    fn every_module_of_the_theme_is_reached() {
        let theme = Path::new(env!("CARGO_MANIFEST_DIR")).join("theme");
        let joined = join(&|name| Ok(fs::read_to_string(theme.join(name))?)).expect("the theme's modules");
        for folder in ["", "pure/"] {
            for entry in fs::read_dir(theme.join(folder)).expect("a folder") {
                let name = format!("{folder}{}", entry.expect("an entry").file_name().to_string_lossy());
                // The service worker is a script of its own; see offline.rs.
                if name.ends_with(".js") && name != "offline-worker.js" {
                    assert!(joined.exports.contains_key(&name), "nothing imports theme/{name}");
                }
            }
        }
    }
}
