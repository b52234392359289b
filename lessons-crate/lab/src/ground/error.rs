//! What can go wrong when a real server is started and used.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

/// What the lab's functions return: a future that is ready to be awaited in a cell.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, LabError>> + Send + 'a>>;

/// Why the lab could not do what was asked, and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// No such program on this machine.
    #[error("{program} is not installed. To install it: {install}{}", address_in(variable))]
    Missing {
        /// What was looked for.
        program: &'static str,
        /// How to get it here: a command, or a sentence.
        install: String,
        /// The environment variable that gives an address instead, where one is taken.
        variable: Option<&'static str>,
    },
    /// The program is there, but older than what the lab's configuration is written for.
    #[error("{program} {found} is too old, {needed} or later is needed. To upgrade it: {install}")]
    TooOld {
        /// The program.
        program: &'static str,
        /// Its version.
        found: String,
        /// The oldest version that works.
        needed: &'static str,
        /// How to get a newer one here.
        install: String,
    },
    /// The environment gives an address that cannot be understood or is not of this machine.
    #[error("{variable}={value} is not an address such as 127.0.0.1:6379; correct or unset it")]
    BadAddress {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// The system refused to start the program.
    #[error("{server} could not be started: {source}")]
    NotStarted {
        /// The server's name.
        server: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server ended before it answered.
    #[error("{server} ended at start ({status}). The end of its log:\n{log}")]
    Died {
        /// The server's name.
        server: String,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// The server runs but does not answer.
    #[error(
        "{server} did not answer within {} s ({answer}). Is the machine busy? Run the cell again. \
         The end of its log:\n{log}", waited.as_secs()
    )]
    Slow {
        /// The server's name.
        server: String,
        /// How long it was waited for.
        waited: Duration,
        /// What the last attempt to talk to it gave.
        answer: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// Another program listens where the server should.
    #[error("port {port} of 127.0.0.1 is taken by another program: leave the port out, or stop that program")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// No room for the server's files.
    #[error("the disk is full: {server} keeps its files in {}; make room there or set TMPDIR", folder.display())]
    DiskFull {
        /// The server's name.
        server: String,
        /// Where its files are.
        folder: PathBuf,
    },
    /// The server's folder cannot be made or written.
    #[error("{} cannot be written: {source}; set TMPDIR to a folder that can", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server is not the lab's own, so the lab does not break it.
    #[error(
        "{server} at {address} was given by {variable}, so the lab neither stops nor breaks it; unset it"
    )]
    NotOurs {
        /// The server's name.
        server: String,
        /// Where it listens.
        address: SocketAddr,
        /// The variable that gave the address.
        variable: &'static str,
    },
    /// The server was asked and did not answer as its protocol says, or refused.
    #[error("{server}: {message}")]
    Answer {
        /// The server's name.
        server: String,
        /// What it or its client said.
        message: String,
    },
    /// Load goes to this machine only.
    #[error("{target} is not a loopback address: the load generator drives servers of the lab only")]
    NotLoopback {
        /// The refused target.
        target: String,
    },
    /// A waited-for state did not come.
    #[error("{what} did not happen within {} s", waited.as_secs())]
    TooLong {
        /// What was waited for.
        what: String,
        /// For how long.
        waited: Duration,
    },
}

fn address_in(variable: &Option<&'static str>) -> String {
    variable.map_or_else(String::new, |variable| {
        format!("; or give the address of a running one: {variable}=127.0.0.1:PORT")
    })
}

impl LabError {
    /// An error of writing `path`, with a full disk told apart.
    pub(crate) fn writing(server: &str, path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::StorageFull {
            Self::DiskFull { server: server.to_owned(), folder: path.to_owned() }
        } else {
            Self::Folder { path: path.to_owned(), source }
        }
    }

    /// What a server or its client said, as an error.
    pub(crate) fn answer(server: impl Into<String>, message: impl std::fmt::Display) -> Self {
        Self::Answer { server: server.into(), message: message.to_string() }
    }
}
