//! Links that are slowed, cut and reset.

use std::time::{Duration, Instant};

use lessons::lab::{LabError, Link, partition};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;

/// A server that sends back whatever comes, and a perfect link to it.
async fn echo() -> Result<Link, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Ok(Link::to(address).await?)
}

/// Sends `size` bytes and reads them back; how long that takes.
async fn round_trip(stream: &mut TcpStream, size: usize) -> std::io::Result<Duration> {
    let begun = Instant::now();
    let sent: Vec<u8> = (0..size).map(|i| i as u8).collect();
    let (mut from, mut to) = stream.split();
    let mut back = vec![0; size];
    tokio::try_join!(to.write_all(&sent), from.read_exact(&mut back))?;
    assert_eq!(back, sent, "bytes arrive whole and in order");
    Ok(begun.elapsed())
}

#[tokio::test]
async fn delay_is_added_to_each_direction() -> Outcome {
    let link = echo().await?;
    let mut stream = TcpStream::connect(link.address()).await?;
    let without = round_trip(&mut stream, 100).await?;
    link.delay(Duration::from_millis(50)).jitter(Duration::from_millis(10));
    let with = round_trip(&mut stream, 100).await?;
    assert!(with >= Duration::from_millis(100), "{with:?} after {without:?}");
    assert!(with < Duration::from_millis(100 + 20) + without + Duration::from_secs(1), "{with:?}");
    assert_eq!(link.bytes(), 400);
    Ok(())
}

#[tokio::test]
async fn a_throttle_sets_the_rate() -> Outcome {
    let link = echo().await?;
    link.throttle(100_000);
    let mut stream = TcpStream::connect(link.address()).await?;
    let took = round_trip(&mut stream, 50_000).await?;
    // Both directions run at the same time, so the whole takes the time of one and of its last piece.
    assert!(took >= Duration::from_millis(500), "{took:?}");
    assert!(took < Duration::from_secs(3), "{took:?}");
    Ok(())
}

#[tokio::test]
async fn a_lost_segment_costs_a_retransmission() -> Outcome {
    let link = echo().await?;
    link.loss(0.5);
    let mut stream = TcpStream::connect(link.address()).await?;
    let mut slow = 0;
    for _ in 0..12 {
        if round_trip(&mut stream, 100).await? >= Duration::from_millis(200) {
            slow += 1;
        }
    }
    // Each trip has two segments, so 3 of 4 are slow. None of 12 slow, or all, has a chance below 4 %;
    // the seed is the target's port, so the bounds are wider: at least one of each kind in 1 of 10^7.
    assert!(slow >= 1, "{slow}");
    Ok(())
}

#[tokio::test]
async fn a_cut_link_is_silent_until_it_heals() -> Outcome {
    let link = echo().await?;
    let mut stream = TcpStream::connect(link.address()).await?;
    round_trip(&mut stream, 10).await?;
    partition([&link]);
    stream.write_all(b"hello").await?;
    let mut back = [0; 5];
    let patience = Duration::from_millis(300);
    assert!(tokio::time::timeout(patience, stream.read_exact(&mut back)).await.is_err());
    // A new connection is silent too.
    let mut second = TcpStream::connect(link.address()).await?;
    assert!(tokio::time::timeout(patience, round_trip(&mut second, 10)).await.is_err());
    link.heal();
    stream.read_exact(&mut back).await?;
    assert_eq!(&back, b"hello");
    Ok(())
}

#[tokio::test]
async fn a_reset_ends_connections_and_allows_new_ones() -> Outcome {
    let link = echo().await?;
    let mut stream = TcpStream::connect(link.address()).await?;
    round_trip(&mut stream, 10).await?;
    link.reset();
    let error = stream.read_u8().await.expect_err("reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let mut stream = TcpStream::connect(link.address()).await?;
    round_trip(&mut stream, 10).await?;
    Ok(())
}

#[tokio::test]
async fn other_machines_are_refused_and_a_dead_target_resets() -> Outcome {
    let far = "192.0.2.1:80".parse()?;
    assert!(matches!(Link::to(far).await, Err(LabError::NotLoopback { .. })));
    let nobody = { TcpListener::bind("127.0.0.1:0").await?.local_addr()? };
    let link = Link::to(nobody).await?;
    let mut stream = TcpStream::connect(link.address()).await?;
    assert!(stream.read_u8().await.is_err());
    Ok(())
}
