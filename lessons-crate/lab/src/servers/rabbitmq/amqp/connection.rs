//! A connection: one reader that sorts what comes, one writer that everyone shares.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::wire::{BODY, END, GREETING, HEADER, METHOD, Method, Reader, Writer, method};
use super::{Confirm, Delivery, Message, Properties};
use crate::ground::error::{LabError, Task};

const SERVER: &str = "RabbitMQ";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The channel that everything goes over.
const CHANNEL: u16 = 1;
/// The largest frame that is taken, and asked for.
const FRAME: u32 = 128 * 1024;
/// The largest body that is taken.
const MOST_BYTES: u64 = 64 << 20;

/// A connection to RabbitMQ.
///
/// When it is dropped it ends at once, as in a crash: what it had not acknowledged is delivered again.
pub struct Amqp {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

pub(super) struct Shared {
    /// The socket itself, to end it while others write.
    socket: std::net::TcpStream,
    writer: AsyncMutex<OwnedWriteHalf>,
    /// One question at a time: the answers to methods come here.
    answers: AsyncMutex<mpsc::UnboundedReceiver<Answer>>,
    state: Mutex<State>,
    frame_bytes: usize,
}

#[derive(Default)]
struct State {
    /// Why the connection ended.
    ended: Option<String>,
    /// The number of the last message published.
    published: u64,
    /// Who waits for the confirm of a message, by its number.
    unconfirmed: BTreeMap<u64, oneshot::Sender<Confirm>>,
    consumers: BTreeMap<String, mpsc::UnboundedSender<Delivery>>,
    consumed: u64,
}

/// The answer to a method: its arguments, and the content that came with it.
struct Answer {
    arguments: Vec<u8>,
    content: Option<(Properties, Vec<u8>)>,
}

/// What becomes of a delivered message.
#[derive(Clone, Copy)]
pub(super) enum Settle {
    Ack,
    Requeue,
    Reject,
}

/// Messages of one queue, as they come.
///
/// When it is dropped, RabbitMQ sends no more; what is unacknowledged stays so while the connection lives.
pub struct Consumer {
    deliveries: mpsc::UnboundedReceiver<Delivery>,
    tag: String,
    shared: Arc<Shared>,
}

impl Amqp {
    pub(crate) fn connect(address: SocketAddr, user: &str, password: &str) -> Task<'static, Self> {
        let (user, password) = (user.to_owned(), password.to_owned());
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, open(address, &user, &password)).await {
                Ok(connection) => connection,
                Err(_) => Err(LabError::answer(SERVER, "no answer")),
            }
        })
    }

    /// Makes a durable queue, or finds that it is there.
    ///
    /// # Errors
    ///
    /// When it is there with other arguments.
    pub fn declare(&self, queue: &str) -> Task<'_, ()> {
        self.declare_with(queue, &[])
    }

    /// Makes a durable queue with arguments, such as `("x-queue-type", "quorum")`, `("x-max-length", "10")` or
    /// `("x-dead-letter-exchange", "failed")`. What reads as a number or a truth becomes one.
    ///
    /// A quorum queue on RabbitMQ 3.10 notes its own name on disk only some seconds after it was made: killed
    /// before, it is never led again, although its messages were confirmed.
    ///
    /// # Errors
    ///
    /// When it is there with other arguments, or RabbitMQ does not know one of them.
    pub fn declare_with(&self, queue: &str, arguments: &[(&str, &str)]) -> Task<'_, ()> {
        let ask = Writer::method(method::QUEUE_DECLARE).u16(0).short(queue);
        let ask = ask.bits([false, true, false, false, false]).table(&table(arguments));
        self.tell(ask)
    }

    /// How many messages wait in a queue, ready to be delivered, and how many consumers it has.
    ///
    /// # Errors
    ///
    /// When there is no such queue.
    pub fn depth(&self, queue: &str) -> Task<'_, (u32, u32)> {
        let passive = [true, false, false, false, false];
        let ask = Writer::method(method::QUEUE_DECLARE).u16(0).short(queue).bits(passive).table(&Map::new());
        Box::pin(async move {
            let answer = self.shared.ask(ask).await?;
            let mut fields = Reader(&answer.arguments);
            let _name = fields.short();
            fields.u32().zip(fields.u32()).ok_or_else(garbled)
        })
    }

    /// Makes a durable exchange: `direct` (the key is equal), `topic` (it matches words, `*` and `#`),
    /// `fanout` (every queue) or `headers`.
    ///
    /// # Errors
    ///
    /// When it is there with another kind, or there is no such kind.
    pub fn exchange(&self, name: &str, kind: &str) -> Task<'_, ()> {
        let ask = Writer::method(method::EXCHANGE_DECLARE).u16(0).short(name).short(kind);
        self.tell(ask.bits([false, true, false, false, false]).table(&Map::new()))
    }

    /// Sends what is published to an exchange with this key (or pattern) into a queue.
    ///
    /// # Errors
    ///
    /// When there is no such queue or exchange.
    pub fn bind(&self, queue: &str, exchange: &str, key: &str) -> Task<'_, ()> {
        let ask = Writer::method(method::QUEUE_BIND).u16(0).short(queue).short(exchange).short(key);
        self.tell(ask.bits([false]).table(&Map::new()))
    }

    /// Forgets the messages that wait in a queue; how many they were.
    ///
    /// # Errors
    ///
    /// When there is no such queue.
    pub fn purge(&self, queue: &str) -> Task<'_, u32> {
        self.count(Writer::method(method::QUEUE_PURGE).u16(0).short(queue).bits([false]))
    }

    /// Removes a queue; how many messages it had.
    ///
    /// # Errors
    ///
    /// When RabbitMQ does not answer.
    pub fn delete(&self, queue: &str) -> Task<'_, u32> {
        self.count(Writer::method(method::QUEUE_DELETE).u16(0).short(queue).bits([false; 3]))
    }

    /// Publishes a message and waits until RabbitMQ says what became of it. The exchange of the empty name
    /// puts it into the queue whose name is the key.
    ///
    /// # Errors
    ///
    /// When there is no such exchange, or the connection ends before: then nobody knows what became of it.
    pub fn publish<'a>(
        &'a self,
        exchange: &'a str,
        key: &'a str,
        message: impl Into<Message>,
    ) -> Task<'a, Confirm> {
        let message = message.into();
        Box::pin(async move {
            let confirm = self.shared.publish(exchange, key, &message).await?;
            self.shared.confirmed(confirm).await
        })
    }

    /// Publishes many, and waits for their confirms when all are on their way: much faster than one by one.
    ///
    /// # Errors
    ///
    /// As with [`publish`](Self::publish).
    pub fn publish_all<'a, M: Into<Message>>(
        &'a self,
        exchange: &'a str,
        key: &'a str,
        messages: impl IntoIterator<Item = M>,
    ) -> Task<'a, Vec<Confirm>> {
        let messages: Vec<Message> = messages.into_iter().map(Into::into).collect();
        Box::pin(async move {
            let mut waiting = Vec::new();
            for message in &messages {
                waiting.push(self.shared.publish(exchange, key, message).await?);
            }
            let mut confirms = Vec::new();
            for confirm in waiting {
                confirms.push(self.shared.confirmed(confirm).await?);
            }
            Ok(confirms)
        })
    }

    /// Takes one message from a queue, if one is ready. It has to be acknowledged.
    ///
    /// # Errors
    ///
    /// When there is no such queue.
    pub fn get(&self, queue: &str) -> Task<'_, Option<Delivery>> {
        let ask = Writer::method(method::GET).u16(0).short(queue).bits([false]);
        Box::pin(async move {
            let Answer { arguments, content } = self.shared.ask(ask).await?;
            let Some((properties, body)) = content else { return Ok(None) };
            let delivery = delivery(&self.shared, Reader(&arguments), properties, body);
            delivery.map(Some).ok_or_else(garbled)
        })
    }

    /// Has the messages of a queue sent here, at most `prefetch` of them unacknowledged at a time (0: no limit).
    ///
    /// # Errors
    ///
    /// When there is no such queue.
    pub fn consume<'a>(&'a self, queue: &'a str, prefetch: u16) -> Task<'a, Consumer> {
        Box::pin(async move {
            let limit = Writer::method(method::QOS).u32(0).u16(prefetch).bits([false]);
            self.shared.ask(limit).await?;
            let (sender, deliveries) = mpsc::unbounded_channel();
            let tag = {
                let mut state = self.shared.state();
                state.consumed += 1;
                let tag = format!("lab-{}", state.consumed);
                // Before the answer: the first messages may come with it.
                state.consumers.insert(tag.clone(), sender);
                tag
            };
            let ask = Writer::method(method::CONSUME).u16(0).short(queue).short(&tag);
            self.shared.ask(ask.bits([false; 4]).table(&Map::new())).await?;
            Ok(Consumer { deliveries, tag, shared: self.shared.clone() })
        })
    }

    fn tell(&self, ask: Writer) -> Task<'_, ()> {
        Box::pin(async move { self.shared.ask(ask).await.map(drop) })
    }

    fn count(&self, ask: Writer) -> Task<'_, u32> {
        Box::pin(async move {
            let answer = self.shared.ask(ask).await?;
            Reader(&answer.arguments).u32().ok_or_else(garbled)
        })
    }

    /// Ends it at once, as a crash of its process would.
    pub fn kill(&self) {
        self.shared.end("it was killed");
    }

    /// Whether it can still be used.
    pub fn is_open(&self) -> bool {
        self.shared.state().ended.is_none()
    }
}

impl Drop for Amqp {
    fn drop(&mut self) {
        self.kill();
        self.reader.abort();
    }
}

impl fmt::Debug for Amqp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shared.state().ended {
            None => f.write_str("a connection to RabbitMQ"),
            Some(why) => write!(f, "a connection to RabbitMQ that ended: {why}"),
        }
    }
}

impl Consumer {
    /// The next message; waits for one.
    ///
    /// # Errors
    ///
    /// When the connection has ended, or the queue was deleted.
    pub fn receive(&mut self) -> Task<'_, Delivery> {
        Box::pin(async move {
            let next = self.deliveries.recv().await;
            next.ok_or_else(|| self.shared.failure("the queue was deleted"))
        })
    }

    /// The next message, if one comes within this time.
    ///
    /// # Errors
    ///
    /// When the connection has ended, or the queue was deleted.
    pub fn receive_within(&mut self, time: Duration) -> Task<'_, Option<Delivery>> {
        Box::pin(async move {
            match tokio::time::timeout(time, self.receive()).await {
                Ok(delivery) => delivery.map(Some),
                Err(_) => Ok(None),
            }
        })
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shared.state().consumers.remove(&self.tag);
        let cancel = Writer::method(method::CANCEL).short(&self.tag).bits([true]).frame(METHOD, CHANNEL);
        let shared = self.shared.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.write(&cancel).await });
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a consumer with {} messages waiting here", self.deliveries.len())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more can be asked; whoever waits is told.
    fn end(&self, why: &str) {
        let mut state = self.state();
        state.ended.get_or_insert_with(|| why.to_owned());
        state.unconfirmed.clear();
        state.consumers.clear();
        drop(state);
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    fn failure(&self, otherwise: &str) -> LabError {
        let why = self.state().ended.clone();
        LabError::answer(SERVER, why.as_deref().unwrap_or(otherwise))
    }

    async fn write(&self, bytes: &[u8]) -> Result<(), LabError> {
        let mut writer = self.writer.lock().await;
        match tokio::time::timeout(PATIENCE, writer.write_all(bytes)).await {
            Ok(Ok(())) if self.state().ended.is_none() => Ok(()),
            Err(_) => Err(LabError::answer(SERVER, "it takes nothing more")),
            Ok(_) => Err(self.failure("the connection has ended")),
        }
    }

    async fn ask(&self, question: Writer) -> Result<Answer, LabError> {
        let mut answers = self.answers.lock().await;
        // Of a question that was given up.
        while answers.try_recv().is_ok() {}
        self.write(&question.frame(METHOD, CHANNEL)).await?;
        match tokio::time::timeout(PATIENCE, answers.recv()).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.failure("the connection has ended")),
            Err(_) => Err(LabError::answer(SERVER, "no answer")),
        }
    }

    async fn publish(
        &self,
        exchange: &str,
        key: &str,
        message: &Message,
    ) -> Result<oneshot::Receiver<Confirm>, LabError> {
        let (sender, confirm) = oneshot::channel();
        // The number is taken while nobody else writes, so numbers are in the order of the messages.
        let mut writer = self.writer.lock().await;
        let number = {
            let mut state = self.state();
            if state.ended.is_none() {
                let number = state.published + 1;
                state.published = number;
                state.unconfirmed.insert(number, sender);
            }
            state.published
        };
        let mandatory = [true, false];
        let method = Writer::method(method::PUBLISH).u16(0).short(exchange).short(key).bits(mandatory);
        let mut bytes = method.frame(METHOD, CHANNEL);
        // One that comes back says by its number which it was.
        let properties = Properties { app_id: Some(number.to_string()), ..message.properties.clone() };
        bytes.extend(Writer::default().properties(message.body.len(), &properties).frame(HEADER, CHANNEL));
        for piece in message.body.chunks(self.frame_bytes) {
            bytes.extend(Writer(piece.to_vec()).frame(BODY, CHANNEL));
        }
        let written = tokio::time::timeout(PATIENCE, writer.write_all(&bytes)).await;
        drop(writer);
        match written {
            Ok(Ok(())) => Ok(confirm),
            _ => Err(self.failure("the connection has ended")),
        }
    }

    async fn confirmed(&self, confirm: oneshot::Receiver<Confirm>) -> Result<Confirm, LabError> {
        match tokio::time::timeout(PATIENCE, confirm).await {
            Ok(Ok(confirm)) => Ok(confirm),
            Ok(Err(_)) => Err(self.failure("the connection has ended")),
            Err(_) => Err(LabError::answer(SERVER, "no confirm")),
        }
    }
}

pub(super) fn settle(shared: Arc<Shared>, how: Settle, tag: u64) -> Task<'static, ()> {
    let told = match how {
        Settle::Ack => Writer::method(method::ACK).u64(tag).bits([false]),
        Settle::Requeue => Writer::method(method::REJECT).u64(tag).bits([true]),
        Settle::Reject => Writer::method(method::REJECT).u64(tag).bits([false]),
    };
    Box::pin(async move { shared.write(&told.frame(METHOD, CHANNEL)).await })
}

fn garbled() -> LabError {
    LabError::answer(SERVER, "an answer that cannot be read")
}

fn table(arguments: &[(&str, &str)]) -> Map<String, Value> {
    let value = |text: &str| match (text.parse::<i64>(), text.parse::<bool>()) {
        (Ok(number), _) => Value::from(number),
        (_, Ok(truth)) => Value::from(truth),
        _ => Value::from(text),
    };
    arguments.iter().map(|&(name, text)| (name.to_owned(), value(text))).collect()
}

/// Shakes hands, opens the channel, and asks for confirms.
async fn open(address: SocketAddr, user: &str, password: &str) -> Result<Amqp, LabError> {
    let fail = |error: io::Error| LabError::answer(SERVER, error);
    let socket = std::net::TcpStream::connect_timeout(&address, PATIENCE).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    socket.set_nodelay(true).map_err(fail)?;
    let stream = TcpStream::from_std(socket.try_clone().map_err(fail)?).map_err(fail)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);

    write.write_all(GREETING).await.map_err(fail)?;
    expect(&mut read, method::START).await?;
    let capabilities = json!({ "capabilities": {
        "authentication_failure_close": true, "basic.nack": true,
        "publisher_confirms": true, "consumer_cancel_notify": true,
    }});
    let capabilities = capabilities.as_object().cloned().unwrap_or_default();
    let secret = format!("\0{user}\0{password}");
    let start = Writer::method(method::START_OK).table(&capabilities).short("PLAIN").long(secret.as_bytes());
    write.write_all(&start.short("en_US").frame(METHOD, 0)).await.map_err(fail)?;
    let offer = expect(&mut read, method::TUNE).await?;
    let mut offer = Reader(&offer);
    let (channels, frame) = offer.u16().zip(offer.u32()).ok_or_else(garbled)?;
    let frame = if frame == 0 { FRAME } else { frame.min(FRAME) };
    // Heartbeats every 0 seconds: none.
    let tune = Writer::method(method::TUNE_OK).u16(channels).u32(frame).u16(0).frame(METHOD, 0);
    let open = Writer::method(method::OPEN).short("/").short("").bits([false]).frame(METHOD, 0);
    write.write_all(&[tune, open].concat()).await.map_err(fail)?;
    expect(&mut read, method::OPEN_OK).await?;
    let channel = Writer::method(method::CHANNEL_OPEN).short("").frame(METHOD, CHANNEL);
    write.write_all(&channel).await.map_err(fail)?;
    expect(&mut read, method::CHANNEL_OPEN_OK).await?;

    let (sender, answers) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        socket,
        writer: AsyncMutex::new(write),
        answers: AsyncMutex::new(answers),
        state: Mutex::default(),
        // What is left of a frame without its head and end.
        frame_bytes: frame as usize - 8,
    });
    let reader = tokio::spawn(read_all(read, shared.clone(), sender));
    let connection = Amqp { shared, reader };
    connection.tell(Writer::method(method::CONFIRM_SELECT).bits([false])).await?;
    Ok(connection)
}

/// The arguments of the next method, which must be this one.
async fn expect(read: &mut BufReader<OwnedReadHalf>, wanted: Method) -> Result<Vec<u8>, LabError> {
    let (kind, payload) = frame(read).await.map_err(|error| LabError::answer(SERVER, error))?;
    let mut reader = Reader(&payload);
    match (kind, reader.method()) {
        (METHOD, Some(method)) if method == wanted => Ok(reader.0.to_vec()),
        (METHOD, Some(method::CLOSE | method::CHANNEL_CLOSE)) => {
            Err(LabError::answer(SERVER, reason(reader).unwrap_or_default()))
        }
        _ => Err(garbled()),
    }
}

/// One frame: its kind and what it holds.
async fn frame(read: &mut BufReader<OwnedReadHalf>) -> io::Result<(u8, Vec<u8>)> {
    let kind = read.read_u8().await?;
    // A server of another protocol answers with its own greeting, and is seen by it.
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "what answers there does not speak AMQP 0-9-1");
    if !(METHOD..=8).contains(&kind) {
        return Err(bad());
    }
    let _channel = read.read_u16().await?;
    let length = read.read_u32().await?;
    if length > FRAME {
        return Err(bad());
    }
    let mut payload = vec![0; length as usize];
    read.read_exact(&mut payload).await?;
    if read.read_u8().await? == END { Ok((kind, payload)) } else { Err(bad()) }
}

/// Why the server closes: its code and its text.
fn reason(mut arguments: Reader<'_>) -> Option<String> {
    let (code, text) = (arguments.u16()?, arguments.short()?);
    Some(format!("{text} ({code})"))
}

fn delivery(
    shared: &Arc<Shared>,
    mut fields: Reader<'_>,
    properties: Properties,
    body: Vec<u8>,
) -> Option<Delivery> {
    let (tag, redelivered) = (fields.u64()?, fields.u8()? != 0);
    let (exchange, key) = (fields.short()?, fields.short()?);
    Some(Delivery { body, properties, tag, redelivered, exchange, key, shared: shared.clone() })
}

/// Sorts everything that comes until the connection ends.
async fn read_all(
    mut read: BufReader<OwnedReadHalf>,
    shared: Arc<Shared>,
    answers: mpsc::UnboundedSender<Answer>,
) {
    let why = loop {
        if let Err(why) = one(&mut read, &shared, &answers).await {
            break why;
        }
    };
    shared.end(&why);
}

async fn one(
    read: &mut BufReader<OwnedReadHalf>,
    shared: &Arc<Shared>,
    answers: &mpsc::UnboundedSender<Answer>,
) -> Result<(), String> {
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "the connection has ended".to_owned(),
        _ => error.to_string(),
    };
    let unreadable = || "a frame that cannot be read".to_owned();
    let (kind, payload) = frame(read).await.map_err(broken)?;
    if kind != METHOD {
        return Ok(());
    }
    let mut arguments = Reader(&payload);
    let name = arguments.method().ok_or_else(unreadable)?;
    let content = match name {
        method::RETURN | method::DELIVER | method::GET_OK => Some(content(read).await.map_err(broken)?),
        _ => None,
    };
    match name {
        method::CLOSE | method::CHANNEL_CLOSE => return Err(reason(arguments).ok_or_else(unreadable)?),
        // No queue takes it; its confirm follows, and finds nobody.
        method::RETURN => {
            let (properties, _) = content.unwrap_or_default();
            let number = properties.app_id.and_then(|number| number.parse().ok()).ok_or_else(unreadable)?;
            confirm_up_to(shared, number, false, Confirm::Unroutable);
        }
        method::ACK | method::NACK => {
            let (tag, bits) = arguments.u64().zip(arguments.u8()).ok_or_else(unreadable)?;
            let confirm = if name == method::NACK { Confirm::Refused } else { Confirm::Stored };
            confirm_up_to(shared, tag, bits & 1 == 1, confirm);
        }
        method::DELIVER => {
            let tag = arguments.short().ok_or_else(unreadable)?;
            let (properties, body) = content.unwrap_or_default();
            let delivery = delivery(shared, arguments, properties, body).ok_or_else(unreadable)?;
            // One that nobody takes stays unacknowledged.
            if let Some(consumer) = shared.state().consumers.get(&tag) {
                let _ = consumer.send(delivery);
            }
        }
        method::CANCEL => {
            let tag = arguments.short().ok_or_else(unreadable)?;
            shared.state().consumers.remove(&tag);
        }
        _ => drop(answers.send(Answer { arguments: arguments.0.to_vec(), content })),
    }
    Ok(())
}

/// Tells those who wait for this message, or for all up to it.
fn confirm_up_to(shared: &Shared, tag: u64, all: bool, confirm: Confirm) {
    let mut state = shared.state();
    let later = state.unconfirmed.split_off(&(tag + 1));
    let mut waiting = std::mem::replace(&mut state.unconfirmed, later);
    let last = waiting.remove(&tag);
    if all {
        for (_, sender) in waiting {
            let _ = sender.send(confirm);
        }
    } else {
        state.unconfirmed.append(&mut waiting);
    }
    if let Some(sender) = last {
        let _ = sender.send(confirm);
    }
}

/// What follows a method that carries a message: the header, and the body in pieces.
async fn content(read: &mut BufReader<OwnedReadHalf>) -> io::Result<(Properties, Vec<u8>)> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "a message that cannot be read");
    let (kind, payload) = frame(read).await?;
    let header = if kind == HEADER { Reader(&payload).properties() } else { None };
    let (length, properties) = header.filter(|(length, _)| *length <= MOST_BYTES).ok_or_else(bad)?;
    let mut body = Vec::new();
    while (body.len() as u64) < length {
        let (kind, piece) = frame(read).await?;
        if kind != BODY || piece.is_empty() {
            return Err(bad());
        }
        body.extend(piece);
    }
    Ok((properties, body))
}
