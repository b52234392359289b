//! Connections to backends, kept open for the next request.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Collected, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::fields;
use super::request::{Forwarded, MOST_KEPT, Sent};
use super::tunnel;
use crate::body::{Answer, AnyError, Body, Kept, boxed, keeping};

/// More idle connections to one backend are not kept.
const MOST_IDLE: usize = 64;

/// Why a backend did not answer.
pub(crate) enum Failure {
    /// It never got the request: another one may have it.
    NotSent,
    /// It may have got it, and may have done it.
    Broken,
}

/// What a backend answered: status and fields, and a body of which nothing was passed on yet.
pub(crate) struct Came {
    answer: Response<Content>,
    /// The connection that it came on, where it can be used again.
    connection: Option<Returned>,
}

enum Content {
    Whole(Collected<Bytes>),
    Stream(Incoming),
    /// Both connections change to another protocol.
    Tunnel {
        client: OnUpgrade,
        backend: OnUpgrade,
    },
}

impl Came {
    pub(crate) fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// The answer for the client. Something is kept until its body is over; at once, where that is here already.
    pub(crate) fn keeping(self, mut kept: impl Kept) -> Answer {
        let (parts, content) = self.answer.into_parts();
        let body: Body = match content {
            Content::Whole(body) => {
                kept.over(true);
                boxed(body)
            }
            Content::Stream(body) => match self.connection {
                Some(connection) => keeping(body, (connection, kept)),
                None => keeping(body, kept),
            },
            Content::Tunnel { client, backend } => {
                tunnel::carry(client, backend, kept);
                boxed(http_body_util::Empty::new())
            }
        };
        Answer::from_parts(parts, body)
    }
}

/// A connection of HTTP/1 on which a body still comes; afterwards it is kept.
struct Returned {
    connections: Connections,
    backend: SocketAddr,
    sender: Option<http1::SendRequest<Sent>>,
}

impl Kept for Returned {
    fn over(&mut self, all: bool) {
        if let Some(sender) = self.sender.take().filter(|_| all) {
            self.connections.keep(self.backend, sender);
        }
    }
}

/// Connections to backends, kept open for the next request: some of HTTP/1, and one of HTTP/2 each.
#[derive(Clone, Default)]
pub(crate) struct Connections {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    idle: BTreeMap<SocketAddr, Vec<http1::SendRequest<Sent>>>,
    shared: BTreeMap<SocketAddr, http2::SendRequest<Sent>>,
}

impl Connections {
    /// Sends the request to the backend, and reads its answer: whole when it says that it is no longer than 1 MiB,
    /// else as far as its body, which streams.
    pub(crate) async fn ask(&self, backend: SocketAddr, request: &mut Forwarded) -> Result<Came, Failure> {
        if request.http2 {
            return self.ask_http2(backend, request).await;
        }
        // A connection that changes its protocol does not come back.
        let upgrades = request.upgrade.is_some();
        if !upgrades && let Some(kept) = self.take(backend).await {
            match self.exchange(kept, backend, request).await {
                // It was closed just before it could be used: a new one will do.
                Err(Failure::NotSent) => {}
                answer => return answer,
            }
        }
        let stream = connect(backend).await?;
        let (new, connection) = http1::handshake(stream).await.map_err(|_| Failure::NotSent)?;
        tokio::spawn(connection.with_upgrades());
        self.exchange(new, backend, request).await
    }

    /// Forgets all of them.
    pub(crate) fn forget(&self) {
        *self.inner() = Inner::default();
    }

    async fn exchange(
        &self,
        mut sender: http1::SendRequest<Sent>,
        backend: SocketAddr,
        request: &mut Forwarded,
    ) -> Result<Came, Failure> {
        let built = request.build(backend).map_err(|_| Failure::Broken)?;
        let answer = sender.try_send_request(built).await.map_err(|error| give_back(request, error))?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return switched(answer, request);
        }
        let answer = read(answer).await?;
        let mut connection = None;
        match answer.body() {
            Content::Stream(_) => {
                let connections = self.clone();
                connection = Some(Returned { connections, backend, sender: Some(sender) });
            }
            _ => self.keep(backend, sender),
        }
        Ok(Came { answer, connection })
    }

    async fn ask_http2(&self, backend: SocketAddr, request: &mut Forwarded) -> Result<Came, Failure> {
        let shared = self.inner().shared.get(&backend).filter(|shared| !shared.is_closed()).cloned();
        if let Some(mut shared) = shared {
            match exchange_http2(&mut shared, backend, request).await {
                Err(Failure::NotSent) => {}
                answer => return answer,
            }
        }
        let stream = connect(backend).await?;
        let handshake = http2::handshake(TokioExecutor::new(), stream).await;
        let (mut new, connection) = handshake.map_err(|_| Failure::NotSent)?;
        tokio::spawn(connection);
        self.inner().shared.insert(backend, new.clone());
        exchange_http2(&mut new, backend, request).await
    }

    /// A connection that can be used again.
    async fn take(&self, backend: SocketAddr) -> Option<http1::SendRequest<Sent>> {
        loop {
            let mut kept = self.inner().idle.get_mut(&backend)?.pop()?;
            if kept.ready().await.is_ok() {
                return Some(kept);
            }
        }
    }

    fn keep(&self, backend: SocketAddr, connection: http1::SendRequest<Sent>) {
        let mut inner = self.inner();
        let kept = inner.idle.entry(backend).or_default();
        if !connection.is_closed() && kept.len() < MOST_IDLE {
            kept.push(connection);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(backend: SocketAddr) -> Result<TokioIo<TcpStream>, Failure> {
    let stream = TcpStream::connect(backend).await.map_err(|_| Failure::NotSent)?;
    stream.set_nodelay(true).map_err(|_| Failure::NotSent)?;
    Ok(TokioIo::new(stream))
}

async fn exchange_http2(
    sender: &mut http2::SendRequest<Sent>,
    backend: SocketAddr,
    request: &mut Forwarded,
) -> Result<Came, Failure> {
    let built = request.build(backend).map_err(|_| Failure::Broken)?;
    let answer = sender.try_send_request(built).await.map_err(|error| give_back(request, error))?;
    Ok(Came { answer: read(answer).await?, connection: None })
}

/// What an error means. What was not sent can be sent elsewhere.
fn give_back(request: &mut Forwarded, mut error: TrySendError<Request<Sent>>) -> Failure {
    match error.take_message() {
        Some(unsent) => {
            request.give_back(unsent);
            Failure::NotSent
        }
        None => Failure::Broken,
    }
}

/// Reads an answer that is small, so that one that breaks off can be had from another backend.
async fn read(answer: Response<Incoming>) -> Result<Response<Content>, Failure> {
    let (mut parts, body) = answer.into_parts();
    parts.headers = fields::end_to_end(&parts.headers);
    let content = match body.size_hint().exact() {
        Some(size) if size <= MOST_KEPT as u64 => {
            let whole: Result<_, AnyError> = Limited::new(body, MOST_KEPT).collect().await;
            Content::Whole(whole.map_err(|_| Failure::Broken)?)
        }
        _ => Content::Stream(body),
    };
    Ok(Response::from_parts(parts, content))
}

/// The answer of a backend that changes the protocol.
fn switched(mut answer: Response<Incoming>, request: &mut Forwarded) -> Result<Came, Failure> {
    // Nobody asked for it.
    let upgrade = request.upgrade.take().ok_or(Failure::Broken)?;
    let protocol = fields::upgrade(answer.headers()).unwrap_or(upgrade.protocol);
    let backend = hyper::upgrade::on(&mut answer);
    let (mut parts, _) = answer.into_parts();
    parts.headers = fields::end_to_end(&parts.headers);
    fields::set_upgrade(&mut parts.headers, protocol);
    let content = Content::Tunnel { client: upgrade.client, backend };
    Ok(Came { answer: Response::from_parts(parts, content), connection: None })
}
