//! Stands in front of `cargo`, `rustc` and `rustup` while cells are compiled.
//!
//! The engine (evcxr) runs `cargo build` for every cell, which checks every package the cell could use.
//! A cell needs one: the prebuilt library. So this program, found first on the kernel's PATH under the
//! three names, calls `rustc` on the cell directly, against that library, and hands over to the real
//! tool whenever the cell has dependencies of its own (`:dep`). It also answers the questions that tools
//! ask at start-up (`rustc -vV`, `cargo metadata`...) from a cache, and refuses to download components.
//!
//! It edits the generated crate in three ways, never moving a line of the reader's code:
//! the library's prelude is imported; the cell's entry point is wrapped in `cell::begin` and
//! `cell::end`; messages for the engine take the engine's own pipe instead of standard output.
//! The types of new variables are learned on the way: see `types`.

#[path = "../../session/types.rs"]
#[allow(dead_code, reason = "shared with the kernel, which uses the rest")]
mod types;
mod variables;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use types::Known;
use variables::{Inferred, Prepared};

/// Names the folder with the settings; written by `kernel_ext::library`.
const FRONT_DIR: &str = "SD35_FRONT";

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut args = std::env::args();
    let name = args.next().unwrap_or_default();
    let name = Path::new(&name).file_name().and_then(|n| n.to_str()).unwrap_or("").to_owned();
    let args: Vec<String> = args.collect();
    let settings = Settings::load()?;
    match name.as_str() {
        "rustup" => rustup(&args, &settings),
        "rustc" => rustc(&args, &settings),
        _ => cargo(&args, &settings),
    }
}

/// Where things are; one `key=value` per line, so that reading it costs nothing.
struct Settings {
    front: PathBuf,
    cargo: PathBuf,
    rustc: PathBuf,
    /// Where the dynamic standard library is.
    std: PathBuf,
    host: String,
    library: PathBuf,
}

impl Settings {
    fn load() -> Result<Self> {
        let front = PathBuf::from(
            std::env::var_os(FRONT_DIR)
                .ok_or("this program works for the sd35 kernel only (SD35_FRONT is not set)")?,
        );
        let path = front.join("settings");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let get = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .map(str::to_owned)
                .ok_or(format!("{} has no `{key}`", path.display()))
        };
        Ok(Self {
            cargo: get("cargo")?.into(),
            rustc: get("rustc")?.into(),
            std: get("std")?.into(),
            host: get("host")?,
            library: get("library")?.into(),
            front,
        })
    }
}

/// `rustup which cargo` names this program; nothing may be downloaded unasked.
fn rustup(args: &[String], settings: &Settings) -> Result<ExitCode> {
    match args {
        [which, tool] if which == "which" => {
            println!("{}", settings.front.join("bin").join(tool).display());
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("rustup is not used while cells run".to_owned()),
    }
}

fn rustc(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let question = args.iter().any(|a| a.starts_with("--print") || a.contains("-version"))
        || args.iter().any(|a| matches!(a.as_str(), "-V" | "-vV" | "-Vv"));
    if question { answer(&settings.rustc, args, settings) } else { hand_over(&settings.rustc, args) }
}

fn cargo(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let verb = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    match verb {
        "build" | "check" if own_dependencies()?.is_empty() => {
            let source = Source::read()?;
            if verb == "build" { build(&source, settings) } else { check(&source, settings) }
        }
        "metadata" if own_dependencies()?.is_empty() => {
            println!("{}", metadata()?);
            Ok(ExitCode::SUCCESS)
        }
        "build" | "check" => with_dependencies(args, settings),
        "rustc" | "version" | "" => answer(&settings.cargo, args, settings),
        _ => hand_over(&settings.cargo, args),
    }
}

/// The lines of the cell crate's `[dependencies]`: what the reader asked for with `:dep`.
fn own_dependencies() -> Result<Vec<String>> {
    let manifest = fs::read_to_string("Cargo.toml").map_err(|e| format!("Cargo.toml: {e}"))?;
    Ok(manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect())
}

/// The crate that the engine generated, and how it is changed before it is compiled.
struct Source {
    text: String,
}

impl Source {
    fn read() -> Result<Self> {
        let text = fs::read_to_string("src/lib.rs").map_err(|e| format!("src/lib.rs: {e}"))?;
        Ok(Self { text: with_library_parts(text) })
    }

    /// For a build: the engine's messages on the engine's pipe, the entry point wrapped.
    fn to_build(&self) -> String {
        let mut text = self
            .text
            .replace(
                "println!(\"EVCXR_PANIC_NOTIFICATION\")",
                "::lessons::cell::engine(\"EVCXR_PANIC_NOTIFICATION\")",
            )
            .replace(
                "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED)",
                "::lessons::cell::engine(evcxr_internal_runtime::USER_ERROR_OCCURRED)",
            )
            .replace("eprintln!(\"{}\", error)", "::lessons::cell::failed(&error)");
        const ENTRY: &str = "pub extern \"C\" fn run_user_code_";
        let entry = text.rfind(ENTRY).map(|at| {
            let digits = at + ENTRY.len();
            let end = text[digits..].find('(').map_or(digits, |n| digits + n);
            (end, text[digits..end].to_owned())
        });
        if let Some((end, number)) = entry {
            text.insert_str(end, "_inner");
            let _ = write!(
                text,
                "\n#[unsafe(no_mangle)] pub extern \"C\" fn run_user_code_{number}(store: *mut ::std::ffi::c_void) -> *mut ::std::ffi::c_void {{\n\
                 ::lessons::cell::begin();\n\
                 let store = run_user_code_{number}_inner(store.cast());\n\
                 ::lessons::cell::end();\n\
                 store.cast()\n}}"
            );
        }
        text.push_str(PRELUDE);
        text
    }

    /// For a check: as it is, with the names of the library.
    fn to_check(&self) -> String {
        format!("{}{PRELUDE}", self.text)
    }

    /// Written beside the original, so that errors name a file that the engine takes for its own.
    fn write(folder: &str, text: &str) -> Result<PathBuf> {
        let path = Path::new(folder).join("lib.rs");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    }
}

/// The library's store of variables and error type in place of those that the engine writes into every
/// cell, on as many lines: compiled once, they need not be compiled with each cell.
fn with_library_parts(text: String) -> String {
    let text = replaced(
        text,
        "mod evcxr_internal_runtime {",
        "pub fn create_variable_store()",
        "\n}\n}",
        "mod evcxr_internal_runtime { pub use ::lessons::cell::store::*; }",
    );
    replaced(
        text,
        "struct EvcxrUserCodeError {}",
        "impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError",
        "\n            }\n",
        "use ::lessons::cell::EvcxrUserCodeError;",
    )
}

/// Replaces what goes from `start` over `middle` to `end`, if it is there, keeping the number of lines.
fn replaced(text: String, start: &str, middle: &str, end: &str, with: &str) -> String {
    let range = || {
        let from = text.find(start)?;
        let middle = from + text[from..].find(middle)?;
        let to = middle + text[middle..].find(end)? + end.len();
        Some(from..to)
    };
    let Some(range) = range() else { return text };
    let lines = "\n".repeat(text[range.clone()].matches('\n').count());
    format!("{}{with}{lines}{}", &text[..range.start], &text[range.end..])
}

/// Macros of the standard library give way to imported ones only when those are imported by name.
const PRELUDE: &str = "
#[allow(unused_imports)] use ::lessons::prelude::*;
#[allow(unused_imports)] use ::lessons::cell::{ShowDebug as _, dbg, eprint, eprintln};
";

/// Types are wanted in full, as code that compiles anywhere in the crate. (With `RUSTC_BOOTSTRAP`.)
const FULL_TYPES: [&str; 2] = ["-Ztrim-diagnostic-paths=no", "-Zwrite-long-types-to-disk=no"];

/// What every compilation of a cell has in common.
fn compiler(settings: &Settings, source: &Path, out: &str) -> Command {
    let library = &settings.library;
    let mut command = Command::new(&settings.rustc);
    command
        .args(["--crate-name", "ctx", "--edition", "2024", "--error-format=json"])
        .args(["--json=diagnostic-rendered-ansi", "--cap-lints", "warn", "-A", "unused"])
        .args(["-W", "dropping_references"])
        .args(FULL_TYPES)
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-C", "prefer-dynamic", "-C", "debuginfo=0", "-C", "overflow-checks=on"])
        .args(["-C", "debug-assertions=on", "-C", "opt-level=0", "-C", "codegen-units=1"])
        .arg("--out-dir")
        .arg(out)
        .arg("--extern")
        .arg(format!("lessons={}", library.join("liblessons.so").display()))
        .arg("-L")
        .arg(format!("dependency={}", library.display()))
        .env_remove("RUSTC")
        .arg(source);
    command
}

fn build(source: &Source, settings: &Settings) -> Result<ExitCode> {
    let out = "target/cell";
    let result = Path::new(out).join("libctx.so");
    if asks_again(&source.text) {
        // Told that this compiles, the engine reports the errors that it had. It loads nothing.
        fs::create_dir_all(out)
            .and_then(|()| fs::write(&result, ""))
            .map_err(|e| format!("{}: {e}", result.display()))?;
        name_result(&result)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut known = Known::load(Path::new("."));
    let prepared = Prepared::new(&source.to_build(), &known);
    let path = Source::write("build", &prepared.text)?;
    let rpath = |folder: &Path| format!("link-arg=-Wl,-rpath,{}", folder.display());
    let mut command = compiler(settings, &path, out);
    command
        .args(["--crate-type", "cdylib", "-C", "strip=debuginfo"])
        .args(["-C", &rpath(&settings.library)])
        .args(["-C", &rpath(&settings.std)]);
    let messages = output_of(command)?;
    print_messages(messages.stderr.lines());
    if !messages.success {
        if source.text.contains(GUARD) && messages.stderr.lines().all(is_the_same_unguarded) {
            // A file that cannot be written costs the reader a compilation, no more.
            let _ = fs::write(FAILED, "");
        }
        return Ok(ExitCode::FAILURE);
    }
    match learn(&prepared, messages.stderr.lines(), &mut known)? {
        Learned::Stored => {}
        Learned::Coerced => return build(source, settings),
        Learned::Refused => return Ok(ExitCode::FAILURE),
    }
    name_result(&result)?;
    Ok(ExitCode::SUCCESS)
}

/// What the engine puts around a cell, so that a panic loses no variables.
const GUARD: &str = "std::panic::catch_unwind(";
/// In the folder of the generated crate: the cell just failed, and not because of the guard.
const FAILED: &str = "failed";
/// Errors in names and types, found before the compiler looks at what a closure captures.
const SAME_UNGUARDED: [&str; 20] = [
    "E0004", "E0023", "E0026", "E0027", "E0061", "E0063", "E0282", "E0283", "E0308", "E0369", "E0405",
    "E0412", "E0423", "E0425", "E0432", "E0433", "E0560", "E0599", "E0609", "E0614",
];

/// After an error the engine compiles the cell again without the guard, in case the guard's closure made the
/// error look odd. Whether this is such a second time, for an error that would be the same.
fn asks_again(text: &str) -> bool {
    let failed = fs::remove_file(FAILED).is_ok();
    failed && !text.contains(GUARD)
}

/// Whether this message, when it is an error, has nothing to do with the guard.
fn is_the_same_unguarded(line: &str) -> bool {
    let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { return true };
    if message["level"] != "error" {
        return true;
    }
    match message["code"]["code"].as_str() {
        Some(code) => SAME_UNGUARDED.contains(&code),
        // The last words, that compilation was aborted.
        None => message["message"].as_str().is_some_and(|text| text.starts_with("aborting due to")),
    }
}

/// What became of the new variables of a cell.
enum Learned {
    /// Each is stored under a type that later cells can name.
    Stored,
    /// One is a function, to be stored as a pointer: the cell must be compiled with that type written out.
    Coerced,
    /// One has a type that no later cell could name: such a cell does not run.
    Refused,
}

/// Remembers the types of new variables.
fn learn<'a>(
    prepared: &Prepared,
    messages: impl Iterator<Item = &'a str>,
    known: &mut Known,
) -> Result<Learned> {
    let learned = prepared.learn(messages);
    for (name, stand_in, ty) in &learned {
        match ty {
            Inferred::Named(ty) | Inferred::Pointer(ty) => {
                known.types.insert((*stand_in).to_owned(), ty.clone());
            }
            unnamed => {
                fs::write(types::ADVICE, unnamed.advice(name))
                    .map_err(|e| format!("{}: {e}", types::ADVICE))?;
                // The engine wants a message with every failure.
                println!(
                    "{}",
                    serde_json::json!({
                        "message": unnamed.advice(name), "level": "error", "code": null, "spans": [], "children": [],
                        "rendered": unnamed.advice(name),
                    })
                );
                return Ok(Learned::Refused);
            }
        }
    }
    if !learned.is_empty() {
        variables::save(known).map_err(|e| format!("the types of variables could not be kept: {e}"))?;
    }
    let coerced = learned.iter().any(|(_, _, ty)| matches!(ty, Inferred::Pointer(_)));
    Ok(if coerced { Learned::Coerced } else { Learned::Stored })
}

/// Tells the engine which file to load.
fn name_result(so: &Path) -> Result<()> {
    let Some(file) = std::env::var_os("EVCXR_EXECUTION_SO_PATH") else { return Ok(()) };
    let so = fs::canonicalize(so).map_err(|e| format!("{}: {e}", so.display()))?;
    fs::write(&file, so.display().to_string()).map_err(|e| format!("{}: {e}", Path::new(&file).display()))
}

/// Whether a message of the compiler is one that a probe provoked.
fn about_types(line: &str) -> bool {
    line.contains("Sd35Type")
}

/// Leaves the compiler's messages about the type of a receiver in `types.jsonl`, and passes on the others.
fn check(source: &Source, settings: &Settings) -> Result<ExitCode> {
    let prepared = Prepared::new(&source.to_check(), &Known::load(Path::new(".")));
    let path = Source::write("probe", &prepared.text)?;
    let mut command = compiler(settings, &path, "target/probe");
    command.args(["--crate-type", "lib", "--emit", "metadata"]);
    let messages = output_of(command)?;
    let types: Vec<&str> = messages.stderr.lines().filter(|line| about_types(line)).collect();
    fs::write("types.jsonl", types.join("\n")).map_err(|e| format!("types.jsonl: {e}"))?;
    print_messages(messages.stderr.lines().filter(|line| !about_types(line)));
    Ok(exit(messages.success))
}

/// A cell with `:dep` lines: cargo builds them, the library comes along as an extra crate.
fn with_dependencies(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let source = Source::read()?;
    let verb = if args.iter().any(|a| a == "build") { "build" } else { "check" };
    let folder = if verb == "build" { "build" } else { "probe" };
    let text = if verb == "build" { source.to_build() } else { source.to_check() };
    let mut known = Known::load(Path::new("."));
    let prepared = Prepared::new(&text, &known);
    let path = Source::write(folder, &prepared.text)?;
    let manifest = fs::read_to_string("Cargo.toml").map_err(|e| format!("Cargo.toml: {e}"))?;
    // The same package with its source in the changed file. The engine's own Cargo.toml stays as it is.
    let own = Path::new("with-deps");
    let crate_dir = std::env::current_dir().map_err(|e| e.to_string())?;
    fs::create_dir_all(own)
        .and_then(|()| {
            let source = crate_dir.join(&path);
            fs::write(
                own.join("Cargo.toml"),
                manifest
                    .replace("path = \"src/lib.rs\"", &format!("path = \"{}\"", source.display()))
                    .replace("opt-level = 2", "opt-level = 0")
                    + "\n[profile.dev.package.\"*\"]\nopt-level = 2\n[workspace]\n",
            )
        })
        .map_err(|e| format!("{}: {e}", own.display()))?;
    let library = &settings.library;
    let mut flags = vec![
        "-Cprefer-dynamic".to_owned(),
        format!("--extern=lessons={}", library.join("liblessons.so").display()),
        format!("-Ldependency={}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", settings.std.display()),
    ];
    let mut command = Command::new(&settings.cargo);
    flags.extend(FULL_TYPES.map(str::to_owned));
    command
        .args(args)
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(own)
        .env("RUSTC", &settings.rustc)
        .env("CARGO_TARGET_DIR", crate_dir.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", crate_dir.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS")
        .stderr(reader_sees());
    let output = command.output().map_err(|e| format!("{}: {e}", settings.cargo.display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if verb == "check" {
        let types: Vec<String> = stdout
            .lines()
            .filter(|line| about_types(line))
            .filter_map(|line| {
                // Cargo wraps each message of the compiler; the kernel reads them unwrapped.
                let inner = line.split_once("\"message\":")?.1.strip_suffix('}')?;
                Some(inner.to_owned())
            })
            .collect();
        fs::write("types.jsonl", types.join("\n")).map_err(|e| format!("types.jsonl: {e}"))?;
    }
    print_messages(stdout.lines().filter(|line| verb == "build" || !about_types(line)));
    if !output.status.success() {
        return Ok(ExitCode::FAILURE);
    }
    if verb == "build" {
        match learn(&prepared, stdout.lines(), &mut known)? {
            Learned::Stored => {}
            Learned::Coerced => return with_dependencies(args, settings),
            Learned::Refused => return Ok(ExitCode::FAILURE),
        }
        name_result(&Path::new("target").join(&settings.host).join("debug/libctx.so"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where cargo's progress goes: to the cell's own output, if there is a way.
fn reader_sees() -> Stdio {
    let open = || fs::File::options().append(true).open(fs::read_to_string("stderr").ok()?).ok();
    open().map_or_else(Stdio::inherit, Stdio::from)
}

struct Messages {
    success: bool,
    stderr: String,
}

fn output_of(mut command: Command) -> Result<Messages> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    Ok(Messages {
        success: output.status.success(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn print_messages<'a>(lines: impl Iterator<Item = &'a str>) {
    let mut out = io::stdout().lock();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}

fn exit(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Replaces this process by the real tool.
fn hand_over(tool: &Path, args: &[String]) -> Result<ExitCode> {
    let error = Command::new(tool).args(args).exec();
    Err(format!("{}: {error}", tool.display()))
}

/// Runs a question once and remembers its answer: the toolchain is part of the folder's name, so an
/// answer never goes stale.
fn answer(tool: &Path, args: &[String], settings: &Settings) -> Result<ExitCode> {
    let key: String =
        args.join("_").chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let path = settings.front.join("answers").join(key);
    if let Ok(known) = fs::read(&path) {
        let _ = io::stdout().write_all(&known);
        return Ok(ExitCode::SUCCESS);
    }
    let output = Command::new(tool).args(args).output().map_err(|e| format!("{}: {e}", tool.display()))?;
    let _ = io::stderr().write_all(&output.stderr);
    let _ = io::stdout().write_all(&output.stdout);
    if output.status.success() {
        // Written aside and renamed: twenty kernels may ask at once.
        let aside = path.with_extension(std::process::id().to_string());
        let _ = fs::create_dir_all(settings.front.join("answers"));
        let _ = fs::write(&aside, &output.stdout).and_then(|()| fs::rename(&aside, &path));
    }
    Ok(exit(output.status.success()))
}

/// What `cargo metadata` says about a crate with no dependencies.
fn metadata() -> Result<String> {
    let root = std::env::current_dir().map_err(|e| e.to_string())?;
    let root = root.display();
    let id = format!("path+file://{root}#ctx@1.0.0");
    Ok(format!(
        r#"{{"packages":[{{"name":"ctx","version":"1.0.0","id":"{id}","license":null,"license_file":null,"description":null,"source":null,"dependencies":[],"targets":[{{"kind":["cdylib"],"crate_types":["cdylib"],"name":"ctx","src_path":"{root}/src/lib.rs","edition":"2024","doc":true,"doctest":false,"test":true}}],"features":{{}},"manifest_path":"{root}/Cargo.toml","metadata":null,"publish":null,"authors":[],"categories":[],"keywords":[],"readme":null,"repository":null,"homepage":null,"documentation":null,"edition":"2024","links":null,"default_run":null,"rust_version":null}}],"workspace_members":["{id}"],"workspace_default_members":["{id}"],"resolve":{{"nodes":[{{"id":"{id}","dependencies":[],"deps":[],"features":[]}}],"root":"{id}"}},"target_directory":"{root}/target","build_directory":"{root}/target","version":1,"workspace_root":"{root}","metadata":null}}"#
    ))
}
