//! Building the programs and the library with progress in plain words.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Result;

/// What is built, in the order in which a new reader needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The program that serves the book.
    Server,
    /// The kernel, with all commands.
    Kernel,
    /// The library that cells are linked with. `sd35` builds it as well, and then finds it there.
    Library,
}

impl Part {
    /// How cargo is asked for it. For the library as in `kernel_ext::library`.
    fn cargo(self) -> &'static [&'static str] {
        match self {
            Self::Server => {
                &["build", "--package", "kernel-ext", "--no-default-features", "--bin", "sd35-serve"]
            }
            Self::Kernel => &["build", "--package", "kernel-ext", "--bin", "sd35", "--bin", "sd35-front"],
            Self::Library => {
                &["rustc", "--package", "lessons", "--features", "full", "--crate-type", "dylib"]
            }
        }
    }

    /// The same for the list of packages.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["--package", "kernel-ext", "--no-default-features"],
            Self::Kernel => &["--package", "kernel-ext"],
            Self::Library => &["--package", "lessons", "--features", "full"],
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Server => "Building what serves the book, once",
            Self::Kernel => "Building the kernel, once",
            Self::Library => "Building the library for the cells, once",
        }
    }

    /// Seconds that it takes on two cores after those before it, measured; a guess while nothing better is known.
    pub(crate) fn usual(self) -> Duration {
        Duration::from_secs(match self {
            Self::Server => 90,
            Self::Kernel => 120,
            Self::Library => 110,
        })
    }
}

/// As long as something is being built, no less is said to be left.
const SOON: Duration = Duration::from_secs(10);

/// The narrowest terminal that is common.
const TERMINAL_COLUMNS: usize = 80;

/// Starts cargo for a part.
fn start(root: &Path, part: Part) -> Result<Child> {
    let (verb, options) = part.cargo().split_first().unwrap_or((&"build", &[]));
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .arg(verb)
        .args(["--release", "--locked", "--message-format", "json-render-diagnostics"])
        .args(options);
    if part == Part::Library {
        command.args(["--", "-C", "prefer-dynamic"]);
    }
    command
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo could not be started: {error}"))
}

/// Builds a part. Says nothing when it is up to date. `expect` hears each second how long it may still take, if there
/// is anything to build; when it says that nobody waits any more, the build ends.
pub(crate) fn build(root: &Path, part: Part, expect: &mut dyn FnMut(Option<Duration>) -> bool) -> Result<()> {
    let mut cargo = start(root, part)?;
    let log = Arc::new(Mutex::new(String::new()));
    let reader = cargo.stderr.take().map(|stderr| {
        let log = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(std::result::Result::ok) {
                if let Some(sentence) = waiting(&line) {
                    println!("{sentence}");
                }
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        })
    });
    // The messages come through a channel, so that the line goes on while one large package compiles.
    let (sender, messages) = channel();
    if let Some(stdout) = cargo.stdout.take() {
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                let built = message.contains("\"reason\":\"compiler-artifact\"");
                if built && !message.contains("\"custom-build\"") && sender.send(message).is_err() {
                    return;
                }
            }
        });
    }
    let mut line = Line::new(part);
    let mut done = HashSet::new();
    let mut newest = String::new();
    let mut total = None;
    // What was there already took no time, and says nothing of the rest.
    let mut built = 0;
    loop {
        match messages.recv_timeout(Duration::from_secs(1)) {
            Ok(message) => {
                newest = field(&message, "package_id").to_owned();
                done.insert(newest.clone());
                if message.contains("\"fresh\":false") {
                    built += 1;
                    total = total.or_else(|| Some(packages(root, part)));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let rest = total.map(|total| {
            let elapsed = line.begun.elapsed();
            let guess = left(elapsed, built, total.saturating_sub(done.len()));
            line.say(done.len(), total, name(&newest), guess);
            guess.unwrap_or(part.usual().saturating_sub(elapsed)).max(SOON)
        });
        if !expect(rest) {
            let _ = cargo.kill();
        }
    }
    let status = cargo.wait().map_err(|error| format!("cargo could not be waited for: {error}"))?;
    line.end();
    if let Some(reader) = reader {
        let _ = reader.join();
    }
    if status.success() {
        return Ok(());
    }
    let log = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
    Err(explain(&log))
}

/// What cargo does before it compiles anything, when that can take long.
fn waiting(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    if line.starts_with("Downloading crates") {
        Some("Downloading the packages that are needed, once.")
    } else if line.starts_with("Blocking waiting for file lock") {
        Some("Another cargo is at work here; waiting until it is done.")
    } else {
        None
    }
}

/// The reasons that a reader can do something about, in one sentence; else what cargo said.
fn explain(log: &str) -> String {
    let known = [
        (
            "No space left on device",
            "the disk is full; free about 2 GB and start again: what is built is kept",
        ),
        (
            "linker `cc` not found",
            "there is no C compiler (`cc`); on Debian or Ubuntu `apt install gcc libc6-dev`",
        ),
        ("requires rustc", "this Rust is too old; `rustup update stable` brings one that is new enough"),
        ("failed to download", "a package could not be downloaded; look at the network and start again"),
        ("Read-only file system", "the folder is read-only; clone the course to one you may write to"),
    ];
    let reason = known.iter().find(|(words, _)| log.contains(words)).map(|(_, reason)| *reason);
    match reason {
        Some(reason) => reason.to_owned(),
        None => {
            let errors: String = log
                .lines()
                .skip_while(|line| !line.starts_with("error"))
                .map(|line| format!("{line}\n"))
                .collect();
            format!("the programs do not build:\n{}", if errors.is_empty() { log } else { &errors })
        }
    }
}

/// How many packages there are to build.
fn packages(root: &Path, part: Part) -> usize {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(part.packages())
        .current_dir(root)
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().map(|line| line.trim_end_matches(" (*)")).collect::<HashSet<_>>().len().max(1)
}

/// The value of a text field, in a message of cargo's.
fn field<'a>(message: &'a str, key: &str) -> &'a str {
    let start = message.find(&format!("\"{key}\":\"")).map(|at| at + key.len() + 4);
    start.and_then(|start| message[start..].split('"').next()).unwrap_or_default()
}

/// `registry+...#serde@1.0` is `serde`; `path+file:///.../book#0.1.0` is `book`.
fn name(package: &str) -> &str {
    let (source, tail) = package.split_once('#').unwrap_or(("", package));
    match tail.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(tail),
    }
}

/// One line that is written over on a terminal, and now and then a new one in a log.
struct Line {
    part: Part,
    begun: Instant,
    said: Option<Instant>,
    terminal: bool,
}

impl Line {
    fn new(part: Part) -> Self {
        Self { part, begun: Instant::now(), said: None, terminal: std::io::stdout().is_terminal() }
    }

    fn say(&mut self, done: usize, total: usize, package: &str, left: Option<Duration>) {
        let pause = if self.terminal { Duration::from_millis(100) } else { Duration::from_secs(10) };
        if self.said.is_some_and(|said| said.elapsed() < pause) {
            return;
        }
        if self.said.is_none() {
            println!("{}: {total} packages.", self.part.words());
        }
        self.said = Some(Instant::now());
        let elapsed = self.begun.elapsed();
        let left = left.map(|rest| format!(", about {} left", clock(rest)));
        let text =
            format!("{done} of {total} packages, {}{}: {package}", clock(elapsed), left.unwrap_or_default());
        if self.terminal {
            // A line that wraps could not be written over.
            let text: String = text.chars().take(TERMINAL_COLUMNS - 1).collect();
            print!("\r\u{1b}[K{text}");
        } else {
            println!("{text}");
        }
        let _ = std::io::stdout().flush();
    }

    fn end(&self) {
        if self.said.is_some() {
            let clear = if self.terminal { "\r\u{1b}[K" } else { "" };
            println!("{clear}Built in {}.", clock(self.begun.elapsed()));
        }
    }
}

/// A guess once there is something to guess from; the last packages are larger than the first.
fn left(elapsed: Duration, built: usize, rest: usize) -> Option<Duration> {
    if elapsed < Duration::from_secs(20) || built < 20 || rest == 0 {
        return None;
    }
    Some(Duration::from_secs_f64(elapsed.as_secs_f64() * rest as f64 / built as f64 * 1.3))
}

fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_as_people_know_them() {
        assert_eq!(name("registry+https://index/x#serde_json@1.0.1"), "serde_json");
        assert_eq!(name("path+file:///home/me/course/book#0.1.0"), "book");
        assert_eq!(field(r#"{"a":1,"package_id":"x#y@1","b":"c"}"#, "package_id"), "x#y@1");
    }

    #[test]
    fn what_takes_long_is_said() {
        assert!(waiting("    Blocking waiting for file lock on build directory").is_some());
        assert!(waiting(" Downloading crates ...").is_some());
        assert_eq!(waiting("   Compiling serde v1.0.0"), None);
    }

    #[test]
    fn known_failures_become_one_sentence() {
        assert!(explain("error: x\n No space left on device (os error 28)").starts_with("the disk is full"));
        assert!(explain("   Compiling a\nerror[E0]: b\n").ends_with("error[E0]: b\n"));
    }
}
