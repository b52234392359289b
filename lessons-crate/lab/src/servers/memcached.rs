//! memcached: a cache and nothing else.

use std::sync::Arc;

use algorithms::table::Table;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version};
use crate::ground::secret::Secret;
use crate::ground::talk;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Ready, Server};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "memcached",
    package: Package::Named("memcached"),
    variable: Some("SD35_MEMCACHED"),
    version: Version::Flag("--version"),
    // The first that asks its clients for a password in the text protocol.
    oldest: "1.5.15",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "memcached",
    title: "memcached",
    about: "cache",
    programs: &[&PROGRAM],
    start: Start::Held(|| started(Memcached::start(64))),
    slow: false,
    containers: &["memcached"],
};

/// Who its clients are.
const USER: &str = "lab";

/// One memcached, with a password of its own, which these methods give.
pub struct Memcached {
    server: Server,
}

is_a_server!(Memcached);

impl Memcached {
    /// Starts one with room for this many megabytes, or uses the one at `SD35_MEMCACHED`.
    ///
    /// # Errors
    ///
    /// When there is no memcached on this machine, or it does not start.
    pub fn start(megabytes: u32) -> Task<'static, Self> {
        Box::pin(async move {
            if let Some(address) = PROGRAM.given()? {
                let server = Server::given(&PROGRAM, "memcached", address, ready()).await?;
                return Ok(Self { server });
            }
            let found = PROGRAM.find()?;
            let place = Place::new("memcached", None)?;
            let secret = Secret::ours();
            let users = place.write("users", format!("{USER}:{}\n", secret.as_str()))?;
            let (port, megabytes) = (place.port().to_string(), megabytes.to_string());
            let arguments = ["-l", "127.0.0.1", "-p", &port, "-U", "0", "-m", &megabytes, "-Y", &users];
            let arguments = arguments.map(str::to_owned);
            let launch = Launch::new(found, ready()).arguments(arguments).locked(&secret, None);
            let server = place.start(launch).await?;
            Ok(Self { server })
        })
    }

    /// Stores a value for so many seconds; 0 is for ever.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or does not take the value (larger than 1 MB, for example).
    pub fn set(&self, key: &str, value: &str, seconds: u32) -> Task<'static, ()> {
        let answer = self.ask(format!("set {key} 0 {seconds} {}\r\n{value}\r\n", value.len()));
        Box::pin(async move {
            match answer.await?.as_str() {
                "STORED\r\n" => Ok(()),
                other => Err(LabError::answer("memcached", other.trim())),
            }
        })
    }

    /// The value of a key, while it is there.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn get(&self, key: &str) -> Task<'static, Option<String>> {
        let answer = self.ask(format!("get {key}\r\n"));
        Box::pin(async move {
            let answer = answer.await?;
            let value = answer.split_once("\r\n").and_then(|(_, rest)| rest.strip_suffix("\r\nEND\r\n"));
            Ok(value.map(str::to_owned))
        })
    }

    /// What it counts: hits, misses, evictions, bytes, items, connections.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub fn stats(&self) -> Task<'static, Table> {
        let answer = self.ask("stats\r\n".to_owned());
        Box::pin(async move {
            let shown = ["get_hits", "get_misses", "evictions", "bytes", "curr_items", "curr_connections"];
            let answer = answer.await?;
            let pairs = answer.lines().filter_map(|line| line.strip_prefix("STAT ")?.split_once(' '));
            let pairs = pairs.filter(|(name, _)| shown.contains(name));
            Ok(pairs.fold(Table::new(["count", "value"]), |table, (name, value)| table.row([name, value])))
        })
    }

    /// Sends a command of the text protocol on a connection of its own.
    fn ask(&self, command: String) -> Task<'static, String> {
        let address = self.address();
        let login = self.secret().map(|secret| format!("{USER} {}", secret.as_str()));
        Box::pin(async move {
            let talk = async {
                let mut stream = BufReader::new(TcpStream::connect(address).await?);
                if let Some(login) = login {
                    // In the words of a value that is set; the key does not matter.
                    let command = format!("set login 0 0 {}\r\n{login}\r\n", login.len());
                    stream.write_all(command.as_bytes()).await?;
                    let answer = read(&mut stream).await?;
                    if answer != "STORED\r\n" {
                        return Err(std::io::Error::other(answer.trim().to_owned()));
                    }
                }
                stream.write_all(command.as_bytes()).await?;
                read(&mut stream).await
            };
            talk.await.map_err(|error| LabError::answer("memcached", error))
        })
    }
}

/// Reads one answer: a line, or lines up to `END`.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut answer = String::new();
    loop {
        let begin = answer.len();
        if stream.read_line(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = &answer[begin..];
        if let Some(value) = line.strip_prefix("VALUE ") {
            let length = value.split_whitespace().nth(2).and_then(|length| length.parse::<usize>().ok());
            // The value and its line end.
            let mut bytes = vec![0; length.unwrap_or(0) + 2];
            stream.read_exact(&mut bytes).await?;
            answer += &String::from_utf8_lossy(&bytes);
        } else if !line.starts_with("STAT ") {
            return Ok(answer);
        }
    }
}

fn ready() -> Ready {
    Arc::new(|address| {
        Box::pin(async move {
            let answer = talk::line(address, "version\r\n").await?;
            // One that asks for a password is ready too.
            if answer.starts_with("VERSION ") || answer.contains("unauthenticated") {
                return Ok(());
            }
            Err(LabError::answer("memcached", answer))
        })
    })
}
