//! What every handle promises.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lessons::lab::{Handle, LabError, Memcached, Nginx, Redis, Service, kinds};

use crate::{Outcome, path_with_tools, processes_of, until};

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

/// Servers of every kind that can be started alone or in front of a backend, quick ones or slow ones.
async fn one_of_each(slow: bool) -> Result<Vec<Box<dyn Handle>>, LabError> {
    let backend = Service::start("a").await?;
    let starts =
        kinds().iter().filter(|kind| kind.slow == slow).filter_map(|kind| kind.start(backend.address()));
    let mut all = Vec::new();
    if slow {
        // Side by side, because each takes seconds.
        let running: Vec<_> = starts.map(tokio::spawn).collect();
        for started in running {
            all.push(
                started.await.map_err(|error| LabError::TooLong {
                    what: error.to_string(),
                    waited: Duration::ZERO,
                })??,
            );
        }
    } else {
        for start in starts {
            all.push(start.await?);
        }
    }
    for server in all.iter().flat_map(|handle| handle.servers()) {
        println!("START {server:?}, memory {} MB", server.memory() / 1_000_000);
    }
    Ok(all)
}

/// The folders of all these servers.
fn folders(handles: &[Box<dyn Handle>]) -> Vec<PathBuf> {
    handles.iter().flat_map(|handle| handle.servers()).filter_map(|server| server.folder()).collect()
}

/// What the next tests run in a process of its own.
#[tokio::test]
#[ignore = "started by another test, which kills it"]
async fn hold_one_of_each() -> Outcome {
    let mut servers = one_of_each(false).await?;
    if std::env::var_os("SLOW_ONES").is_some() {
        servers.extend(one_of_each(true).await?);
    }
    for folder in folders(&servers) {
        println!("HOLDING {}", folder.display());
    }
    println!("ALL");
    std::future::pending::<()>().await;
    drop(servers);
    Ok(())
}

/// Starts the test above in another process; the folders of its servers.
fn hold(slow_ones: bool) -> Result<(Child, Vec<PathBuf>), Box<dyn std::error::Error>> {
    let mut holder = Command::new(std::env::current_exe()?);
    holder.args(["--ignored", "--exact", "--nocapture", "handle::hold_one_of_each"]).stdout(Stdio::piped());
    if slow_ones {
        holder.env("SLOW_ONES", "1").env("PATH", path_with_tools()?);
    }
    let mut holder = holder.spawn()?;
    let lines = BufReader::new(holder.stdout.take().ok_or("its output")?).lines();
    let lines = lines.map_while(Result::ok).take_while(|line| line != "ALL");
    let folders: Vec<PathBuf> =
        lines.filter_map(|line| line.strip_prefix("HOLDING ").map(Into::into)).collect();
    assert!(folders.len() >= 4, "{folders:?}");
    for folder in &folders {
        assert!(!processes_of(folder).is_empty(), "{}", folder.display());
    }
    Ok((holder, folders))
}

/// The segments of shared memory that no process uses.
fn unused_segments() -> usize {
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    table.lines().skip(1).filter(|line| line.split_whitespace().nth(6) == Some("0")).count()
}

#[tokio::test]
async fn nothing_is_left_when_the_process_is_killed() -> Outcome {
    let (mut holder, folders) = hold(true)?;
    // Each that can be started has a folder, and an ensemble has several.
    let startable = kinds().iter().filter(|kind| kind.start(([127, 0, 0, 1], 0).into()).is_some()).count();
    assert!(folders.len() > startable && startable >= 7, "{folders:?}");
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

#[tokio::test]
async fn the_next_start_cleans_up_when_the_keeper_was_killed_too() -> Outcome {
    let (mut holder, folders) = hold(false)?;
    let home = folders[0].parent().ok_or("a home")?;
    // The keeper leads a session of its own, and has the home among its arguments.
    let keeper = std::fs::read_dir("/proc")?.flatten().find(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.ends_with(format!("{}\0", home.display()).as_bytes())
    });
    let keeper = keeper.ok_or("a keeper")?.file_name().to_string_lossy().into_owned();
    assert!(Command::new("kill").args(["-9", &keeper]).status()?.success());
    holder.kill()?;
    holder.wait()?;
    assert!(home.exists());
    let (mut next, _) = hold(false)?;
    assert!(!home.exists(), "a new process looks for what others left");
    for folder in &folders {
        assert_eq!(processes_of(folder), Vec::<String>::new());
    }
    next.kill()?;
    next.wait()?;
    Ok(())
}

/// Run in a process of its own, so that its open files are its own.
#[tokio::test]
#[ignore = "started by another test"]
async fn start_and_stop_often() -> Outcome {
    let open = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    drop((one_of_each(false).await?, one_of_each(true).await?));
    let before = (open(), threads(), unused_segments());
    for _ in 0..3 {
        drop(one_of_each(false).await?);
    }
    drop(one_of_each(true).await?);
    let backend = Service::start("a").await?;
    for _ in 0..100 {
        drop(Redis::start().await?);
        drop(Memcached::start(8).await?);
        drop(Nginx::reverse_proxy(backend.address()).await?);
    }
    drop(backend);
    // What the tasks of the services held goes when they have ended.
    let took = until("files and threads are given back", async || {
        open() <= before.0 && unused_segments() <= before.2
    })
    .await;
    println!("given back after {took:?}; threads {} then {}", before.1, threads());
    assert!(threads() <= before.1 + 2, "{} threads, {} before", threads(), before.1);
    Ok(())
}

#[test]
fn starting_and_stopping_often_leaks_nothing() -> Outcome {
    let output = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "handle::start_and_stop_often"])
        .env("PATH", path_with_tools()?)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    Ok(())
}

/// Run in several processes at once.
#[tokio::test]
#[ignore = "started by another test, which kills it"]
async fn hold_several() -> Outcome {
    let starts: Vec<_> = (0..8).map(|_| tokio::spawn(Memcached::start(8))).collect();
    let mut servers = Vec::new();
    for start in starts {
        servers.push(start.await??);
    }
    for server in &servers {
        println!("HOLDING {} {}", server.port(), server.folder().ok_or("a folder")?.display());
    }
    println!("ALL");
    std::future::pending::<()>().await;
    drop(servers);
    Ok(())
}

#[test]
fn processes_that_start_servers_at_once_never_collide() -> Outcome {
    let mut holders = Holders(Vec::new());
    for _ in 0..4 {
        let mut holder = Command::new(std::env::current_exe()?);
        holder.args(["--ignored", "--exact", "--nocapture", "handle::hold_several"]).stdout(Stdio::piped());
        holders.0.push(holder.spawn()?);
    }
    let mut held = std::collections::BTreeMap::new();
    for holder in &mut holders.0 {
        let lines = BufReader::new(holder.stdout.take().ok_or("its output")?).lines();
        for line in lines.map_while(Result::ok).take_while(|line| line != "ALL") {
            if let Some((port, folder)) = line.strip_prefix("HOLDING ").and_then(|line| line.split_once(' '))
            {
                let other = held.insert(port.to_owned(), PathBuf::from(folder));
                assert!(other.is_none(), "port {port} is that of {other:?} and of {folder}");
            }
        }
    }
    assert_eq!(held.len(), 32);
    let folders: std::collections::BTreeSet<_> = held.values().collect();
    assert_eq!(folders.len(), 32, "{folders:?}");
    for folder in folders {
        assert!(!processes_of(folder).is_empty(), "{}", folder.display());
    }
    Ok(())
}

/// Processes that are killed when dropped, also by a test that fails.
struct Holders(Vec<std::process::Child>);

impl Drop for Holders {
    fn drop(&mut self) {
        for holder in &mut self.0 {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}
