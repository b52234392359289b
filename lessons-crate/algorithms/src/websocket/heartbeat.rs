//! Is the other side still there? A connection whose cable was cut looks as if nobody had anything to say.

use std::time::Duration;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatAction {
    /// Nothing until this time, if nothing comes.
    Wait(Duration),
    /// Send a ping.
    Ping,
    /// Close: nothing came for too long.
    Close,
}

/// Pings after a silence, and gives up when a ping is not answered. Anything that comes is a sign of life.
///
/// A peer that is gone is found out within `interval + timeout`. O(1).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::websocket::{Heartbeat, HeartbeatAction};
///
/// let s = Duration::from_secs;
/// let mut heartbeat = Heartbeat::new(s(30), s(10), s(0));
/// assert_eq!(heartbeat.poll(s(29)), HeartbeatAction::Wait(s(30)));
/// assert_eq!(heartbeat.poll(s(30)), HeartbeatAction::Ping);
/// assert_eq!(heartbeat.poll(s(39)), HeartbeatAction::Wait(s(40)));
/// assert_eq!(heartbeat.poll(s(40)), HeartbeatAction::Close);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    heard: Duration,
    pinged: Option<Duration>,
}

impl Heartbeat {
    /// Pings after `interval` of silence, and waits `timeout` for an answer.
    pub fn new(interval: Duration, timeout: Duration, now: Duration) -> Self {
        Self { interval, timeout, heard: now, pinged: None }
    }

    /// Something came: a message, a ping, a pong.
    pub fn heard(&mut self, now: Duration) {
        self.heard = self.heard.max(now);
        self.pinged = None;
    }

    /// What to do now. A ping is asked for once.
    pub fn poll(&mut self, now: Duration) -> HeartbeatAction {
        if let Some(pinged) = self.pinged {
            let end = pinged.saturating_add(self.timeout);
            return if now < end { HeartbeatAction::Wait(end) } else { HeartbeatAction::Close };
        }
        let next = self.heard.saturating_add(self.interval);
        if now < next {
            return HeartbeatAction::Wait(next);
        }
        self.pinged = Some(now);
        HeartbeatAction::Ping
    }
}
