//! Redis: one server, and a primary with replicas and sentinels.

pub(crate) mod cluster;
pub(crate) mod group;
mod reply;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;

pub use reply::Reply;

use algorithms::table::Table;

use crate::ground::error::{LabError, Task};
use crate::ground::port::Port;
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::ground::talk;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::stand_in::listener::StandIn;
use crate::stand_in::resp::Shared;
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "redis-server",
    package: Package::Called("redis-server", ["redis"; 5]),
    variable: Some("SD35_REDIS"),
    version: Version::Flag("--version"),
    oldest: "6.2",
    versioned: None,
};

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) const KIND: Kind = Kind {
    name: "redis",
    title: "Redis",
    about: "key-value store",
    programs: &[&PROGRAM],
    start: Start::Held(|| started(Redis::start())),
    slow: false,
    containers: &["redis"],
};

/// One Redis server, with a password of its own: what the lab hands out has given it already.
///
/// It keeps nothing on disk unless its settings say so.
pub struct Redis {
    server: Server,
    /// What [`run`](Redis::run) uses; made when first needed.
    console: Console,
}

is_a_server!(Redis);

impl Redis {
    /// Starts one, or uses the one at `SD35_REDIS`; where there is no Redis at all, starts the small
    /// [`stand_in`](Self::stand_in) and says so.
    ///
    /// # Errors
    ///
    /// When it does not start, or is too old.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            match PROGRAM.given()? {
                Some(address) => {
                    let server = Server::given(&PROGRAM, "Redis", address, ready()).await?;
                    Ok(Self { server, console: Console::default() })
                }
                None => match Self::launch("Redis", &[], None).await {
                    Err(missing @ LabError::Missing { .. }) => {
                        eprintln!("A small stand-in inside this process plays Redis: {missing}");
                        Self::stand_in().await
                    }
                    started => started,
                },
            }
        })
    }

    /// Starts the lab's own small server inside this process: the common commands on strings, hashes, lists,
    /// sets and sorted sets, expiry, transactions, channels. No persistence, no replication ([`Store`](crate::Store)).
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn stand_in() -> Task<'static, Self> {
        Box::pin(async {
            let port = Port::free()?;
            let address = port.address();
            let secret = Secret::ours();
            let inside = Box::new(StandIn::<Shared>::new(port, secret.clone()));
            let server = Server::inside("Redis stand-in", address, inside)?.locked(secret);
            Ok(Self { server, console: Console::default() })
        })
    }

    /// Starts one with more settings, written as in `redis.conf`: `["maxmemory 2mb"]`.
    ///
    /// # Errors
    ///
    /// When there is no Redis on this machine, or it does not start; its log says what is wrong with a setting.
    pub fn with(settings: &[&str]) -> Task<'static, Self> {
        let settings: Vec<String> = settings.iter().map(|&line| line.to_owned()).collect();
        Box::pin(async move { Self::launch("Redis", &settings, None).await })
    }

    /// Starts one on this port and no other.
    ///
    /// # Errors
    ///
    /// When the port is taken, and those of [`start`](Self::start).
    pub fn on_port(port: u16) -> Task<'static, Self> {
        Box::pin(async move { Self::launch("Redis", &[], Some(port)).await })
    }

    async fn launch(name: &str, settings: &[String], port: Option<u16>) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new(name, port)?;
        let secret = Secret::ours();
        let own = [
            "bind 127.0.0.1".to_owned(),
            format!("port {}", place.port()),
            // Of its clients, and its own when it follows another.
            format!("requirepass {}", secret.as_str()),
            format!("masterauth {}", secret.as_str()),
            format!("dir {}", place.folder().display()),
            "save \"\"".into(),
            "appendonly no".into(),
            // The default waits 5 s for more replicas; a primary killed meanwhile is never failed over.
            "repl-diskless-sync-delay 0".into(),
        ];
        let lines = [&own[..], settings].concat().join("\n");
        let file = place.write("redis.conf", lines + "\n")?;
        let launch = Launch::new(found, ready()).arguments([file]).locked(&secret, shell(&place, &secret)?);
        Ok(Self { server: place.start(launch).await?, console: Console::default() })
    }

    /// The address as clients take it, with the password: for a client of your own.
    pub fn url(&self) -> String {
        url(self.address(), self.secret())
    }

    /// A connection that connects again by itself after a failure. It answers within 2 s, or with an error.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn connect(&self) -> Task<'static, ::redis::aio::ConnectionManager> {
        let (name, url) = (self.name().to_owned(), self.url());
        Box::pin(async move { connect(&name, url).await })
    }

    /// Runs one command, written as in `redis-cli`. All of them use one connection, so that `MULTI` or `WAIT`
    /// mean what came before; after a crash it is a new one.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn run(&self, command: &str) -> Task<'static, Reply> {
        run(&self.server, &self.console, reply::words(command))
    }

    /// A section of `INFO` (such as `memory` or `replication`), as a table.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn info(&self, section: &str) -> Task<'static, Table> {
        let (answer, section) = (self.run(&format!("INFO {section}")), section.to_owned());
        Box::pin(async move { Ok(reply::info_table(&section, &answer.await?.to_string())) })
    }
}

/// Answers `PING`; one that asks for a password is ready too.
fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let answer = talk::line(address, "PING\r\n").await?;
            if answer.starts_with("+PONG") || answer.starts_with("-NOAUTH") {
                return Ok(());
            }
            Err(LabError::answer("Redis", answer))
        })
    })
}

/// The line for a terminal; the password is in a file.
fn shell(place: &Place, secret: &Secret) -> Result<String, LabError> {
    let file = place.write("password", secret.as_str())?;
    Ok(format!("REDISCLI_AUTH=$(cat {file}) redis-cli -p {}", place.port()))
}

fn url(address: SocketAddr, secret: Option<&Secret>) -> String {
    secret.map_or_else(
        || format!("redis://{address}"),
        |secret| format!("redis://:{}@{address}", secret.as_str()),
    )
}

async fn connect(name: &str, url: String) -> Result<::redis::aio::ConnectionManager, LabError> {
    let settings = ::redis::aio::ConnectionManagerConfig::new()
        .set_number_of_retries(2)
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let client = ::redis::Client::open(url);
    let client = client.map_err(|error| LabError::answer(name, error))?;
    let manager = ::redis::aio::ConnectionManager::new_with_config(client, settings).await;
    manager.map_err(|error| LabError::answer(name, error))
}

/// A connection that is kept between commands, and the process it was made to.
type Console = Arc<tokio::sync::Mutex<Option<(Option<u32>, MultiplexedConnection)>>>;

fn run(server: &Server, console: &Console, words: Vec<String>) -> Task<'static, Reply> {
    let (name, process) = (server.name().to_owned(), server.pid());
    let url = url(server.address(), server.secret());
    let console = console.clone();
    Box::pin(async move {
        let fail = |error| LabError::answer(&name, reply::error(&error));
        let mut kept = console.lock().await;
        let mut connection = match kept.take() {
            Some((made_to, connection)) if made_to == process => connection,
            _ => {
                let settings = ::redis::AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(PATIENCE));
                let client = ::redis::Client::open(url).map_err(fail)?;
                client.get_multiplexed_async_connection_with_config(&settings).await.map_err(fail)?
            }
        };
        let mut command = ::redis::Cmd::new();
        for word in words {
            command.arg(word);
        }
        let value: Result<::redis::Value, _> = command.query_async(&mut connection).await;
        // One that failed is not used again; no command is sent twice.
        if !value.as_ref().is_err_and(::redis::RedisError::is_unrecoverable_error) {
            *kept = Some((process, connection));
        }
        value.map(Reply::new).map_err(fail)
    })
}
