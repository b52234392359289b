//! A running server as a value.

mod place;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::ground::error::{LabError, Task};
use crate::ground::program::Program;
use crate::ground::secret::Secret;
use crate::ground::{held, process, talk};
use place::{Failed, Instance, Process, TAIL, last_lines, run_in};
pub(crate) use place::{Launch, Place, Ready};

/// How long one attempt to get an answer may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The pause between two attempts. Short, because it is added to every start.
const BETWEEN: Duration = Duration::from_millis(4);
/// After this long a reader is told that a start goes on.
const SAY: Duration = Duration::from_secs(1);
/// How long a server that was asked to stop may take.
const STOP: Duration = Duration::from_secs(15);
/// How long the old listener of a stand-in may take to go.
const FREE: Duration = Duration::from_secs(5);

/// A server that the lab started, or one whose address the environment gave.
///
/// It is a guard: when it is dropped, its processes and its folder are gone. Its methods take `&self`, so
/// that a cell can break a server which other values still talk to.
pub struct Server {
    name: String,
    address: SocketAddr,
    version: String,
    given_by: Option<&'static str>,
    secret: Option<Secret>,
    shell: Option<String>,
    running: Mutex<Running>,
}

struct Running {
    instance: Option<Instance>,
    inside: Option<Box<dyn Inside>>,
    ready_after: Duration,
}

/// Whatever has started servers and holds them: one, or an ensemble.
pub trait Handle: Send {
    /// The servers.
    fn servers(&self) -> Vec<&Server>;
}

/// A stand-in that runs inside this process, and is broken in the same ways.
pub(crate) trait Inside: Send {
    /// Listens, in the context of a runtime.
    fn start(&mut self) -> std::io::Result<()>;
    /// Ends it at once.
    fn kill(&mut self);
    /// Ends it in good order, where it has work that takes time.
    fn stop(&mut self) -> Task<'static, ()> {
        self.kill();
        Box::pin(async { Ok(()) })
    }
    fn pause(&mut self, paused: bool);
    fn is_running(&self) -> bool;
}

impl Place {
    /// Starts the server here, and waits until it answers.
    pub(crate) async fn start(self, launch: Launch) -> Result<Server, LabError> {
        let address = self.address();
        let (name, version) = (self.name.clone(), launch.found.version.clone());
        let (secret, shell) = (launch.secret.clone(), launch.shell.clone());
        let process = Process { child: None, folder: self.folder().to_owned() };
        let instance = Some(Instance { process, launch, place: self });
        let running = Mutex::new(Running { instance, inside: None, ready_after: Duration::ZERO });
        let server = Server { name, address, version, given_by: None, secret, shell, running };
        server.begin().await?;
        Ok(server)
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
        // One that `sd35 lab up` holds has a password, which is written down for this user.
        let (secret, given_by) = (held::password_at(address), program.variable);
        Ok(Self { name: name.to_owned(), address, version, given_by, secret, shell: None, running })
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
        let (name, version) = (name.to_owned(), "inside this process".to_owned());
        let running = Mutex::new(running);
        Ok(Self { name, address, version, given_by: None, secret: None, shell: None, running })
    }

    /// This stand-in takes clients with this password only.
    pub(crate) fn locked(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// The password that a client gives; what the lab hands out has given it already. Empty where the server takes
    /// none. It is new in each process: do not print it in a cell whose output is kept.
    pub fn password(&self) -> &str {
        self.secret.as_ref().map_or("", Secret::as_str)
    }

    /// The line that opens a client of it in a terminal, to copy: it names a file with the password. None where there
    /// is no such client, or the lab did not start the server.
    pub fn shell(&self) -> Option<&str> {
        self.shell.as_deref()
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
            inside.kill();
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

    /// Asks it to end in good order (SIGTERM), and kills it when it has not after 15 s. What is inside this process
    /// takes no new request, and answers those that it has, for 5 s at most.
    ///
    /// # Errors
    ///
    /// When the lab did not start it, or requests inside this process were not answered in time; it has ended anyway.
    pub fn stop(&self) -> Task<'_, ()> {
        self.stop_by(Signal::TERM)
    }

    pub(crate) fn stop_by(&self, signal: Signal) -> Task<'_, ()> {
        Box::pin(async move {
            self.resume()?;
            let stopping = self.running().inside.as_mut().map(|inside| inside.stop());
            if let Some(stopping) = stopping {
                return stopping.await;
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
            talk::until("the port becoming free", FREE, || async move {
                std::net::TcpListener::bind(address).ok().map(drop)
            })
            .await
            .map_err(|_| LabError::PortTaken { port: address.port() })?;
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

    /// Has its next start take one more argument.
    pub(crate) fn add_argument(&self, argument: &str) -> Result<(), LabError> {
        self.with_own(|own| own.launch.arguments.push(argument.into()))
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
            Some(pid) => write!(f, ", process {pid}, ready after {:.0?}", self.ready_after())?,
            None if self.is_running() => {}
            None => f.write_str(", not running")?,
        }
        match self.shell() {
            Some(shell) => write!(f, "\n  in a terminal: {shell}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
