//! A primary, its replicas, and sentinels that choose a new primary when it is lost.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use algorithms::table::Table;

use super::{Console, PROGRAM, Redis, Reply, ready, reply, run, shell};
use crate::ground::error::{LabError, Task};
use crate::ground::secret::Secret;
use crate::ground::talk;
use crate::link::Link;
use crate::server::{Launch, Place, Server};

/// The name under which the sentinels watch the primary.
const NAME: &str = "lab";
/// Long enough for three sentinels to find each other on a busy machine (they greet every 2 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis primary with replicas, and perhaps sentinels.
///
/// Node 0 starts as the primary. Without sentinels each replica follows it over a [`Link`], which can be
/// slowed or cut. With sentinels it follows directly, because a sentinel corrects a replica that follows
/// any address but the primary's own.
pub struct RedisGroup {
    sentinels: Vec<Server>,
    nodes: Vec<Redis>,
    links: Vec<Link>,
}

impl RedisGroup {
    /// Starts a primary with this many replicas, all in step with it.
    ///
    /// # Errors
    ///
    /// When there is no Redis on this machine, or one of them does not start.
    pub fn start(replicas: usize) -> Task<'static, Self> {
        Box::pin(async move {
            let mut group = Self { sentinels: Vec::new(), nodes: Vec::new(), links: Vec::new() };
            group.nodes.push(Redis::launch("Redis primary", &[], None).await?);
            for number in 1..=replicas {
                let link = Link::to(group.nodes[0].address()).await?;
                group.follow(number, link.address()).await?;
                group.links.push(link);
            }
            group.wait_in_step().await?;
            Ok(group)
        })
    }

    /// Starts a primary with replicas and this many sentinels, which take a silence of 1 s for its death.
    /// A majority of them must agree.
    ///
    /// # Errors
    ///
    /// When there is no Redis on this machine, or one of them does not start.
    pub fn with_sentinels(replicas: usize, sentinels: usize) -> Task<'static, Self> {
        Box::pin(async move {
            let mut group = Self { sentinels: Vec::new(), nodes: Vec::new(), links: Vec::new() };
            let primary = Redis::launch("Redis primary", &[], None).await?;
            let address = primary.address();
            group.nodes.push(primary);
            for number in 1..=replicas {
                group.follow(number, address).await?;
            }
            group.wait_in_step().await?;
            for number in 1..=sentinels {
                group.sentinels.push(start_sentinel(number, address, sentinels / 2 + 1).await?);
            }
            group.wait_for_sentinels(replicas).await?;
            Ok(group)
        })
    }

    async fn follow(&mut self, number: usize, primary: SocketAddr) -> Result<(), LabError> {
        let follow = format!("replicaof {} {}", primary.ip(), primary.port());
        let replica = Redis::launch(&format!("Redis replica {number}"), &[follow], None).await?;
        self.nodes.push(replica);
        Ok(())
    }

    async fn wait_in_step(&self) -> Result<(), LabError> {
        for replica in &self.nodes[1..] {
            talk::until("the first copy to a replica", PATIENCE, || async {
                let info = replica.run("INFO replication").await.ok()?.to_string();
                info.contains("master_link_status:up").then_some(())
            })
            .await?;
        }
        Ok(())
    }

    /// Until every sentinel knows all others and all replicas.
    async fn wait_for_sentinels(&self, replicas: usize) -> Result<(), LabError> {
        let expected =
            [("num-other-sentinels", self.sentinels.len().saturating_sub(1)), ("num-slaves", replicas)];
        for sentinel in &self.sentinels {
            talk::until("sentinels knowing each other", PATIENCE, || async {
                let state = ask(sentinel, &format!("SENTINEL MASTER {NAME}")).await.ok()?;
                let fields = state.list();
                let field =
                    |name: &str| fields.iter().position(|field| field == name).map(|i| &fields[i + 1]);
                expected
                    .iter()
                    .all(|(name, count)| field(name).is_some_and(|value| *value == count.to_string()))
                    .then_some(())
            })
            .await?;
        }
        Ok(())
    }

    /// All Redis servers; number 0 was the first primary.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// The sentinels.
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// The links over which replicas follow the primary: number 0 is that of node 1. None with sentinels.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The server that is primary now: what a sentinel says, or node 0 when there are none.
    ///
    /// # Errors
    ///
    /// When no sentinel answers.
    pub fn primary(&self) -> Task<'_, &Redis> {
        Box::pin(async move {
            if self.sentinels.is_empty() {
                return Ok(&self.nodes[0]);
            }
            let mut last = LabError::answer("sentinels", "none runs");
            for sentinel in self.sentinels.iter().filter(|sentinel| sentinel.is_running()) {
                let command = format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}");
                match ask(sentinel, &command).await {
                    Ok(answer) => {
                        let port = answer.list().get(1).and_then(|port| port.parse::<u16>().ok());
                        let node = self.nodes.iter().find(|node| Some(node.port()) == port);
                        return node.ok_or_else(|| LabError::answer("sentinel", answer));
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        })
    }

    /// Waits until a primary accepts writes, trying every 5 ms, and returns it: after a kill, the time that
    /// this takes is the failover time.
    ///
    /// # Errors
    ///
    /// When there is none within 30 s.
    pub fn writable_primary(&self) -> Task<'_, &Redis> {
        Box::pin(async move {
            talk::until("a primary that accepts writes", Duration::from_secs(30), || async {
                let primary = self.primary().await.ok().filter(|primary| primary.is_running())?;
                let answer = primary.run("SET sd35:lab:probe 1").await.ok()?;
                (answer.to_string() == "OK").then_some(primary)
            })
            .await
        })
    }

    /// Who is primary, who follows whom, and how many bytes of the replication stream each has.
    ///
    /// # Errors
    ///
    /// None: a server that does not answer has a row that says so.
    pub fn replication(&self) -> Task<'_, Table> {
        Box::pin(async move {
            let mut table = Table::new(["node", "port", "role", "link", "offset"]);
            for (number, node) in self.nodes.iter().enumerate() {
                let info = node.run("INFO replication").await.map(|info| info.to_string());
                let info = info.unwrap_or_else(|_| "role:no answer".into());
                let field = |name: &str| {
                    let mut pairs = info.lines().filter_map(|line| line.split_once(':'));
                    pairs.find(|(field, _)| *field == name).map_or("", |(_, value)| value.trim())
                };
                let role = match field("role") {
                    "master" => "primary",
                    "slave" => "replica",
                    other => other,
                };
                let offset = if role == "replica" { "slave_repl_offset" } else { "master_repl_offset" };
                let row = [number.to_string(), node.port().to_string()];
                let state = [role, field("master_link_status"), field(offset)].map(str::to_owned);
                table.push(row.into_iter().chain(state));
            }
            Ok(table)
        })
    }

    /// Memory of all its processes, in bytes.
    pub fn memory(&self) -> u64 {
        let nodes = self.nodes.iter().map(|node| node.memory());
        nodes.chain(self.sentinels.iter().map(Server::memory)).sum()
    }
}

async fn ask(sentinel: &Server, command: &str) -> Result<Reply, LabError> {
    run(sentinel, &Console::default(), reply::words(command)).await
}

async fn start_sentinel(number: usize, primary: SocketAddr, quorum: usize) -> Result<Server, LabError> {
    let place = Place::new(&format!("Redis sentinel {number}"), None)?;
    let secret = Secret::ours();
    let password = secret.as_str();
    let lines = [
        format!("port {}", place.port()),
        "bind 127.0.0.1".into(),
        format!("dir {}", place.folder().display()),
        format!("sentinel monitor {NAME} {} {} {quorum}", primary.ip(), primary.port()),
        // Of the servers, of its clients, and of the other sentinels.
        format!("sentinel auth-pass {NAME} {password}"),
        format!("requirepass {password}"),
        format!("sentinel sentinel-pass {password}"),
        format!("sentinel down-after-milliseconds {NAME} 1000"),
        format!("sentinel failover-timeout {NAME} 3000"),
    ];
    let file = place.write("sentinel.conf", lines.join("\n") + "\n")?;
    let launch = Launch::new(PROGRAM.find()?, ready()).arguments([file, "--sentinel".into()]);
    let shell = shell(&place, &secret)?;
    place.start(launch.locked(&secret, shell)).await
}

impl fmt::Debug for RedisGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.nodes).entries(&self.sentinels).finish()
    }
}
