//! A primary and its streaming replicas.

use std::fmt;
use std::time::Duration;

use super::{PASSWORDS, PROGRAM, Postgres, USER, passwords};
use crate::ground::error::{LabError, Task};
use crate::ground::talk;
use crate::link::Link;
use crate::server::Place;
use crate::sql::Rows;

/// How long replicas may take to come into step, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A PostgreSQL primary with streaming replicas, which may be asked for their word at each commit.
///
/// Node 0 starts as the primary. Each replica follows it over a [`Link`], which can be slowed or cut.
pub struct PostgresGroup {
    nodes: Vec<Postgres>,
    links: Vec<Link>,
}

impl PostgresGroup {
    /// Starts a primary with this many replicas, which follow as they can (asynchronously).
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL on this machine, or one of them does not start.
    pub fn start(replicas: usize) -> Task<'static, Self> {
        Box::pin(async move {
            let primary = Postgres::launch("PostgreSQL primary", &[]).await?;
            let mut group = Self { nodes: vec![primary], links: Vec::new() };
            for number in 1..=replicas {
                group.add_replica(number).await?;
            }
            group.wait_for_streams(replicas).await?;
            Ok(group)
        })
    }

    async fn add_replica(&mut self, number: usize) -> Result<(), LabError> {
        let link = Link::to(self.nodes[0].address()).await?;
        let place = Place::new(&format!("PostgreSQL replica {number}"), None)?;
        let source = format!(
            "host=127.0.0.1 port={} user={USER} application_name={}",
            link.address().port(),
            replica_name(number)
        );
        let data = place.path("data");
        let copy = ["-d", &source, "-D", &data, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        let program = PROGRAM.find()?.path.with_file_name("pg_basebackup");
        let environment = [(PASSWORDS, passwords(&place)?.into())];
        place.run_with(&program, copy.map(Into::into).into(), &environment).await?;
        self.nodes.push(Postgres::run_in(place, &[]).await?);
        self.links.push(link);
        Ok(())
    }

    async fn wait_for_streams(&self, count: usize) -> Result<(), LabError> {
        talk::until("replicas following the primary", PATIENCE, || async {
            let query = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
            let streams = self.nodes[0].sql(query).await.ok()?;
            (streams.value() == count.to_string()).then_some(())
        })
        .await
    }

    /// All servers; number 0 was the first primary.
    pub fn nodes(&self) -> &[Postgres] {
        &self.nodes
    }

    /// The first primary.
    pub fn primary(&self) -> &Postgres {
        &self.nodes[0]
    }

    /// The replicas: node 1 and those after it.
    pub fn replicas(&self) -> &[Postgres] {
        &self.nodes[1..]
    }

    /// The links over which replicas follow the primary: number 0 is that of node 1.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// From now on a commit waits until so many replicas have it on disk; 0 makes all asynchronous again.
    ///
    /// # Errors
    ///
    /// When the primary does not answer, or has fewer replicas.
    pub fn set_synchronous(&self, replicas: usize) -> Task<'_, ()> {
        Box::pin(async move {
            if replicas >= self.nodes.len() {
                let most = self.nodes.len() - 1;
                let message = format!("a commit cannot wait for {replicas} replicas: there are {most}");
                return Err(LabError::answer("PostgreSQL primary", message));
            }
            let names: Vec<String> = (1..self.nodes.len()).map(replica_name).collect();
            let value = match replicas {
                0 => String::new(),
                some => format!("ANY {some} ({})", names.join(", ")),
            };
            let primary = self.primary();
            // A statement of its own: ALTER SYSTEM does not run beside others.
            primary.sql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{value}'")).await?;
            primary.sql("SELECT pg_reload_conf()").await?;
            let expected = if replicas == 0 { "0" } else { &(self.nodes.len() - 1).to_string() };
            talk::until("the primary asking its replicas", PATIENCE, || async {
                let query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'";
                (primary.sql(query).await.ok()?.value() == expected).then_some(())
            })
            .await
        })
    }

    /// Makes a replica a primary, and waits until it accepts writes.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it is not a replica.
    pub fn promote(&self, node: usize) -> Task<'_, &Postgres> {
        Box::pin(async move {
            let chosen = self.nodes.get(node);
            let chosen = chosen.ok_or_else(|| LabError::answer("PostgreSQL", format!("no node {node}")))?;
            // Waits until the promotion is complete.
            chosen.sql("SELECT pg_promote()").await?;
            let recovering = chosen.sql("SELECT pg_is_in_recovery()").await?;
            if recovering.value() != "f" {
                return Err(LabError::answer(chosen.name(), "it did not become a primary"));
            }
            Ok(chosen)
        })
    }

    /// Makes a replica follow another node from now on, directly: after a promotion, the others need it.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it does not follow within 20 s.
    pub fn follow(&self, replica: usize, primary: usize) -> Task<'_, ()> {
        Box::pin(async move {
            let missing = || LabError::answer("PostgreSQL", "no such node");
            let leader = self.nodes.get(primary).ok_or_else(missing)?;
            let follower = self.nodes.get(replica).ok_or_else(missing)?;
            let name = replica_name(replica);
            let source = format!("host=127.0.0.1 port={} user={USER} application_name={name}", leader.port());
            follower.sql(&format!("ALTER SYSTEM SET primary_conninfo = '{source}'")).await?;
            follower.sql("SELECT pg_reload_conf()").await?;
            talk::until("the replica following its new primary", PATIENCE, || async {
                let query = format!(
                    "SELECT count(*) FROM pg_stat_replication \
                     WHERE application_name = '{name}' AND state = 'streaming'"
                );
                (leader.sql(&query).await.ok()?.value() == "1").then_some(())
            })
            .await
        })
    }

    /// Waits until every replica has what the primary has now.
    ///
    /// # Errors
    ///
    /// When one has not within 20 s.
    pub fn wait_in_step(&self) -> Task<'_, ()> {
        Box::pin(async move {
            let now = self.primary().sql("SELECT pg_current_wal_lsn()").await?;
            for replica in self.replicas() {
                let query = format!("SELECT pg_last_wal_replay_lsn() >= '{}'::pg_lsn", now.value());
                talk::until("a replica coming into step", PATIENCE, || async {
                    (replica.sql(&query).await.ok()?.value() == "t").then_some(())
                })
                .await?;
            }
            Ok(())
        })
    }

    /// What the primary knows of its replicas: state, mode, how many bytes each is behind, and its lag.
    ///
    /// # Errors
    ///
    /// When the primary does not answer.
    pub fn replication(&self) -> Task<'static, Rows> {
        self.primary().sql(
            "SELECT application_name AS replica, state, sync_state AS mode, \
             pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS bytes_behind, replay_lag \
             FROM pg_stat_replication ORDER BY 1",
        )
    }
}

fn replica_name(number: usize) -> String {
    format!("replica{number}")
}

impl fmt::Debug for PostgresGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.nodes).finish()
    }
}
