//! Processes of the lab: how they are started, found and ended.
//!
//! Every server leads a process group of its own, carries its folder in its environment and works in that
//! folder. So everything that it started is found again, also what left the group (PostgreSQL's backends
//! make sessions of their own, Erlang's port mapper becomes a daemon).

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal};

/// The environment variable that marks a process of the lab with its folder.
pub(crate) const MARK: &str = "SD35_LAB_FOLDER";

type Order = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Starts a program that dies with this process.
///
/// Linux sends the parent-death signal when the *thread* that started the child ends, and threads of a
/// runtime come and go. So one thread, which lives as long as the process, starts all of them.
pub(crate) fn spawn(mut command: Command) -> io::Result<Child> {
    static STARTER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    command.process_group(0);
    tie_to_this_process(&mut command);
    let starter = STARTER.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        let thread = std::thread::Builder::new().name("sd35-lab".into());
        let started = thread.spawn(move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        });
        // Without the thread its inbox is gone too, and the next lines report that.
        drop(started);
        orders
    });
    let gone = || io::Error::other("no thread could be started");
    let (answer, child) = mpsc::sync_channel(1);
    starter.send((command, answer)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

#[allow(unsafe_code, reason = "only code between fork and exec can ask for this")]
fn tie_to_this_process(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: the closure makes one system call: it neither allocates nor locks.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Starts a program in a session of its own, so that it outlives whatever ends this process.
#[allow(unsafe_code, reason = "only code between fork and exec can ask for this")]
pub(crate) fn spawn_apart(command: &mut Command) -> io::Result<Child> {
    // SAFETY: the closure makes one system call: it neither allocates nor locks.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
    command.spawn()
}

/// The user and group that servers run as: nobody when this process is root (PostgreSQL refuses root, and
/// no server needs it), else the same user.
pub(crate) fn run_as() -> Option<(u32, u32)> {
    static NOBODY: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *NOBODY.get_or_init(|| {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        let line = users.lines().find(|line| line.starts_with("nobody:"))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

/// Who a process runs as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum User {
    /// As [`run_as`] says.
    #[default]
    Server,
    /// The user of this process: for a program that lies where only that one can read.
    This,
}

/// Sends a signal to the group of `leader`, and to everything else that belongs to the folder.
pub(crate) fn signal(leader: u32, folder: &Path, signal: Signal) {
    if let Some(group) = pid(leader) {
        let _ = rustix::process::kill_process_group(group, signal);
    }
    for other in of_folder(folder).into_iter().filter_map(pid) {
        let _ = rustix::process::kill_process(other, signal);
    }
}

/// Sends a signal to one process.
pub(crate) fn signal_one(process: u32, signal: Signal) {
    if let Some(process) = pid(process) {
        let _ = rustix::process::kill_process(process, signal);
    }
}

/// Ends the group of `child` and everything else that belongs to the folder, and waits for it.
pub(crate) fn end(child: &mut Child, folder: &Path) {
    // A stopped process takes SIGKILL all the same. What was being forked meanwhile is found in the next round.
    for _ in 0..100 {
        signal(child.id(), folder, Signal::KILL);
        let _ = child.wait();
        if of_folder(folder).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn pid(number: u32) -> Option<Pid> {
    // 1 would be everyone.
    i32::try_from(number).ok().filter(|&number| number > 1).and_then(Pid::from_raw)
}

/// The living processes that carry the folder in their environment, or work in it.
pub(crate) fn of_folder(folder: &Path) -> Vec<u32> {
    let mark = [MARK.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let process = entry.path();
            let works_there =
                std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
            let is_ours = works_there
                || std::fs::read(process.join("environ"))
                    .is_ok_and(|all| all.split(|&byte| byte == 0).any(|variable| variable == mark));
            is_ours.then_some(number)
        })
        .collect()
}

/// Memory of these processes, in bytes: shared pages are counted once. 0 where `/proc` does not tell.
pub(crate) fn memory(processes: &[u32]) -> u64 {
    let kilobytes = processes.iter().filter_map(|process| {
        let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    kilobytes.sum::<u64>() * 1024
}

/// A command with nothing but the lab's environment: no locale, no configuration of the user.
pub(crate) fn command(program: &Path, folder: &Path, user: User) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(["PATH", "LD_LIBRARY_PATH"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("HOME", folder).env("TMPDIR", folder).env("LC_ALL", "C").env(MARK, folder);
    command.current_dir(folder).stdin(Stdio::null());
    if let (User::Server, Some((user, group))) = (user, run_as()) {
        command.uid(user).gid(group);
    }
    command
}
