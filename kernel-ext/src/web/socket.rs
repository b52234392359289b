//! A WebSocket between a page and a kernel.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket, close_code};
use tokio::time::{Instant, MissedTickBehavior};

use super::kernel::Kernel;
use super::orders::Outgoing;
use super::v1;
use crate::protocol::{Channel, Message};

/// The longest message that a page may send, in bytes: no cell is longer.
pub(super) const LONGEST: usize = 8 << 20;
/// Frames above [`LONGEST`] are read up to this size, so that the refusal can be explained.
pub(super) const LONGEST_READ: usize = 64 << 20;

/// How often a quiet page is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A page that has not answered for this long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// A page that does not read for this long is gone.
const SEND_MAX: Duration = Duration::from_secs(60);

/// Relays until one of the two has gone.
pub(super) async fn relay(mut socket: WebSocket, kernel: Arc<Kernel>, session: String) {
    let binary = socket.protocol().is_some_and(|name| name == v1::NAME);
    let mut connection = kernel.connect(session);
    let mut pings = tokio::time::interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let (code, reason) = loop {
        tokio::select! {
            outgoing = connection.next() => match outgoing {
                Some(Outgoing::Message(delivery)) => {
                    let Some(frame) = frame(&delivery.text, binary) else { continue };
                    if !send(&mut socket, frame).await {
                        return;
                    }
                    connection.delivered(&delivery);
                }
                Some(Outgoing::Close(reason)) => break (close_code::AWAY, reason.to_owned()),
                None => break (close_code::AGAIN, "this page was replaced or reads too slowly".to_owned()),
            },
            received = socket.recv() => {
                let Some(Ok(frame)) = received else { return };
                heard = Instant::now();
                match message(frame, binary) {
                    Ok(Some(message)) => connection.send(message),
                    Ok(None) => {}
                    Err(refusal) => break refusal,
                }
            }
            _ = pings.tick() => {
                if heard.elapsed() > SILENCE_MAX || !send(&mut socket, Frame::Ping(Vec::new().into())).await {
                    return;
                }
            }
        }
    };
    let close = CloseFrame { code, reason: reason.into() };
    if send(&mut socket, Frame::Close(Some(close))).await {
        // The page answers with a close of its own; until then the reason may still be on its way.
        let farewell = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
    }
}

async fn send(socket: &mut WebSocket, frame: Frame) -> bool {
    matches!(tokio::time::timeout(SEND_MAX, socket.send(frame)).await, Ok(Ok(())))
}

fn frame(text: &Utf8Bytes, binary: bool) -> Option<Frame> {
    if binary {
        return Some(Frame::Binary(v1::encode(text).ok()?.into()));
    }
    Some(Frame::Text(text.clone()))
}

/// The message in a frame, if it holds one; else why the connection ends.
fn message(frame: Frame, binary: bool) -> Result<Option<Message>, (u16, String)> {
    let length = match &frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => return Ok(None),
    };
    if length > LONGEST {
        let reason = format!("a message may have at most {} MiB", LONGEST >> 20);
        return Err((close_code::SIZE, reason));
    }
    let message = match frame {
        Frame::Text(text) => serde_json::from_str(&text).ok(),
        Frame::Binary(bytes) if binary => v1::decode(&bytes),
        _ => {
            let reason = format!("binary frames need the subprotocol {}", v1::NAME);
            return Err((close_code::UNSUPPORTED, reason));
        }
    };
    match message {
        // Only kernels publish.
        Some(Message { channel: Channel::Iopub, .. }) => Ok(None),
        Some(message) => Ok(Some(message)),
        None => Err((close_code::INVALID, "that was not a message of the Jupyter protocol".to_owned())),
    }
}
