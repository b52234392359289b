//! PostgreSQL: one server, shards, a primary with replicas, and a pool of connections in front.

pub(crate) mod bouncer;
pub(crate) mod group;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::sql::{self, Plan, Rows, Session};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "postgres",
    package: Package::Called(
        "postgresql",
        ["postgresql-server", "postgresql", "postgresql", "postgresql-server", "postgresql"],
    ),
    variable: Some("SD35_POSTGRES"),
    version: Version::Flag("--version"),
    oldest: "12.0",
    versioned: Some(("/usr/lib/postgresql", "bin")),
};

pub(crate) const KIND: Kind = Kind {
    name: "postgres",
    title: "PostgreSQL",
    about: "SQL database",
    programs: &[&PROGRAM],
    start: Start::Held(|| started(Postgres::start())),
    slow: false,
    containers: &["postgres"],
};

/// The superuser.
const USER: &str = "postgres";

/// One PostgreSQL server, with the database and the superuser `postgres`, and a password of its own: what the lab
/// hands out has given it already, and servers of one process know it of each other, so that a subscription or a
/// foreign server needs no more than address and user.
///
/// It does not wait for the disk (`fsync = off`), so it starts quickly also on a busy one. A commit outlives
/// [`kill`](Server::kill) all the same; where the disk's time is the lesson, start it with `fsync = on`.
pub struct Postgres {
    server: Server,
    pool: PgPool,
}

is_a_server!(Postgres);

impl Postgres {
    /// Starts one, or uses the one at `SD35_POSTGRES` (user and database `postgres`, and no password).
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL on this machine, or it does not start.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            match PROGRAM.given()? {
                Some(address) => {
                    let server = Server::given(&PROGRAM, "PostgreSQL", address, ready()).await?;
                    Ok(Self::with_pool(server))
                }
                None => Self::launch("PostgreSQL", &[]).await,
            }
        })
    }

    /// Starts one with more settings, written as in `postgresql.conf`: `["max_connections = 20"]`.
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL on this machine, or it does not start; its log says what is wrong.
    pub fn with(settings: &[&str]) -> Task<'static, Self> {
        let settings: Vec<String> = settings.iter().map(|&line| line.to_owned()).collect();
        Box::pin(async move { Self::launch("PostgreSQL", &settings).await })
    }

    /// Starts several that know nothing of each other.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub fn shards(count: usize) -> Task<'static, Vec<Self>> {
        Box::pin(async move {
            let mut shards = Vec::new();
            for number in 0..count {
                shards.push(Self::launch(&format!("PostgreSQL shard {number}"), &[]).await?);
            }
            Ok(shards)
        })
    }

    async fn launch(name: &str, settings: &[String]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new(name, None)?;
        let data = place.path("data");
        let password = format!("--pwfile={}", place.write("password", Secret::ours().as_str())?);
        let who = ["-U", USER, "-A", "scram-sha-256", &password];
        // Not written through to the disk: what a crash of this machine loses here, nobody misses.
        let make = ["-D", &data, "-E", "UTF8", "--locale=C", "--no-sync"];
        let arguments = who.into_iter().chain(make).map(Into::into).collect();
        place.run(&found.path.with_file_name("initdb"), arguments).await?;
        Self::run_in(place, settings).await
    }

    /// Starts the server whose data directory is there already.
    async fn run_in(place: Place, settings: &[String]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let own = [
            "listen_addresses = '127.0.0.1'".to_owned(),
            format!("port = {}", place.port()),
            // Sockets in files have short paths at most; the lab needs none.
            "unix_socket_directories = ''".into(),
            "shared_buffers = 32MB".into(),
            // What a killed server wrote is with the system already; only the machine's crash would lose it.
            "fsync = off".into(),
            // In files of the data directory, which go with it.
            "dynamic_shared_memory_type = mmap".into(),
            "wal_level = replica".into(),
            "max_wal_senders = 10".into(),
            "wal_keep_size = 128MB".into(),
            // A replica that lost its primary looks for it again soon (the default is 5 s).
            "wal_retrieve_retry_interval = 100ms".into(),
        ];
        let lines = [&own[..], settings].concat().join("\n");
        let path = PathBuf::from(place.path("data")).join("postgresql.conf");
        let kept = std::fs::read_to_string(&path)
            .map_err(|source| LabError::writing("PostgreSQL", &path, source))?;
        place.write("data/postgresql.conf", format!("{kept}\n{lines}\n"))?;
        let passwords = passwords(&place)?;
        let shell = format!("PGPASSFILE={passwords} psql -h 127.0.0.1 -p {} -U {USER}", place.port());
        let mut launch = Launch::new(found, ready()).arguments(["-D".to_owned(), place.path("data")]);
        launch.environment.push((PASSWORDS, passwords.into()));
        Ok(Self::with_pool(place.start(launch.locked(&Secret::ours(), shell)).await?))
    }

    fn with_pool(server: Server) -> Self {
        let pool = pool(server.address(), server.secret());
        Self { server, pool }
    }

    /// What programs of PostgreSQL (`psql`, `pgbench`) read from their environment: where the server is, and how to
    /// come in. `Command::new("psql").envs(server.login())`.
    pub fn login(&self) -> [(&'static str, String); 4] {
        [
            ("PGHOST", self.address().ip().to_string()),
            ("PGPORT", self.port().to_string()),
            ("PGUSER", USER.to_owned()),
            ("PGPASSWORD", self.password().to_owned()),
        ]
    }

    /// A pool of up to 10 connections, for sqlx. It connects again by itself after a failure.
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Runs statements, apart by semicolons; each call may use another connection of the pool.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn sql(&self, statements: &str) -> Task<'static, Rows> {
        let (name, pool, statements) = (self.name().to_owned(), self.pool(), statements.to_owned());
        Box::pin(async move { sql::run(&name, &pool, statements).await })
    }

    /// A connection of its own, for a transaction of several calls.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or all its connections are taken.
    pub fn session(&self) -> Task<'static, Session> {
        let (name, pool) = (self.name().to_owned(), self.pool());
        Box::pin(async move {
            let connection = pool.acquire().await.map_err(|error| LabError::answer(&name, error))?;
            Ok(Session::postgres(name, connection))
        })
    }

    /// Runs a query, and gives its plan with the rows and times that were measured.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn explain(&self, query: &str) -> Task<'static, Plan> {
        let rows = self.sql(&format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}"));
        Box::pin(async move {
            let rows = rows.await?;
            Plan::parse(rows.value()).ok_or_else(|| LabError::answer("PostgreSQL", rows))
        })
    }
}

/// Names the file of passwords, in the environment of PostgreSQL's programs.
const PASSWORDS: &str = "PGPASSFILE";

/// Writes the file in which a server's own clients (replication, subscriptions, foreign servers) and helper programs
/// find the password of the others. Links have addresses of their own, so it holds for all.
fn passwords(place: &Place) -> Result<String, LabError> {
    place.write("passwords", format!("*:*:*:{USER}:{}\n", Secret::ours().as_str()))
}

/// Connects when first used.
fn pool(address: SocketAddr, secret: Option<&Secret>) -> PgPool {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&address.ip().to_string())
        .port(address.port())
        .username(USER)
        .database("postgres")
        .ssl_mode(sqlx::postgres::PgSslMode::Disable);
    let options = match secret {
        Some(secret) => options.password(secret.as_str()),
        None => options,
    };
    let limit = Duration::from_secs(5);
    PgPoolOptions::new().max_connections(10).acquire_timeout(limit).connect_lazy_with(options)
}

/// Lets a user in: the first message after the startup packet is "authentication", and it says "ok".
///
/// # Sources
///
/// PostgreSQL documentation, "Message Formats" (StartupMessage, AuthenticationOk, ErrorResponse).
fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let talk = async {
                let parameters = format!("user\0{USER}\0database\0postgres\0\0");
                let length = u32::try_from(8 + parameters.len()).unwrap_or_default();
                let version = 196_608_u32.to_be_bytes();
                let packet = [&length.to_be_bytes()[..], &version, parameters.as_bytes()].concat();
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(&packet).await?;
                let kind = stream.read_u8().await?;
                let length = stream.read_u32().await?.clamp(4, 4096);
                let mut rest = vec![0; length as usize - 4];
                stream.read_exact(&mut rest).await?;
                Ok::<_, std::io::Error>((kind, rest))
            };
            match talk.await {
                Ok((b'R', _)) => Ok(()),
                Ok((_, rest)) => {
                    let text = String::from_utf8_lossy(&rest).replace('\0', " ");
                    Err(LabError::answer("PostgreSQL", text))
                }
                Err(error) => Err(LabError::answer("PostgreSQL", error)),
            }
        })
    })
}
