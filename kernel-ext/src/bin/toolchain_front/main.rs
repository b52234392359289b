//! Stands in front of `cargo`, `rustc` and `rustup` while cells are compiled.
//!
//! The engine (evcxr) runs `cargo build` for every cell, which checks every package the cell could use.
//! A cell needs one: the prebuilt library. So this program, found first on the kernel's PATH under the
//! three names, has the kernel itself compile the cell (see `session/compiler.rs`), and hands over to the
//! real tool for the first cell after the reader asked for other crates (`:dep`). It also answers the questions that
//! tools ask at start-up (`rustc -vV`, `cargo metadata`...) from a cache, and refuses to download components.

#[path = "../../session/compiler/dependencies.rs"]
mod dependencies;
#[path = "../../session/compiler/generated.rs"]
#[allow(dead_code, reason = "shared with the kernel, which uses the rest")]
mod generated;
#[path = "../../settings.rs"]
#[allow(dead_code, reason = "shared with the kernel, which uses the rest")]
mod settings;
#[path = "../../session/types.rs"]
#[allow(dead_code, reason = "shared with the kernel, which uses the rest")]
mod types;
#[path = "../../session/compiler/variables.rs"]
mod variables;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use dependencies::Dependencies;
use generated::{FULL_TYPES, Generated, Learned, PRELUDE, about_types, learn};
use types::Known;
use variables::Prepared;

/// Names the folder with the settings; written by `kernel_ext::library`.
const FRONT_DIR: &str = "SD35_FRONT";
/// Where the kernel listens, in the folder of the generated crate.
const COMPILER: &str = "compiler";
/// Names the folder of the generated crate, when cargo compiles a cell.
const CELL: &str = "SD35_CELL";

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

/// Where things are.
struct Settings {
    front: PathBuf,
    tools: settings::Settings,
}

impl Settings {
    fn load() -> Result<Self> {
        let front = PathBuf::from(
            std::env::var_os(FRONT_DIR)
                .ok_or("this program works for the sd35 kernel only (SD35_FRONT is not set)")?,
        );
        Ok(Self { tools: settings::Settings::load(&front)?, front })
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
    // As cargo's wrapper for the cell's crate: the first argument is the compiler.
    if let (Some(folder), Some((compiler, args))) = (std::env::var_os(CELL), args.split_first())
        && Path::new(compiler) == settings.tools.rustc
    {
        // Not kept, each cell goes to cargo: slower, no more.
        let _ = Dependencies::keep(Path::new(&folder), args);
        return hand_over(&settings.tools.rustc, args);
    }
    let question = args.iter().any(|a| a.starts_with("--print") || a.contains("-version"))
        || args.iter().any(|a| matches!(a.as_str(), "-V" | "-vV" | "-Vv"));
    if question {
        answer(&settings.tools.rustc, args, settings)
    } else {
        hand_over(&settings.tools.rustc, args)
    }
}

fn cargo(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let verb = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let own = || -> Result<bool> {
        let manifest = fs::read_to_string("Cargo.toml").map_err(|e| format!("Cargo.toml: {e}"))?;
        Ok(dependencies::wanted(&manifest).next().is_some())
    };
    match verb {
        "build" | "check" if !own()? || Dependencies::load(Path::new(".")).is_some() => ask_kernel(verb),
        "metadata" if !own()? => {
            println!("{}", metadata()?);
            Ok(ExitCode::SUCCESS)
        }
        "build" | "check" => with_dependencies(args, settings),
        "rustc" | "version" | "" => answer(&settings.tools.cargo, args, settings),
        _ => hand_over(&settings.tools.cargo, args),
    }
}

/// Has the kernel compile the cell.
fn ask_kernel(verb: &str) -> Result<ExitCode> {
    let fail = |error: io::Error| format!("the kernel does not compile any more: {error}");
    let mut kernel = UnixStream::connect(COMPILER).map_err(fail)?;
    let mut answer = String::new();
    kernel
        .write_all(format!("{verb}\n").as_bytes())
        .and_then(|()| kernel.read_to_string(&mut answer))
        .map_err(fail)?;
    let (word, text) = answer.split_once('\n').ok_or("the kernel does not compile any more")?;
    print_messages(text.lines());
    if word != "ok" {
        return Ok(ExitCode::FAILURE);
    }
    if verb == "build" {
        name_result(Path::new("target/cell/libctx.so"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells the engine which file to load.
fn name_result(so: &Path) -> Result<()> {
    let Some(file) = std::env::var_os("EVCXR_EXECUTION_SO_PATH") else { return Ok(()) };
    let so = fs::canonicalize(so).map_err(|e| format!("{}: {e}", so.display()))?;
    fs::write(&file, so.display().to_string()).map_err(|e| format!("{}: {e}", Path::new(&file).display()))
}

/// A cell with `:dep` lines: cargo builds them, the library comes along as an extra crate.
fn with_dependencies(args: &[String], settings: &Settings) -> Result<ExitCode> {
    let written =
        fs::read_to_string(generated::WRITTEN).map_err(|e| format!("{}: {e}", generated::WRITTEN))?;
    let source = Generated::new(written);
    let verb = if args.iter().any(|a| a == "build") { "build" } else { "check" };
    let text = if verb == "build" { source.to_build() } else { source.to_check() };
    let mut known = Known::load(Path::new("."));
    let prepared = Prepared::new(&text, &known);
    let path = Path::new(generated::CHANGED);
    fs::create_dir_all("build")
        .and_then(|()| fs::write(path, format!("{}{PRELUDE}", prepared.text)))
        .map_err(|e| format!("{}: {e}", path.display()))?;
    let manifest = fs::read_to_string("Cargo.toml").map_err(|e| format!("Cargo.toml: {e}"))?;
    // The same package with its source in the changed file. The engine's own Cargo.toml stays as it is.
    let own = Path::new("with-deps");
    let crate_dir = std::env::current_dir().map_err(|e| e.to_string())?;
    fs::create_dir_all(own)
        .and_then(|()| {
            let source = crate_dir.join(path);
            fs::write(
                own.join("Cargo.toml"),
                manifest
                    .replace("path = \"src/lib.rs\"", &format!("path = \"{}\"", source.display()))
                    .replace("opt-level = 2", "opt-level = 0")
                    + "\n[profile.dev.package.\"*\"]\nopt-level = 2\n[workspace]\n",
            )
        })
        .map_err(|e| format!("{}: {e}", own.display()))?;
    let library = &settings.tools.library;
    let mut flags = vec![
        "-Cprefer-dynamic".to_owned(),
        format!("--extern=lessons={}", library.join("liblessons.so").display()),
        format!("-Ldependency={}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", library.display()),
        format!("-Clink-arg=-Wl,-rpath,{}", settings.tools.std.display()),
    ];
    let mut command = Command::new(&settings.tools.cargo);
    flags.extend(FULL_TYPES.map(str::to_owned));
    command
        .args(args)
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(own)
        .env("RUSTC", &settings.tools.rustc)
        .env("CARGO_TARGET_DIR", crate_dir.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", crate_dir.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS")
        .stderr(reader_sees());
    if verb == "build" {
        command.env("RUSTC_WORKSPACE_WRAPPER", settings.front.join("bin/rustc")).env(CELL, &crate_dir);
    }
    let output = command.output().map_err(|e| format!("{}: {e}", settings.tools.cargo.display()))?;
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
        let learned = learn(Path::new("."), &prepared, stdout.lines(), &mut known);
        match learned.map_err(|e| format!("the types of variables could not be kept: {e}"))? {
            Learned::Stored => {}
            Learned::Coerced => return with_dependencies(args, settings),
            Learned::Refused(message) => {
                print_messages([message.as_str()].into_iter());
                return Ok(ExitCode::FAILURE);
            }
        }
        name_result(&Path::new("target").join(&settings.tools.host).join("debug/libctx.so"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where cargo's progress goes: to the cell's own output, if there is a way.
fn reader_sees() -> Stdio {
    let open = || fs::File::options().append(true).open(fs::read_to_string("stderr").ok()?).ok();
    open().map_or_else(Stdio::inherit, Stdio::from)
}

fn print_messages<'a>(lines: impl Iterator<Item = &'a str>) {
    let mut out = io::stdout().lock();
    for line in lines {
        // At this error the engine would add tokio as a crate of the reader's, and run all cells to come in it.
        let line = line.replace("\"code\":\"E0728\"", "\"code\":\"E0728 \"");
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
