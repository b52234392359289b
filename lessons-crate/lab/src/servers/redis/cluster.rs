//! Redis Cluster: keys over several primaries by hash slot, each with replicas.

use std::fmt;
use std::time::Duration;

use algorithms::table::{Table, thousands};

use super::{Redis, Reply, reply};
use crate::ground::error::{LabError, Task};
use crate::ground::port::Port;
use crate::ground::talk;

/// How many hash slots there are: a key is in slot CRC16(key) mod 16384.
const SLOTS: usize = 16_384;
/// Long enough for all nodes to hear of each other on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// No command is redirected more often.
const MOST_REDIRECTS: usize = 5;

/// A Redis Cluster: every primary has an equal share of the 16384 hash slots. Needs Redis 7.
///
/// A node that is silent for 1 s is taken for dead; the majority of the primaries then lets its replica
/// take over.
pub struct RedisCluster {
    nodes: Vec<Redis>,
    primaries: usize,
    /// Where the nodes gossip with each other.
    _gossip: Vec<Port>,
}

impl RedisCluster {
    /// Starts so many primaries (three at least), each with so many replicas, and waits until all agree.
    ///
    /// # Errors
    ///
    /// When there is no Redis 7 on this machine, one does not start, or they do not agree within 30 s.
    pub fn start(primaries: usize, replicas: usize) -> Task<'static, Self> {
        Box::pin(async move {
            if primaries < 3 {
                let message = "fewer than three primaries cannot elect anyone";
                return Err(LabError::answer("Redis Cluster", message));
            }
            let mut cluster = Self { nodes: Vec::new(), primaries, _gossip: Vec::new() };
            for number in 0..primaries * (1 + replicas) {
                let gossip = Port::free()?;
                let settings = [
                    "cluster-enabled yes".to_owned(),
                    "cluster-node-timeout 1000".into(),
                    format!("cluster-port {}", gossip.number),
                ];
                let name = format!("Redis node {number}");
                cluster.nodes.push(Redis::launch(&name, &settings, None).await?);
                cluster._gossip.push(gossip);
            }
            cluster.join().await?;
            Ok(cluster)
        })
    }

    async fn join(&self) -> Result<(), LabError> {
        for (number, node) in self.nodes.iter().enumerate() {
            let (first, gossip) = (self.nodes[0].port(), self._gossip[0].number);
            node.run(&format!("CLUSTER MEET 127.0.0.1 {first} {gossip}")).await?;
            if number < self.primaries {
                let share = |part: usize| part * SLOTS / self.primaries;
                let (from, to) = (share(number), share(number + 1) - 1);
                node.run(&format!("CLUSTER ADDSLOTSRANGE {from} {to}")).await?;
            }
        }
        self.wait_for_state("cluster_known_nodes", &self.nodes.len().to_string()).await?;
        for (number, node) in self.nodes.iter().enumerate().skip(self.primaries) {
            let primary = self.nodes[number % self.primaries].run("CLUSTER MYID").await?;
            talk::until("a replica finding its primary", PATIENCE, || async {
                node.run(&format!("CLUSTER REPLICATE {primary}")).await.ok()
            })
            .await?;
        }
        self.wait_for_state("cluster_state", "ok").await?;
        for replica in &self.nodes[self.primaries..] {
            talk::until("the first copy to a replica", PATIENCE, || async {
                let info = replica.run("INFO replication").await.ok()?.to_string();
                info.contains("master_link_status:up").then_some(())
            })
            .await?;
        }
        // A replica that a primary has not heard of cannot be voted for.
        let count = self.nodes.len() - self.primaries;
        for node in &self.nodes {
            talk::until("all nodes knowing the replicas", PATIENCE, || async {
                let nodes = node.run("CLUSTER NODES").await.ok()?.to_string();
                (nodes.matches("slave ").count() == count).then_some(())
            })
            .await?;
        }
        Ok(())
    }

    async fn wait_for_state(&self, field: &str, value: &str) -> Result<(), LabError> {
        let expected = format!("{field}:{value}\r\n");
        for node in &self.nodes {
            talk::until("all nodes agreeing", PATIENCE, || async {
                let info = node.run("CLUSTER INFO").await.ok()?.to_string() + "\r\n";
                info.contains(&expected).then_some(())
            })
            .await?;
        }
        Ok(())
    }

    /// All nodes, the first primaries before the first replicas: node `i` of the replicas follows primary `i`.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// Runs a command on whichever node has its key: asks one, and goes where `MOVED` or `ASK` says.
    ///
    /// # Errors
    ///
    /// When no node answers, or the answer is an error.
    pub fn run<'a>(&'a self, command: &'a str) -> Task<'a, Reply> {
        Box::pin(async move {
            let running = self.nodes.iter().find(|node| node.is_running());
            let mut node = running.ok_or_else(|| LabError::answer("Redis Cluster", "no node runs"))?;
            let mut asking = false;
            for _ in 0..MOST_REDIRECTS {
                if asking {
                    node.run("ASKING").await?;
                }
                let answer = node.run(command).await;
                let Err(error) = &answer else { return answer };
                let Some((moved, port)) = reply::redirection(&error.to_string()) else { return answer };
                let missing = || LabError::answer("Redis Cluster", format!("no node has port {port}"));
                node = self.nodes.iter().find(|node| node.port() == port).ok_or_else(missing)?;
                asking = !moved;
            }
            Err(LabError::answer("Redis Cluster", "it is redirected again and again"))
        })
    }

    /// The hash slot of a key. Of `{user}:cart` only `user` counts, so that keys can be kept together.
    ///
    /// # Errors
    ///
    /// When no node answers.
    pub fn slot<'a>(&'a self, key: &'a str) -> Task<'a, i64> {
        Box::pin(async move {
            let node = self.nodes.iter().find(|node| node.is_running());
            let node = node.ok_or_else(|| LabError::answer("Redis Cluster", "no node runs"))?;
            let slot = node.run(&format!("CLUSTER KEYSLOT '{key}'")).await?;
            slot.integer().ok_or_else(|| LabError::answer("Redis Cluster", slot))
        })
    }

    /// Who has which slots and how many keys, in the words of the first node that runs.
    ///
    /// # Errors
    ///
    /// When no node answers.
    pub fn table(&self) -> Task<'_, Table> {
        Box::pin(async move {
            let node = self.nodes.iter().find(|node| node.is_running());
            let node = node.ok_or_else(|| LabError::answer("Redis Cluster", "no node runs"))?;
            let text = node.run("CLUSTER NODES").await?.to_string();
            let mut table = Table::new(["port", "role", "slots", "keys"]);
            for line in text.lines() {
                let fields: Vec<&str> = line.split_whitespace().collect();
                let [_, address, flags, ..] = fields[..] else { continue };
                let port = address.split(['@', ',']).next().and_then(|host| host.rsplit(':').next());
                let port = port.unwrap_or_default();
                let role = if flags.contains("fail") {
                    "down"
                } else if flags.contains("master") {
                    "primary"
                } else {
                    "replica"
                };
                let own = self.nodes.iter().find(|node| node.port().to_string() == port);
                let keys = match own {
                    Some(node) => node.run("DBSIZE").await.ok().and_then(|keys| keys.integer()),
                    None => None,
                };
                let keys = keys.map_or(String::new(), |keys| thousands(keys.unsigned_abs()));
                table.push([port.to_owned(), role.to_owned(), fields[8.min(fields.len())..].join(" "), keys]);
            }
            Ok(table)
        })
    }
}

impl fmt::Debug for RedisCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.nodes).finish()
    }
}
