//! MongoDB, or a program that speaks as it does.

pub(crate) mod documents;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::{AuthMechanism, ClientOptions, Credential, ServerAddress};
use mongodb::{Client, Collection};

use crate::ground::error::{LabError, Task};
use crate::ground::port::Port;
use crate::ground::process::User;
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::stand_in::documents::login::USER;
use crate::stand_in::documents::server::Shared;
use crate::stand_in::listener::StandIn;
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "mongod",
    package: Package::Elsewhere {
        name: "mongodb",
        homebrew: "mongodb/brew/mongodb-community",
        instead: "no system packages it: see mongodb.com, or deploy/compose.yaml",
    },
    variable: Some("SD35_MONGODB"),
    version: Version::Flag("--version"),
    oldest: "4.4",
    versioned: None,
};

/// SecantusDB: a program that speaks MongoDB's protocol, for systems without a package of MongoDB.
pub(crate) const STAND_IN: Program = Program {
    name: "secantusd-py",
    package: Package::Elsewhere {
        name: "secantusdb",
        homebrew: "",
        instead: "pip install secantusdb==0.7.0b3",
    },
    variable: Some("SD35_MONGODB"),
    version: Version::Untold,
    oldest: "0.7",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "mongodb",
    title: "MongoDB",
    about: "documents",
    programs: &[&PROGRAM, &STAND_IN],
    start: Start::Held(|| started(MongoDb::start())),
    slow: true,
    containers: &["mongo-1", "mongo-2", "mongo-3"],
};

/// How long a lesson waits for a server that does not answer. The driver itself would wait 30 s, for an
/// election in a replica set.
const PATIENCE: Duration = Duration::from_secs(5);
/// The database that lessons use.
const DATABASE: &str = "lab";

/// One MongoDB with a password of its own, and a client of it that has given it: the official driver, the crate
/// [`mongodb`].
///
/// SecantusDB answers all of the driver's usual commands, transactions and change streams too, but has one
/// node and no text indexes. The [`stand_in`](Self::stand_in) knows what its module lists.
pub struct MongoDb {
    server: Server,
    client: Client,
}

is_a_server!(MongoDb);

impl MongoDb {
    /// Uses the one at `SD35_MONGODB`, or starts `mongod`, or SecantusDB in its place; where there is none of
    /// them, starts the small [`stand_in`](Self::stand_in) and says so.
    ///
    /// # Errors
    ///
    /// When it does not start or answer.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            if let Some(address) = PROGRAM.given()? {
                return Self::with_client(Server::given(&PROGRAM, "MongoDB", address, ready()).await?);
            }
            let (found, name) = match (PROGRAM.find(), STAND_IN.find()) {
                (Ok(found), _) => (found, "MongoDB"),
                (_, Ok(found)) => (found, "SecantusDB"),
                (Err(missing), _) => {
                    eprintln!("A small stand-in inside this process plays MongoDB: {missing}");
                    return Self::stand_in().await;
                }
            };
            let place = Place::new(name, None)?;
            let data = place.make_folder("data")?;
            let port = place.port().to_string();
            let arguments = match name {
                "MongoDB" => [
                    "--bind_ip",
                    "127.0.0.1",
                    "--port",
                    &port,
                    "--dbpath",
                    &data,
                    "--wiredTigerCacheSizeGB",
                    "0.25",
                    AUTH,
                ],
                _ => [
                    "--host",
                    "127.0.0.1",
                    "--port",
                    &port,
                    "--storage-path",
                    &data,
                    "--cache-size",
                    "64M",
                    "--log-level=ERROR",
                ],
            };
            let secret = Secret::ours();
            let mut launch = Launch::new(found, ready()).arguments(arguments).locked(&secret, None);
            if name == "SecantusDB" {
                // Python's tools may lie in the home of their user, where no other can read.
                launch.user = User::This;
            }
            let server = place.start(launch).await?;
            // Neither has a user yet. The first lets one in from this machine to make one, and nothing else.
            make_user(server.address(), &secret).await.map_err(documents::refused)?;
            if name == "SecantusDB" {
                server.stop().await?;
                server.add_argument(AUTH)?;
                server.restart().await?;
            }
            Self::with_client(server)
        })
    }

    /// Starts the lab's own small server inside this process. It knows the common commands and operators, and
    /// says so of any other; it keeps nothing when it stops.
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
            Self::with_client(Server::inside("MongoDB stand-in", address, inside)?.locked(secret))
        })
    }

    fn with_client(server: Server) -> Result<Self, LabError> {
        let client = client(server.address(), server.secret()).map_err(documents::refused)?;
        Ok(Self { server, client })
    }

    /// The driver's client of it. It keeps connections and makes new ones after a failure; an answer, or the
    /// error that there is none, takes at most 5 s.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A collection of the database `lab`; it is made when something is put into it.
    pub fn collection(&self, name: &str) -> Collection<Document> {
        self.client.database(DATABASE).collection(name)
    }

    /// The address as drivers take it, with user and password.
    pub fn url(&self) -> String {
        match self.secret() {
            Some(secret) => {
                format!("mongodb://{USER}:{}@{}/?authSource=admin", secret.as_str(), self.address())
            }
            None => format!("mongodb://{}", self.address()),
        }
    }
}

/// A client that asks once: a lesson shall see an error, not what is tried again behind its back.
fn client(address: SocketAddr, secret: Option<&Secret>) -> mongodb::error::Result<Client> {
    let host = ServerAddress::Tcp { host: address.ip().to_string(), port: Some(address.port()) };
    let options = ClientOptions::builder()
        .hosts(vec![host])
        .direct_connection(true)
        .connect_timeout(PATIENCE)
        .server_selection_timeout(PATIENCE)
        .retry_reads(false)
        .retry_writes(false);
    let mut options = options.build();
    options.credential = secret.map(|secret| {
        let user = Credential::builder().username(USER.to_owned()).password(secret.as_str().to_owned());
        user.source("admin".to_owned()).mechanism(AuthMechanism::ScramSha256).build()
    });
    Client::with_options(options)
}

/// What has the server ask for a password.
const AUTH: &str = "--auth";

/// Makes the user that clients are.
async fn make_user(address: SocketAddr, secret: &Secret) -> mongodb::error::Result<()> {
    let client = client(address, None)?;
    let user = doc! { "createUser": USER, "pwd": secret.as_str(), "roles": ["root"] };
    let made = client.database("admin").run_command(user).await;
    client.shutdown().immediate(true).await;
    made.map(drop)
}

fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let client = client(address, None).map_err(documents::refused)?;
            let ping = client.database("admin").run_command(doc! { "ping": 1 }).await;
            client.shutdown().immediate(true).await;
            ping.map(drop).map_err(documents::refused)
        })
    })
}
