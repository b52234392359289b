//! What every handle promises.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use lessons::lab::{LabError, Redis};

use crate::{Outcome, processes_of, until};

#[tokio::test]
async fn a_server_is_killed_paused_resumed_restarted_and_gone() -> Outcome {
    let redis = Redis::with(&["appendonly yes", "appendfsync always"]).await?;
    let folder = redis.folder().ok_or("a folder")?;
    assert!(redis.address().ip().is_loopback());
    assert!(redis.version().starts_with(|c: char| c.is_ascii_digit()), "{redis:?}");
    assert!(redis.ready_after() < Duration::from_secs(5), "{redis:?}");
    assert!(redis.memory() > 1_000_000, "{}", redis.memory());
    assert!(redis.log_tail(50).contains("Ready to accept connections"), "{}", redis.log_tail(50));

    redis.run("SET color 'dark green'").await?;
    let pid = redis.pid().ok_or("a process")?;
    redis.kill()?;
    assert!(!redis.is_running() && redis.pid().is_none());
    assert!(matches!(redis.run("PING").await, Err(LabError::Answer { .. })));
    redis.restart().await?;
    assert_ne!(redis.pid(), Some(pid));
    assert_eq!(redis.run("GET color").await?.to_string(), "dark green");

    redis.pause()?;
    assert!(redis.is_running());
    assert!(redis.run("PING").await.is_err(), "a paused server does not answer");
    redis.resume()?;
    assert_eq!(redis.run("PING").await?.to_string(), "PONG");

    redis.stop().await?;
    assert!(!redis.is_running() && folder.exists());
    redis.restart().await?;
    drop(redis);
    assert!(!folder.exists());
    assert_eq!(processes_of(&folder), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_said_and_ports_differ() -> Outcome {
    let one = Redis::start().await?;
    let two = Redis::start().await?;
    assert_ne!(one.port(), two.port());
    let error = Redis::on_port(one.port()).await.expect_err("taken");
    assert!(matches!(error, LabError::PortTaken { port } if port == one.port()), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_dies_at_start_shows_its_log() {
    let error = Redis::with(&["no-such-setting yes"]).await.expect_err("dies").to_string();
    assert!(error.contains("ended at start") && error.contains("no-such-setting"), "{error}");
}

/// What the next test runs in a process of its own.
#[tokio::test]
#[ignore = "started by another test, which kills it"]
async fn hold_two_servers() -> Outcome {
    let servers = [Redis::start().await?, Redis::start().await?];
    for server in &servers {
        println!("\nHOLDING {}", server.folder().ok_or("a folder")?.display());
    }
    std::future::pending::<()>().await;
    drop(servers);
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_when_the_process_is_killed() -> Outcome {
    let mut holder = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "handle::hold_two_servers"])
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(holder.stdout.take().ok_or("its output")?).lines();
    let folders: Vec<std::path::PathBuf> = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("HOLDING ").map(Into::into))
        .take(2)
        .collect();
    assert_eq!(folders.len(), 2);
    for folder in &folders {
        assert!(!processes_of(folder).is_empty());
    }
    holder.kill()?;
    holder.wait()?;
    let home = folders[0].parent().ok_or("a home")?;
    let took = until("the home is removed", async || !home.exists()).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    for folder in &folders {
        assert_eq!(processes_of(folder), Vec::<String>::new());
    }
    Ok(())
}
