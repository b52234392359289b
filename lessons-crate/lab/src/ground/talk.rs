//! The shortest conversation with a server: connect, ask, read.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ground::error::LabError;

/// The pause between two looks at something that is waited for.
const BETWEEN: Duration = Duration::from_millis(5);

/// Sends `question` on a connection of its own; the first line of the answer.
pub(crate) async fn line(address: SocketAddr, question: &str) -> Result<String, LabError> {
    let mut answer = Vec::new();
    let talk = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(question.as_bytes()).await?;
        while !answer.contains(&b'\n') {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok::<_, io::Error>(())
    };
    talk.await.map_err(|error| LabError::answer(address.to_string(), error))?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

/// Looks until `done` gives a value, for at most `limit`.
pub(crate) async fn until<T, F>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<T, LabError>
where
    F: Future<Output = Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(value) = look().await {
            return Ok(value);
        }
        if begun.elapsed() > limit {
            return Err(LabError::TooLong { what: what.to_owned(), waited: limit });
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
