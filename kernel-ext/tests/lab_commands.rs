//! `sd35 lab`: doctor, up, status, down and install, as they are typed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SD35: &str = env!("CARGO_BIN_EXE_sd35");

/// A machine: its temporary folder, and programs that come before those of the system.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Servers run as another user than root, who must be able to pass through.
        open(folder.path());
        std::fs::create_dir(folder.path().join("programs")).expect("made");
        open(&folder.path().join("programs"));
        Self { folder }
    }

    /// Puts a script in front of a program of the system.
    fn program(&self, name: &str, script: &str) {
        let path = self.folder.path().join("programs").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        open(&path);
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .env("PATH", format!("{}:{path}", self.folder.path().join("programs").display()))
            .env("TMPDIR", self.folder.path())
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env_remove("SD35_REDIS")
            .env_remove("SD35_MEMCACHED")
            .stdin(Stdio::null());
        command
    }

    /// Runs `sd35 lab` with no terminal; whether it went well, and what it said.
    fn lab(&self, words: &[&str]) -> (bool, String) {
        let output = self.command(SD35).arg("lab").args(words).output().expect("started");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs it on a terminal, at which somebody types.
    fn at_a_terminal(&self, words: &str, typed: &str) -> (bool, String) {
        let mut terminal = self.command("script");
        terminal.args(["-qec", &format!("{SD35} lab {words}"), "/dev/null"]).env("SHELL", "/bin/sh");
        let mut terminal = terminal
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` of the package bsdutils");
        terminal.stdin.take().expect("its input").write_all(typed.as_bytes()).expect("typed");
        let output = terminal.wait_with_output().expect("it ends");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The file that says what is held.
    fn state(&self) -> PathBuf {
        self.folder.path().join("state/sd35/workshop.json")
    }

    /// The folders of servers that are here.
    fn homes(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path()).expect("a folder").flatten();
        files.filter(|file| file.file_name().to_string_lossy().starts_with("sd35-lab-")).count()
    }
}

/// Whatever a test did not stop ends with it.
impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.command(SD35).args(["lab", "down"]).output();
    }
}

fn open(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("ours");
}

/// The address in a line `export NAME=127.0.0.1:PORT`.
fn exported(said: &str, name: &str) -> String {
    let start = format!("export {name}=");
    let line = said.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {name} in {said}")).to_owned()
}

/// What a server says to whoever has no password.
fn ping(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn servers_for_a_workshop_are_started_shown_and_stopped() {
    let machine = Machine::new();
    let (well, said) = machine.lab(&["status"]);
    assert!(!well && said.contains("no servers are up; `sd35 lab up` starts them"), "{said}");
    let (well, said) = machine.lab(&["up", "redis", "nonsense"]);
    assert!(!well && said.contains("there is no nonsense to start"), "{said}");

    let (well, said) = machine.lab(&["up", "redis", "memcached"]);
    assert!(well, "{said}");
    let redis = exported(&said, "SD35_REDIS");
    // The command has ended, and the server answers: not everyone, but cells, and whoever copies the line.
    assert_eq!(ping(&redis).expect("an answer"), "-NOAUTH");
    let line = said.lines().find_map(|line| line.trim().strip_prefix("in a terminal: "));
    let mut shell = Command::new("sh");
    let pong = shell.args(["-c", &format!("{} PING", line.expect("a line"))]).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&pong.stdout), "PONG\n", "{pong:?}");
    let mode = machine.state().metadata().expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds the password");
    let mut cell = machine.command("env");
    cell.args([format!("SD35_REDIS={redis}"), SD35.to_owned()]).args(["kernel", "run", "--lines"]);
    assert_eq!(answer(cell, "Redis::start().await?.run(\"PING\").await?"), "PONG");
    assert!(TcpStream::connect(exported(&said, "SD35_MEMCACHED")).is_ok());
    let (well, said) = machine.lab(&["up"]);
    assert!(!well && said.contains("servers are up already"), "{said}");
    let (well, said) = machine.lab(&["status"]);
    assert!(well && said.matches("runs").count() == 2 && said.contains(&redis), "{said}");

    // A server that was killed is shown as gone.
    let held: serde_json::Value =
        serde_json::from_reader(std::fs::File::open(machine.state()).expect("there")).expect("JSON");
    let folder = PathBuf::from(held[0]["folder"].as_str().expect("a folder"));
    // Redis writes its title over its environment, but works in its folder.
    let killed = processes(|process| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder));
    assert!(!killed.is_empty());
    killed.iter().for_each(|process| kill(process));
    let (_, said) = machine.lab(&["status"]);
    assert!(said.contains("gone") && said.contains("runs"), "{said}");

    let (well, said) = machine.lab(&["down"]);
    assert!(well && said.contains("2 servers stopped, their folders are gone"), "{said}");
    assert!(ping(&redis).is_err());
    gone_soon(|| machine.homes() == 0);
    assert!(!machine.lab(&["down"]).0);
}

#[test]
fn killing_the_holder_takes_its_servers_along() {
    let machine = Machine::new();
    let (well, said) = machine.lab(&["up", "redis"]);
    assert!(well, "{said}");
    let address = exported(&said, "SD35_REDIS");
    let here = format!("TMPDIR={}", machine.folder.path().display());
    let text = |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let holder = processes(|process| {
        text(process.join("cmdline")).contains("\0hold\0")
            && text(process.join("environ")).split('\0').any(|variable| variable == here)
    });
    assert_eq!(holder.len(), 1, "{holder:?}");
    kill(&holder[0]);
    gone_soon(|| machine.homes() == 0 && ping(&address).is_err());
    let (well, said) = machine.lab(&["status"]);
    assert!(!well && said.contains("no servers are up"), "{said}");
    // The file that it left is no obstacle.
    assert!(machine.lab(&["up", "memcached"]).0);
    assert!(machine.lab(&["down"]).0);
}

#[test]
fn the_doctor_says_what_is_here_and_how_to_get_the_rest() {
    let machine = Machine::new();
    machine.program("memcached", "echo I am something else");
    machine.program("haproxy", "echo HAProxy version 1.5.3");
    let (well, said) = machine.lab(&["doctor"]);
    assert!(well, "{said}");
    let row = |name: &str| said.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("redis-server").contains("/redis-server"), "{said}");
    assert!(
        row("redis-server").split_whitespace().nth(1).is_some_and(|version| version.contains('.')),
        "{said}"
    );
    assert!(row("memcached").contains("apt-get install --no-install-recommends memcached"), "{said}");
    assert!(row("haproxy").contains("haproxy 1.5.3 is too old, 2.0 or later is needed"), "{said}");
    let mut given = machine.command(SD35);
    let said = given.args(["lab", "doctor"]).env("SD35_REDIS", "127.0.0.1:7").output().expect("started");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("at 127.0.0.1:7, given by SD35_REDIS"), "{said}");
}

#[test]
fn installing_asks_first_and_refuses_where_nobody_can_answer() {
    let machine = Machine::new();
    machine.program("memcached", "echo I am something else");
    // What apt-get is told, instead of what it would do.
    let told = machine.folder.path().join("told");
    machine.program("apt-get", &format!("echo \"$@ $DEBIAN_FRONTEND\" >> {}", told.display()));
    machine.program("sudo", "exec \"$@\"");
    let commands = || std::fs::read_to_string(&told).unwrap_or_default();
    let install = "apt-get install --no-install-recommends";

    let (well, said) = machine.lab(&["install"]);
    assert!(!well && said.contains("nothing was installed: without a terminal"), "{said}");
    assert!(
        said.contains("apt-get update") && said.contains(install) && said.contains("memcached"),
        "{said}"
    );
    let (well, said) = machine.lab(&["install", "--dry-run"]);
    assert!(well && said.contains(install), "{said}");
    let (well, said) = machine.at_a_terminal("install", "n\n");
    assert!(
        !well && said.contains("Install these? [y/N]") && said.contains("nothing was installed"),
        "{said}"
    );
    assert_eq!(commands(), "", "nobody agreed");

    let (well, said) = machine.at_a_terminal("install", "y\n");
    assert!(well, "{said}");
    let lines = commands();
    let mut lines = lines.lines();
    assert_eq!(lines.next(), Some("update --yes noninteractive"));
    let line = lines.next().unwrap_or_default();
    assert!(line.starts_with("install --no-install-recommends "), "{line}");
    assert!(line.contains(" memcached ") && line.ends_with(" --yes noninteractive"), "{line}");

    assert!(machine.lab(&["install", "--yes"]).0);
    assert_eq!(commands().lines().count(), 4);
    machine.program("apt-get", "exit 100");
    let (well, said) = machine.lab(&["install", "--yes"]);
    assert!(!well && said.contains("apt-get update` ended with exit status: 100"), "{said}");
    let (well, said) = machine.lab(&["instal"]);
    assert!(!well && said.contains("sd35 lab install"), "{said}");
}

/// What a cell shows, in a kernel that is started so.
fn answer(mut kernel: Command, code: &str) -> String {
    let mut kernel = kernel.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the kernel starts");
    let header = serde_json::json!({ "msg_id": "1", "session": "s", "username": "u", "date": "",
        "msg_type": "execute_request", "version": "5.4" });
    let request = serde_json::json!({ "channel": "shell", "header": header, "parent_header": {}, "metadata": {},
        "content": { "code": code } });
    let mut input = kernel.stdin.take().expect("its input");
    writeln!(input, "{request}").expect("sent");
    let lines = BufReader::new(kernel.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let messages = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok());
    let mut shown = messages.filter_map(|message| {
        let content = &message["content"];
        match message["header"]["msg_type"].as_str()? {
            "execute_result" => Some(content["data"]["text/plain"].as_str()?.to_owned()),
            "error" => Some(content["evalue"].as_str()?.to_owned()),
            _ => None,
        }
    });
    let shown = shown.next().expect("an answer");
    drop(input);
    kernel.wait().expect("it ends");
    shown
}

/// The processes whose folder in `/proc` fits.
fn processes(fits: impl Fn(&Path) -> bool) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let fitting = entries.filter(|entry| fits(&entry.path()));
    fitting.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn kill(process: &str) {
    let _ = Command::new("kill").args(["-9", process]).status();
}

fn gone_soon(gone: impl Fn() -> bool) {
    let begun = Instant::now();
    while !gone() {
        assert!(begun.elapsed() < Duration::from_secs(5), "still there after 5 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}
