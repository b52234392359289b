//! A running server as a value.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::ground::error::{LabError, Task};
use crate::ground::folder::{Folder, give_away};
use crate::ground::port::Port;
use crate::ground::process::User;
use crate::ground::program::{Found, Program};
use crate::ground::{process, talk};

/// How long one attempt to get an answer may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The pause between two attempts. Short, because it is added to every start.
const BETWEEN: Duration = Duration::from_millis(4);
/// After this long a reader is told that a start goes on.
const SAY: Duration = Duration::from_secs(1);
/// How long a server that was asked to stop may take.
const STOP: Duration = Duration::from_secs(15);
/// How many lines of a log an error shows.
const TAIL: usize = 12;

/// Asks a server a question of its protocol; `Ok` means ready.
pub(crate) type Ready = Arc<dyn Fn(SocketAddr) -> Task<'static, ()> + Send + Sync>;

/// A server that the lab started, or one whose address the environment gave.
///
/// It is a guard: when it is dropped, its processes and its folder are gone. Its methods take `&self`, so
/// that a cell can break a server which other values still talk to.
pub struct Server {
    name: String,
    address: SocketAddr,
    version: String,
    given_by: Option<&'static str>,
    running: Mutex<Running>,
}

struct Running {
    instance: Option<Instance>,
    inside: Option<Box<dyn Inside>>,
    ready_after: Duration,
}

struct Instance {
    /// Declared before the folder, so that the process ends before its files go.
    process: Process,
    launch: Launch,
    place: Place,
}

/// Ends its process, and what that started, when dropped.
struct Process {
    child: Option<Child>,
    folder: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            process::end(child, &self.folder);
        }
    }
}

/// A stand-in that runs inside this process, and is broken in the same ways.
pub(crate) trait Inside: Send {
    /// Listens, in the context of a runtime.
    fn start(&mut self) -> std::io::Result<()>;
    fn stop(&mut self);
    fn pause(&mut self, paused: bool);
    fn is_running(&self) -> bool;
}

/// Where a server that is not yet running will be: its folder and its port.
#[derive(Debug)]
pub(crate) struct Place {
    name: String,
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
}

impl Launch {
    pub(crate) fn new(found: Found, ready: Ready) -> Self {
        let limit = Duration::from_secs(30);
        Self { found, arguments: Vec::new(), environment: Vec::new(), ready, user: User::Server, limit }
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

    /// Writes a file that the server can read and change.
    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) -> Result<String, LabError> {
        let path = self.folder().join(file);
        let written = std::fs::write(&path, content).and_then(|()| give_away(&path));
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
    #[cfg(feature = "sql")]
    pub(crate) async fn run(&self, program: &Path, arguments: Vec<OsString>) -> Result<String, LabError> {
        run_in(self.folder(), program, arguments, &[])
            .await?
            .map_err(|Failed { status, log }| self.died(status, log))
    }

    fn died(&self, status: String, log: String) -> LabError {
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

    /// Starts the server here, and waits until it answers.
    pub(crate) async fn start(self, launch: Launch) -> Result<Server, LabError> {
        let address = self.address();
        let (name, version) = (self.name.clone(), launch.found.version.clone());
        let process = Process { child: None, folder: self.folder().to_owned() };
        let instance = Some(Instance { process, launch, place: self });
        let running = Mutex::new(Running { instance, inside: None, ready_after: Duration::ZERO });
        let server = Server { name, address, version, given_by: None, running };
        server.begin().await?;
        Ok(server)
    }
}

/// How a helper program failed, and what it said.
struct Failed {
    status: String,
    log: String,
}

/// Runs a helper program in a server's folder; what it prints.
async fn run_in(
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
    fn spawn(&mut self) -> Result<(), LabError> {
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
    fn ended(&mut self) -> Option<String> {
        match self.process.child.as_mut().map(Child::try_wait) {
            None => Some("it was killed".into()),
            Some(Ok(Some(status))) => Some(status.to_string()),
            Some(_) => None,
        }
    }
}

impl Server {
    /// A server that runs elsewhere on this machine, at the address that a variable gave.
    pub(crate) async fn given(
        program: &'static Program,
        name: &str,
        address: SocketAddr,
        ready: Ready,
    ) -> Result<Self, LabError> {
        let answer = tokio::time::timeout(ATTEMPT, ready(address)).await;
        answer.map_err(|_| LabError::answer(name, format!("no answer at {address}")))??;
        let running = Mutex::new(Running { instance: None, inside: None, ready_after: Duration::ZERO });
        let version = format!("given by {}", program.variable.unwrap_or_default());
        Ok(Self { name: name.to_owned(), address, version, given_by: program.variable, running })
    }

    /// A stand-in that is started here.
    pub(crate) fn inside(
        name: &str,
        address: SocketAddr,
        mut inside: Box<dyn Inside>,
    ) -> Result<Self, LabError> {
        let started = inside.start();
        started.map_err(|source| LabError::NotStarted { server: name.to_owned(), source })?;
        let running = Running { instance: None, inside: Some(inside), ready_after: Duration::ZERO };
        let version = "inside this process".to_owned();
        Ok(Self { name: name.to_owned(), address, version, given_by: None, running: Mutex::new(running) })
    }

    /// The server's name, such as `Redis`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The version its program reports.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        let mut running = self.running();
        let instance = running.instance.as_mut()?;
        if instance.ended().is_some() {
            return None;
        }
        instance.process.child.as_ref().map(Child::id)
    }

    /// Whether its process runs; a paused one does. Always true for a server that the lab did not start.
    pub fn is_running(&self) -> bool {
        let inside = self.running().inside.as_ref().map(|inside| inside.is_running());
        inside.unwrap_or_else(|| self.given_by.is_some() || self.pid().is_some())
    }

    /// Its private folder.
    pub fn folder(&self) -> Option<PathBuf> {
        self.running().instance.as_ref().map(|instance| instance.place.folder().to_owned())
    }

    /// From the start of its process to its first answer, the last time it was started.
    pub fn ready_after(&self) -> Duration {
        self.running().ready_after
    }

    /// The last lines that it wrote to its log.
    pub fn log_tail(&self, lines: usize) -> String {
        let running = self.running();
        running.instance.as_ref().map_or_else(String::new, |own| last_lines(&own.place.log(), lines))
    }

    /// Memory of all its processes, in bytes: shared pages are counted once (the kernel's "proportional
    /// set size"). 0 where `/proc` does not tell.
    pub fn memory(&self) -> u64 {
        self.folder().map_or(0, |folder| process::memory(&process::of_folder(&folder)))
    }

    /// Kills it at once, as a crash would: SIGKILL to all its processes. Its folder stays, so that
    /// [`restart`](Self::restart) finds what it had written.
    ///
    /// # Errors
    ///
    /// When the lab did not start it.
    pub fn kill(&self) -> Result<(), LabError> {
        if let Some(inside) = &mut self.running().inside {
            inside.stop();
            return Ok(());
        }
        self.with_own(|own| {
            if let Some(mut child) = own.process.child.take() {
                process::end(&mut child, own.place.folder());
            }
        })
    }

    /// Stops all its processes in their tracks, as a machine that hangs: connections stay open, nothing answers.
    ///
    /// # Errors
    ///
    /// When the lab did not start it.
    pub fn pause(&self) -> Result<(), LabError> {
        self.signal_all(Signal::STOP)
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// When the lab did not start it.
    pub fn resume(&self) -> Result<(), LabError> {
        self.signal_all(Signal::CONT)
    }

    /// Asks it to end in good order (SIGTERM), and kills it when it has not after 15 s.
    ///
    /// # Errors
    ///
    /// When the lab did not start it.
    pub fn stop(&self) -> Task<'_, ()> {
        self.stop_by(Signal::TERM)
    }

    pub(crate) fn stop_by(&self, signal: Signal) -> Task<'_, ()> {
        Box::pin(async move {
            self.resume()?;
            if self.running().inside.is_some() {
                return self.kill();
            }
            self.signal_leader(signal)?;
            let begun = Instant::now();
            while self.is_running() && begun.elapsed() < STOP {
                tokio::time::sleep(BETWEEN).await;
            }
            self.kill()
        })
    }

    /// Starts it again in the same folder, on the same port, and waits until it answers; kills it first
    /// when it still runs.
    ///
    /// # Errors
    ///
    /// Those of a start, or when the lab did not start it.
    pub fn restart(&self) -> Task<'_, ()> {
        Box::pin(async move {
            self.kill()?;
            if self.running().inside.is_none() {
                return self.begin().await;
            }
            let address = self.address;
            // The old listener is gone a moment after its task was told to end.
            talk::until("the port becoming free", STOP, || async move {
                std::net::TcpListener::bind(address).ok().map(drop)
            })
            .await?;
            let started = self.running().inside.as_mut().map_or(Ok(()), |inside| inside.start());
            started.map_err(|source| LabError::NotStarted { server: self.name.clone(), source })
        })
    }

    /// Runs a helper program beside it; what that prints.
    pub(crate) async fn run(
        &self,
        program: &Path,
        arguments: Vec<OsString>,
        environment: &[(&'static str, OsString)],
    ) -> Result<String, LabError> {
        let folder = self.with_place(|place| Ok(place.folder().to_owned()))?;
        let ran = run_in(&folder, program, arguments, environment).await?;
        ran.map_err(|Failed { log, .. }| LabError::answer(&self.name, log))
    }

    /// Sends a signal to its first process only, for servers that take orders by signal.
    pub(crate) fn signal_leader(&self, signal: Signal) -> Result<(), LabError> {
        self.with_own(|own| {
            if let Some(child) = &own.process.child {
                process::signal_one(child.id(), signal);
            }
        })
    }

    fn signal_all(&self, signal: Signal) -> Result<(), LabError> {
        if let Some(inside) = &mut self.running().inside {
            inside.pause(signal == Signal::STOP);
            return Ok(());
        }
        self.with_own(|own| {
            if let Some(child) = &own.process.child {
                process::signal(child.id(), own.place.folder(), signal);
            }
        })
    }

    /// Uses the place of a server that the lab started.
    pub(crate) fn with_place<T>(
        &self,
        act: impl FnOnce(&Place) -> Result<T, LabError>,
    ) -> Result<T, LabError> {
        self.with_own(|own| act(&own.place))?
    }

    fn with_own<T>(&self, act: impl FnOnce(&mut Instance) -> T) -> Result<T, LabError> {
        match &mut self.running().instance {
            Some(own) => Ok(act(own)),
            None => Err(LabError::NotOurs {
                server: self.name.clone(),
                address: self.address,
                variable: self.given_by.unwrap_or_default(),
            }),
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the process and waits for its first answer.
    async fn begin(&self) -> Result<(), LabError> {
        let begun = Instant::now();
        let (ready, limit) = self.with_own(|own| {
            own.spawn()?;
            Ok::<_, LabError>((own.launch.ready.clone(), own.launch.limit))
        })??;
        let mut said = false;
        loop {
            let answer = match tokio::time::timeout(ATTEMPT, ready(self.address)).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer".into()),
            };
            self.with_own(|own| {
                own.ended()
                    .map_or(Ok(()), |status| Err(own.place.died(status, last_lines(&own.place.log(), TAIL))))
            })??;
            let waited = begun.elapsed();
            let Some(answer) = answer else {
                self.running().ready_after = waited;
                return Ok(());
            };
            if waited > limit {
                let log = self.log_tail(TAIL);
                self.kill()?;
                return Err(LabError::Slow { server: self.name.clone(), waited, answer, log });
            }
            if waited > SAY && !said {
                said = true;
                eprintln!("{} {} is starting (up to {} s) ...", self.name, self.version, limit.as_secs());
            }
            tokio::time::sleep(BETWEEN).await;
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.name, self.version, self.address)?;
        match self.pid() {
            Some(pid) => write!(f, ", process {pid}, ready after {:.0?}", self.ready_after()),
            None if self.is_running() => Ok(()),
            None => f.write_str(", not running"),
        }
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch").field("found", &self.found).field("arguments", &self.arguments).finish()
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Makes the server's own methods those of a handle that holds one in its field `server`.
macro_rules! is_a_server {
    ($($type:ty),+ $(,)?) => {$(
        impl std::ops::Deref for $type {
            type Target = $crate::server::Server;

            fn deref(&self) -> &$crate::server::Server {
                &self.server
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.server, f)
            }
        }
    )+};
}
pub(crate) use is_a_server;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Runs a line of shell as a server that never answers.
    async fn run(line: &str) -> LabError {
        let found = Found { path: "/bin/sh".into(), version: "1.0".into() };
        let ready: Ready = Arc::new(|_| Box::pin(async { Err(LabError::answer("x", "not yet")) }));
        let mut launch = Launch::new(found, ready).arguments(["-c", line]);
        launch.limit = Duration::from_millis(300);
        let place = Place::new("shell", None).expect("a place");
        let folder = place.folder().to_owned();
        let error = place.start(launch).await.expect_err("it cannot become ready");
        assert!(!folder.exists() && process::of_folder(&folder).is_empty());
        error
    }

    #[tokio::test]
    async fn a_server_that_dies_shows_the_end_of_its_log() {
        let error = run("seq 100; exit 3").await;
        assert!(matches!(&error, LabError::Died { log, .. } if log.starts_with("89\n")), "{error}");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_given_up() {
        let error = run("echo working on it; sleep 1000").await;
        let LabError::Slow { answer, log, .. } = error else { panic!("{error}") };
        assert!(answer.contains("not yet") && log.contains("working on it"));
    }

    #[tokio::test]
    async fn a_full_disk_and_a_taken_port_are_read_from_the_log() {
        // /dev/full refuses every byte, as a full disk does.
        let error = run("cat /etc/passwd > /dev/full").await;
        assert!(matches!(error, LabError::DiskFull { .. }), "{error}");
        let error = run("echo 'bind() failed: Address already in use'; exit 1").await;
        assert!(matches!(error, LabError::PortTaken { .. }), "{error}");
    }

    #[test]
    fn a_full_disk_is_told_apart_when_we_write() {
        let full = Path::new("/dev/full");
        let error = File::options().write(true).open(full).expect("opens").write_all(b"x");
        let error = LabError::writing("Redis", full, error.expect_err("full"));
        assert!(matches!(error, LabError::DiskFull { .. }), "{error}");
    }
}
