//! One process that runs a kernel on lines of JSON.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::lifetime;

/// How many lines of the log are kept to explain an unexpected end.
const LOG_LINES_MAX: usize = 12;

/// How long a process whose output has ended may take to end itself.
const EXIT_GRACE: Duration = Duration::from_millis(1500);

/// A running kernel. The process, and the session it leads, end at the latest when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    session: Session,
    requests: UnboundedSender<String>,
    messages: Lines<BufReader<ChildStdout>>,
    log: Log,
}

impl Process {
    /// Starts `command`. It ends when this process does, whatever ends this one: its standard input closes,
    /// and on Linux it gets SIGTERM.
    pub(super) fn start(command: &[OsString]) -> io::Result<Self> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        lifetime::own_session(command.as_std_mut(), Some(rustix::process::Signal::TERM));
        let mut child = command.spawn()?;
        let session = Session(child.id().unwrap_or_default());
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (requests, waiting) = unbounded_channel();
        let log = Log::default();
        tokio::spawn(write(stdin, waiting));
        tokio::spawn(keep(stderr, log.clone()));
        Ok(Self { child, session, requests, messages: BufReader::new(stdout).lines(), log })
    }

    /// Hands a message in; it must be one line without its end. Lost if the process has ended.
    pub(super) fn send(&self, line: String) {
        let _ = self.requests.send(line);
    }

    /// The next message; `None` when there will be no more. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<String> {
        self.messages.next_line().await.ok().flatten()
    }

    /// Waits for the end of a process whose messages have ended, then kills whatever it left behind.
    /// Returns how it ended and the end of its log.
    pub(super) async fn end(mut self) -> (String, Vec<String>) {
        let status = match tokio::time::timeout(EXIT_GRACE, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it did not end by itself".to_owned(),
        };
        drop(self.session);
        let _ = self.child.wait().await;
        (status, self.log.lines())
    }
}

/// All processes that descend from the kernel and have not left its session; killed when dropped.
#[derive(Debug)]
struct Session(u32);

impl Drop for Session {
    fn drop(&mut self) {
        lifetime::kill_session(self.0);
        #[cfg(feature = "cells")]
        crate::session::remove_abandoned();
    }
}

/// The last lines that a kernel logged.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

async fn write(mut stdin: ChildStdin, mut lines: UnboundedReceiver<String>) {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Keeps the end of the log, and passes all of it on to ours.
async fn keep(stderr: ChildStderr, log: Log) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("{line}");
        log.add(line);
    }
}
