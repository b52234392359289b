//! The plain door: messages as lines of JSON on standard input and output.
//!
//! The book server and `sd35 check` start kernels this way. Standard output carries messages only;
//! standard error is for the log. The end of standard input means that the other side is gone.

#![expect(clippy::print_stderr, reason = "standard error is the log")]

use std::io::{self, BufRead, BufWriter, Read as _, Write};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::handle::Handle;
use crate::lifetime;
use crate::protocol::Message;

/// A longer line is not read: no cell is that long, and a broken sender must not fill the memory.
pub const LONGEST_LINE: u64 = 16 << 20;

/// Moves messages until the kernel has finished, or the other side has closed one of the two pipes.
///
/// # Errors
///
/// Fails when standard output cannot be written although someone reads it.
pub async fn run(handle: Handle) -> io::Result<()> {
    let Handle { inbox, outbox } = handle;
    let (ended, end) = oneshot::channel::<()>();
    let requests = inbox.clone();
    // A thread of its own, because reading standard input cannot be cancelled.
    std::thread::Builder::new().name("requests".into()).spawn(move || {
        read(io::stdin().lock(), &requests);
        drop(ended);
    })?;
    let writer = tokio::task::spawn_blocking(move || write(BufWriter::new(io::stdout()), outbox));
    let orphaned = async {
        let _ = end.await;
    };
    let transport = async {
        match writer.await.map_err(io::Error::other)? {
            // No one is left to tell.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    };
    lifetime::run_until_ended(inbox, orphaned, transport).await
}

/// Reads messages to the end of the input, or until no one takes them.
fn read(mut input: impl BufRead, inbox: &UnboundedSender<Message>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => {}
        }
        if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            eprintln!("dropped a message longer than {} MiB", LONGEST_LINE >> 20);
            if input.skip_until(b'\n').is_err() {
                return;
            }
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(message) => {
                if inbox.send(message).is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("dropped a line that is not a message: {error}"),
        }
    }
}

/// Writes messages until there are no more; flushes whenever none is waiting.
fn write(mut output: impl Write, mut outbox: UnboundedReceiver<Message>) -> io::Result<()> {
    while let Some(message) = outbox.blocking_recv() {
        let mut next = Some(message);
        while let Some(message) = next {
            serde_json::to_writer(&mut output, &message)?;
            output.write_all(b"\n")?;
            next = outbox.try_recv().ok();
        }
        output.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::protocol::Channel;

    fn received(input: &[u8]) -> Vec<String> {
        let (inbox, mut requests) = unbounded_channel();
        read(input, &inbox);
        drop(inbox);
        std::iter::from_fn(|| requests.blocking_recv()).map(|message| message.header.msg_id).collect()
    }

    #[test]
    fn bad_lines_are_passed_over() {
        let good = |id: &str| format!(r#"{{"header":{{"msg_id":"{id}","msg_type":"x"}}}}"#);
        let input = format!("{}\n\nnot json\n{{}}\n\u{fffd}\n{}", good("a"), good("b"));
        assert_eq!(received(input.as_bytes()), ["a", "b"]);
    }

    #[test]
    fn an_endless_line_does_not_stop_the_next() {
        let mut input = vec![b'x'; usize::try_from(LONGEST_LINE).expect("small") * 2 + 5];
        input.extend_from_slice(b"\n{\"header\":{\"msg_id\":\"after\",\"msg_type\":\"x\"}}\n");
        assert_eq!(received(&input), ["after"]);
    }

    #[test]
    fn every_message_is_one_line() {
        let (sender, outbox) = unbounded_channel();
        for text in ["one\ntwo", "three"] {
            sender.send(Message::request(Channel::Shell, "x", json!({ "text": text }))).expect("open");
        }
        drop(sender);
        let mut output = Vec::new();
        write(&mut output, outbox).expect("written");
        let lines: Vec<Message> = output
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).expect("a message"))
            .collect();
        assert_eq!(lines.iter().map(|m| &m.content["text"]).collect::<Vec<_>>(), ["one\ntwo", "three"]);
    }
}
