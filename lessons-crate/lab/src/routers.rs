//! A path of routers on this machine: hosts and routers that are network namespaces of the kernel.
//!
//! Each node is a namespace with interfaces, a routing table and a firewall of its own; links between them are pairs of
//! virtual Ethernet interfaces. Everything lies in one private namespace for networks and mounts (and users, where this
//! process is not root), which one process holds. When that ends, in whatever way, the kernel takes all of it away;
//! the machine's own interfaces, routes and firewall are never touched.

mod model;

use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use algorithms::net::Internet;

use crate::ground::error::{LabError, Task};
use crate::ground::folder::Folder;
use crate::ground::process::{self, User};
use crate::ground::program::{Package, Program, Version};
use crate::kind::{Kind, Start};

/// Seconds that a command in a node may take.
const PATIENCE: &str = "20";
/// The most nodes of a path.
const NODES_MAX: usize = 16;

const fn tool(name: &'static str, package: Package, version: Version) -> Program {
    Program { name, package, variable: None, version, oldest: "0.1", versioned: None }
}

const fn kind(name: &'static str, about: &'static str, programs: &'static [&'static Program]) -> Kind {
    Kind { name, title: name, about, programs, start: Start::Never, slow: false, containers: &[] }
}

const IP: Program = tool(
    "ip",
    Package::Called("iproute2", ["iproute", "iproute2", "iproute2", "iproute2", ""]),
    Version::Flag("-V"),
);
const PING: Program = tool(
    "ping",
    Package::Called("iputils-ping", ["iputils", "iputils", "iputils", "iputils", ""]),
    Version::Untold,
);
const TRACEROUTE: Program = tool("traceroute", Package::Named("traceroute"), Version::Flag("--version"));
const NC: Program = tool(
    "nc",
    Package::Called("netcat-openbsd", ["netcat", "openbsd-netcat", "netcat-openbsd", "netcat-openbsd", ""]),
    Version::Untold,
);
const NFT: Program = tool("nft", Package::Named("nftables"), Version::Flag("--version"));

/// The tools that lessons use on a path of routers.
pub(crate) const KINDS: [Kind; 5] = [
    kind("ip", "interfaces and routes, in namespaces", &[&IP]),
    kind("ping", "echoes, and how long they take", &[&PING]),
    kind("traceroute", "the routers of a path", &[&TRACEROUTE]),
    kind("nc", "TCP and UDP by hand", &[&NC]),
    kind("nft", "the firewall of a router", &[&NFT]),
];

/// Hosts and routers in a row.
///
/// The link between number i and the next has the block 10.15.i.0/24, from 1: the left end is 10.15.i.1, the right end
/// 10.15.i.2. Hosts at the ends send everything inwards, and routers know all blocks, as in
/// [`Internet::chain`](algorithms::net::Internet::chain). There is no way out: nothing that is sent there leaves the
/// machine.
pub struct Routers {
    names: Vec<String>,
    inside: Inside,
}

enum Inside {
    Namespaces(Holder),
    /// Why it is only a model, and the model.
    Model(String, Mutex<Internet>),
}

/// The process that holds the namespaces. Declared so that it ends before its folder goes.
struct Holder {
    child: Child,
    folder: Folder,
    /// Whether a namespace for users had to be made.
    user: bool,
}

impl Drop for Holder {
    fn drop(&mut self) {
        process::end(&mut self.child, self.folder.path());
    }
}

/// What a command printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its output and its error messages, as they came.
    pub text: String,
    /// Whether it ended well. `ping` does not when nobody answers.
    pub ok: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

/// A command that goes on, until it is killed or dropped.
#[derive(Debug)]
pub struct Going {
    child: Option<Child>,
    folder: Folder,
}

impl Routers {
    /// Makes the nodes and their links, of 2 to 16 names. Where the system allows nobody to make namespaces, or `ip` is
    /// missing, they are a model inside this process, and [`kind`](Self::kind) says so.
    ///
    /// # Errors
    ///
    /// When a name is not made of letters and digits, there are too few or too many, or the disk is full.
    pub fn start(names: &[&str]) -> Task<'static, Self> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Box::pin(async move {
            check(&names)?;
            let own = names.clone();
            let held = tokio::task::spawn_blocking(move || hold(&own)).await;
            match held.map_err(|error| LabError::answer("routers", error))? {
                Ok(holder) => Ok(Self { names, inside: Inside::Namespaces(holder) }),
                Err(why) => Ok(Self::on_paper(names, why)),
            }
        })
    }

    /// The same, as a model inside this process, which knows `ping`, `traceroute` and `ip route`.
    ///
    /// # Errors
    ///
    /// When a name is not made of letters and digits, or there are too few or too many.
    pub fn model(names: &[&str]) -> Result<Self, LabError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        check(&names)?;
        Ok(Self::on_paper(names, "it was asked for".to_owned()))
    }

    fn on_paper(names: Vec<String>, why: String) -> Self {
        let each: Vec<&str> = names.iter().map(String::as_str).collect();
        let internet = Internet::chain(&each, 0.05);
        Self { names, inside: Inside::Model(why, Mutex::new(internet)) }
    }

    /// What the routers are: the kernel's own, or a model, and why.
    pub fn kind(&self) -> String {
        match &self.inside {
            Inside::Namespaces(Holder { user: false, .. }) => "network namespaces of the kernel".to_owned(),
            Inside::Namespaces(_) => {
                "network namespaces of the kernel, in a namespace for users, without root".to_owned()
            }
            Inside::Model(why, _) => format!("a model inside this process, because {why}"),
        }
    }

    /// Runs a line of shell in a node, for at most 20 seconds. A command that fails is no error: what it says is the
    /// lesson.
    ///
    /// # Errors
    ///
    /// When there is no such node, or the model does not know the command.
    pub fn run(&self, node: &str, line: &str) -> Task<'static, Said> {
        if let Err(error) = self.find(node) {
            return Box::pin(async move { Err(error) });
        }
        let holder = match &self.inside {
            Inside::Model(_, internet) => {
                let mut internet = internet.lock().unwrap_or_else(PoisonError::into_inner);
                let said = model::run(&mut internet, node, line);
                return Box::pin(async move { said });
            }
            Inside::Namespaces(holder) => holder,
        };
        let mut command = holder.enter(node, holder.folder.path());
        command.args(["timeout", "--kill-after=1", PATIENCE, "sh", "-c", line]);
        Box::pin(async move {
            let failed = |source| LabError::NotStarted { server: "nsenter".into(), source };
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = process::spawn(command).map_err(failed)?;
            let waited = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
            let output = waited.map_err(std::io::Error::other).and_then(|output| output).map_err(failed)?;
            let text = [output.stdout, output.stderr].concat();
            Ok(Said { text: String::from_utf8_lossy(&text).into_owned(), ok: output.status.success() })
        })
    }

    /// Starts a line of shell in a node that goes on meanwhile, such as `nc -l`.
    ///
    /// # Errors
    ///
    /// When there is no such node, it cannot be started, or the routers are a model.
    pub fn go(&self, node: &str, line: &str) -> Result<Going, LabError> {
        self.find(node)?;
        let Inside::Namespaces(holder) = &self.inside else {
            return Err(LabError::answer("routers", format!("{}: no program can run in it", self.kind())));
        };
        let folder = Folder::new("routers")?;
        let path = folder.path().join("output");
        let file = std::fs::File::create(&path).and_then(|file| Ok((file.try_clone()?, file)));
        let (out, err) = file.map_err(|source| LabError::writing("routers", &path, source))?;
        let mut command = holder.enter(node, folder.path());
        command.args(["sh", "-c", line]).stdout(out).stderr(err);
        let failed = |source| LabError::NotStarted { server: "nsenter".into(), source };
        Ok(Going { child: Some(process::spawn(command).map_err(failed)?), folder })
    }

    fn find(&self, node: &str) -> Result<(), LabError> {
        if self.names.iter().any(|name| name == node) {
            return Ok(());
        }
        let message = format!("there is no node `{node}`: there are {}", self.names.join(", "));
        Err(LabError::answer("routers", message))
    }
}

impl fmt::Debug for Routers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routers").field("names", &self.names).field("kind", &self.kind()).finish()
    }
}

impl Going {
    /// What it has printed so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("output")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Kills it, and what it started. Its output stays.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::end(&mut child, self.folder.path());
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Holder {
    /// A command that begins in a node; what follows is run there. The processes belong to `folder`.
    fn enter(&self, node: &str, folder: &Path) -> Command {
        let mut command = process::command(Path::new("nsenter"), folder, User::This);
        command.env("PATH", path());
        command.args(["--target", &self.child.id().to_string(), "--net", "--mount"]);
        if self.user {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.args(["ip", "netns", "exec", node]);
        command
    }
}

/// Where programs are looked for: the PATH of an ordinary user may lack those of administrators, such as `ip`.
fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/sbin:/usr/sbin:/sbin");
    path
}

fn check(names: &[String]) -> Result<(), LabError> {
    let wrong = |message: String| Err(LabError::answer("routers", message));
    if !(2..=NODES_MAX).contains(&names.len()) {
        return wrong(format!("a path has 2 to {NODES_MAX} nodes, and {} were named", names.len()));
    }
    for (index, name) in names.iter().enumerate() {
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        // Two names and a hyphen make the name of an interface, which has at most 15 letters.
        if !plain || !(1..=7).contains(&name.len()) || names[..index].contains(name) {
            return wrong(format!(
                "`{name}` is no name of a node: one to seven small letters and digits, and each name once"
            ));
        }
    }
    Ok(())
}

/// Starts the process that holds the namespaces, and waits until they are ready; else why it cannot be.
fn hold(names: &[String]) -> Result<Holder, String> {
    IP.find().map_err(|error| error.to_string())?;
    let folder = Folder::new("routers").map_err(|error| error.to_string())?;
    let user = !rustix::process::geteuid().is_root();
    let mut command = process::command(Path::new("unshare"), folder.path(), User::This);
    command.env("PATH", path());
    let apart: &[&str] = if user { &["--user", "--map-root-user"] } else { &[] };
    command.args(["--net", "--mount"]).args(apart).args(["sh", "-c"]).arg(OsString::from(script(names)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = process::spawn(command).map_err(|error| format!("unshare cannot be started: {error}"))?;
    let mut holder = Holder { child, folder, user };
    let mut line = String::new();
    if let Some(out) = holder.child.stdout.take() {
        let _ = BufReader::new(out).read_line(&mut line);
    }
    if line.trim() == "ready" {
        return Ok(holder);
    }
    // It has closed its output without that word: it ends, and its errors with it.
    let mut said = String::new();
    if let Some(error) = holder.child.stderr.take() {
        let _ = BufReader::new(error).read_line(&mut said);
    }
    Err(format!("this system does not let it make network namespaces ({})", said.trim()))
}

/// What the holder does: private files for `ip netns`, a namespace for each node, a link for each pair of neighbors.
fn script(names: &[String]) -> String {
    let mut lines = vec!["set -e".to_owned(), "mount -t tmpfs none /run".to_owned()];
    for name in names {
        lines.push(format!("ip netns add {name}"));
        lines.push(format!("ip -n {name} link set lo up"));
    }
    let last = names.len() - 1;
    for link in 1..=last {
        let (left, right) = (&names[link - 1], &names[link]);
        lines.push(format!(
            "ip link add {left}-{right} netns {left} type veth peer name {right}-{left} netns {right}"
        ));
        for (node, other, host) in [(left, right, 1), (right, left, 2)] {
            lines.push(format!("ip -n {node} address add 10.15.{link}.{host}/24 dev {node}-{other}"));
            lines.push(format!("ip -n {node} link set {node}-{other} up"));
        }
    }
    lines.push(format!("ip -n {} route add default via 10.15.1.2", names[0]));
    lines.push(format!("ip -n {} route add default via 10.15.{last}.1", names[last]));
    for (at, name) in names.iter().enumerate().take(last).skip(1) {
        lines.push(format!("ip netns exec {name} sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'"));
        for link in (1..=last).filter(|link| *link != at && *link != at + 1) {
            let via = if link < at { format!("10.15.{at}.1") } else { format!("10.15.{}.2", at + 1) };
            lines.push(format!("ip -n {name} route add 10.15.{link}.0/24 via {via}"));
        }
    }
    // A trace asks three times for each router, and errors are limited to one a second for each receiver.
    for name in names {
        lines.push(format!("ip netns exec {name} sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'"));
    }
    lines.push("echo ready".to_owned());
    lines.push("exec sleep infinity".to_owned());
    lines.join("\n")
}
