//! gRPC through our own things: unary, server streaming and bidirectional.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::uri::PathAndQuery;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use lessons::lab::Service;
use tonic::client::Grpc;
use tonic::codec::Streaming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use crate::streams::{Broken, Open, Pieces, Ways};
use crate::{Outcome, until};

/// The time between two numbers of a stream.
const TICK: Duration = Duration::from_millis(5);

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(uint64, tag = "1")]
    value: u64,
}

type Numbers = BoxStream<'static, Result<Number, Status>>;

/// What protoc would write: one line for each method.
async fn numbers<B>(
    open: Open,
    request: hyper::Request<B>,
) -> Result<hyper::Response<tonic::body::Body>, Infallible>
where
    B: hyper::body::Body + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut grpc = tonic::server::Grpc::new(ProstCodec::<Number, Number>::default());
    Ok(match request.uri().path() {
        "/lab.Numbers/Double" => grpc.unary(service_fn(double), request).await,
        "/lab.Numbers/Count" => {
            grpc.server_streaming(service_fn(move |asked| count(open.clone(), asked)), request).await
        }
        "/lab.Numbers/Sums" => grpc.streaming(service_fn(sums), request).await,
        _ => Status::unimplemented("no such method").into_http(),
    })
}

async fn double(request: Request<Number>) -> Result<Response<Number>, Status> {
    let value = request.into_inner().value;
    let doubled = value.checked_mul(2).ok_or_else(|| Status::out_of_range("too large to double"))?;
    Ok(Response::new(Number { value: doubled }))
}

/// Counts to a number, or for ever for 0.
async fn count(open: Open, request: Request<Number>) -> Result<Response<Numbers>, Status> {
    let last = Some(request.into_inner().value).filter(|&last| last > 0).unwrap_or(u64::MAX);
    let counted = stream::unfold((1, open.one()), move |(value, one)| async move {
        tokio::time::sleep(TICK).await;
        (value <= last).then_some((Ok(Number { value }), (value + 1, one)))
    });
    Ok(Response::new(counted.boxed()))
}

/// Answers each number with the sum so far, before the next one comes.
async fn sums(request: Request<Streaming<Number>>) -> Result<Response<Numbers>, Status> {
    let mut sum = 0;
    let sums = request.into_inner().map(move |number| {
        sum += number?.value;
        Ok(Number { value: sum })
    });
    Ok(Response::new(sums.boxed()))
}

async fn client(address: SocketAddr) -> Result<Grpc<Channel>, Box<dyn std::error::Error>> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    Ok(grpc)
}

fn method(path: &'static str) -> PathAndQuery {
    PathAndQuery::from_static(path)
}

async fn counting(address: SocketAddr, to: u64) -> Result<Streaming<Number>, Box<dyn std::error::Error>> {
    let mut grpc = client(address).await?;
    let codec = ProstCodec::<Number, Number>::default();
    let asked = Request::new(Number { value: to });
    Ok(grpc.server_streaming(asked, method("/lab.Numbers/Count"), codec).await?.into_inner())
}

impl Pieces for Streaming<Number> {
    async fn came(&mut self) -> bool {
        matches!(self.message().await, Ok(Some(_)))
    }
}

async fn started() -> Result<(Service, Open, Ways), Box<dyn std::error::Error>> {
    let open = Open::default();
    let behind = open.clone();
    let service =
        Service::serve("numbers", service_fn(move |request| numbers(behind.clone(), request))).await?;
    let ways = Ways::to(&service).await?;
    Ok((service, open, ways))
}

#[tokio::test]
async fn all_kinds_of_calls_pass() -> Outcome {
    let (service, open, ways) = started().await?;
    for address in ways.addresses() {
        let mut grpc = client(address).await?;
        let codec = || ProstCodec::<Number, Number>::default();
        let answer =
            grpc.unary(Request::new(Number { value: 21 }), method("/lab.Numbers/Double"), codec()).await?;
        assert_eq!(answer.get_ref().value, 42);
        assert_eq!(answer.metadata().get("x-served-by").map(|name| name.as_bytes()), Some(&b"numbers"[..]));

        // What went wrong is in the trailers.
        grpc.ready().await?;
        let asked = Request::new(Number { value: u64::MAX });
        let refused = grpc.unary(asked, method("/lab.Numbers/Double"), codec()).await;
        let status = refused.map(|answer: Response<Number>| answer.into_inner()).expect_err("too large");
        assert_eq!((status.code(), status.message()), (Code::OutOfRange, "too large to double"));

        let all: Vec<_> =
            counting(address, 5).await?.map(|number| number.map_or(0, |n: Number| n.value)).collect().await;
        assert_eq!(all, [1, 2, 3, 4, 5]);
        open.none_left("it ended").await;

        // Each answer comes before the next question is asked: nothing on the way waits for more.
        let (questions, asked) = tokio::sync::mpsc::channel(1);
        let asked =
            stream::unfold(asked, |mut asked| async { asked.recv().await.map(|number| (number, asked)) });
        grpc.ready().await?;
        let answers =
            grpc.streaming(Request::new(asked.boxed()), method("/lab.Numbers/Sums"), codec()).await?;
        let mut answers: Streaming<Number> = answers.into_inner();
        for (value, sum) in [(1, 1), (2, 3), (3, 6)] {
            questions.send(Number { value }).await?;
            assert_eq!(answers.message().await?.map(|number| number.value), Some(sum));
        }
        drop(questions);
        assert_eq!(answers.message().await?, None);
    }
    assert_eq!(service.failed(), 0);
    until("nobody is in it", async || service.in_flight() == 0).await;
    Ok(())
}

#[tokio::test]
async fn a_stream_is_paused_killed_and_cut_off() -> Outcome {
    let (service, open, ways) = started().await?;
    let stream = async |address| counting(address, 0).await.expect("a stream");
    Broken { service: &service, ways: &ways, open: &open, stream }.in_every_way().await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_is_drained() -> Outcome {
    let (service, open, ways) = started().await?;
    for address in ways.addresses() {
        let mut numbers = counting(address, 40).await?;
        assert!(numbers.came().await);
        // All of it comes, and then it is over; nobody new comes in meanwhile.
        let (stopped, rest) = tokio::join!(service.stop(), async {
            let refused = tokio::net::TcpStream::connect(service.address()).await.is_err();
            (refused, (&mut numbers).filter(|number| std::future::ready(number.is_ok())).count().await)
        });
        stopped?;
        assert_eq!(rest, (true, 39));
        open.none_left("it was drained").await;
        service.restart().await?;
    }
    // One that never ends has 5 s.
    let mut endless = counting(ways.straight.address(), 0).await?;
    assert!(endless.came().await);
    assert!(service.stop().await.is_err() && !service.is_running());
    while endless.came().await {}
    open.none_left("it was ended").await;
    Ok(())
}

#[tokio::test]
async fn streams_of_one_connection_are_balanced_and_one_waits_where_it_is_full() -> Outcome {
    let open = Open::default();
    let mut services = Vec::new();
    for name in ["a", "b"] {
        let behind = open.clone();
        services
            .push(Service::serve(name, service_fn(move |request| numbers(behind.clone(), request))).await?);
    }
    let addresses: Vec<_> = services.iter().map(Service::address).collect();
    let mode = lessons::lab::BalanceMode::LeastConnections;
    let front = lessons::lab::HttpBalancer::balance(mode, &addresses).await?;
    // A stream counts for as long as it lasts.
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(counting(front.address(), 0).await?);
    }
    assert_eq!(services.iter().map(Service::in_flight).collect::<Vec<_>>(), [3, 3]);
    drop(held);
    open.none_left("all clients went").await;
    // Who has no place waits, as in every service.
    services[0].set_capacity(1);
    let first = counting(addresses[0], 0).await?;
    let second = tokio::time::timeout(Duration::from_millis(150), counting(addresses[0], 0)).await;
    assert!(second.is_err(), "a second stream in the only place");
    drop((first, second));
    open.none_left("all clients went").await;
    Ok(())
}
