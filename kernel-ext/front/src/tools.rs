//! The program that is found first on the kernel's PATH as `cargo`, `rustc` and `rustup` while cells are
//! compiled.
//!
//! The engine runs `cargo build` for every cell, which checks every package the cell could use. A cell needs
//! one: the prebuilt library. So this program has the kernel itself compile the cell (see
//! `kernel_ext::session::compiler`), and hands over to the real tool for the first cell after the reader asked
//! for crates (`:dep`) that are not inside the library. It also answers the questions that tools ask at start-up (`rustc -vV`,
//! `cargo metadata`...) from a cache, and refuses to download components.

use std::fs;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::crates::Crates;
use crate::dependencies::{self, Dependencies};
use crate::generated::CHANGED;
use crate::settings;
use crate::steps::{self, FULL_TYPES, Outcome};
use crate::substitute::Run;

/// Names the folder with the settings, which is that of the prebuilt library.
pub const FOLDER: &str = "SD35_FRONT";
/// Where the kernel listens, in the folder of the generated crate.
pub const COMPILER: &str = "compiler";
/// What the kernel makes, in the same folder.
pub const RESULT: &str = "target/cell/libctx.so";
/// In the same folder: the path of a pipe that shows the reader what is written to it.
pub const STDERR: &str = "stderr";
/// Names the folder of the generated crate, when cargo compiles a cell.
const CELL: &str = "SD35_CELL";
/// What the engine calls that crate.
const PACKAGE: &str = "ctx";

/// Does what the tool does by whose name this program was called.
pub fn run() -> ExitCode {
    match answer_as_called() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn answer_as_called() -> Result<ExitCode> {
    let mut args = std::env::args();
    let name = args.next().unwrap_or_default();
    let name = Path::new(&name).file_name().and_then(|n| n.to_str()).unwrap_or("").to_owned();
    let args: Vec<String> = args.collect();
    let settings = Settings::load()?;
    match name.as_str() {
        "rustup" => rustup(&args, &settings),
        "rustc" => rustc(&args, &settings),
        "cargo" => cargo(&args, &settings),
        other => bail!("this program is called cargo, rustc or rustup, not `{other}`"),
    }
}

/// Where things are.
struct Settings {
    front: PathBuf,
    tools: settings::Settings,
}

impl Settings {
    fn load() -> Result<Self> {
        let front = std::env::var_os(FOLDER)
            .context("this program works for the sd35 kernel only (SD35_FRONT is not set)")?;
        let front = PathBuf::from(front);
        Ok(Self { tools: settings::Settings::load(&front).map_err(anyhow::Error::msg)?, front })
    }
}

impl Settings {
    fn crates(&self) -> Result<Crates> {
        let library = &self.tools.library;
        Crates::load(library).with_context(|| format!("the list of crates in {}", library.display()))
    }
}

/// `rustup which cargo` names this program; nothing may be downloaded unasked.
fn rustup(args: &[String], settings: &Settings) -> Result<ExitCode> {
    match args {
        [which, tool] if which == "which" => {
            say(&settings.front.join("bin").join(tool).display().to_string());
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("rustup is not used while cells run"),
    }
}

fn rustc(args: &[String], settings: &Settings) -> Result<ExitCode> {
    // As cargo's wrapper, the first argument is the compiler.
    if let (Some(folder), Some((compiler, args))) = (std::env::var_os(CELL), args.split_first())
        && Path::new(compiler) == settings.tools.rustc
    {
        return rustc_for_cargo(Path::new(&folder), args, settings);
    }
    let question = args.iter().any(|a| a.starts_with("--print") || a.contains("-version"))
        || args.iter().any(|a| matches!(a.as_str(), "-V" | "-vV" | "-Vv"));
    if question {
        answer(&settings.tools.rustc, args, settings)
    } else {
        hand_over(&settings.tools.rustc, args)
    }
}

/// Compiles the cell's crate, or one that it needs.
fn rustc_for_cargo(folder: &Path, args: &[String], settings: &Settings) -> Result<ExitCode> {
    let run = Run::new(args);
    let crates = settings.crates()?;
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    if run.substitute(&crates, &version)? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut args = run.arguments();
    if run.is_of(PACKAGE) {
        if run.makes_code() {
            // Not kept, each cell goes to cargo: slower, no more.
            let _ = Dependencies::keep(folder, &args);
        }
        args.extend(crates.arguments(&args));
    }
    hand_over(&settings.tools.rustc, &args)
}

fn cargo(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let verb = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let own = || -> Result<bool> { Ok(!settings.crates()?.satisfy(&manifest()?)) };
    match verb {
        "build" | "check" if !own()? || Dependencies::load(Path::new(".")).is_some() => ask_kernel(verb),
        "metadata" if !own()? => {
            say(&metadata()?);
            Ok(ExitCode::SUCCESS)
        }
        "metadata" => {
            same_versions(Path::new("."), settings);
            hand_over(&settings.tools.cargo, args)
        }
        "build" | "check" => with_dependencies(verb, args, settings),
        "rustc" | "version" | "" => answer(&settings.tools.cargo, args, settings),
        _ => hand_over(&settings.tools.cargo, args),
    }
}

/// The engine's manifest of the cell's crate.
fn manifest() -> Result<String> {
    fs::read_to_string("Cargo.toml").context("Cargo.toml")
}

/// Has the kernel compile the cell.
fn ask_kernel(verb: &str) -> Result<ExitCode> {
    let mut answer = String::new();
    UnixStream::connect(COMPILER)
        .and_then(|mut kernel| {
            kernel.write_all(format!("{verb}\n").as_bytes())?;
            kernel.read_to_string(&mut answer)
        })
        .context("the kernel does not compile any more")?;
    let (word, text) = answer.split_once('\n').context("the kernel does not compile any more")?;
    finish(verb, word == "ok", text, Path::new(RESULT))
}

/// A cell with `:dep` lines: cargo builds them, the library comes along as an extra crate.
fn with_dependencies(verb: &str, args: &[String], settings: &Settings) -> Result<ExitCode> {
    let folder = std::env::current_dir()?;
    let source = steps::read(&folder)?;
    let compile = |_: &str| run_cargo(args, &folder, settings);
    let Outcome { made, messages } = if verb == "build" {
        steps::build(&folder, &source, compile)?
    } else {
        steps::check(&folder, &source, compile)?
    };
    let result = Path::new("target").join(&settings.tools.host).join("debug/libctx.so");
    if verb == "build" && made.is_some() {
        steps::keep_statics(&folder, &result).context("a static could not be kept")?;
    }
    finish(verb, made.is_some(), &messages, &result)
}

/// Tells the engine how it went, and which file to load.
fn finish(verb: &str, success: bool, messages: &str, result: &Path) -> Result<ExitCode> {
    for line in messages.lines() {
        say(&without_the_engines_remedies(line));
    }
    if success
        && verb == "build"
        && let Some(named) = std::env::var_os("EVCXR_EXECUTION_SO_PATH")
    {
        let result = fs::canonicalize(result).with_context(|| result.display().to_string())?;
        fs::write(&named, result.display().to_string())
            .with_context(|| Path::new(&named).display().to_string())?;
    }
    Ok(exit(success))
}

/// At these errors the engine would compile the cell once more: in a runtime of a crate that it adds, or with a
/// `?` allowed that is allowed already. (In what a message quotes, a quotation mark has a stroke before it.)
fn without_the_engines_remedies(line: &str) -> String {
    line.replace("\"code\":\"E0728\"", "\"code\":\"E0728 \"")
        .replace("\"code\":\"E0277\"", "\"code\":\"E0277 \"")
}

/// Has cargo compile the changed crate and what it needs.
fn run_cargo(args: &[String], folder: &Path, settings: &Settings) -> Result<Outcome<()>> {
    let own = Path::new("with-deps");
    let manifest = own_manifest(&manifest()?, folder, &settings.crates()?);
    fs::create_dir_all(own)
        .and_then(|()| fs::write(own.join("Cargo.toml"), manifest))
        .with_context(|| own.display().to_string())?;
    same_versions(own, settings);
    let Settings { front, tools: settings::Settings { cargo, rustc, library, std, .. } } = settings;
    let mut flags = vec![
        "-Cprefer-dynamic".to_owned(),
        format!("--extern=lessons={}", library.join("liblessons.so").display()),
        format!("-Ldependency={}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", std.display()),
        format!("-Clink-arg=@{}", folder.join(steps::STATICS).display()),
    ];
    flags.extend(FULL_TYPES.map(str::to_owned));
    let mut command = Command::new(cargo);
    command
        .args(args)
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(own)
        .env("RUSTC", rustc)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", folder.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("RUSTC_WRAPPER", front.join("bin/rustc"))
        .env(CELL, folder)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTFLAGS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut cargo_runs = command.spawn().with_context(|| cargo.display().to_string())?;
    let told = cargo_runs.stderr.take().map(|stderr| std::thread::spawn(move || tell_reader(stderr)));
    let output = cargo_runs.wait_with_output().with_context(|| cargo.display().to_string())?;
    let _ = told.map(std::thread::JoinHandle::join);
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Outcome { made: output.status.success().then_some(()), messages })
}

/// The same package with its source in the changed file, and without the crates that are inside the library. The
/// engine's own Cargo.toml stays as it is, and so does what else the reader asked for.
fn own_manifest(manifest: &str, folder: &Path, crates: &Crates) -> String {
    let (engine, reader) = manifest.split_once(dependencies::SECTION).unwrap_or((manifest, ""));
    let source = folder.join(CHANGED);
    let engine = engine
        .replace("path = \"src/lib.rs\"", &format!("path = \"{}\"", source.display()))
        .replace("opt-level = 2", "opt-level = 0");
    let reader: String = reader.split_inclusive('\n').filter(|line| !crates.satisfy_line(line)).collect();
    format!(
        "{engine}{}\n{reader}\n[profile.dev.package.\"*\"]\nopt-level = 2\n[workspace]\n",
        dependencies::SECTION
    )
}

/// Has cargo choose the versions that are inside the library, where those will do.
fn same_versions(folder: &Path, settings: &Settings) {
    let lock = folder.join("Cargo.lock");
    if !lock.exists() {
        // Without it each crate comes a second time, as the newest.
        let _ = fs::copy(settings.tools.library.join("Cargo.lock"), lock);
    }
}

/// Passes cargo's progress on to the cell's own output, if there is a way, but for what it says of the crate that
/// the engine made: the reader did not ask for that one.
fn tell_reader(stderr: impl io::Read) {
    let reader =
        fs::read_to_string(STDERR).ok().and_then(|pipe| fs::File::options().append(true).open(pipe).ok());
    let mut reader: Box<dyn io::Write> =
        reader.map_or_else(|| Box::new(io::stderr()) as _, |pipe| Box::new(pipe) as _);
    for line in io::BufReader::new(stderr).lines().map_while(Result::ok) {
        let own = ["Finished ", "Blocking ", "Locking ", "Adding ", "Downgrading ", "Removing "]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
            || line.contains(&format!(" {PACKAGE} v"))
            || line.contains(&format!("`{PACKAGE}`"));
        if !own && !line.is_empty() {
            // In one piece: others write there too.
            let _ = reader.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// A line for whoever asked; one who went away needs no answer.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn exit(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Replaces this process by the real tool.
fn hand_over(tool: &Path, args: &[String]) -> Result<ExitCode> {
    Err(Command::new(tool).args(args).exec()).with_context(|| tool.display().to_string())
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
    let output = Command::new(tool).args(args).output().with_context(|| tool.display().to_string())?;
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
    let root = std::env::current_dir()?;
    let root = root.display();
    let id = format!("path+file://{root}#ctx@1.0.0");
    Ok(format!(
        r#"{{"packages":[{{"name":"ctx","version":"1.0.0","id":"{id}","license":null,"license_file":null,"description":null,"source":null,"dependencies":[],"targets":[{{"kind":["cdylib"],"crate_types":["cdylib"],"name":"ctx","src_path":"{root}/src/lib.rs","edition":"2024","doc":true,"doctest":false,"test":true}}],"features":{{}},"manifest_path":"{root}/Cargo.toml","metadata":null,"publish":null,"authors":[],"categories":[],"keywords":[],"readme":null,"repository":null,"homepage":null,"documentation":null,"edition":"2024","links":null,"default_run":null,"rust_version":null}}],"workspace_members":["{id}"],"workspace_default_members":["{id}"],"resolve":{{"nodes":[{{"id":"{id}","dependencies":[],"deps":[],"features":[]}}],"root":"{id}"}},"target_directory":"{root}/target","build_directory":"{root}/target","version":1,"workspace_root":"{root}","metadata":null}}"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_a_message_quotes_is_no_code() {
        let line = |code: &str| {
            let text = "r#\"\"code\":\"E0277\"\"#";
            serde_json::json!({ "code": { "code": code }, "message": "m", "spans": [{ "text": text }] })
                .to_string()
        };
        assert_eq!(without_the_engines_remedies(&line("E0277")), line("E0277 "));
        assert_eq!(without_the_engines_remedies(&line("E0308")), line("E0308"));
    }

    #[test]
    fn what_the_reader_asked_for_stays_as_it_is() {
        let own = "own = { path = \"src/lib.rs\" } # opt-level = 2\n";
        let engine = "[lib]\npath = \"src/lib.rs\"\n[profile.dev]\nopt-level = 2\n\n[dependencies]\n";
        let changed = own_manifest(&format!("{engine}{own}"), Path::new("/cell"), &Crates::default());
        let expected =
            "[lib]\npath = \"/cell/build/lib.rs\"\n[profile.dev]\nopt-level = 0\n\n[dependencies]\n";
        assert!(changed.starts_with(&format!("{expected}{own}")), "{changed}");
    }
}
