//! Stands between clients and the ZeroMQ library: who may connect, and how long their messages may be.
//!
//! The library reserves memory for whatever length a frame announces, and the process ends where there is not so
//! much. It also lets in whoever connects. So it listens in a private folder only, and what clients connect to is
//! here: one relay for each connection, which passes bytes on and reads the lengths between them.
//!
//! Source: iMatix, "ZeroMQ Message Transport Protocol", version 3.0 (RFC 23/ZMTP): a greeting of 64 bytes, then
//! frames of a byte of flags, a length of one or eight bytes, and a body.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::peer::{Caller, Clients};

/// The longest message of a client, in bytes: all its frames, and [`OVERHEAD`] for each.
const LONGEST: u64 = 64 << 20;
/// What the library keeps for a frame beside its bytes; counted, so that empty ones do not come without end.
const OVERHEAD: u64 = 64;
/// The longest command of the protocol itself, such as READY or SUBSCRIBE.
const LONGEST_COMMAND: u64 = 64 << 10;
/// How long a client may take to greet.
const GREETING: Duration = Duration::from_secs(10);
/// A pause when the system gives out no more connections.
const NO_MORE: Duration = Duration::from_millis(100);

/// Where clients connect.
pub(super) enum Gate {
    Tcp(TcpListener, Clients),
    /// A file, which goes with the gate.
    Ipc(UnixListener, PathBuf),
}

impl Gate {
    /// Listens at an address such as `127.0.0.1` and a port; `*` is every address of this machine.
    pub(super) async fn tcp(address: &str, port: u16, clients: Clients) -> io::Result<Self> {
        let address = if address == "*" { "0.0.0.0" } else { address };
        Ok(Self::Tcp(TcpListener::bind((address, port)).await?, clients))
    }

    /// Listens at a file that only this user can connect to.
    pub(super) fn ipc(path: PathBuf) -> io::Result<Self> {
        // Left by a kernel that was killed; a restarted one gets the same paths.
        if path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket()) {
            std::fs::remove_file(&path)?;
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        Ok(Self::Ipc(listener, path))
    }

    /// Relays each connection to the library's socket `inner`; never completes.
    pub(super) async fn run(self, inner: PathBuf) {
        loop {
            let accepted = match &self {
                Self::Tcp(listener, clients) => listener.accept().await.map(|(stream, from)| {
                    let (clients, inner) = (clients.clone(), inner.clone());
                    tokio::spawn(async move {
                        match clients.caller(&stream, from).await {
                            Caller::Ours => {
                                let _ = stream.set_nodelay(true);
                                relay_tcp(stream, inner).await;
                            }
                            Caller::Other => {
                                eprintln!("refused a connection of another user of this machine")
                            }
                            Caller::Nobody => {}
                        }
                    });
                }),
                Self::Ipc(listener, _) => listener.accept().await.map(|(stream, _)| {
                    tokio::spawn(relay_ipc(stream, inner.clone()));
                }),
            };
            if accepted.is_err() {
                tokio::time::sleep(NO_MORE).await;
            }
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Self::Ipc(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn relay_tcp(client: TcpStream, inner: PathBuf) {
    let (from_client, to_client) = client.into_split();
    relay(from_client, to_client, &inner).await;
}

async fn relay_ipc(client: UnixStream, inner: PathBuf) {
    let (from_client, to_client) = client.into_split();
    relay(from_client, to_client, &inner).await;
}

/// Passes bytes on in both directions until one of them ends.
async fn relay(from_client: impl AsyncRead + Unpin, mut to_client: impl AsyncWrite + Unpin, inner: &Path) {
    let Ok(library) = UnixStream::connect(inner).await else { return };
    let (mut from_library, to_library) = library.into_split();
    tokio::select! {
        checked = pass_checked(from_client, to_library) => {
            if let Err(error) = checked && error.kind() == io::ErrorKind::InvalidData {
                eprintln!("closed a connection: {error}");
            }
        }
        _ = tokio::io::copy(&mut from_library, &mut to_client) => {}
    }
}

/// Passes on what a client sends, as long as its messages are not too long.
async fn pass_checked(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut lengths = Lengths::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = if lengths.greeted() {
            from.read(&mut buffer).await?
        } else {
            tokio::time::timeout(GREETING, from.read(&mut buffer)).await??
        };
        if count == 0 {
            return Ok(());
        }
        lengths
            .check(&buffer[..count])
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
        to.write_all(&buffer[..count]).await?;
    }
}

/// Where in the protocol the next byte is.
#[derive(Debug, PartialEq, Eq)]
enum At {
    /// In the greeting, or the body of a frame: so many bytes more.
    Body(u64),
    Flags,
    /// In a length: flags of its frame, how many bytes of it are to come, and its value so far.
    Length {
        flags: u8,
        left: u8,
        value: u64,
    },
}

/// Reads the lengths of frames out of a stream of bytes, in pieces of any size.
#[derive(Debug)]
struct Lengths {
    at: At,
    greeted: bool,
    /// Of the message so far.
    message: u64,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { at: At::Body(64), greeted: false, message: 0 }
    }
}

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

impl Lengths {
    fn greeted(&self) -> bool {
        self.greeted
    }

    /// What comes next in the stream; an error says what is too long.
    fn check(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while let Some(&first) = bytes.first() {
            self.at = match self.at {
                At::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &bytes[here..];
                    match left - here as u64 {
                        0 => {
                            self.greeted = true;
                            At::Flags
                        }
                        left => At::Body(left),
                    }
                }
                At::Flags => {
                    bytes = &bytes[1..];
                    At::Length { flags: first, left: if first & LONG == 0 { 1 } else { 8 }, value: 0 }
                }
                At::Length { flags, left, value } => {
                    bytes = &bytes[1..];
                    let value = value << 8 | u64::from(first);
                    if left > 1 {
                        At::Length { flags, left: left - 1, value }
                    } else {
                        self.frame(flags, value)?;
                        if value == 0 { At::Flags } else { At::Body(value) }
                    }
                }
            };
        }
        Ok(())
    }

    /// A frame of this length begins.
    fn frame(&mut self, flags: u8, length: u64) -> Result<(), String> {
        if flags & COMMAND != 0 {
            return match length {
                0..=LONGEST_COMMAND => Ok(()),
                _ => Err(format!(
                    "a command of the protocol has {length} bytes, {LONGEST_COMMAND} are allowed"
                )),
            };
        }
        self.message = self.message.saturating_add(length).saturating_add(OVERHEAD);
        if self.message > LONGEST {
            return Err(format!("a message has {} bytes or more, {LONGEST} are allowed", self.message));
        }
        if flags & MORE == 0 {
            self.message = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(flags: u8, length: u64) -> Vec<u8> {
        let head = if flags & LONG == 0 {
            vec![flags, u8::try_from(length).expect("short")]
        } else {
            [&[flags][..], &length.to_be_bytes()].concat()
        };
        let body = usize::try_from(length.min(1000)).expect("short");
        [head, vec![0; body]].concat()
    }

    /// The same, whatever pieces the bytes come in.
    fn check(bytes: &[u8]) -> Result<(), String> {
        let whole = Lengths::default().check(bytes);
        for size in [1, 2, 7, 63] {
            let mut lengths = Lengths::default();
            let pieces = bytes.chunks(size).try_for_each(|piece| lengths.check(piece));
            assert_eq!(pieces, whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn lengths_are_found_between_the_bodies() {
        let greeting = vec![0xff; 64];
        let short = [greeting.clone(), frame(COMMAND, 30), frame(MORE, 0), frame(MORE, 255), frame(0, 3)];
        assert_eq!(check(&short.concat()), Ok(()));
        let long =
            [greeting.clone(), frame(LONG | MORE, 700), frame(LONG, 1000), frame(0, 0), frame(LONG, 1000)];
        assert_eq!(check(&long.concat()), Ok(()));
        for (name, flags, length) in [
            ("what ended kernels", LONG, 1 << 62),
            ("all bits", LONG, u64::MAX),
            ("one too many", LONG, LONGEST + 1),
            ("a command", LONG | COMMAND, LONGEST_COMMAND + 1),
        ] {
            let bytes = [greeting.clone(), frame(MORE, 5), frame(flags, length)].concat();
            assert!(check(&bytes).is_err(), "{name}");
        }
    }

    #[test]
    fn messages_of_many_frames_are_too_long_as_well() {
        let empty =
            [vec![0xff; 64], frame(MORE, 0).repeat(usize::try_from(LONGEST / OVERHEAD).expect("few"))];
        assert_eq!(Lengths::default().check(&empty.concat()), Ok(()));
        let more = [empty.concat(), frame(MORE, 0)].concat();
        assert!(Lengths::default().check(&more).is_err());
        // Messages that end do not add up.
        let many = [vec![0xff; 64], frame(LONG, 1000).repeat(100_000)].concat();
        assert_eq!(Lengths::default().check(&many), Ok(()));
    }
}
