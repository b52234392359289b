//! A router of axum through our own things: server-sent events, WebSockets, GraphQL, large bodies, trailers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use lessons::lab::{BalanceMode, HttpBalancer, Service, http};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::streams::{Broken, Open, Pieces, Ways};
use crate::{Outcome, until};

/// The time between two events.
const TICK: Duration = Duration::from_millis(5);

struct Query;

#[Object]
impl Query {
    /// Twice a number.
    async fn double(&self, of: i32) -> i32 {
        of * 2
    }

    /// An answer that takes its time.
    async fn slow(&self) -> bool {
        tokio::time::sleep(Duration::from_secs(60)).await;
        true
    }
}

fn router(open: &Open) -> Router {
    let (ticks, talks) = (open.clone(), open.clone());
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    Router::new()
        .route("/events", get(move || std::future::ready(events(&ticks))))
        .route(
            "/talk",
            get(move |upgrade: WebSocketUpgrade| {
                std::future::ready(upgrade.on_upgrade(move |socket| talk(talks.one(), socket)))
            }),
        )
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/bytes", get(async || Body::from(vec![7; 3 << 20])))
        .route_service("/graphql", GraphQL::new(schema))
}

fn events(open: &Open) -> Sse<BoxStream<'static, Result<Event, Infallible>>> {
    let ticks = stream::unfold((1_u64, open.one()), |(number, one)| async move {
        tokio::time::sleep(TICK).await;
        Some((Ok(Event::default().data(number.to_string())), (number + 1, one)))
    });
    Sse::new(ticks.boxed())
}

/// Says what it hears, and an endless count after `count`.
async fn talk<T>(_one: T, mut socket: WebSocket) {
    while let Some(Ok(Message::Text(said))) = socket.next().await {
        if said == "count" {
            for number in 1_u64.. {
                tokio::time::sleep(TICK).await;
                if socket.send(Message::Text(number.to_string().into())).await.is_err() {
                    return;
                }
            }
        }
        if socket.send(Message::Text(said)).await.is_err() {
            return;
        }
    }
}

async fn started() -> Result<(Service, Open, Ways), Box<dyn std::error::Error>> {
    let open = Open::default();
    let service = Service::serve("web", router(&open)).await?;
    let ways = Ways::to(&service).await?;
    Ok((service, open, ways))
}

/// The body of an answer, as it comes.
struct Body1(reqwest::Response);

impl Pieces for Body1 {
    async fn came(&mut self) -> bool {
        matches!(self.0.chunk().await, Ok(Some(_)))
    }
}

#[tokio::test]
async fn server_sent_events_pass_by_both_versions_and_are_broken() -> Outcome {
    let (service, open, ways) = started().await?;
    for http2 in [false, true] {
        let stream = async |address: SocketAddr| {
            let builder = reqwest::Client::builder().no_proxy();
            let builder = if http2 { builder.http2_prior_knowledge() } else { builder };
            let client = builder.build().expect("a client");
            let answer = client.get(format!("http://{address}/events")).send().await.expect("an answer");
            assert_eq!(answer.headers()["content-type"], "text/event-stream");
            assert_eq!(answer.version() == reqwest::Version::HTTP_2, http2);
            Body1(answer)
        };
        Broken { service: &service, ways: &ways, open: &open, stream }.in_every_way().await?;
    }
    Ok(())
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connected(address: SocketAddr) -> Result<Socket, tungstenite::Error> {
    Ok(connect_async(format!("ws://{address}/talk")).await?.0)
}

impl Pieces for Socket {
    async fn came(&mut self) -> bool {
        matches!(self.next().await, Some(Ok(tungstenite::Message::Text(_))))
    }
}

#[tokio::test]
async fn websockets_pass_and_are_broken() -> Outcome {
    let (service, open, ways) = started().await?;
    for address in ways.addresses() {
        let mut socket = connected(address).await?;
        for word in ["one", "two"] {
            socket.send(word.into()).await?;
            let heard = socket.next().await.ok_or("an answer")??;
            assert_eq!(heard.into_text()?.as_str(), word);
        }
        socket.close(None).await?;
        while socket.came().await {}
        open.none_left("it was closed").await;
        let refused = connect_async(format!("ws://{address}/nowhere")).await;
        assert!(matches!(refused, Err(tungstenite::Error::Http(answer)) if answer.status() == 404));
    }
    let stream = async |address| {
        let mut socket = connected(address).await.expect("a socket");
        socket.send("count".into()).await.expect("heard");
        socket
    };
    Broken { service: &service, ways: &ways, open: &open, stream }.in_every_way().await?;
    // Drained, it has 5 s, although it has long left HTTP.
    let mut last = connected(ways.balanced.address()).await?;
    let stopping = std::time::Instant::now();
    let (stopped, ()) = tokio::join!(service.stop(), async {
        last.send("still here".into()).await.expect("heard");
        assert!(last.came().await);
        last.close(None).await.expect("closed");
        while last.came().await {}
    });
    stopped?;
    assert!(stopping.elapsed() < Duration::from_secs(4), "{:?}", stopping.elapsed());
    Ok(())
}

async fn ask(address: SocketAddr, query: &str) -> Result<http::Response, lessons::lab::LabError> {
    let body = format!("{{\"query\": \"{query}\"}}");
    http::request(
        "POST",
        &format!("http://{address}/graphql"),
        &[("content-type", "application/json")],
        &body,
    )
    .await
}

#[tokio::test]
async fn a_graphql_schema_answers_and_is_broken() -> Outcome {
    let (service, _, ways) = started().await?;
    for address in ways.addresses() {
        let answer = ask(address, "{ double(of: 21) }").await?;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"data":{"double":42}}"#));
        assert!(ask(address, "{ triple(of: 1) }").await?.body.contains("Unknown field"));

        let slow = tokio::spawn(async move { ask(address, "{ slow }").await });
        until("it is under way", async || service.in_flight() == 1).await;
        service.kill();
        // A question that may have been heard is not asked again.
        let begun = std::time::Instant::now();
        match slow.await? {
            Ok(answer) => assert_eq!(answer.status, 502),
            Err(error) => assert_eq!(address, ways.straight.address(), "{error}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        service.restart().await?;

        service.pause();
        let paused = tokio::spawn(async move { ask(address, "{ double(of: 1) }").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!paused.is_finished());
        service.resume();
        assert_eq!(paused.await??.status, 200);
        // A schema alone is a service as well.
        let alone =
            Service::serve("schema", GraphQL::new(Schema::new(Query, EmptyMutation, EmptySubscription)));
        assert!(ask(alone.await?.address(), "{ double(of: 2) }").await?.body.contains('4'));
    }
    Ok(())
}

#[tokio::test]
async fn bodies_of_unknown_length_and_large_answers_stream_and_what_is_set_holds() -> Outcome {
    let (service, _, ways) = started().await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    for address in ways.addresses() {
        // Eight times what is kept, in pieces whose sum nobody said.
        let pieces = stream::iter((0..128).map(|_| Ok::<_, Infallible>(vec![1; 64 << 10])));
        let body = reqwest::Body::wrap_stream(pieces);
        let sent = client.post(format!("http://{address}/length")).body(body).send().await?;
        // axum's own limit for a body that is read whole is 2 MB.
        assert_eq!(sent.status(), 413);
        let pieces = stream::iter((0..30).map(|_| Ok::<_, Infallible>(vec![1; 64 << 10])));
        let body = reqwest::Body::wrap_stream(pieces);
        let sent = client.post(format!("http://{address}/length")).body(body).send().await?;
        assert_eq!(sent.text().await?, (30 * (64 << 10)).to_string());
        let large = client.get(format!("http://{address}/bytes")).send().await?;
        assert_eq!(large.content_length(), Some(3 << 20));
        assert_eq!(large.bytes().await?.len(), 3 << 20);
    }
    // Delay, errors and health are those of every service of ours.
    let address = ways.straight.address();
    assert_eq!(http::get(&format!("http://{address}/health")).await?.body, "healthy\n");
    service.set_error_rate(1.0);
    assert_eq!(http::get(&format!("http://{address}/bytes")).await?.status, 500);
    Ok(())
}

#[tokio::test]
async fn a_slow_reader_slows_the_writer() -> Outcome {
    // An endless answer in pieces of 64 KiB, counted as they are asked for.
    let asked = Arc::new(AtomicU64::new(0));
    let counted = asked.clone();
    let endless = Router::new().route(
        "/",
        get(move || {
            let counted = counted.clone();
            std::future::ready(Body::from_stream(stream::repeat_with(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Bytes::from_static(&[0; 64 << 10]))
            })))
        }),
    );
    let service = Service::serve("endless", endless).await?;
    let front = HttpBalancer::balance(BalanceMode::RoundRobin, &[service.address()]).await?;
    for http2 in [false, true] {
        let builder = reqwest::Client::builder().no_proxy();
        let builder = if http2 { builder.http2_prior_knowledge() } else { builder };
        let mut answer = builder.build()?.get(front.url("/")).send().await?;
        assert!(answer.chunk().await?.is_some());
        let before = AtomicU64::new(u64::MAX);
        until("the writer waits", async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = asked.load(Ordering::Relaxed);
            before.swap(now, Ordering::Relaxed) == now
        })
        .await;
        let before = before.into_inner();
        // What fits on the way, in buffers of sockets and of HTTP, is not without end.
        assert!(before < 1_000, "{before} pieces of 64 KiB are on the way");
        drop(answer);
        asked.store(0, Ordering::Relaxed);
    }
    Ok(())
}
