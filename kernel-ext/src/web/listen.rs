//! The port, by every name that this machine has for itself, and the connections that come in there.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may take to say what it wants, and how long a connection that nothing is asked on stays open.
const HEAD: Duration = if cfg!(test) { Duration::from_millis(500) } else { Duration::from_secs(15) };
/// A pause when the system gives out no more connections.
const NO_MORE: Duration = Duration::from_millis(200);
/// How many free ports are tried until one is free in both families.
const TRIES: usize = 50;

/// Takes `port` on 127.0.0.1, and on [::1] where this machine has that: a browser may take `localhost` for either,
/// and whoever listened on the other would get what is meant for us. 0 is any port that is free.
///
/// # Errors
///
/// Those of the system.
pub(super) async fn bind(port: u16) -> io::Result<Vec<TcpListener>> {
    let has_six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_ok();
    for _ in 0..TRIES {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        if !has_six {
            return Ok(vec![four]);
        }
        match TcpListener::bind((Ipv6Addr::LOCALHOST, four.local_addr()?.port())).await {
            Ok(six) => return Ok(vec![four, six]),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port == 0 => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AddrInUse.into())
}

/// What a server with these listeners may be called in a request.
pub(super) fn names(listeners: &[SocketAddr]) -> Vec<String> {
    let own = listeners.iter().map(|address| match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    });
    own.chain(["localhost".to_owned()]).collect()
}

/// Answers what comes in; never completes.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, router.clone()))),
            // The client went away before it was let in, or there is no room for it now.
            Err(_) => tokio::time::sleep(NO_MORE).await,
        }
    }
}

async fn answer(stream: TcpStream, router: Router) {
    // Messages are small and wait for no others.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    // How a client broke off is nobody's concern.
    let _ = connection.await;
}
