//! When a kernel process has to end: it was told to (SIGTERM, SIGHUP), or whoever started it is gone.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use crate::protocol::{Channel, Message};

/// How long a kernel that was asked to shut down may take.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// How often a kernel looks whether its parent still lives.
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// Runs `transport`, which ends with the kernel. When there is a reason to end (`orphaned` completes, or a
/// signal comes) the kernel is asked to shut down, and is left behind when it has not after [`GRACE`].
///
/// SIGINT, the keyboard's interrupt, stops the running cell only.
pub(crate) async fn run_until_ended(
    inbox: UnboundedSender<Message>,
    orphaned: impl Future<Output = ()>,
    transport: impl Future<Output = std::io::Result<()>>,
) -> std::io::Result<()> {
    let mut transport = pin!(transport);
    let mut orphaned = pin!(orphaned);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            result = &mut transport => return result,
            Some(()) = interrupt.recv() => {
                let _ = inbox.send(Message::request(Channel::Control, "interrupt_request", json!({})));
            }
            () = &mut orphaned => break,
            () = either(&mut terminate, &mut hang_up) => break,
        }
    }
    let shutdown = json!({ "restart": false });
    let _ = inbox.send(Message::request(Channel::Control, "shutdown_request", shutdown));
    drop(inbox);
    tokio::time::timeout(GRACE, transport).await.unwrap_or(Ok(()))
}

async fn either(one: &mut unix::Signal, other: &mut unix::Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

/// Completes when the process `expected` was our parent and is no longer; never if it was not.
///
/// Jupyter tells a kernel its own process id in `JPY_PARENT_PID`. A kernel that something else started in
/// between (a script that ends at once, for example) must not take that one's end for Jupyter's.
pub(crate) async fn parent_gone(expected: Option<u32>) {
    if expected != Some(std::os::unix::process::parent_id()) {
        std::future::pending::<()>().await;
    }
    while expected == Some(std::os::unix::process::parent_id()) {
        tokio::time::sleep(PARENT_CHECK).await;
    }
}

/// Gives the process that `command` starts a session of its own, away from our terminal, and on Linux makes
/// it get `at_our_end` when this process ends.
#[allow(unsafe_code, reason = "only code between fork and exec can ask for this")]
pub(crate) fn own_session(command: &mut std::process::Command, at_our_end: Option<Signal>) {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: the closure makes system calls only: it neither allocates nor locks.
    unsafe {
        command.pre_exec(move || {
            let _ = rustix::process::setsid();
            #[cfg(target_os = "linux")]
            if at_our_end.is_some() {
                let _ = rustix::process::set_parent_process_death_signal(at_our_end);
            }
            Ok(())
        });
    }
}

/// Starts a process that cleans up after this kernel however it ends: SIGKILL leaves it no time to.
///
/// The guard waits on a pipe that only this process holds open; it ends when this one does.
///
/// # Errors
///
/// Fails when no process can be started.
pub(crate) fn start_guard(folder: &Path) -> std::io::Result<()> {
    use std::process::{Command, Stdio};
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["kernel", "guard", &std::process::id().to_string()]).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    own_session(&mut command, None);
    let mut guard = command.spawn()?;
    // Open for as long as this process lives.
    std::mem::forget(guard.stdin.take());
    Ok(())
}

/// The guard's work: waits for the end of the kernel, then ends what it left and removes its folder.
pub(crate) fn guard(kernel: u32, folder: &Path) {
    // Nothing is ever written: reading ends when the kernel does.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    kill_session(kernel);
    let _ = std::fs::remove_dir_all(folder);
}

/// Kills the process group of `leader`, and everything else in the session that it leads: the process
/// that ran the cells, and what the cells started.
///
/// The session is found in `/proc`; where there is none, the group alone is killed.
pub(crate) fn kill_session(leader: u32) {
    // 0 and 1 would mean our own group and everyone.
    let Some(leader) = i32::try_from(leader).ok().filter(|leader| *leader > 1).and_then(Pid::from_raw) else {
        return;
    };
    // Those that have ended already need no signal.
    let _ = kill_process_group(leader, Signal::KILL);
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| Pid::from_raw(name.parse().ok()?));
        if let Some(pid) = pid
            && std::fs::read_to_string(entry.path().join("stat"))
                .is_ok_and(|stat| session(&stat) == Some(leader))
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The session in a line of `/proc/<pid>/stat`: the fourth field after the program's name, which is in
/// brackets and may itself hold any character.
fn session(stat: &str) -> Option<Pid> {
    Pid::from_raw(stat.rsplit_once(')')?.1.split_whitespace().nth(3)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn the_session_of_an_oddly_named_program() {
        assert_eq!(session("7 (a) b (c) S 1 2 35 0 -1"), Pid::from_raw(35));
        assert_eq!(session(""), None);
    }

    #[tokio::test]
    async fn an_orphan_asks_its_kernel_to_shut_down() {
        let (inbox, mut requests) = unbounded_channel();
        let transport = async {
            let request: Message = requests.recv().await.expect("a request");
            assert_eq!(request.header.msg_type, "shutdown_request");
            Ok(())
        };
        run_until_ended(inbox, std::future::ready(()), transport).await.expect("ended");
    }

    #[tokio::test]
    async fn a_kernel_that_hangs_is_left_behind() {
        let (inbox, _requests) = unbounded_channel();
        let begun = std::time::Instant::now();
        run_until_ended(inbox, std::future::ready(()), std::future::pending()).await.expect("ended");
        assert!((GRACE..GRACE * 3).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_parent_that_lives_or_never_was_is_not_gone() {
        for expected in [None, Some(u32::MAX), Some(std::os::unix::process::parent_id())] {
            let gone = tokio::time::timeout(PARENT_CHECK * 2, parent_gone(expected));
            assert!(gone.await.is_err(), "{expected:?}");
        }
    }
}
