//! The server around the store: connections, transactions, channels.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::frame::{Frame, take_command};
use super::store::Store;
use crate::ground::secret::Secret;
use crate::stand_in::listener::Speaker;

type Channels = BTreeMap<Vec<u8>, Vec<mpsc::UnboundedSender<Frame>>>;

/// What a stand-in for Redis keeps, the password that it wants, and who listens to its channels.
pub(crate) struct Shared {
    store: Mutex<Store>,
    channels: Mutex<Channels>,
    secret: Secret,
    begun: Instant,
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Speaker for Shared {
    fn new(secret: Secret) -> Self {
        Self { store: Mutex::default(), channels: Mutex::default(), secret, begun: Instant::now() }
    }

    async fn talk(self: Arc<Self>, stream: TcpStream, paused: watch::Receiver<bool>) -> io::Result<()> {
        Client::new(self).talk(stream, paused).await
    }
}

/// One connection.
struct Client {
    shared: Arc<Shared>,
    /// It has given the password.
    known: bool,
    /// The commands since `MULTI`, and whether all of them were good.
    transaction: Option<(Vec<Vec<Vec<u8>>>, bool)>,
    /// Keys and how often they had been written when they were watched.
    watched: Vec<(Vec<u8>, u64)>,
    subscribed: Vec<Vec<u8>>,
    mailbox: mpsc::UnboundedSender<Frame>,
    mail: Option<mpsc::UnboundedReceiver<Frame>>,
}

impl Client {
    fn new(shared: Arc<Shared>) -> Self {
        let (mailbox, mail) = mpsc::unbounded_channel();
        let (transaction, watched, subscribed) = (None, Vec::new(), Vec::new());
        Self { shared, known: false, transaction, watched, subscribed, mailbox, mail: Some(mail) }
    }

    async fn talk(mut self, mut stream: TcpStream, mut paused: watch::Receiver<bool>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut buffer, mut out) = (Vec::new(), Vec::new());
        let Some(mut mail) = self.mail.take() else { return Ok(()) };
        loop {
            tokio::select! {
                count = stream.read_buf(&mut buffer) => {
                    if count? == 0 {
                        return Ok(());
                    }
                }
                Some(message) = mail.recv() => message.write(&mut out),
            }
            // A sender that is gone belongs to a server that is gone, and so does this task.
            let _ = paused.wait_for(|paused| !paused).await;
            loop {
                match take_command(&mut buffer) {
                    Ok(Some(words)) if words.is_empty() => {}
                    Ok(Some(words)) => self.answer(&words).iter().for_each(|reply| reply.write(&mut out)),
                    Ok(None) => break,
                    Err(problem) => {
                        Frame::Error(format!("ERR Protocol error: {problem}")).write(&mut out);
                        return stream.write_all(&out).await;
                    }
                }
            }
            stream.write_all(&out).await?;
            out.clear();
        }
    }

    /// The replies to one command: one, but for subscriptions, where there is one for each channel.
    fn answer(&mut self, words: &[Vec<u8>]) -> Vec<Frame> {
        let name = String::from_utf8_lossy(&words[0]).to_uppercase();
        let arguments = &words[1..];
        let error = |text: &str| vec![Frame::Error(text.to_owned())];
        if name == "AUTH" {
            return vec![self.let_in(arguments)];
        }
        if !self.known {
            return error("NOAUTH Authentication required.");
        }
        match (name.as_str(), &mut self.transaction) {
            ("MULTI", Some(_)) => error("ERR MULTI calls can not be nested"),
            ("MULTI", none) => {
                *none = Some((Vec::new(), true));
                vec![Frame::OK]
            }
            ("EXEC", Some(_)) => vec![self.execute()],
            ("EXEC", None) => error("ERR EXEC without MULTI"),
            ("DISCARD", Some(_)) => {
                self.transaction = None;
                self.watched.clear();
                vec![Frame::OK]
            }
            ("DISCARD", None) => error("ERR DISCARD without MULTI"),
            ("WATCH", Some(_)) => error("ERR WATCH inside MULTI is not allowed"),
            (_, Some((queued, good))) => {
                // Redis refuses unknown commands when they are queued; here a bad one fails when it runs.
                *good &= !matches!(name.as_str(), "SUBSCRIBE" | "UNSUBSCRIBE");
                queued.push(words.to_vec());
                vec![Frame::Simple("QUEUED")]
            }
            ("WATCH", None) => {
                let (mut store, now) = (self.shared.store(), self.shared.now());
                store.now = now;
                self.watched.extend(arguments.iter().map(|key| (key.clone(), store.version(key))));
                vec![Frame::OK]
            }
            ("UNWATCH", None) => {
                self.watched.clear();
                vec![Frame::OK]
            }
            ("SUBSCRIBE", None) if !arguments.is_empty() => self.subscribe(arguments),
            ("UNSUBSCRIBE", None) => self.unsubscribe(arguments),
            ("PUBLISH", None) if arguments.len() == 2 => vec![self.publish(&arguments[0], &arguments[1])],
            ("HELLO", None) => error("NOPROTO unsupported protocol version"),
            _ => vec![self.shared.store().run(words, self.shared.now())],
        }
    }

    /// `AUTH password`, or the name `default` before it.
    fn let_in(&mut self, arguments: &[Vec<u8>]) -> Frame {
        let password = match arguments {
            [password] => password,
            [user, password] if user == b"default" => password,
            _ => return Frame::Error("WRONGPASS invalid username-password pair or user is disabled.".into()),
        };
        if password != self.shared.secret.as_str().as_bytes() {
            return Frame::Error("WRONGPASS invalid username-password pair or user is disabled.".into());
        }
        self.known = true;
        Frame::OK
    }

    /// Runs the queued commands with nobody in between, unless a watched key was written.
    fn execute(&mut self) -> Frame {
        let Some((queued, good)) = self.transaction.take() else { return Frame::NilArray };
        let watched = std::mem::take(&mut self.watched);
        if !good {
            return Frame::Error("EXECABORT Transaction discarded because of previous errors.".into());
        }
        let now = self.shared.now();
        let mut store = self.shared.store();
        store.now = now;
        if watched.iter().any(|(key, version)| store.version(key) != *version) {
            return Frame::NilArray;
        }
        Frame::Array(queued.iter().map(|words| store.run(words, now)).collect())
    }

    fn subscribe(&mut self, channels: &[Vec<u8>]) -> Vec<Frame> {
        let confirm = |channel: &Vec<u8>| {
            if !self.subscribed.contains(channel) {
                self.shared.channels().entry(channel.clone()).or_default().push(self.mailbox.clone());
                self.subscribed.push(channel.clone());
            }
            confirmation(b"subscribe", channel, self.subscribed.len())
        };
        channels.iter().map(confirm).collect()
    }

    fn unsubscribe(&mut self, channels: &[Vec<u8>]) -> Vec<Frame> {
        let channels = if channels.is_empty() { self.subscribed.clone() } else { channels.to_vec() };
        let confirm = |channel: &Vec<u8>| {
            self.subscribed.retain(|own| own != channel);
            if let Some(mailboxes) = self.shared.channels().get_mut(channel) {
                mailboxes.retain(|mailbox| !mailbox.same_channel(&self.mailbox));
            }
            confirmation(b"unsubscribe", channel, self.subscribed.len())
        };
        channels.iter().map(confirm).collect()
    }

    fn publish(&self, channel: &[u8], message: &[u8]) -> Frame {
        let mut channels = self.shared.channels();
        let Some(mailboxes) = channels.get_mut(channel) else { return Frame::Integer(0) };
        let frame = Frame::list([b"message", channel, message]);
        mailboxes.retain(|mailbox| mailbox.send(frame.clone()).is_ok());
        Frame::count(mailboxes.len())
    }
}

fn confirmation(kind: &[u8], channel: &[u8], count: usize) -> Frame {
    Frame::Array(vec![Frame::Bulk(kind.to_vec()), Frame::Bulk(channel.to_vec()), Frame::count(count)])
}
