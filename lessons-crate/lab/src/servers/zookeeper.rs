//! ZooKeeper: an ensemble that elects a leader.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use algorithms::table::Table;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ground::error::{LabError, Task};
use crate::ground::port::Port;
use crate::ground::program::{Found, Package, Program, Version};
use crate::ground::talk;
use crate::kind::{Kind, Start, started};
use crate::server::{Handle, Launch, Place, Ready, Server};

/// ZooKeeper is a library for Java, so the program is Java.
pub(crate) const PROGRAM: Program = Program {
    name: "java",
    package: Package::Called("zookeeper default-jre-headless", [""; 5]),
    variable: Some("SD35_ZOOKEEPER"),
    // Where Debian's package puts it; its manifest names what it needs.
    version: Version::Beside(LIBRARY),
    // The first that answers questions of four letters only when it is told to.
    oldest: "3.5",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "zookeeper",
    title: "ZooKeeper",
    about: "an ensemble that elects a leader",
    programs: &[&PROGRAM],
    start: Start::Alone(|| started(ZooKeeper::start(3))),
    slow: true,
    containers: &["zookeeper"],
};

const LIBRARY: &str = "/usr/share/java/zookeeper.jar";
/// The answers of four letters: which member leads, and what it counts.
const REPORT: &str = "mntr";
/// How long an election may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// ZooKeeper servers that elect a leader among them; a majority must live.
pub struct ZooKeeper {
    members: Vec<Server>,
    /// Where the members talk to each other.
    _ports: Vec<[Port; 2]>,
}

impl Handle for ZooKeeper {
    fn servers(&self) -> Vec<&Server> {
        self.members.iter().collect()
    }
}

impl ZooKeeper {
    /// Starts so many members (an odd number is best), and waits until they have a leader.
    ///
    /// # Errors
    ///
    /// When there is no ZooKeeper on this machine, or the members do not start.
    pub fn start(members: usize) -> Task<'static, Self> {
        Box::pin(async move {
            let found = PROGRAM.find()?;
            let mut places = Vec::new();
            let mut ports = Vec::new();
            for number in 1..=members {
                places.push(Place::new(&format!("ZooKeeper {number}"), None)?);
                ports.push([Port::free()?, Port::free()?]);
            }
            let peers: Vec<String> = ports
                .iter()
                .enumerate()
                .map(|(i, [data, election])| {
                    format!("server.{}=127.0.0.1:{}:{}", i + 1, data.number, election.number)
                })
                .collect();
            // They answer only when enough of them have started, so nobody waits for the first.
            let starts = places
                .into_iter()
                .enumerate()
                .map(|(i, place)| tokio::spawn(start_member(found.clone(), place, i + 1, peers.clone())));
            let mut ensemble = Self { members: Vec::new(), _ports: ports };
            for start in starts.collect::<Vec<_>>() {
                let member = start.await.map_err(|error| LabError::answer("ZooKeeper", error))??;
                ensemble.members.push(member);
            }
            ensemble.leader().await?;
            Ok(ensemble)
        })
    }

    /// The servers.
    pub fn members(&self) -> &[Server] {
        &self.members
    }

    /// The addresses of all members, as clients take them: apart by commas.
    pub fn addresses(&self) -> String {
        let addresses: Vec<String> = self.members.iter().map(|m| m.address().to_string()).collect();
        addresses.join(",")
    }

    /// Waits until a member leads, and gives its position: after a kill, the time of the election.
    ///
    /// # Errors
    ///
    /// When none does within a minute, because fewer than a majority live.
    pub fn leader(&self) -> Task<'_, usize> {
        Box::pin(async move {
            talk::until("a leader", PATIENCE, || async {
                for (number, member) in self.members.iter().enumerate() {
                    let report = ask(member.address(), REPORT).await.unwrap_or_default();
                    // A server that is alone has nobody to lead.
                    if ["leader", "standalone"].contains(&field(&report, "zk_server_state")) {
                        return Some(number);
                    }
                }
                None
            })
            .await
        })
    }

    /// Who leads, who follows, and how many znodes each has.
    ///
    /// # Errors
    ///
    /// None: a member that does not answer has a row that says so.
    pub fn table(&self) -> Task<'_, Table> {
        Box::pin(async move {
            let mut table = Table::new(["member", "port", "state", "znodes", "connections"]);
            for (number, member) in self.members.iter().enumerate() {
                let report = ask(member.address(), REPORT).await.unwrap_or_default();
                let state = match field(&report, "zk_server_state") {
                    "" => "no answer",
                    state => state,
                };
                let counts = ["zk_znode_count", "zk_num_alive_connections"].map(|name| field(&report, name));
                let head = [number.to_string(), member.port().to_string(), state.to_owned()];
                table.push(head.into_iter().chain(counts.map(str::to_owned)));
            }
            Ok(table)
        })
    }
}

impl fmt::Debug for ZooKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.members).finish()
    }
}

async fn start_member(
    found: Found,
    place: Place,
    number: usize,
    peers: Vec<String>,
) -> Result<Server, LabError> {
    place.make_folder("data")?;
    place.write("data/myid", number.to_string())?;
    let lines = [
        "tickTime=500".to_owned(),
        "initLimit=20".into(),
        "syncLimit=10".into(),
        format!("dataDir={}", place.path("data")),
        format!("clientPort={}", place.port()),
        "clientPortAddress=127.0.0.1".into(),
        "admin.enableServer=false".into(),
        // Of the questions of four letters, which anyone may ask, no more than what is needed here.
        format!("4lw.commands.whitelist={REPORT}"),
    ];
    // Alone it is not an ensemble.
    let peers = if peers.len() > 1 { peers } else { Vec::new() };
    let file = place.write("zoo.cfg", [&lines[..], &peers].concat().join("\n") + "\n")?;
    let arguments = [
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        LIBRARY,
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        &file,
    ];
    let mut launch = Launch::new(found, ready()).arguments(arguments);
    launch.limit = PATIENCE;
    place.start(launch).await
}

/// Serves clients: a member without a majority answers, but says that it does not.
fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let report = ask(address, REPORT).await.map_err(|e| LabError::answer("ZooKeeper", e))?;
            match field(&report, "zk_server_state") {
                "" => Err(LabError::answer("ZooKeeper", report.trim())),
                _ => Ok(()),
            }
        })
    })
}

async fn ask(address: SocketAddr, letters: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(letters.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn field<'a>(report: &'a str, name: &str) -> &'a str {
    let mut fields = report.lines().filter_map(|line| line.split_once('\t'));
    fields.find(|(field, _)| *field == name).map_or("", |(_, value)| value)
}
