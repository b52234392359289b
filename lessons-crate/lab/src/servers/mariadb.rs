//! MariaDB: one server, and a primary with replicas that follow by global transaction identifiers.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version, on_path};
use crate::ground::secret::Secret;
use crate::ground::talk;
use crate::kind::{Kind, Start, started};
use crate::link::Link;
use crate::server::{Launch, Place, Ready, Server};
use crate::sql::{self, Plan, Rows, Session};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "mariadbd",
    package: Package::Called(
        "mariadb-server-core mariadb-client-core",
        ["mariadb-server", "mariadb", "mariadb mariadb-client", "mariadb", "mariadb"],
    ),
    variable: Some("SD35_MARIADB"),
    version: Version::Flag("--version"),
    // The first with the privilege that a replica's users must not have.
    oldest: "10.5",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "mariadb",
    title: "MariaDB",
    about: "SQL database",
    programs: &[&PROGRAM],
    start: Start::Held(|| started(MariaDb::start())),
    slow: false,
    containers: &["mariadb"],
};

/// Who the lessons are, and who arranges replication; both with the password of this process.
const USER: &str = "lab";
const ADMINISTRATOR: &str = "root";
/// The database that is there from the start.
const DATABASE: &str = "lab";
/// How long replicas may take to come into step, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Run at every start, before the server listens; not written to the log that replicas follow.
const USERS: &str = "SET sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS lab;
DROP USER IF EXISTS root@'::1', ''@localhost;
ALTER USER root@localhost IDENTIFIED BY 'SECRET';
CREATE USER IF NOT EXISTS root@'127.0.0.1';
ALTER USER root@'127.0.0.1' IDENTIFIED BY 'SECRET';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS lab@'127.0.0.1' IDENTIFIED BY 'SECRET';
GRANT ALL ON *.* TO lab@'127.0.0.1';
REVOKE READ ONLY ADMIN ON *.* FROM lab@'127.0.0.1';
";

/// One MariaDB server, with the database and the user `lab` and a password of its own: what the lab hands out has
/// given it already. It reads and writes files in its own folder only.
pub struct MariaDb {
    server: Server,
    pool: MySqlPool,
    administrator: MySqlPool,
}

is_a_server!(MariaDb);

impl MariaDb {
    /// Starts one, or uses the one at `SD35_MARIADB` (user and database `lab`, and no password).
    ///
    /// # Errors
    ///
    /// When there is no MariaDB on this machine, or it does not start.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            match PROGRAM.given()? {
                Some(address) => {
                    let server = Server::given(&PROGRAM, "MariaDB", address, ready()).await?;
                    Ok(Self::with_pools(server))
                }
                None => Self::launch("MariaDB", 1, &[]).await,
            }
        })
    }

    async fn launch(name: &str, id: usize, settings: &[&str]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new(name, None)?;
        let data = place.path("data");
        let installer = on_path("mariadb-install-db").ok_or(LabError::Missing {
            program: "mariadb-install-db",
            install: PROGRAM.install(),
            variable: PROGRAM.variable,
        })?;
        let make = [
            "--no-defaults",
            &format!("--datadir={data}"),
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ];
        place.run(Path::new(&installer), make.map(Into::into).into()).await?;
        let secret = Secret::ours();
        let users = place.write("users.sql", USERS.replace("SECRET", secret.as_str()))?;
        let files = place.make_folder("files")?;
        let own = [
            "--no-defaults".to_owned(),
            format!("--datadir={data}"),
            "--bind-address=127.0.0.1".into(),
            format!("--port={}", place.port()),
            format!("--socket={}", place.path("socket")),
            format!("--pid-file={}", place.path("pid")),
            format!("--init-file={users}"),
            format!("--secure-file-priv={files}"),
            format!("--server-id={id}"),
            "--log-bin=log-bin".into(),
            "--gtid-strict-mode=1".into(),
            "--skip-name-resolve".into(),
            "--innodb-buffer-pool-size=64M".into(),
            "--innodb-log-file-size=16M".into(),
            "--performance-schema=0".into(),
            // A replica that lost its primary looks for it again soon (the default is 60 s).
            "--slave-net-timeout=4".into(),
        ];
        let settings = settings.iter().map(|&setting| setting.to_owned());
        let launch = Launch::new(found, ready()).arguments(own.into_iter().chain(settings));
        let client = format!(
            "[client]\nhost=127.0.0.1\nport={}\nuser={USER}\npassword={}\n",
            place.port(),
            secret.as_str()
        );
        let shell = format!("mariadb --defaults-file={} {DATABASE}", place.write("client.cnf", client)?);
        Ok(Self::with_pools(place.start(launch.locked(&secret, shell)).await?))
    }

    fn with_pools(server: Server) -> Self {
        let [pool, administrator] =
            [USER, ADMINISTRATOR].map(|user| pool(server.address(), user, server.secret()));
        Self { server, pool, administrator }
    }

    /// A pool of up to 10 connections, for sqlx. It connects again by itself after a failure.
    pub fn pool(&self) -> MySqlPool {
        self.pool.clone()
    }

    /// Runs statements, apart by semicolons; each call may use another connection of the pool.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn sql(&self, statements: &str) -> Task<'static, Rows> {
        self.on(self.pool(), statements)
    }

    /// Runs a query, and gives its plan as a tree with the rows and times that were measured.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn explain(&self, query: &str) -> Task<'static, Plan> {
        let rows = self.sql(&format!("ANALYZE FORMAT=JSON {query}"));
        Box::pin(async move {
            let rows = rows.await?;
            Plan::parse_maria(rows.value()).ok_or_else(|| LabError::answer("MariaDB", rows))
        })
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
            Ok(Session::mariadb(name, connection))
        })
    }

    fn arrange(&self, statements: &str) -> Task<'static, Rows> {
        self.on(self.administrator.clone(), statements)
    }

    fn on(&self, pool: MySqlPool, statements: &str) -> Task<'static, Rows> {
        let (name, statements) = (self.name().to_owned(), statements.to_owned());
        Box::pin(async move { sql::run(&name, &pool, statements).await })
    }

    async fn follow(&self, primary: SocketAddr) -> Result<(), LabError> {
        let statements = format!(
            "STOP SLAVE; CHANGE MASTER TO master_host = '{}', master_port = {}, master_user = '{ADMINISTRATOR}', \
             master_password = '{}', master_connect_retry = 1, master_use_gtid = slave_pos; START SLAVE; SET GLOBAL read_only = 1",
            primary.ip(),
            primary.port(),
            self.password()
        );
        self.arrange(&statements).await?;
        talk::until("the replica following its primary", PATIENCE, || async {
            let status = self.arrange("SHOW SLAVE STATUS").await.ok()?;
            let runs = |thread| status.get(0, thread) == Some("Yes");
            (runs("Slave_IO_Running") && runs("Slave_SQL_Running")).then_some(())
        })
        .await
    }
}

/// A MariaDB primary with replicas; each follows it over a [`Link`], which can be slowed or cut.
///
/// Node 0 starts as the primary. Replication is asynchronous: a commit waits for nobody.
pub struct MariaDbGroup {
    nodes: Vec<MariaDb>,
    links: Vec<Link>,
}

impl MariaDbGroup {
    /// Starts a primary with this many replicas.
    ///
    /// # Errors
    ///
    /// When there is no MariaDB on this machine, or one of them does not start.
    pub fn start(replicas: usize) -> Task<'static, Self> {
        Box::pin(async move {
            let primary = MariaDb::launch("MariaDB primary", 1, &[]).await?;
            let mut group = Self { nodes: vec![primary], links: Vec::new() };
            for number in 1..=replicas {
                let replica = MariaDb::launch(&format!("MariaDB replica {number}"), number + 1, &[]).await?;
                let link = Link::to(group.nodes[0].address()).await?;
                replica.follow(link.address()).await?;
                group.nodes.push(replica);
                group.links.push(link);
            }
            Ok(group)
        })
    }

    /// All servers; number 0 was the first primary.
    pub fn nodes(&self) -> &[MariaDb] {
        &self.nodes
    }

    /// The first primary.
    pub fn primary(&self) -> &MariaDb {
        &self.nodes[0]
    }

    /// The links over which replicas follow the primary: number 0 is that of node 1.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Waits until a replica has everything that node 0 has written until now.
    ///
    /// # Errors
    ///
    /// When it has not within 20 s, or there is no such node.
    pub fn wait_in_step(&self, replica: usize) -> Task<'_, ()> {
        Box::pin(async move {
            let position = self.primary().sql("SELECT @@gtid_binlog_pos").await?;
            let seconds = PATIENCE.as_secs();
            let query = format!("SELECT master_gtid_wait('{}', {seconds})", position.value());
            match self.node(replica)?.arrange(&query).await?.value() {
                "0" => Ok(()),
                _ => Err(LabError::TooLong { what: "a replica coming into step".into(), waited: PATIENCE }),
            }
        })
    }

    /// Makes a replica accept writes, and follow nobody.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it does not answer.
    pub fn promote(&self, replica: usize) -> Task<'_, &MariaDb> {
        Box::pin(async move {
            let node = self.node(replica)?;
            node.arrange("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0").await?;
            Ok(node)
        })
    }

    /// Makes a node follow another one from now on, directly.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it does not follow within 20 s.
    pub fn follow(&self, replica: usize, primary: usize) -> Task<'_, ()> {
        Box::pin(async move { self.node(replica)?.follow(self.node(primary)?.address()).await })
    }

    /// What a replica says of its replication.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it does not answer.
    pub fn status(&self, replica: usize) -> Task<'_, Rows> {
        Box::pin(async move { self.node(replica)?.arrange("SHOW SLAVE STATUS").await })
    }

    fn node(&self, number: usize) -> Result<&MariaDb, LabError> {
        self.nodes.get(number).ok_or_else(|| LabError::answer("MariaDB", format!("no node {number}")))
    }
}

impl fmt::Debug for MariaDbGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.nodes).finish()
    }
}

/// Connects when first used.
fn pool(address: SocketAddr, user: &str, secret: Option<&Secret>) -> MySqlPool {
    let options = MySqlConnectOptions::new()
        .host(&address.ip().to_string())
        .port(address.port())
        .username(user)
        .database(DATABASE)
        .ssl_mode(sqlx::mysql::MySqlSslMode::Disabled);
    let options = match secret {
        Some(secret) => options.password(secret.as_str()),
        None => options,
    };
    MySqlPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options)
}

/// Greets with version 10 of the protocol.
///
/// # Sources
///
/// MariaDB documentation, "Connection" (initial handshake packet).
fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let greeting = async {
                let mut stream = TcpStream::connect(address).await?;
                // Three bytes of length, one of order, and the version.
                let mut head = [0; 5];
                stream.read_exact(&mut head).await?;
                Ok::<_, std::io::Error>(head[4])
            };
            match greeting.await {
                Ok(10) => Ok(()),
                Ok(other) => Err(LabError::answer("MariaDB", format!("it greets with {other}"))),
                Err(error) => Err(LabError::answer("MariaDB", error)),
            }
        })
    })
}
