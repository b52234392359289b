//! What the lab costs: start to ready beside the same program started by hand, failover, promotion, memory,
//! and what many starts leave behind.
//!
//! ```text
//! cargo bench -p lessons --features full --bench lab            all figures, some minutes
//! cargo bench -p lessons --features full --bench lab -- 20      with 20 starts and stops of each
//! ```
//!
//! The document server is SecantusDB where there is no `mongod`; its `secantusd-py` must be on the PATH.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lessons::lab::{
    BalanceMode, HaProxy, HttpBalancer, Kind, LabError, MariaDb, MariaDbGroup, Memcached, MongoDb, Nginx,
    PostgresGroup, RabbitMq, Redis, RedisCluster, RedisGroup, Service, Sqlite, ZooKeeper, kinds,
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

/// A server without the lab: what prepares it, what runs, and what it needs.
#[derive(Default)]
struct Hand {
    port: u16,
    prepare: Vec<String>,
    /// Programs to start one after the other, without waiting.
    run: Vec<Vec<String>>,
    environment: Vec<(String, String)>,
    files: Vec<(String, String)>,
    /// It is ready when this is answered with that; without it, when its port takes a connection.
    asks: Option<(&'static str, &'static str)>,
    /// Ends what its processes left running.
    after: Vec<String>,
}

/// Words apart by spaces; `FOLDER` in one stands for the server's folder.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Hand {
    fn new(port: u16, run: &str) -> Self {
        Self { port, run: vec![words(run)], ..Self::default() }
    }

    fn prepared(mut self, prepare: &str) -> Self {
        self.prepare = words(prepare);
        self
    }

    fn file(mut self, name: &str, content: &str) -> Self {
        self.files.push((name.to_owned(), content.to_owned()));
        self
    }

    fn ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let Some((question, answer)) = self.asks else { return true };
        let mut said = String::new();
        stream.write_all(question.as_bytes()).and_then(|()| stream.read_to_string(&mut said)).is_ok()
            && said.contains(answer)
    }

    /// From the start of the programs until it is ready, in seconds: the middle one of so many.
    fn time(&self, rounds: usize) -> std::io::Result<f64> {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let folder = tempfile::tempdir()?;
            let full = |text: &String| text.replace("FOLDER", &folder.path().display().to_string());
            for (name, content) in &self.files {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
                std::fs::write(&path, full(content))?;
                // Erlang's secret must be its owner's alone.
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            }
            let _ = Command::new("chown").args(["-R", "nobody"]).arg(folder.path()).status();
            let command = |words: &[String]| {
                let words: Vec<String> = words.iter().map(full).collect();
                let mut command = command(&words, folder.path());
                command.envs(self.environment.iter().map(|(name, value)| (name, full(value))));
                command
            };
            let begun = Instant::now();
            if !self.prepare.is_empty() {
                command(&self.prepare).status()?;
            }
            let mut servers = Vec::new();
            for words in &self.run {
                servers.push(Running(command(words).process_group(0).spawn()?));
            }
            while !self.ready() {
                let ended = servers.iter_mut().any(|server| !matches!(server.0.try_wait(), Ok(None)));
                if begun.elapsed() > Duration::from_secs(60) || ended {
                    return Err(std::io::Error::other(format!("{:?} did not start", self.run)));
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            times.push(begun.elapsed());
            drop(servers);
            // It is refused for a moment, while the dead are thought to live.
            let mut refused = !self.after.is_empty();
            for _ in 0..50 {
                refused = refused && !command(&self.after).status()?.success();
                if !refused {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            // Its children end a moment later.
            while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(middle(times))
    }
}

/// A process and what it started, which end with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-9", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.wait();
    }
}

fn command(words: &[String], folder: &Path) -> Command {
    let as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"].map(str::to_owned);
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"));
    // A program in somebody's home is that one's alone.
    let own = words[0].ends_with("secantusd-py");
    let before = if root && !own { &as_nobody[..] } else { &[] };
    let all: Vec<&String> = before.iter().chain(words).collect();
    let mut command = Command::new(all[0]);
    command
        .args(&all[1..])
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The newest PostgreSQL's programs.
fn postgres(program: &str) -> std::io::Result<String> {
    let folders = std::fs::read_dir("/usr/lib/postgresql")?.flatten();
    let newest = folders.map(|entry| entry.path().join("bin")).max().unwrap_or_default();
    Ok(newest.join(program).display().to_string())
}

fn rabbitmq() -> Hand {
    let program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    let mut hand = Hand::new(31_008, program)
        .file("rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:31008\n")
        .file("plugins", "[].\n")
        .file(".erlang.cookie", "hand");
    hand.environment = [
        ("ERL_EPMD_PORT", "31018"),
        ("ERL_EPMD_ADDRESS", "127.0.0.1"),
        ("RABBITMQ_NODENAME", "hand@localhost"),
        ("RABBITMQ_NODE_PORT", "31008"),
        ("RABBITMQ_DIST_PORT", "31028"),
        ("RABBITMQ_CONFIG_FILE", "FOLDER/rabbitmq"),
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "FOLDER/plugins"),
        ("RABBITMQ_MNESIA_BASE", "FOLDER/data"),
        ("RABBITMQ_LOG_BASE", "FOLDER/logs"),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    // Erlang's port mapper is a daemon.
    hand.after = words("epmd -kill");
    hand
}

fn zookeeper() -> Hand {
    let mut hand = Hand::new(31_091, "");
    hand.run.clear();
    let peers =
        "server.1=127.0.0.1:31111:31121\nserver.2=127.0.0.1:31112:31122\nserver.3=127.0.0.1:31113:31123";
    for number in 1..=3 {
        let settings = format!(
            "tickTime=500\ninitLimit=20\nsyncLimit=10\ndataDir=FOLDER/{number}/data\nclientPort=3109{number}\n\
             clientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\n{peers}\n"
        );
        hand = hand.file(&format!("{number}/zoo.cfg"), &settings);
        hand = hand.file(&format!("{number}/data/myid"), &number.to_string());
        hand.run.push(words(&format!(
            "java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp /usr/share/java/zookeeper.jar \
             org.apache.zookeeper.server.quorum.QuorumPeerMain FOLDER/{number}/zoo.cfg"
        )));
    }
    // A member answers when it leads or follows, and the first one is as good as any.
    hand.asks = Some(("srvr", "Mode: "));
    hand
}

/// One line of the table: the lab's start, and that by hand where there is one.
fn line(table: &mut Table, name: &str, lab: f64, hand: Option<std::io::Result<f64>>) {
    let (hand, ratio) = match hand {
        Some(Ok(hand)) => (fixed(hand, 3), fixed(lab / hand, 2)),
        Some(Err(error)) => (error.to_string(), String::new()),
        None => (String::new(), String::new()),
    };
    println!("{name}: {} s, by hand {hand} s", fixed(lab, 3));
    table.push([name.to_owned(), fixed(lab, 3), hand, ratio]);
}

/// The same server without the lab, where this file knows how.
fn by_hand(name: &str) -> std::io::Result<Option<Hand>> {
    let nginx = "daemon off; pid pid; events {} http { access_log off; client_body_temp_path b; proxy_temp_path p; \
                 fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; server { listen 127.0.0.1:31003; } }";
    let haproxy = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n\
                   frontend f\n bind 127.0.0.1:31005\n";
    Ok(Some(match name {
        "redis" => Hand::new(31_001, "redis-server --port 31001 --bind 127.0.0.1 --appendonly no"),
        "memcached" => Hand::new(31_002, "memcached -l 127.0.0.1 -p 31002 -U 0"),
        "nginx" => {
            Hand::new(31_003, "/usr/sbin/nginx -p FOLDER -c nginx.conf -e log").file("nginx.conf", nginx)
        }
        "haproxy" => Hand::new(31_005, "/usr/sbin/haproxy -db -f FOLDER/cfg").file("cfg", haproxy),
        "postgres" => {
            let [initdb, server] = [postgres("initdb")?, postgres("postgres")?];
            let run = "-D FOLDER/d -p 31004 -k FOLDER -c listen_addresses=127.0.0.1 -c fsync=off";
            Hand::new(31_004, &format!("{server} {run}"))
                .prepared(&format!("{initdb} -D FOLDER/d -U postgres -A trust --no-sync"))
        }
        "mariadb" => Hand::new(
            31_006,
            "mariadbd --no-defaults --datadir=FOLDER/d --bind-address=127.0.0.1 --port=31006 --socket=FOLDER/s \
             --log-bin=log-bin --performance-schema=0",
        )
        .prepared(
            "mariadb-install-db --no-defaults --datadir=FOLDER/d --auth-root-authentication-method=normal \
             --skip-test-db",
        ),
        "rabbitmq" => rabbitmq(),
        "zookeeper" => zookeeper(),
        "mongodb" => Hand::new(
            31_007,
            "secantusd-py --host 127.0.0.1 --port 31007 --storage-path FOLDER/d --cache-size 64M",
        ),
        _ => return Ok(None),
    }))
}

/// How often a start is measured: those that take seconds less often.
fn rounds(kind: &Kind) -> usize {
    if kind.slow { 3 } else { ROUNDS }
}

async fn starts() -> Outcome {
    let backend = Service::start("a").await?;
    let address = backend.address();
    let mut table = Table::new(["start to ready", "lab, s", "by hand, s", "ratio"]);
    for kind in kinds() {
        let mut times = Vec::new();
        for _ in 0..rounds(kind) {
            let Some(start) = kind.start(address) else { break };
            let begun = Instant::now();
            let server = start.await?;
            times.push(begun.elapsed());
            drop(server);
        }
        if times.is_empty() {
            continue;
        }
        let lab = middle(times);
        let hand = by_hand(kind.name)?.map(|hand| hand.time(rounds(kind)));
        line(&mut table, kind.title, lab, hand);
    }
    let alone = [
        (
            "our own balancer",
            timed(ROUNDS, || HttpBalancer::balance(BalanceMode::RoundRobin, &[address])).await?,
        ),
        ("Redis stand-in", timed(ROUNDS, Redis::stand_in).await?),
        ("SQLite in a file", timed(ROUNDS, Sqlite::in_file).await?),
        ("Redis, two replicas, three sentinels", timed(3, || RedisGroup::with_sentinels(2, 3)).await?),
        ("Redis cluster of six", timed(3, || RedisCluster::start(3, 1)).await?),
        ("PostgreSQL and a replica", timed(3, || PostgresGroup::start(1)).await?),
        ("MariaDB and a replica", timed(3, || MariaDbGroup::start(1)).await?),
    ];
    for (name, seconds) in alone {
        line(&mut table, name, seconds, None);
    }
    println!("\n{table}\n");
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
    println!("PostgreSQL: kill to the first write of the promoted: {:.2} s", begun.elapsed().as_secs_f64());
    let group = MariaDbGroup::start(1).await?;
    group.wait_in_step(1).await?;
    group.primary().kill()?;
    let begun = Instant::now();
    group.promote(1).await?.sql("CREATE TABLE t (v int)").await?;
    println!("MariaDB: kill to the first write of the promoted: {:.2} s", begun.elapsed().as_secs_f64());
    let ensemble = ZooKeeper::start(3).await?;
    let leader = ensemble.leader().await?;
    let begun = Instant::now();
    ensemble.members()[leader].kill()?;
    ensemble.leader().await?;
    println!("ZooKeeper: kill of the leader to a new one: {:.2} s\n", begun.elapsed().as_secs_f64());
    Ok(())
}

/// What a large lesson of the first two weeks holds at once; the servers that are not in one, alone.
async fn memory() -> Outcome {
    let backend = Service::start("a").await?;
    let sentinels = RedisGroup::with_sentinels(2, 3).await?;
    let postgres = PostgresGroup::start(2).await?;
    let memcached = Memcached::start(64).await?;
    let nginx = Nginx::reverse_proxy(backend.address()).await?;
    let haproxy = HaProxy::balance(BalanceMode::RoundRobin, &[backend.address()]).await?;
    let maria = MariaDb::start().await?;
    let documents = MongoDb::start().await?;
    let rabbit = RabbitMq::start().await?;
    let ensemble = ZooKeeper::start(3).await?;
    let mut table = Table::new(["memory", "MB"]);
    let week_two = [
        ("three Redis, three sentinels", sentinels.memory()),
        ("PostgreSQL with two replicas", postgres.nodes().iter().map(|node| node.memory()).sum()),
        ("memcached", memcached.memory()),
        ("nginx", nginx.memory()),
        ("HAProxy", haproxy.memory()),
        ("MariaDB", maria.memory()),
        (documents.name(), documents.memory()),
    ];
    let megabytes = |bytes: u64| (bytes / 1_000_000).to_string();
    for (name, bytes) in week_two {
        table.push([name.to_owned(), megabytes(bytes)]);
    }
    table.push([
        "the lab of Week 2, all of these".to_owned(),
        megabytes(week_two.map(|(_, bytes)| bytes).iter().sum()),
    ]);
    table.push(["RabbitMQ".to_owned(), megabytes(rabbit.memory())]);
    let ensemble: u64 = ensemble.members().iter().map(|member| member.memory()).sum();
    table.push(["ZooKeeper, three".to_owned(), megabytes(ensemble)]);
    println!("{table}\n");
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

/// Starts and stops of each, many times: those that start in a moment together, the slow ones one by one.
async fn soak(cycles: usize) -> Outcome {
    let backend = Service::start("a").await?;
    let address = backend.address();
    drop(Redis::start().await?);
    let before = open_files();
    let begun = Instant::now();
    let quick = || kinds().iter().filter(|kind| !kind.slow).filter_map(|kind| kind.start(address));
    for _ in 0..cycles {
        for start in quick() {
            drop(start.await?);
        }
    }
    report(cycles, &format!("{} servers", quick().count()), begun, before).await;
    for kind in kinds().iter().filter(|kind| kind.slow) {
        let begun = Instant::now();
        for _ in 0..cycles {
            if let Some(start) = kind.start(address) {
                drop(start.await?);
            }
        }
        report(cycles, kind.title, begun, before).await;
    }
    Ok(())
}

async fn report(cycles: usize, what: &str, begun: Instant, before: usize) {
    let took = begun.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!(
        "{cycles} starts and stops of {what} in {took:.0} s: {before} open files before, {} after; {} folders left",
        open_files(),
        left_in_home()
    );
}
