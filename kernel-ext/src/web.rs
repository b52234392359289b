//! The page's door: the book and its kernels over HTTP and WebSocket, on this machine only.
//!
//! ```text
//! /...                             the built book; nothing secret, no token
//! /api                             who is there; no token
//! /api/status, kernelspecs, kernels, kernels/{id}[/interrupt, /restart]      token
//! /api/kernels/{id}/channels       WebSocket: messages of the Jupyter protocol    token
//! /api/progress                    what the reader has done: get, merge (POST), delete    token
//! ```
//!
//! The paths and answers are those of Jupyter Server, so that its clients can use this server, and the
//! page can use theirs. Each kernel is a process of its own that ends with this one. A kernel outlives its
//! sockets: a page that comes back gets what it missed.
//!
//! Source: Jupyter Development Team, "Jupyter Server REST API" and "WebSocket kernel wire protocols",
//! jupyter_server documentation, version 2.

#![expect(clippy::print_stderr, reason = "standard error is the log")]

mod access;
mod error;
mod keeper;
mod kernel;
mod kernels;
mod listen;
mod orders;
mod process;
mod recent;
mod routes;
mod site;
mod socket;
pub mod token;
mod v1;

use std::ffi::OsString;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use access::{Access, Token};
use kernels::Kernels;

/// The port unless another is asked for: 35 days.
pub const PORT: u16 = 8035;

/// What to serve, and how much of it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the built book.
    pub site: PathBuf,
    /// The TCP port on loopback; 0 takes any that is free.
    pub port: u16,
    /// The secret that the kernels' paths ask for; `None` makes a new one.
    pub token: Option<String>,
    /// The program that runs a kernel on lines of JSON, with its arguments.
    pub command: Vec<OsString>,
    /// No more kernels than this at once: each takes some 300 MB.
    pub kernels_max: usize,
    /// A kernel without a page is ended after this much quiet.
    pub idle_max: Duration,
    /// The file that records what the reader has done; `None` keeps no record.
    pub progress: Option<PathBuf>,
    /// Origins of the Jupyter Servers that the pages may talk to beside this one.
    pub jupyter: Vec<String>,
}

/// The origin of a Jupyter Server's address, as [`Options::jupyter`] wants it.
///
/// # Errors
///
/// One sentence when it is not the address of a web server.
pub fn origin(address: &str) -> Result<String, String> {
    site::origin(address)
}

impl Options {
    /// The usual options: this program's own kernels, at most 8, ended an hour after the page has gone.
    ///
    /// # Errors
    ///
    /// Fails when this program cannot find its own file.
    pub fn new(site: PathBuf) -> Result<Self> {
        let program = std::env::current_exe().context("this program cannot find its own file")?;
        let command = [program.into_os_string(), "kernel".into(), "run".into(), "--lines".into()];
        Ok(Self {
            site,
            port: PORT,
            token: None,
            command: command.into(),
            kernels_max: 8,
            idle_max: Duration::from_secs(3600),
            progress: crate::paths::progress(),
            jupyter: Vec::new(),
        })
    }
}

/// A server that has its port and does not answer yet.
#[derive(Debug)]
pub struct Server {
    /// One for each family of addresses that this machine has.
    listeners: Vec<TcpListener>,
    address: SocketAddr,
    token: String,
    options: Options,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    ///
    /// Fails when the port is taken (saying by what, and the way out) or may not be used, or when the token
    /// is too short, or does not fit into an address.
    pub async fn bind(options: Options) -> Result<Self> {
        let token = match &options.token {
            Some(token) => token.clone(),
            None => token::fresh(),
        };
        token::check(&token)?;
        let listeners = match listen::bind(options.port).await {
            Ok(listeners) => listeners,
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
                let ours = tokio::task::spawn_blocking(move || is_ours(wanted)).await?;
                bail!(
                    "port {} is taken by {}; stop that one, or choose another port with --port",
                    options.port,
                    if ours { "another `sd35 serve`" } else { "another program" }
                )
            }
            Err(error) => {
                let problem = format!("cannot listen on port {}; choose another with --port", options.port);
                return Err(error).context(problem);
            }
        };
        let address = listeners.first().context("no address to listen on")?.local_addr()?;
        Ok(Self { listeners, address, token, options })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The one address to open in a browser; it carries the token.
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token)
    }

    /// Serves until `stop` completes; see [`asked_to_stop`]. No kernel is left when it returns, which takes at most
    /// 5 seconds.
    ///
    /// # Errors
    ///
    /// Fails when the system no longer says where it listens.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let addresses = self.listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
        let access = Access {
            token: Token::new(&self.token),
            names: listen::names(&addresses),
            port: self.address.port(),
        };
        let kernels = Arc::new(Kernels::new(&self.options));
        let router = routes::router(Arc::clone(&kernels), &self.options, access);
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&kernels).cull());
        for listener in self.listeners {
            tasks.spawn(listen::serve(listener, router.clone()));
        }
        stop.await;
        tasks.shutdown().await;
        kernels.stop_all().await;
        Ok(())
    }
}

/// Completes at SIGINT or SIGTERM, from the moment of this call on.
///
/// # Errors
///
/// Fails when the system gives out no more signals.
pub fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// True if a server of ours answers at `address`.
fn is_ours(address: SocketAddr) -> bool {
    const PATIENCE: Duration = Duration::from_millis(500);
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        write!(stream, "GET /api HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(routes::SERVER))
}

#[cfg(test)]
mod tests;
