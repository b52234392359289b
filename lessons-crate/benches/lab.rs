//! What the lab costs: start to ready beside the same program started by hand, failover, promotion, memory,
//! and what many starts leave behind.
//!
//! ```text
//! cargo bench -p lessons --features full --bench lab            all figures, some minutes
//! cargo bench -p lessons --features full --bench lab -- 20      with 20 starts and stops of each
//! ```
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

use std::future::Future;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lessons::lab::{
    HaProxy, LabError, MariaDb, Memcached, Nginx, Postgres, PostgresGroup, RabbitMq, Redis, RedisGroup,
    Service, ZooKeeper,
};
use lessons::table::{Table, fixed};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// How often each start is measured; the middle one counts.
const ROUNDS: usize = 5;

fn main() -> Outcome {
    let cycles = std::env::args().find_map(|argument| argument.parse::<usize>().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        starts().await?;
        recovery().await?;
        memory().await?;
        soak(cycles).await
    })
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

async fn timed<T, F: Future<Output = Result<T, LabError>>>(
    rounds: usize,
    start: impl Fn() -> F,
) -> Result<f64, LabError> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        let server = start().await?;
        times.push(begun.elapsed());
        drop(server);
    }
    Ok(middle(times))
}

/// The same program without the lab: from its start until its port takes a connection.
fn by_hand(prepare: &[&str], run: &[&str], port: u16) -> std::io::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir()?;
        std::fs::write(
            folder.path().join("nginx.conf"),
            format!(
                "daemon off; pid pid; events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port}; }} }}"
            ),
        )?;
        let _ = Command::new("chown").args(["-R", "nobody"]).arg(folder.path()).status();
        let begun = Instant::now();
        if !prepare.is_empty() {
            command(prepare, folder.path()).status()?;
        }
        let mut server = command(run, folder.path()).spawn()?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > Duration::from_secs(60) || server.try_wait()?.is_some() {
                return Err(std::io::Error::other(format!("{run:?} did not start")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        times.push(begun.elapsed());
        server.kill()?;
        server.wait()?;
        // Its children end a moment later.
        while TcpStream::connect(("127.0.0.1", port)).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(middle(times))
}

fn command(words: &[&str], folder: &Path) -> Command {
    let as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"));
    let before = if root { &as_nobody[..] } else { &[] };
    let all: Vec<String> = before
        .iter()
        .chain(words)
        .map(|word| word.replace("FOLDER", &folder.display().to_string()))
        .collect();
    let mut command = Command::new(&all[0]);
    command
        .args(&all[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

async fn starts() -> Outcome {
    let backend = Service::start("a").await?;
    let address = backend.address();
    let mut table = Table::new(["start to ready", "lab, s", "by hand, s", "ratio"]);
    let postgres =
        std::fs::read_dir("/usr/lib/postgresql")?.flatten().map(|entry| entry.path().join("bin")).max();
    let postgres = postgres.unwrap_or_default();
    let [initdb, server] = ["initdb", "postgres"].map(|name| postgres.join(name).display().to_string());
    let hands = [
        by_hand(&[], &["redis-server", "--port", "31001", "--bind", "127.0.0.1", "--save", ""], 31001),
        by_hand(&[], &["memcached", "-l", "127.0.0.1", "-p", "31002", "-U", "0"], 31002),
        by_hand(&[], &["/usr/sbin/nginx", "-p", "FOLDER", "-c", "nginx.conf", "-e", "log"], 31003),
        by_hand(
            &[&initdb, "-D", "FOLDER/d", "-U", "postgres", "-A", "trust", "--no-sync"],
            &[&server, "-D", "FOLDER/d", "-p", "31004", "-k", "", "-c", "listen_addresses=127.0.0.1", "-F"],
            31004,
        ),
    ];
    let lab = [
        timed(ROUNDS, Redis::start).await?,
        timed(ROUNDS, || Memcached::start(64)).await?,
        timed(ROUNDS, || Nginx::reverse_proxy(address)).await?,
        timed(ROUNDS, Postgres::start).await?,
    ];
    for ((name, lab), hand) in
        ["Redis", "memcached", "nginx", "PostgreSQL with initdb"].iter().zip(lab).zip(hands)
    {
        let (hand, ratio) = match hand {
            Ok(hand) => (fixed(hand, 3), fixed(lab / hand, 2)),
            Err(error) => (error.to_string(), String::new()),
        };
        table.push([(*name).to_owned(), fixed(lab, 3), hand, ratio]);
    }
    let alone = [
        (
            "HAProxy",
            timed(ROUNDS, || HaProxy::balance(lessons::lab::BalanceMode::RoundRobin, &[address])).await?,
        ),
        ("MariaDB with its database", timed(3, MariaDb::start).await?),
        ("Redis, two replicas, three sentinels", timed(1, || RedisGroup::with_sentinels(2, 3)).await?),
        ("PostgreSQL and a replica", timed(3, || PostgresGroup::start(1)).await?),
        ("RabbitMQ", timed(1, RabbitMq::start).await?),
        ("ZooKeeper, three", timed(1, || ZooKeeper::start(3)).await?),
    ];
    for (name, seconds) in alone {
        table.push([name.to_owned(), fixed(seconds, 3), String::new(), String::new()]);
    }
    println!("{table}\n");
    Ok(())
}

async fn recovery() -> Outcome {
    let group = RedisGroup::with_sentinels(2, 3).await?;
    group.primary().await?.kill()?;
    let begun = Instant::now();
    group.writable_primary().await?;
    println!(
        "Redis: kill to the first write that a new primary takes: {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    let group = PostgresGroup::start(1).await?;
    group.wait_in_step().await?;
    group.primary().kill()?;
    let begun = Instant::now();
    group.promote(1).await?.sql("CREATE TABLE t (v int)").await?;
    println!("PostgreSQL: kill to the first write of the promoted: {:.2} s\n", begun.elapsed().as_secs_f64());
    Ok(())
}

/// What a large lesson of the first two weeks holds at once.
async fn memory() -> Outcome {
    let backend = Service::start("a").await?;
    let sentinels = RedisGroup::with_sentinels(2, 3).await?;
    let postgres = PostgresGroup::start(2).await?;
    let memcached = Memcached::start(64).await?;
    let nginx = Nginx::reverse_proxy(backend.address()).await?;
    let haproxy = HaProxy::balance(lessons::lab::BalanceMode::RoundRobin, &[backend.address()]).await?;
    let maria = MariaDb::start().await?;
    let nodes: u64 = postgres.nodes().iter().map(|node| node.memory()).sum();
    let all =
        sentinels.memory() + nodes + memcached.memory() + nginx.memory() + haproxy.memory() + maria.memory();
    println!(
        "memory of Redis with sentinels, PostgreSQL with two replicas, memcached, nginx, HAProxy, MariaDB: {} MB",
        all / 1_000_000
    );
    Ok(())
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn left_in_home() -> usize {
    let prefix = "sd35-lab-";
    let own = format!("-{}-", std::process::id());
    let homes = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    let homes = homes.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with(prefix) && name.contains(&own)
    });
    homes
        .filter_map(|home| std::fs::read_dir(home.path()).ok())
        .map(|files| files.count().saturating_sub(1))
        .sum()
}

async fn soak(cycles: usize) -> Outcome {
    let backend = Service::start("a").await?;
    let address = backend.address();
    drop(Redis::start().await?);
    let before = open_files();
    let begun = Instant::now();
    for _ in 0..cycles {
        drop(Redis::start().await?);
        drop(Memcached::start(8).await?);
        drop(Nginx::reverse_proxy(address).await?);
        drop(HaProxy::balance(lessons::lab::BalanceMode::RoundRobin, &[address]).await?);
        drop(Postgres::start().await?);
        drop(MariaDb::start().await?);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!(
        "{cycles} starts and stops of six servers in {:.0} s: {before} open files before, {} after; {} folders left",
        begun.elapsed().as_secs_f64(),
        open_files(),
        left_in_home()
    );
    Ok(())
}
