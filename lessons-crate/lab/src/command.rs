//! What `sd35 lab` does: what is here, servers that outlive a cell, installing.
//!
//! Servers for a workshop are held by a process of their own, which writes down where they are; see [`held`]. It ends,
//! and its servers with it, when it is told to or when that file is gone.

use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use algorithms::table::Table;

use crate::doctor::doctor;
use crate::ground::held::{self, Held, held};
use crate::ground::port::loopback;
use crate::ground::process;
use crate::ground::system::{self, System};
use crate::kind::Kind;
use crate::server::Handle;
use crate::servers::kinds;

const HELP: &str = "\
sd35 lab doctor            what is on this machine, which version, and how to get the rest
sd35 lab up [SERVER...]    start servers that outlive a cell; all that are here, or those named:
                           SERVERS
sd35 lab status            which of them run, where, and how much memory they take
sd35 lab down              stop them
sd35 lab install           install what is missing (Debian and Ubuntu); asks first
            --yes          does not ask
            --dry-run      says what it would do, and does nothing
";

/// What the commands are, with the servers that can be held.
fn help() -> String {
    HELP.replace("SERVERS", &offered().map(|kind| kind.name).collect::<Vec<_>>().join(", "))
}

/// How often the holder looks whether it may go.
const LOOK: Duration = Duration::from_millis(200);
/// How long stopping all servers may take.
const STOP: Duration = Duration::from_secs(30);
/// What the holder prints when all servers are up.
const UP: &str = "UP";

/// The program behind `sd35 lab`: runs the command that its arguments name, and ends with an exit code.
pub fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["doctor"] => {
            println!("{}", doctor());
            Ok(())
        }
        ["up", ref names @ ..] => up(names),
        ["hold", ref names @ ..] => hold(names),
        ["status"] => status(),
        ["down"] => down(),
        ["install"] => install(Consent::Ask),
        ["install", "--yes"] => install(Consent::Given),
        ["install", "--dry-run"] => install(Consent::Never),
        ["help" | "--help" | "-h"] => {
            print!("{}", help());
            Ok(())
        }
        _ => Err(help()),
    };
    match result {
        Ok(()) => {}
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }
}

/// Where the holder writes what it holds.
fn state_file() -> Result<PathBuf, String> {
    held::file()
        .ok_or_else(|| "there is no folder to note in what is up: set HOME or XDG_STATE_HOME".to_owned())
}

/// The servers that can be held.
fn offered() -> impl Iterator<Item = &'static Kind> {
    kinds().iter().copied().filter(|kind| kind.is_held())
}

/// The server of this name, if it can be held.
fn kind(name: &str) -> Result<&'static Kind, String> {
    offered()
        .find(|kind| kind.name == name)
        .ok_or_else(|| format!("there is no {name} to start\n\n{}", help()))
}

fn up(names: &[&str]) -> Result<(), String> {
    if held().is_some() {
        return Err("servers are up already: `sd35 lab status` shows them, `sd35 lab down` stops them".into());
    }
    let chosen: Vec<&Kind> = if names.is_empty() {
        offered().filter(|kind| kind.is_here()).collect()
    } else {
        names.iter().map(|name| kind(name)).collect::<Result<_, _>>()?
    };
    if chosen.is_empty() {
        return Err("none of the servers is on this machine: `sd35 lab doctor` says how to get them".into());
    }
    let failed = |error: io::Error| format!("no process could be started: {error}");
    // One pipe for all that it says until the servers are up. It holds neither the terminal nor a pipe of whoever
    // called this command, which would wait for its end.
    let (said, says) = io::pipe().map_err(failed)?;
    let mut holder = Command::new(std::env::current_exe().map_err(failed)?);
    // A server that is up already must not be taken for the one to start.
    for variable in offered().filter_map(Kind::variable) {
        holder.env_remove(variable);
    }
    holder.arg("hold").args(chosen.iter().map(|kind| kind.name)).current_dir("/");
    holder.stdin(Stdio::null()).stdout(says.try_clone().map_err(failed)?).stderr(says);
    let started = process::spawn_apart(&mut holder).map_err(failed);
    // Its end of the pipe is then the holder's alone, and is closed when that ends.
    drop(holder);
    let mut holder = started?;
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        if line == UP {
            println!("\nIn the shell that starts the course, so that cells use them:\n");
            for server in held().unwrap_or_default() {
                println!("export {}={}", server.variable, server.address);
            }
            return Ok(());
        }
        println!("{line}");
    }
    let _ = holder.wait();
    Err("the servers did not start".into())
}

/// Starts the servers and keeps them until it is told to end.
fn hold(names: &[&str]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut servers: Vec<Box<dyn Handle>> = Vec::new();
        let mut held: Vec<Held> = Vec::new();
        for name in names {
            let kind = kind(name)?;
            // What is held needs no backend.
            let start =
                kind.start(loopback(0)).ok_or_else(|| format!("{name} is started by lessons only"))?;
            let handle = start.await.map_err(|error| error.to_string())?;
            for server in handle.servers() {
                println!("{server:?}");
                held.push(Held {
                    name: (*name).to_owned(),
                    variable: kind.variable().unwrap_or_default().to_owned(),
                    address: server.address().to_string(),
                    version: server.version().to_owned(),
                    folder: server.folder().unwrap_or_default(),
                    password: server.password().to_owned(),
                });
            }
            servers.push(handle);
        }
        let path = state_file()?;
        let failed = |error: io::Error| format!("{} cannot be written: {error}", path.display());
        let _lock = held::write(&path, &held).map_err(failed)?;
        println!("{UP}");
        let stopped = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let mut stopped = stopped.map_err(|error| error.to_string())?;
        while path.exists() {
            if tokio::time::timeout(LOOK, stopped.recv()).await.is_ok() {
                break;
            }
        }
        drop(servers);
        let _ = fs::remove_file(&path);
        Ok(())
    })
}

fn status() -> Result<(), String> {
    let held = held().ok_or("no servers are up; `sd35 lab up` starts them")?;
    let mut table = Table::new(["server", "version", "address", "state", "memory in MB"]);
    for server in held {
        let processes = process::of_folder(&server.folder);
        let state = if processes.is_empty() { "gone" } else { "runs" };
        let memory = process::memory(&processes) / 1_000_000;
        table.push([server.name, server.version, server.address, state.into(), memory.to_string()]);
    }
    println!("{table}");
    Ok(())
}

fn down() -> Result<(), String> {
    let servers = held().ok_or("no servers are up")?;
    let path = state_file()?;
    fs::remove_file(&path).map_err(|error| format!("{} cannot be removed: {error}", path.display()))?;
    let begun = Instant::now();
    while servers.iter().any(|server| server.folder.exists()) {
        if begun.elapsed() > STOP {
            return Err(
                "the servers did not end; their processes work in the folders that `status` showed".into()
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{} servers stopped, their folders are gone", servers.len());
    Ok(())
}

/// Whether packages may be installed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    Ask,
    Given,
    Never,
}

fn install(consent: Consent) -> Result<(), String> {
    let missing: Vec<_> = kinds().iter().filter(|kind| !kind.missing().is_empty()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|kind| kind.missing()).collect();
    if packages.is_empty() {
        println!("everything is here already");
        return Ok(());
    }
    if System::here() != System::Debian {
        let lines: Vec<String> = missing.iter().map(|kind| kind.install()).collect();
        return Err(format!(
            "this command knows Debian and Ubuntu only; here it would be:\n{}",
            lines.join("\n")
        ));
    }
    let commands = [system::update(), system::install_all(&packages)];
    println!("{}\n", commands.join("\n"));
    println!(
        "The lab does not need the services that some packages start; `systemctl disable --now` ends one."
    );
    match consent {
        Consent::Never => return Ok(()),
        // Whoever cannot see the question has not answered it.
        Consent::Ask if !io::stdin().is_terminal() => {
            return Err(
                "nothing was installed: without a terminal to ask on, `sd35 lab install --yes`".into()
            );
        }
        Consent::Ask => {
            print!("Install these? [y/N] ");
            let mut answer = String::new();
            let read = io::stdout().flush().and_then(|()| io::stdin().read_line(&mut answer));
            if read.is_err() || !matches!(answer.trim(), "y" | "Y" | "yes") {
                return Err("nothing was installed".into());
            }
        }
        Consent::Given => {}
    }
    for command in commands {
        let mut words = command.split(' ');
        let mut apt = Command::new(words.next().unwrap_or("apt-get"));
        apt.args(words).arg("--yes").env("DEBIAN_FRONTEND", "noninteractive");
        let status = apt.status().map_err(|error| format!("it could not be started: {error}"))?;
        if !status.success() {
            return Err(format!("`{command}` ended with {status}"));
        }
    }
    Ok(())
}
