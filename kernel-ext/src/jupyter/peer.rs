//! Who is at the other end of a connection on this machine.
//!
//! What a kernel publishes is signed, not secret: whoever connects hears what cells contain and print. Linux says
//! which user a connection of this machine belongs to.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Where Linux lists the connections of this machine, one a line.
const LISTS: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// In such a line: a connection that both ends hold open. Of one that its owner has closed the user is not known.
const ESTABLISHED: &str = "01";

/// How often a connection is looked for. The list is read in parts while it changes, so one can be missing from a
/// single reading when many come and go.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Someone whose connections are taken.
    Ours,
    /// Another user of this machine.
    Other,
    /// Nobody: it was closed again.
    Nobody,
}

/// The users whose connections from this machine are taken.
#[derive(Clone, Debug)]
pub(super) enum Clients {
    /// Those with these numbers.
    Of(Vec<u32>),
    /// Everyone: this system does not tell.
    Anyone,
}

impl Clients {
    /// This user, root, who could take whatever is ours anyway, and whoever wrote the connection file.
    pub(super) async fn of(connection_file: &Path) -> Self {
        let this = rustix::process::geteuid().as_raw();
        if !own_connection_is_found(this).await {
            return Self::Anyone;
        }
        let writer = fs::metadata(connection_file).map_or(this, |file| file.uid());
        Self::Of(vec![this, 0, writer])
    }

    /// Who holds the connection that came in from `from`. Other machines are a matter of where the connection file
    /// has the kernel listen.
    pub(super) async fn caller(&self, stream: &TcpStream, from: SocketAddr) -> Caller {
        let (Self::Of(users), true) = (self, from.ip().to_canonical().is_loopback()) else {
            return Caller::Ours;
        };
        for _ in 0..LOOKS {
            match stream.local_addr().ok().and_then(|ours| user_of(from, ours)) {
                Some(user) if users.contains(&user) => return Caller::Ours,
                Some(_) => return Caller::Other,
                None => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
        Caller::Nobody
    }
}

/// Whether the lists are to be had, and right: tried with a connection to ourselves.
async fn own_connection_is_found(user: u32) -> bool {
    let attempt = async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        Ok::<_, std::io::Error>(user_of(stream.local_addr()?, stream.peer_addr()?))
    };
    attempt.await.is_ok_and(|found| found == Some(user))
}

/// The user who holds the connection from `from` to `to`, both on this machine.
fn user_of(from: SocketAddr, to: SocketAddr) -> Option<u32> {
    LISTS.iter().find_map(|list| user_in(&fs::read_to_string(list).ok()?, from, to))
}

fn user_in(list: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let same = |word: &str, wanted: SocketAddr| {
        address(word).is_some_and(|(ip, port)| (ip, port) == (wanted.ip().to_canonical(), wanted.port()))
    };
    list.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (&[_, ours, theirs, state], rest) = words.split_first_chunk::<4>()?;
        let found = state == ESTABLISHED && same(ours, from) && same(theirs, to);
        found.then(|| rest.get(3)?.parse().ok())?
    })
}

/// An address as the kernel prints it: words of 32 bits as they lie in memory, and the port.
fn address(word: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = word.split_once(':')?;
    let words = ip.as_bytes().chunks(8).map(|digits| {
        let digits = std::str::from_utf8(digits).ok()?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
        _ => return None,
    };
    Some((ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn a_line_of_the_list() {
        let list = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n\
            0: 0100007F:1F63 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1001 0 1 1\n\
            1: 0100007F:C350 0100007F:1F63 01 00000000:00000000 00:00000000 00000000  1002 0 1 1\n\
            2: 0100007F:C351 0100007F:1F63 04 00000000:00000000 00:00000000 00000000     0 0 0 1\n\
            3: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:1F63 01 0:0 00:0 0 1003 0 1 1\n\
            4: 00000000000000000000000001000000:C353 00000000000000000000000001000000:1F63 01 0:0 00:0 0 1004 0 1 1\n";
        let find = |from: &str, to: &str| {
            user_in(list, from.parse().expect("an address"), to.parse().expect("an address"))
        };
        assert_eq!(find("127.0.0.1:50000", "127.0.0.1:8035"), Some(1002));
        // One that is closed already does not count as root's.
        assert_eq!(find("127.0.0.1:50001", "127.0.0.1:8035"), None);
        assert_eq!(find("127.0.0.1:50002", "127.0.0.1:8035"), Some(1003));
        assert_eq!(find("[::1]:50003", "[::1]:8035"), Some(1004));
        assert_eq!(find("127.0.0.1:50009", "127.0.0.1:8035"), None);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn own_connections_are_taken_and_those_of_others_are_not() {
        let this = rustix::process::geteuid().as_raw();
        assert!(own_connection_is_found(this).await);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let ours = Clients::of(file.path()).await;
        for (clients, stays, caller) in [
            (&ours, true, Caller::Ours),
            (&Clients::Of(vec![this + 1]), true, Caller::Other),
            (&Clients::Anyone, true, Caller::Ours),
            // Closed before it was looked for, as Jupyter's heartbeat does.
            (&ours, false, Caller::Nobody),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("connected");
            let (stream, from) = listener.accept().await.expect("accepted");
            let client = stays.then_some(client);
            assert_eq!(clients.caller(&stream, from).await, caller, "{clients:?}");
            drop(client);
        }
    }
}
