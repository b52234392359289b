//! What every list of servers says of one.

use std::net::SocketAddr;

use crate::ground::error::{LabError, Task};
use crate::ground::program::Program;
use crate::server::Handle;

/// What comes of starting a server, whichever it is.
type Started = Task<'static, Box<dyn Handle>>;

/// A kind of server, or a tool beside them, that the lab knows.
///
/// Doctor, `sd35 lab`, tests and benches read the [list](crate::kinds) of them; a test compares the list with that of
/// the packages and that of the containers.
#[derive(Debug)]
pub struct Kind {
    /// What commands call it, such as `redis`.
    pub name: &'static str,
    /// What people call it, such as `Redis`.
    pub title: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Its program, and others that can play it.
    pub(crate) programs: &'static [&'static Program],
    /// How one is started, with what every lesson starts it with.
    pub(crate) start: Start,
    /// Whether a start takes seconds, as of programs of Erlang, Java and Python.
    pub slow: bool,
    /// Its services in `deploy/compose.yaml`.
    pub containers: &'static [&'static str],
}

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// Alone. One that runs elsewhere is as good, so `sd35 lab up` holds it for many cells.
    Held(fn() -> Started),
    /// Alone, for whoever started it.
    Alone(fn() -> Started),
    /// In front of a backend at this address.
    Before(fn(SocketAddr) -> Started),
    /// By a lesson only: with another server, or for one run.
    Never,
}

/// Starts a server as a value of any kind.
pub(crate) fn started<H: Handle + 'static>(start: Task<'static, H>) -> Started {
    Box::pin(async move { Ok(Box::new(start.await?) as Box<dyn Handle>) })
}

impl Kind {
    /// Starts one; those that balance do so in front of `backend`. `None` for a kind that lessons start with more.
    pub fn start(&self, backend: SocketAddr) -> Option<Task<'static, Box<dyn Handle>>> {
        match self.start {
            Start::Held(start) | Start::Alone(start) => Some(start()),
            Start::Before(start) => Some(start(backend)),
            Start::Never => None,
        }
    }

    /// The environment variable that gives the address of a running one, where one can be used.
    pub fn variable(&self) -> Option<&'static str> {
        self.programs.iter().find_map(|program| program.variable)
    }

    /// The packages of Debian that bring it.
    pub fn packages(&self) -> Vec<&'static str> {
        let packages = self.programs.iter().filter_map(|program| program.package.of_debian());
        packages.flat_map(|packages| packages.split(' ')).collect()
    }

    /// Whether `sd35 lab up` holds it.
    pub fn is_held(&self) -> bool {
        matches!(self.start, Start::Held(_))
    }

    /// Whether a program of it is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        self.programs.iter().any(|program| program.find().is_ok())
    }

    /// How to get it on this machine.
    pub(crate) fn install(&self) -> String {
        self.programs.first().map(|program| program.install()).unwrap_or_default()
    }

    /// The packages of Debian for what is missing; none when one of its programs is here, or none brings it.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let missing = |program: &Program| matches!(program.find(), Err(LabError::Missing { .. }));
        if self.programs.iter().all(|program| missing(program)) { self.packages() } else { Vec::new() }
    }
}
