//! HAProxy: a balancer with health checks, and orders by its stats socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use algorithms::table::Table;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version};
use crate::ground::talk;
use crate::http;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Server};
use crate::stand_in::balancer::{BalanceMode, COLUMNS, Care, HttpBalancer, NAMES, Shared, Team};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "haproxy",
    package: Package::Named("haproxy"),
    // One that runs already has a configuration of its own.
    variable: None,
    version: Version::Flag("-v"),
    oldest: "2.0",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "haproxy",
    title: "HAProxy",
    about: "balancer with health checks",
    programs: &[&PROGRAM],
    start: Start::Before(|backend| started(HaProxy::balance(BalanceMode::RoundRobin, &[backend]))),
    slow: false,
    containers: &["haproxy"],
};

/// One HAProxy, balancing HTTP over backends that it checks at `/health` every 200 ms: two failures in
/// a row take one out, two successes bring it back. The backends are called `s1`, `s2`, ...
pub struct HaProxy {
    server: Server,
    stand_in: Option<Arc<Shared>>,
}

is_a_server!(HaProxy);

impl HaProxy {
    /// Balances over these backends; where there is no HAProxy, starts a [`stand_in`](Self::stand_in) and says so.
    ///
    /// # Errors
    ///
    /// When it does not start, or is too old.
    pub fn balance(mode: BalanceMode, backends: &[SocketAddr]) -> Task<'static, Self> {
        let backends = backends.to_vec();
        Box::pin(async move {
            match Self::launch(mode, &backends).await {
                Err(missing @ LabError::Missing { .. }) => {
                    eprintln!("A balancer inside this process plays HAProxy: {missing}");
                    Self::stand_in(mode, &backends).await
                }
                started => started,
            }
        })
    }

    /// Starts the lab's own [`HttpBalancer`](crate::HttpBalancer) with HAProxy's health checks; of the orders it
    /// knows `show stat`, `disable server` and `enable server`.
    ///
    /// # Errors
    ///
    /// When there is no backend, or no port can be had.
    pub fn stand_in(mode: BalanceMode, backends: &[SocketAddr]) -> Task<'static, Self> {
        let backends: Vec<(SocketAddr, u32)> = backends.iter().map(|&backend| (backend, 1)).collect();
        Box::pin(async move {
            let team = Team::new(mode, &backends);
            let (server, shared) = HttpBalancer::playing("HAProxy stand-in", team, Care::Checks).await?;
            Ok(Self { server, stand_in: Some(shared) })
        })
    }

    async fn launch(mode: BalanceMode, backends: &[SocketAddr]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new("HAProxy", None)?;
        let file = place.write("haproxy.cfg", configuration(&place, mode, backends))?;
        let ready = Arc::new(|address| Box::pin(http::answers(address)) as Task<'static, ()>);
        let launch = Launch::new(found, ready).arguments(["-db".to_owned(), "-f".into(), file]);
        Ok(Self { server: place.start(launch).await?, stand_in: None })
    }

    /// The address of a path: `haproxy.url("/")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Gives an order on the stats socket, such as `disable server backends/s1`; the answer.
    ///
    /// # Errors
    ///
    /// When HAProxy does not run.
    pub fn order(&self, order: &str) -> Task<'_, String> {
        let order = format!("{order}\n");
        Box::pin(async move {
            if let Some(stand_in) = &self.stand_in {
                return stand_in.order(&order);
            }
            let socket = self.server.with_place(|place| Ok(place.path("stats")))?;
            let talk = async {
                let mut stream = UnixStream::connect(socket).await?;
                stream.write_all(order.as_bytes()).await?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await?;
                Ok::<_, std::io::Error>(answer.trim().to_owned())
            };
            talk.await.map_err(|error| LabError::answer("HAProxy", error))
        })
    }

    /// Each backend's state, connections and answers: a part of `show stat`.
    ///
    /// # Errors
    ///
    /// When HAProxy does not run.
    pub fn backends(&self) -> Task<'_, Table> {
        Box::pin(async move {
            let mut table = Table::new(NAMES);
            for row in self.stat().await? {
                table.push(COLUMNS.map(|column| row.field(column).to_owned()));
            }
            Ok(table)
        })
    }

    /// The state of one backend, such as `UP`, `DOWN` or `MAINT`.
    ///
    /// # Errors
    ///
    /// When HAProxy does not run, or there is no such backend.
    pub fn state<'a>(&'a self, backend: &'a str) -> Task<'a, String> {
        Box::pin(async move {
            let rows = self.stat().await?;
            let row = rows.iter().find(|row| row.field("svname") == backend);
            let row = row.ok_or_else(|| LabError::answer("HAProxy", format!("no backend {backend}")))?;
            Ok(row.field("status").to_owned())
        })
    }

    /// Waits until a backend is in this state; how a health check's time is measured.
    ///
    /// # Errors
    ///
    /// When it is not within 20 s.
    pub fn wait_for<'a>(&'a self, backend: &'a str, state: &'a str) -> Task<'a, ()> {
        Box::pin(async move {
            let what = format!("{backend} being {state}");
            talk::until(&what, Duration::from_secs(20), || async {
                let now = self.state(backend).await.ok()?;
                now.starts_with(state).then_some(())
            })
            .await
        })
    }

    /// The rows of `show stat` that are backends.
    async fn stat(&self) -> Result<Vec<Row>, LabError> {
        let answer = self.order("show stat").await?;
        let mut lines = answer.lines();
        let head: Arc<[String]> = split(lines.next().unwrap_or_default().trim_start_matches("# ")).into();
        let rows = lines.map(|line| Row { head: head.clone(), fields: split(line) });
        Ok(rows.filter(|row| row.field("pxname") == "backends" && row.field("svname") != "BACKEND").collect())
    }
}

struct Row {
    head: Arc<[String]>,
    fields: Vec<String>,
}

impl Row {
    fn field(&self, name: &str) -> &str {
        let column = self.head.iter().position(|column| column == name);
        column.and_then(|column| self.fields.get(column)).map_or("", String::as_str)
    }
}

fn split(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

fn configuration(place: &Place, mode: BalanceMode, backends: &[SocketAddr]) -> String {
    let balance = match mode {
        BalanceMode::RoundRobin => "roundrobin",
        BalanceMode::LeastConnections => "leastconn",
        BalanceMode::IpHash => "source",
        BalanceMode::PathHash => "uri\n  hash-type consistent",
        BalanceMode::RandomTwo => "random(2)",
    };
    let servers: Vec<String> = backends
        .iter()
        .enumerate()
        .map(|(i, address)| format!("  server s{} {address} check", i + 1))
        .collect();
    format!(
        "global
  stats socket {} mode 600 level admin
  maxconn 2000
defaults
  mode http
  option redispatch
  retries 2
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{}
  default_backend backends
backend backends
  balance {balance}
  option httpchk GET /health
  default-server inter 200ms fall 2 rise 2
{}
",
        place.path("stats"),
        place.port(),
        servers.join("\n")
    )
}
