//! The server around the store: connections, and cursors that give long answers in parts.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::bson::{Bson, DateTime, Document, doc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::login::Login;
use super::refusal::{COMMANDS, Refusal};
use super::store::{Answer, Store};
use super::value::whole;
use super::wire;
use crate::ground::secret::Secret;
use crate::stand_in::listener::Speaker;

/// How many documents the first part of an answer has, unless the client says.
const FIRST: usize = 101;
/// How many documents a part has at most.
const MOST: usize = 10_000;
/// How many answers may be half read. The oldest is forgotten for a new one: a client that left does not say.
const CURSORS: usize = 1_000;

/// What a stand-in for MongoDB keeps, and the password that it wants.
pub(crate) struct Shared {
    database: Mutex<Database>,
    secret: Secret,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Speaker for Shared {
    fn new(secret: Secret) -> Self {
        Self { database: Mutex::default(), secret }
    }

    async fn talk(
        self: Arc<Self>,
        mut stream: TcpStream,
        mut paused: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let mut login = Login::new(self.secret.clone());
        stream.set_nodelay(true)?;
        loop {
            let mut head = [0; 4];
            stream.read_exact(&mut head).await?;
            let length = wire::length(head).ok_or(io::ErrorKind::InvalidData)?;
            // As it comes: who says 48 MB and sends none of them gets no memory for them.
            let mut message = Vec::new();
            let rest = u64::try_from(length - head.len()).map_err(io::Error::other)?;
            if (&mut stream).take(rest).read_to_end(&mut message).await? + head.len() < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let message = wire::read(&message).ok_or(io::ErrorKind::InvalidData)?;
            if paused.wait_for(|paused| !paused).await.is_err() {
                return Ok(());
            }
            let answer = login.answer(&message.command);
            let answer = answer.unwrap_or_else(|| self.lock().answer(&message.command));
            if message.wants_answer {
                let bytes = wire::write(message.number, &answer).ok_or(io::ErrorKind::InvalidData)?;
                stream.write_all(&bytes).await?;
            }
        }
    }
}

#[derive(Default)]
struct Database {
    store: Store,
    /// What is left of long answers, with the name of their collection.
    cursors: BTreeMap<i64, (String, VecDeque<Document>)>,
    last_cursor: i64,
}

impl Database {
    fn answer(&mut self, command: &Document) -> Document {
        match self.carry_out(command) {
            Ok(mut fields) => {
                fields.insert("ok", 1.0);
                fields
            }
            Err(refusal) => refusal.answer(),
        }
    }

    fn carry_out(&mut self, command: &Document) -> Result<Document, Refusal> {
        let (name, first) = command.iter().next().ok_or("a command has a name")?;
        let database = command.get_str("$db").unwrap_or("test");
        match name.as_str() {
            "hello" | "isMaster" | "ismaster" => Ok(hello()),
            "ping" | "endSessions" => Ok(Document::new()),
            "buildInfo" | "buildinfo" => Ok(doc! { "version": "7.0.0", "versionArray": [7, 0, 0, 0] }),
            "getMore" => self.more(whole(first).unwrap_or(0), command),
            "killCursors" => {
                for id in command.get_array("cursors").into_iter().flatten().filter_map(whole) {
                    self.cursors.remove(&id);
                }
                Ok(Document::new())
            }
            "listCollections" => {
                let one =
                    |name: &&str| doc! { "name": *name, "type": "collection", "options": {}, "info": {} };
                let all = self.store.names(database).iter().map(one).collect();
                Ok(self.part(format!("{database}.$cmd.listCollections"), all, command))
            }
            known => {
                let on = if known == "explain" { command.get_document("explain").ok() } else { None };
                let on = on.and_then(|find| find.values().next()).unwrap_or(first).as_str();
                // Only a name that is known can lack its collection.
                if !COMMANDS.contains(&known) {
                    return Err(Refusal::unknown(known));
                }
                let on = on.ok_or_else(|| format!("{known} needs the name of a collection"))?;
                let own = format!("{database}.{on}");
                match self.store.run(known, &own, command)? {
                    Answer::Fields(fields) => Ok(fields),
                    Answer::Documents(documents) => Ok(self.part(own, documents.into(), command)),
                }
            }
        }
    }

    /// The first part of an answer; the rest waits behind a cursor.
    fn part(&mut self, own: String, mut rest: VecDeque<Document>, command: &Document) -> Document {
        let asked =
            command.get("batchSize").or_else(|| command.get_document("cursor").ok()?.get("batchSize"));
        let asked = asked.and_then(whole).and_then(|size| usize::try_from(size).ok()).unwrap_or(FIRST);
        let first: Vec<Document> = rest.drain(..asked.min(MOST).min(rest.len())).collect();
        let mut id = 0;
        if !rest.is_empty() && !command.get_bool("singleBatch").unwrap_or(false) {
            self.last_cursor += 1;
            id = self.last_cursor;
            self.cursors.insert(id, (own.clone(), rest));
            if self.cursors.len() > CURSORS {
                self.cursors.pop_first();
            }
        }
        doc! { "cursor": { "id": id, "ns": own, "firstBatch": first } }
    }

    fn more(&mut self, id: i64, command: &Document) -> Result<Document, Refusal> {
        let (own, mut rest) = self.cursors.remove(&id).ok_or_else(|| Refusal::no_cursor(id))?;
        let asked = command.get("batchSize").and_then(whole).and_then(|size| usize::try_from(size).ok());
        let size = asked.filter(|&size| size > 0).unwrap_or(MOST).min(MOST).min(rest.len());
        let next: Vec<Document> = rest.drain(..size).collect();
        let left = if rest.is_empty() { 0 } else { id };
        let answer = doc! { "cursor": { "id": left, "ns": &own, "nextBatch": next } };
        if left != 0 {
            self.cursors.insert(id, (own, rest));
        }
        Ok(answer)
    }
}

/// Who it says it is: one node, as MongoDB 7 would, that takes writes and has no sessions.
fn hello() -> Document {
    doc! {
        "isWritablePrimary": true,
        "ismaster": true,
        "helloOk": true,
        "maxBsonObjectSize": 16 << 20,
        "maxMessageSizeBytes": Bson::Int64(wire::MOST_BYTES as i64),
        "maxWriteBatchSize": 100_000,
        "localTime": DateTime::now(),
        "minWireVersion": 0,
        "maxWireVersion": 21,
        "readOnly": false,
    }
}
