//! The same bytes in tungstenite.

use std::io::{Cursor, Read, Write};

use tungstenite::protocol::{self, WebSocket, WebSocketConfig};

use super::*;

/// A connection that has sent these bytes, and to which one can talk in vain.
struct Sent<'a>(Cursor<&'a [u8]>);

impl Read for Sent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Sent<'_> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What tungstenite reads, and whether it found a fault other than the end.
fn theirs(bytes: &[u8]) -> (Vec<Message>, bool) {
    let config = WebSocketConfig::default().max_message_size(Some(1_000)).max_frame_size(Some(1_000));
    let mut socket =
        WebSocket::from_raw_socket(Sent(Cursor::new(bytes)), protocol::Role::Server, Some(config));
    let mut found = Vec::new();
    loop {
        let message = match socket.read() {
            Ok(tungstenite::Message::Text(text)) => Message::Text(text.as_str().to_owned()),
            Ok(tungstenite::Message::Binary(bytes)) => Message::Binary(bytes.to_vec()),
            Ok(tungstenite::Message::Ping(bytes)) => Message::Ping(bytes.to_vec()),
            Ok(tungstenite::Message::Pong(bytes)) => Message::Pong(bytes.to_vec()),
            Ok(tungstenite::Message::Close(None)) => Message::Close(CloseCode::NO_STATUS, String::new()),
            Ok(tungstenite::Message::Close(Some(close))) => {
                Message::Close(CloseCode(close.code.into()), close.reason.as_str().to_owned())
            }
            Ok(tungstenite::Message::Frame(_)) => continue,
            Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::Io(_)) => return (found, false),
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return (found, false),
            Err(_) => return (found, true),
        };
        let closed = matches!(message, Message::Close(..));
        found.push(message);
        if closed {
            return (found, false);
        }
    }
}

/// What they read, we read, up to what one of us calls a fault: we are stricter about lengths that could be shorter, and
/// about codes to close with.
#[test]
fn any_bytes_are_the_messages_of_tungstenite() {
    let masked = |frame: Frame| frame.encode(Some(MASK));
    let piece = |fin, opcode, text: &str| masked(Frame { fin, opcode, payload: text.into() });
    let seeds = [
        masked(Frame::whole(Opcode::Text, "caf\u{e9}")),
        [
            piece(false, Opcode::Text, "Hel"),
            piece(true, Opcode::Ping, "?"),
            piece(true, Opcode::Continuation, "lo"),
        ]
        .concat(),
        masked(Frame::close(CloseCode::GOING_AWAY, "bye")),
        masked(Frame::whole(Opcode::Binary, vec![7; 300])),
        // Found by changing the others: a code that only one of us knows.
        b"\x88\x85\x37\xfa\x21\x3d\x34\x0c\x13\x43\x44\x52".to_vec(),
    ];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    any_bytes(&seeds, |bytes| {
        let (ours, error) = read(Role::Server, bytes);
        // Registered after the RFC was written; they do not know it.
        if ours.iter().any(|message| matches!(message, Message::Close(CloseCode(1014), _))) {
            return;
        }
        let (theirs, fault) = theirs(bytes);
        match error {
            Some(
                MessageError::Frame(FrameError::NotMinimal(_) | FrameError::LongControl)
                | MessageError::CloseCode(_),
            ) => {
                assert_eq!(ours[..], theirs[..ours.len()]);
            }
            Some(MessageError::AfterClose) => assert_eq!(ours, theirs),
            // They wait for the whole frame before they look at its header.
            Some(_) => assert_eq!((ours, true), self::theirs(&[bytes, &[0; 1_100]].concat()), "{error:?}"),
            None => assert_eq!((ours, false), (theirs, fault)),
        }
    });
}
