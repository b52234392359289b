//! MongoDB, or a program that speaks as it does.

mod bson;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::ground::error::{LabError, Task};
use crate::ground::process::User;
use crate::ground::program::{Package, Program, Version};
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::stand_in::documents::DocumentStore;
use crate::stand_in::documents::memory::MemoryDocuments;
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

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest message that is taken; MongoDB's own limit.
const MOST_BYTES: i32 = 48_000_000;
/// The number of the only kind of message.
const OP_MSG: i32 = 2013;
/// The database that lessons use.
const DATABASE: &str = "lab";
/// How many documents an answer holds.
const BATCH: u32 = 10_000;

/// One MongoDB without passwords; a [`DocumentStore`] through a small client of its protocol.
///
/// The official driver talks to it too: its address is `mongodb://` and [`address`](Server::address). The driver
/// is not part of the library, because it would add two minutes to the first start; in a cell,
/// `:dep mongodb = { version = "3.9", features = ["sync"] }` builds it. SecantusDB answers all of its usual commands,
/// transactions and change streams too, but has one node and no text indexes.
pub struct MongoDb {
    server: Server,
    client: Client,
}

is_a_server!(MongoDb);

impl MongoDb {
    /// Uses the one at `SD35_MONGODB`, or starts `mongod`, or starts SecantusDB in its place.
    ///
    /// # Errors
    ///
    /// When there is none of them on this machine, or it does not start.
    pub fn start() -> Task<'static, Self> {
        Box::pin(async {
            if let Some(address) = PROGRAM.given()? {
                let server = Server::given(&PROGRAM, "MongoDB", address, ready()).await?;
                return Ok(Self::with_client(server));
            }
            let (found, name) = match (PROGRAM.find(), STAND_IN.find()) {
                (Ok(found), _) => (found, "MongoDB"),
                (_, Ok(found)) => (found, "SecantusDB"),
                (Err(missing), _) => return Err(missing),
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
                ],
                _ => ["--host", "127.0.0.1", "--port", &port, "--storage-path", &data, "--cache-size", "64M"],
            };
            let mut launch = Launch::new(found, ready()).arguments(arguments);
            if name == "SecantusDB" {
                // Python's tools may lie in the home of their user, where no other can read.
                launch.user = User::This;
            }
            Ok(Self::with_client(place.start(launch).await?))
        })
    }

    fn with_client(server: Server) -> Self {
        let client = Client { address: server.address(), connection: Arc::default() };
        Self { server, client }
    }

    /// The address as drivers take it.
    pub fn url(&self) -> String {
        format!("mongodb://{}", self.address())
    }
}

impl DocumentStore for MongoDb {
    fn kind(&self) -> String {
        format!("{} {}", self.server.name(), self.server.version())
    }

    fn command(&self, name: &str, collection: &str, arguments: Value) -> Task<'static, Value> {
        let (client, server) = (self.client.clone(), self.server.name().to_owned());
        let (name, collection) = (name.to_owned(), collection.to_owned());
        Box::pin(async move {
            let fail = |error: String| LabError::answer(&server, error);
            let mut answer = if name == "explain" {
                let find = json!([["find", collection], ["filter", arguments["filter"]]]);
                let verbosity = json!({ "verbosity": "executionStats" });
                client.run(&name, &find, &verbosity).await.map_err(fail)?
            } else {
                client.run(&name, &collection.clone().into(), &arguments).await.map_err(fail)?
            };
            // The rest of a long answer.
            while let Some(id) = answer["cursor"]["id"].as_i64().filter(|&id| id != 0) {
                let rest = json!({ "collection": collection, "batchSize": BATCH });
                let mut more = client.run("getMore", &id.into(), &rest).await.map_err(fail)?;
                answer["cursor"]["id"] = more["cursor"]["id"].take();
                if let (Some(all), Value::Array(batch)) =
                    (answer["cursor"]["firstBatch"].as_array_mut(), more["cursor"]["nextBatch"].take())
                {
                    all.extend(batch);
                }
            }
            Ok(answer)
        })
    }
}

/// The document database of this machine: the one at `SD35_MONGODB`, else a program (`mongod`, or SecantusDB's
/// `secantusd-py`), else a store inside this process, and it says so.
///
/// # Errors
///
/// When one is there, but does not start or answer.
pub fn document_store() -> Task<'static, Box<dyn DocumentStore>> {
    Box::pin(async {
        match MongoDb::start().await {
            Ok(server) => Ok(Box::new(server) as Box<dyn DocumentStore>),
            Err(missing @ LabError::Missing { .. }) => {
                eprintln!("A document store inside this process plays MongoDB: {missing}");
                Ok(Box::new(MemoryDocuments::new()) as Box<dyn DocumentStore>)
            }
            Err(error) => Err(error),
        }
    })
}

/// A connection that is made when it is needed, and made again after a failure.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    connection: Arc<Mutex<Option<TcpStream>>>,
}

impl Client {
    async fn run(&self, name: &str, first: &Value, arguments: &Value) -> Result<Value, String> {
        let mut kept = self.connection.lock().await;
        let exchange = async {
            let mut stream = match kept.take() {
                Some(stream) => stream,
                None => TcpStream::connect(self.address).await?,
            };
            let answer = ask(&mut stream, name, first, arguments).await?;
            *kept = Some(stream);
            Ok::<_, std::io::Error>(answer)
        };
        let answer = match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(answer) => answer.map_err(|error| error.to_string())?,
            Err(_) => return Err("no answer".into()),
        };
        refused(&answer).map_or(Ok(answer), Err)
    }
}

/// What the server says against a command, or against a document of it.
fn refused(answer: &Value) -> Option<String> {
    let error = if answer["ok"].as_f64() == Some(1.0) { answer["writeErrors"].get(0)? } else { answer };
    let text = error["errmsg"].as_str().unwrap_or("it refused");
    Some(match error["code"].as_i64() {
        // Unauthorized, AuthenticationFailed.
        Some(13 | 18) => format!("{text}: this client knows no passwords; start the server without"),
        _ => text.to_owned(),
    })
}

async fn ask(stream: &mut TcpStream, name: &str, first: &Value, arguments: &Value) -> std::io::Result<Value> {
    let garbled = || {
        std::io::Error::new(std::io::ErrorKind::InvalidData, "what answers there does not speak as MongoDB")
    };
    let database = json!(if name == "hello" { "admin" } else { DATABASE });
    let rest = arguments.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value));
    let body = bson::document([(name, first)].into_iter().chain(rest).chain([("$db", &database)]));
    let length = i32::try_from(body.len() + 21).ok().filter(|&length| length <= MOST_BYTES);
    let length = length.ok_or_else(|| std::io::Error::other("more than 48 MB at once"))?;
    // Length, number, number answered, kind; flags; one section of kind 0.
    let head = [length, 1, 0, OP_MSG, 0].map(i32::to_le_bytes).concat();
    stream.write_all(&[&head[..], &[0], &body].concat()).await?;
    let length = stream.read_i32_le().await?;
    if !(26..=MOST_BYTES).contains(&length) {
        return Err(garbled());
    }
    let mut message = vec![0; usize::try_from(length).unwrap_or_default() - 4];
    stream.read_exact(&mut message).await?;
    if message[8..12] != OP_MSG.to_le_bytes() || message[16] != 0 {
        return Err(garbled());
    }
    bson::read(&message[17..]).ok_or_else(garbled)
}

fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let client = Client { address, connection: Arc::default() };
            let hello = client.run("hello", &1.into(), &json!({})).await;
            hello.map(drop).map_err(|error| LabError::answer("MongoDB", error))
        })
    })
}
