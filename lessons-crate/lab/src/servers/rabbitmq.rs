//! RabbitMQ: queues, exchanges, acknowledgements.
//!
//! Its client is the crate [`lapin`], the one that is used outside of a lab too. What is here starts the
//! server and opens connections: their future is boxed, because a cell that compiles the making of a
//! connection by itself takes seconds for it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use algorithms::table::Table;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};

use crate::Link;
use crate::ground::error::{LabError, Task};
use crate::ground::held;
use crate::ground::port::Port;
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "rabbitmq-server",
    package: Package::Called(
        "rabbitmq-server",
        ["rabbitmq-server", "rabbitmq", "rabbitmq-server", "rabbitmq-server", "rabbitmq"],
    ),
    variable: Some("SD35_RABBITMQ"),
    version: Version::InPath("rabbitmq_server-"),
    // The first with quorum queues.
    oldest: "3.8",
    // The program of this name on the PATH of a Debian is another one, which insists on its own user.
    versioned: Some(("/usr/lib/rabbitmq/lib", "sbin")),
};

pub(crate) const KIND: Kind = Kind {
    name: "rabbitmq",
    title: "RabbitMQ",
    about: "queues",
    programs: &[&PROGRAM],
    start: Start::Held(|| started(RabbitMq::start())),
    slow: true,
    containers: &["rabbitmq"],
};

/// Who may come in from this machine, in every new RabbitMQ: with this as the password too, where the lab did not
/// start it.
const USER: &str = "guest";
/// A start takes 5 to 8 s on two idle cores.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a new connection may take.
const ANSWER: Duration = Duration::from_secs(10);

/// One RabbitMQ, with the user `guest` and a password of its own: what the lab hands out has given it already.
///
/// It is a program of Erlang, and slow to start: 5 to 10 s. Keep one for the cells of a lesson.
pub struct RabbitMq {
    server: Server,
    /// How its tools reach it; nothing for one that the lab did not start.
    environment: Vec<(&'static str, OsString)>,
    /// Where nodes find each other, and talk; unused, but Erlang insists.
    _ports: Vec<Port>,
}

is_a_server!(RabbitMq);

impl RabbitMq {
    /// Starts one, or uses the one at `SD35_RABBITMQ` (user and password `guest`).
    ///
    /// # Errors
    ///
    /// When there is no RabbitMQ on this machine, or it does not start.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            match PROGRAM.given()? {
                Some(address) => {
                    let secret = held::password_at(address);
                    let ready = ready(secret.as_ref().map_or(USER, Secret::as_str));
                    let server = Server::given(&PROGRAM, "RabbitMQ", address, ready).await?;
                    Ok(Self { server, environment: Vec::new(), _ports: Vec::new() })
                }
                None => Self::launch(&[]).await,
            }
        })
    }

    /// Starts one with more settings, written as in `rabbitmq.conf`: `["consumer_timeout = 5000"]`.
    ///
    /// # Errors
    ///
    /// When there is no RabbitMQ on this machine, or it does not start; its log says what is wrong with a setting.
    pub fn with(settings: &[&str]) -> Task<'static, Self> {
        let settings: Vec<String> = settings.iter().map(|&line| line.to_owned()).collect();
        Box::pin(async move { Self::launch(&settings).await })
    }

    async fn launch(settings: &[String]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new("RabbitMQ", None)?;
        let ports = vec![Port::free()?, Port::free()?];
        let secret = Secret::ours();
        let own = [
            format!("listeners.tcp.1 = 127.0.0.1:{}", place.port()),
            format!("default_user = {USER}"),
            format!("default_pass = {}", secret.as_str()),
            // On a machine with little room it would take no message at all.
            "disk_free_limit.absolute = 50MB".into(),
        ];
        place.write("rabbitmq.conf", [&own[..], settings].concat().join("\n") + "\n")?;
        place.write("plugins", "[].\n")?;
        // What nodes and tools know each other by. Erlang insists that nobody else can read it.
        let cookie = place.write(".erlang.cookie", Secret::new().as_str())?;
        std::fs::set_permissions(&cookie, std::fs::Permissions::from_mode(0o400))
            .map_err(|source| LabError::writing("RabbitMQ", Path::new(&cookie), source))?;
        let environment = environment(&place, &ports);
        let mut launch = Launch::new(found, ready(secret.as_str())).locked(&secret, None);
        launch.environment.clone_from(&environment);
        launch.limit = PATIENCE;
        Ok(Self { server: place.start(launch).await?, environment, _ports: ports })
    }

    /// The address as clients take it, with user and password.
    pub fn url(&self) -> String {
        format!("amqp://{USER}:{}@{}/%2f", self.given(), self.address())
    }

    /// A connection of its own, as a producer or a consumer has. It does not connect again by itself, so that
    /// a lesson sees every failure; one made with [`url`](Self::url) and
    /// [`enable_auto_recover`](ConnectionProperties::enable_auto_recover) does.
    ///
    /// # Errors
    ///
    /// When RabbitMQ does not answer.
    pub fn connect(&self) -> Task<'static, Connection> {
        connect(self.address(), USER, self.given())
    }

    /// The password that is given.
    fn given(&self) -> &str {
        self.secret().map_or(USER, Secret::as_str)
    }

    /// A connection as another user.
    ///
    /// # Errors
    ///
    /// When RabbitMQ does not answer, or does not know this user with this password.
    pub fn connect_as(&self, user: &str, password: &str) -> Task<'static, Connection> {
        connect(self.address(), user, password)
    }

    /// A connection through a [`Link`](crate::Link), which can be cut.
    ///
    /// # Errors
    ///
    /// When RabbitMQ does not answer there.
    pub fn connect_through(&self, link: &Link) -> Task<'static, Connection> {
        connect(link.address(), USER, self.given())
    }

    /// Its queues: how many messages are ready, how many are delivered and not acknowledged, how many
    /// consumers there are. It starts a program of RabbitMQ's own, which takes a second or two.
    ///
    /// # Errors
    ///
    /// When the lab did not start it, or it does not answer.
    pub fn queues(&self) -> Task<'_, Table> {
        let columns = ["name", "type", "messages_ready", "messages_unacknowledged", "consumers"];
        Box::pin(async move {
            let mut arguments = vec!["--quiet", "--no-table-headers", "list_queues"];
            arguments.extend(columns);
            let answer = self.control(&arguments).await?;
            let mut rows: Vec<Vec<&str>> = answer.lines().map(|line| line.split('\t').collect()).collect();
            rows.retain(|row| row.len() == columns.len());
            rows.sort();
            let table = Table::new(["queue", "type", "ready", "unacknowledged", "consumers"]);
            Ok(rows.into_iter().fold(table, Table::row))
        })
    }

    /// Runs `rabbitmqctl` with these arguments; what it prints.
    ///
    /// # Errors
    ///
    /// When the lab did not start this RabbitMQ, or the program fails.
    pub fn control(&self, arguments: &[&str]) -> Task<'_, String> {
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        Box::pin(async move {
            let program = PROGRAM.find()?.path.with_file_name("rabbitmqctl");
            self.server.run(&program, arguments, &self.environment).await
        })
    }
}

fn environment(place: &Place, ports: &[Port]) -> Vec<(&'static str, OsString)> {
    let [mapper, distribution] = [0, 1].map(|i| ports[i].number.to_string());
    let own = |name: &str| place.path(name);
    [
        // Erlang's port mapper: one of our own, which ends with the folder.
        ("ERL_EPMD_PORT", mapper),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
        ("RABBITMQ_NODENAME", "lab@localhost".into()),
        ("RABBITMQ_NODE_PORT", place.port().to_string()),
        ("RABBITMQ_DIST_PORT", distribution),
        ("RABBITMQ_CONFIG_FILE", own("rabbitmq")),
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null".into()),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", own("plugins")),
        ("RABBITMQ_MNESIA_BASE", own("data")),
        ("RABBITMQ_LOG_BASE", own("logs")),
        // To standard output, which is our log.
        ("RABBITMQ_LOGS", "-".into()),
        ("RABBITMQ_PID_FILE", own("pid")),
        // The script then becomes the server, instead of staying in between.
        ("RUNNING_UNDER_SYSTEMD", "1".into()),
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            // One scheduler: a lab shares its processors.
            "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1".into(),
        ),
        ("RABBITMQ_CTL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1".into()),
    ]
    .map(|(name, value)| (name, value.into()))
    .into()
}

fn connect(address: SocketAddr, user: &str, password: &str) -> Task<'static, Connection> {
    let mut uri = AMQPUri { vhost: "/".into(), ..AMQPUri::default() };
    uri.authority.host = address.ip().to_string();
    uri.authority.port = address.port();
    uri.authority.userinfo.username = user.to_owned();
    uri.authority.userinfo.password = password.to_owned();
    Box::pin(async move {
        let connection = Connection::connect_uri(uri, ConnectionProperties::default());
        match tokio::time::timeout(ANSWER, connection).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(LabError::answer("RabbitMQ", error)),
            Err(_) => Err(LabError::answer("RabbitMQ", format!("no answer within {ANSWER:?}"))),
        }
    })
}

/// Lets a user in. One that answers, but not to this password, is ready too.
fn ready(password: &str) -> Ready {
    let password = password.to_owned();
    Arc::new(move |address: SocketAddr| {
        let connection = connect(address, USER, &password);
        Box::pin(async move {
            match connection.await {
                Ok(_) => Ok(()),
                Err(error) if error.to_string().contains("ACCESS_REFUSED") => Ok(()),
                Err(error) => Err(error),
            }
        })
    })
}
