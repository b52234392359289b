//! Compiles cells, for the front that the engine takes for its `cargo`.
//!
//! A cell needs one crate, the prebuilt library. The compiler spends half of its time before it looks at
//! the cell: it starts, and reads what the library offers. So one compiler is always ahead: it has done all
//! that, and waits on a pipe (its standard input, under the name of a source file) for the cell's text.
//! When the kernel ends, the pipe does, and with it the compiler.
//!
//! The linker is called directly, with an empty stand-in for the library: the names that a cell uses are
//! looked up when it is loaded, not twice.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};

use front::crates::Crates;
use front::dependencies::Dependencies;
use front::generated::{CHANGED, PRELUDE};
use front::plan::Plan;
use front::steps::{self, FULL_TYPES, Outcome, STATICS};
use front::tools;

use super::lock;
use crate::library::Settings;

/// The root of the crate that a waiting compiler has read; the cell is included in it.
const ROOT: &str = "ahead/main.rs";
/// The name under which it includes the cell: its standard input.
const INCLUDED: &str = "ahead/build/lib.rs";
/// In the line that says that the result is there.
const ARTIFACT: &str = "\"$message_type\":\"artifact\"";
/// How the message starts that comes after all errors.
const LAST_ERROR: &str = "{\"$message_type\":\"diagnostic\",\"message\":\"aborting due to ";
/// Where the results are; the engine gives each its final name.
const RESULTS: &str = "target/cell";

/// The compiler of one session. Nothing of it runs on after it is dropped.
#[derive(Debug)]
pub(super) struct Compiler {
    work: Arc<Mutex<Work>>,
}

impl Compiler {
    /// Starts to listen in `folder`, and the first compiler.
    pub(super) fn start(folder: &Path, settings: Settings) -> Result<Self> {
        let make = |path: &str| fs::create_dir_all(folder.join(path));
        make("ahead/build").and_then(|()| make(RESULTS)).context("cannot write to the session's folder")?;
        fs::write(
            folder.join(ROOT),
            format!("#![allow(unused_imports, unused_mut, dead_code)]{PRELUDE}include!(\"build/lib.rs\");\n"),
        )?;
        std::os::unix::fs::symlink("/dev/stdin", folder.join(INCLUDED))?;
        fs::write(folder.join(STATICS), "")?;
        let socket = folder.join(tools::COMPILER);
        let listener =
            UnixListener::bind(&socket).with_context(|| format!("cannot listen at {}", socket.display()))?;
        let crates = Crates::load(&settings.library).context("the list of crates in the library")?;
        let mut work = Work {
            folder: folder.to_owned(),
            crates,
            settings,
            ahead: None,
            count: 0,
            failed: false,
            dependencies: None,
        };
        work.start_ahead();
        let work = Arc::new(Mutex::new(work));
        let own = Arc::clone(&work);
        std::thread::Builder::new().name("compiler".into()).spawn(move || {
            for stream in listener.incoming() {
                // One who went away is not answered; the engine is told by its front.
                let _ = stream.and_then(|stream| lock(&own).answer(stream));
            }
        })?;
        Ok(Self { work })
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        lock(&self.work).ahead = None;
    }
}

#[derive(Debug)]
struct Work {
    folder: PathBuf,
    settings: Settings,
    /// The crates inside the library.
    crates: Crates,
    /// The crates of the reader that the waiting compiler knows.
    dependencies: Option<Dependencies>,
    /// The compiler that waits.
    ahead: Option<Rustc>,
    /// How many were started.
    count: u64,
    /// The last cell did not compile, and not because of the engine's guard around it.
    failed: bool,
}

/// What the compiler made.
struct Made {
    /// The object file, or with `linked` the library.
    file: PathBuf,
    linked: bool,
}

/// A compiler; ends when this is dropped.
#[derive(Debug)]
struct Rustc {
    child: Child,
    result: PathBuf,
    linked: bool,
}

impl Drop for Rustc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Work {
    /// The request is one word; the answer is a line, `ok` or `failed`, and the text for the engine.
    fn answer(&mut self, stream: UnixStream) -> std::io::Result<()> {
        let mut request = String::new();
        BufReader::new(&stream).read_line(&mut request)?;
        let dependencies = Dependencies::load(&self.folder);
        if dependencies != self.dependencies {
            self.dependencies = dependencies;
            self.ahead = None;
        }
        let answer = match request.trim() {
            "build" => self.build(),
            "check" => self.check(),
            other => Err(anyhow::anyhow!("the front asked for `{other}`, which is not done here")),
        };
        let (word, text) = match answer {
            Ok((true, text)) => ("ok", text),
            Ok((false, text)) => ("failed", text),
            Err(error) => {
                // The engine shows what is no message of the compiler as it is.
                let message = format!("{error:#}");
                let json = serde_json::json!({
                    "message": message, "level": "error", "code": null, "spans": [], "children": [], "rendered": message,
                });
                ("failed", json.to_string())
            }
        };
        (&stream).write_all(format!("{word}\n{text}").as_bytes())
    }

    /// Makes `target/cell/libctx.so` of the cell that the engine wrote.
    fn build(&mut self) -> Result<(bool, String)> {
        let folder = self.folder.clone();
        let result = folder.join(tools::RESULT);
        let source = steps::read(&folder)?;
        // After an error the engine compiles the cell again without the guard, in case the guard's closure
        // made the error look odd.
        let failed = std::mem::take(&mut self.failed);
        if failed && !source.is_guarded() {
            // Told that this compiles, the engine reports the errors that it had. It loads nothing.
            fs::write(&result, "")?;
            return Ok((true, String::new()));
        }
        let Outcome { made, messages } = steps::build(&folder, &source, |text| self.compile(text))?;
        match &made {
            Some(Made { file, linked: true }) => fs::rename(file, &result)?,
            Some(Made { file, linked: false }) => self.link(file, &result)?,
            None => self.failed = source.is_guarded() && messages.lines().all(is_the_same_unguarded),
        }
        if made.is_some() {
            steps::keep_statics(&folder, &result).context("a static could not be kept")?;
        }
        Ok((made.is_some(), messages))
    }

    /// Only says what is wrong with it.
    fn check(&mut self) -> Result<(bool, String)> {
        let folder = self.folder.clone();
        let source = steps::read(&folder)?;
        let Outcome { made, messages } = steps::check(&folder, &source, |text| self.compile(text))?;
        Ok((made.is_some(), messages))
    }

    /// Compiles a crate, ahead of which nothing needs to be known if possible.
    fn compile(&mut self, text: &str) -> Result<Outcome<Made>> {
        if !wants_a_root_of_its_own(text) {
            let ahead = match self.ahead.take() {
                Some(rustc) => Ok(rustc),
                None => self.rustc(Path::new(ROOT), false),
            };
            let body = text.split_once('\n').map_or("", |(_, body)| body);
            let outcome = ahead.and_then(|mut rustc| {
                // Written in one go: the compiler reads all of it before it does anything else.
                let sent =
                    rustc.child.stdin.take().map(|mut pipe| pipe.write_all(format!("\n{body}").as_bytes()));
                self.start_ahead();
                sent.transpose()?;
                outcome(rustc)
            });
            match outcome {
                Ok(outcome) if !because_included(&outcome.messages) => return Ok(outcome),
                // Or the compiler that waited is gone, however that came.
                _ => {}
            }
        }
        outcome(self.rustc(&self.folder.join(CHANGED), true)?)
    }

    /// Gets the next compiler going. Without one the next cell is slower, no more.
    fn start_ahead(&mut self) {
        self.ahead = self.rustc(Path::new(ROOT), false).ok();
    }

    /// A compiler for the crate at `root`, which links unless that can be done here.
    fn rustc(&mut self, root: &Path, whole: bool) -> Result<Rustc> {
        let Settings { rustc, library, std, linker, .. } = &self.settings;
        // The crates of a reader may bring libraries of their own, which only the compiler knows to link.
        let linked = whole || linker.is_none() || self.dependencies.is_some();
        let own = self.dependencies.as_ref().map_or(&[][..], |dependencies| &dependencies.arguments);
        self.count += 1;
        let name = format!("{RESULTS}/{}.{}", self.count, if linked { "so" } else { "o" });
        let rpath = |folder: &Path| format!("-Clink-arg=-Wl,-rpath,{}", folder.display());
        let mut command = Command::new(rustc);
        command
            .args(["--crate-name", "ctx", "--edition", "2024", "--crate-type", "cdylib"])
            .args(["--error-format=json", "--json=diagnostic-rendered-ansi,artifacts", "--cap-lints", "warn"])
            .args(["-A", "unused", "-W", "dropping_references"])
            .args(FULL_TYPES)
            // Looking through what hundreds of crates have compiled already takes longer than compiling it.
            .arg("-Zshare-generics=no")
            .args(["-Cprefer-dynamic", "-Cdebuginfo=0", "-Coverflow-checks=on", "-Cdebug-assertions=on"])
            .args(["-Copt-level=0", "-Ccodegen-units=1", "-Cstrip=debuginfo", &rpath(library), &rpath(std)])
            .arg(format!("-Clink-arg=@{}", self.folder.join(STATICS).display()))
            .arg(format!("--emit={}={name}", if linked { "link" } else { "obj" }))
            .arg(format!("--extern=lessons={}", library.join("liblessons.so").display()))
            .arg(format!("-Ldependency={}", library.display()))
            .args(own)
            .args(self.crates.arguments(own))
            .arg(root)
            .current_dir(&self.folder)
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("RUSTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn().with_context(|| format!("{} does not start", rustc.display()))?;
        Ok(Rustc { child, result: self.folder.join(&name), linked })
    }

    fn link(&self, object: &Path, result: &Path) -> Result<()> {
        let Settings { linker: Some(linker), library, std, stub, builtins, .. } = &self.settings else {
            anyhow::bail!("no linker");
        };
        let output = Command::new(linker)
            .args(["-shared", "--eh-frame-hdr", "-z", "noexecstack", "--disable-new-dtags", "-o"])
            .arg(result)
            .arg(object)
            .arg(stub)
            .args(builtins)
            .arg("--as-needed")
            .args(Plan::load(&self.folder).made_statics(&self.folder))
            .arg("-rpath")
            .arg(library)
            .arg("-rpath")
            .arg(std)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not start", linker.display()))?;
        let _ = fs::remove_file(object);
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

/// Sends the rest of the crate, and waits for what becomes of it.
fn outcome(mut rustc: Rustc) -> Result<Outcome<Made>> {
    drop(rustc.child.stdin.take());
    let mut messages = String::new();
    let mut stderr = BufReader::new(rustc.child.stderr.take().context("the compiler has no standard error")?);
    let made = Made { file: rustc.result.clone(), linked: rustc.linked };
    loop {
        let start = messages.len();
        if stderr.read_line(&mut messages)? == 0 {
            break;
        }
        let line = &messages[start..];
        let success = line.contains(ARTIFACT);
        if success || line.starts_with(LAST_ERROR) {
            if success {
                messages.truncate(start);
            }
            // The rest is tidying up, which takes the compiler as long as linking takes us.
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut stderr, &mut std::io::sink());
                let _ = rustc.child.wait();
            });
            return Ok(Outcome { made: success.then_some(made), messages });
        }
    }
    let status = rustc.child.wait()?;
    anyhow::ensure!(
        status.success() || messages.contains("\"level\":\"error\""),
        "the compiler ended: {status}\n{messages}"
    );
    Ok(Outcome { made: status.success().then_some(made), messages })
}

/// Whether a crate has parts that mean something in its own root file only, or that change how it is linked.
fn wants_a_root_of_its_own(text: &str) -> bool {
    text.contains("extern crate ")
        || text.contains("#[link(")
        || text.lines().skip(1).any(|line| line.trim_start().starts_with("#!["))
}

/// Whether a crate may compile when it is not included in another: a name is ambiguous only because it comes
/// from outside, or there is no file with the name of the standard input (no `/proc`).
fn because_included(messages: &str) -> bool {
    messages.contains("\"E0659\"") || messages.contains("couldn't read `ahead/")
}

/// Errors in names and types, found before the compiler looks at what a closure captures.
const SAME_UNGUARDED: [&str; 20] = [
    "E0004", "E0023", "E0026", "E0027", "E0061", "E0063", "E0282", "E0283", "E0308", "E0369", "E0405",
    "E0412", "E0423", "E0425", "E0432", "E0433", "E0560", "E0599", "E0609", "E0614",
];

/// Whether this message, when it is an error, has nothing to do with the engine's guard around a cell.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_crates_are_compiled_from_the_start() {
        let first = "#![allow(unused_imports, unused_mut, dead_code)]\n";
        for (rest, expected) in [
            ("fn f() {}", false),
            ("#![feature(never_type)]\nfn f() {}", true),
            ("extern crate alloc;", true),
            ("#[link(name = \"z\")] unsafe extern \"C\" {}", true),
        ] {
            assert_eq!(wants_a_root_of_its_own(&format!("{first}{rest}")), expected, "{rest}");
        }
    }
}
