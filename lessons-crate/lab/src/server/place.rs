//! A place for a server: its folder and port, and what runs in it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use crate::ground::error::{LabError, Task};
use crate::ground::folder::{Folder, give_away};
use crate::ground::port::Port;
use crate::ground::process::{self, User};
use crate::ground::program::Found;
use crate::ground::secret::Secret;

/// How many lines of a log an error shows.
pub(super) const TAIL: usize = 12;

/// Asks a server a question of its protocol; `Ok` means ready.
pub(crate) type Ready = Arc<dyn Fn(SocketAddr) -> Task<'static, ()> + Send + Sync>;

/// Where a server that is not yet running will be: its folder and its port.
#[derive(Debug)]
pub(crate) struct Place {
    pub(super) name: String,
    folder: Folder,
    port: Port,
}

/// What to run in a [`Place`], and how to tell that it is ready.
pub(crate) struct Launch {
    pub(crate) found: Found,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    pub(crate) ready: Ready,
    pub(crate) user: User,
    /// How long it may take, on a busy machine.
    pub(crate) limit: Duration,
    /// What its clients come in with.
    pub(crate) secret: Option<Secret>,
    /// The line that opens a client of it in a terminal.
    pub(crate) shell: Option<String>,
}

impl Launch {
    pub(crate) fn new(found: Found, ready: Ready) -> Self {
        let limit = Duration::from_secs(30);
        let (arguments, environment, user) = (Vec::new(), Vec::new(), User::Server);
        Self { found, arguments, environment, ready, user, limit, secret: None, shell: None }
    }

    /// Says what clients come in with, and how one does in a terminal: a line without the secret itself.
    pub(crate) fn locked(mut self, secret: &Secret, shell: impl Into<Option<String>>) -> Self {
        self.secret = Some(secret.clone());
        self.shell = shell.into();
        self
    }

    pub(crate) fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }
}

impl Place {
    /// A new folder, and a port: the one asked for, or a free one.
    pub(crate) fn new(name: &str, port: Option<u16>) -> Result<Self, LabError> {
        let port = port.map_or_else(Port::free, Port::exactly)?;
        let slug = name.to_lowercase().replace(' ', "-");
        Ok(Self { name: name.to_owned(), folder: Folder::new(&slug)?, port })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file in the folder, as text for configuration files.
    pub(crate) fn path(&self, file: &str) -> String {
        self.folder().join(file).to_string_lossy().into_owned()
    }

    /// Writes a file that the server can read and change, and nobody else.
    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) -> Result<String, LabError> {
        let path = self.folder().join(file);
        let opened = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let written =
            opened.and_then(|mut file| file.write_all(content.as_ref())).and_then(|()| give_away(&path));
        written.map_err(|source| LabError::writing(&self.name, &path, source))?;
        Ok(self.path(file))
    }

    /// Makes a folder that the server can write.
    pub(crate) fn make_folder(&self, name: &str) -> Result<String, LabError> {
        let path = self.folder().join(name);
        let made = std::fs::create_dir_all(&path).and_then(|()| give_away(&path));
        made.map_err(|source| LabError::writing(&self.name, &path, source))?;
        Ok(self.path(name))
    }

    /// Runs a helper program of the server to its end, before the server runs.
    pub(crate) async fn run(&self, program: &Path, arguments: Vec<OsString>) -> Result<String, LabError> {
        self.run_with(program, arguments, &[]).await
    }

    /// Runs a helper program with more in its environment: a secret, which others could see among its arguments.
    pub(crate) async fn run_with(
        &self,
        program: &Path,
        arguments: Vec<OsString>,
        environment: &[(&'static str, OsString)],
    ) -> Result<String, LabError> {
        run_in(self.folder(), program, arguments, environment)
            .await?
            .map_err(|Failed { status, log }| self.died(status, log))
    }

    pub(super) fn died(&self, status: String, log: String) -> LabError {
        let log_lower = log.to_lowercase();
        let full = ["no space left on device", "out of disk space"];
        if full.iter().any(|words| log_lower.contains(words)) {
            return LabError::DiskFull { server: self.name.clone(), folder: self.folder().to_owned() };
        }
        let taken = ["address already in use", "cannot bind socket", "eaddrinuse"];
        if taken.iter().any(|words| log_lower.contains(words)) {
            return LabError::PortTaken { port: self.port() };
        }
        LabError::Died { server: self.name.clone(), status, log }
    }

    /// Everything that the server has written to its log.
    pub(crate) fn log(&self) -> String {
        let bytes = std::fs::read(self.folder().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

pub(super) struct Instance {
    /// Declared before the folder, so that the process ends before its files go.
    pub(super) process: Process,
    pub(super) launch: Launch,
    pub(super) place: Place,
}

/// Ends its process, and what that started, when dropped.
pub(super) struct Process {
    pub(super) child: Option<Child>,
    pub(super) folder: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            process::end(child, &self.folder);
        }
    }
}

/// How a helper program failed, and what it said.
pub(super) struct Failed {
    pub(super) status: String,
    pub(super) log: String,
}

/// Runs a helper program in a server's folder; what it prints.
pub(super) async fn run_in(
    folder: &Path,
    program: &Path,
    arguments: Vec<OsString>,
    environment: &[(&'static str, OsString)],
) -> Result<Result<String, Failed>, LabError> {
    let mut command = process::command(program, folder, User::Server);
    command.args(arguments).envs(environment.iter().cloned());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let failed = |source| LabError::NotStarted { server: program.display().to_string(), source };
    let child = process::spawn(command).map_err(failed)?;
    // When the caller is interrupted, what runs in the folder ends with the place.
    let waited = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
    let output = waited.map_err(std::io::Error::other).and_then(|output| output).map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(Ok(text(&output.stdout)));
    }
    let log = last_lines(&(text(&output.stdout) + &text(&output.stderr)), TAIL);
    Ok(Err(Failed { status: output.status.to_string(), log }))
}

impl Instance {
    pub(super) fn spawn(&mut self) -> Result<(), LabError> {
        let path = self.place.folder().join("log");
        let log = File::options().create(true).append(true).open(&path);
        let log = log.and_then(|log| give_away(&path).map(|()| log));
        let log = log.map_err(|source| LabError::writing(&self.place.name, &path, source))?;
        let not_started = |source| LabError::NotStarted { server: self.place.name.clone(), source };
        let mut command = process::command(&self.launch.found.path, self.place.folder(), self.launch.user);
        command.args(&self.launch.arguments).envs(self.launch.environment.iter().cloned());
        command.stdout(log.try_clone().map_err(not_started)?).stderr(log);
        self.process.child = Some(process::spawn(command).map_err(not_started)?);
        Ok(())
    }

    /// How the process ended, if it did.
    pub(super) fn ended(&mut self) -> Option<String> {
        match self.process.child.as_mut().map(Child::try_wait) {
            None => Some("it was killed".into()),
            Some(Ok(Some(status))) => Some(status.to_string()),
            Some(_) => None,
        }
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch").field("found", &self.found).field("arguments", &self.arguments).finish()
    }
}

pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
