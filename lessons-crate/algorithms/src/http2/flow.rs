//! Who may send how much: a receiver that does not read stops its sender, not the whole connection.

/// What may be sent before the receiver says anything, in bytes: on each stream, and on the connection.
pub const INITIAL_WINDOW: i64 = 65_535;

/// No window is larger.
pub const WINDOW_MAX: i64 = (1 << 31) - 1;

/// What breaks flow control (`FLOW_CONTROL_ERROR`, or `PROTOCOL_ERROR` for an increment of 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// An update of nothing.
    #[error("a WINDOW_UPDATE of 0 allows nothing")]
    Zero,
    /// The window would be larger than it can be.
    #[error("the window would be {0} bytes, and at most 2147483647 are possible")]
    TooLarge(i64),
    /// More came than was allowed.
    #[error("{sent} bytes came, and {allowed} were allowed")]
    Exceeded {
        /// What came.
        sent: u64,
        /// What was left.
        allowed: i64,
    },
}

/// How much one may still send on a stream, or on the connection; DATA must fit both. Headers are not counted. O(1).
///
/// It can be below zero: after the receiver made its windows smaller, what was sent already still counts.
///
/// # Examples
///
/// ```
/// use lessons::http2::{INITIAL_WINDOW, SendWindow};
///
/// let mut window = SendWindow::default();
/// assert_eq!(window.take(100_000), 65_535, "the rest has to wait");
/// assert_eq!(window.take(34_465), 0);
/// window.update(40_000)?;
/// assert_eq!(window.take(34_465), 34_465);
/// # Ok::<(), lessons::http2::FlowError>(())
/// ```
///
/// # Sources
///
/// M. Thomson, C. Benfield, "HTTP/2", RFC 9113, 2022, sections 5.2 and 6.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendWindow {
    left: i64,
}

impl Default for SendWindow {
    fn default() -> Self {
        Self { left: INITIAL_WINDOW }
    }
}

impl SendWindow {
    /// The bytes that may be sent; below zero, nothing may until more than that was allowed.
    pub fn left(self) -> i64 {
        self.left
    }

    /// Takes up to `wanted` bytes, and says how many may be sent now.
    pub fn take(&mut self, wanted: u64) -> u64 {
        let taken = wanted.min(u64::try_from(self.left).unwrap_or(0));
        self.left -= taken as i64;
        taken
    }

    /// Puts back what the other of the two windows did not allow.
    pub fn give_back(&mut self, bytes: u64) {
        self.left = (self.left + bytes as i64).min(WINDOW_MAX);
    }

    /// What a WINDOW_UPDATE does.
    ///
    /// # Errors
    ///
    /// When it is 0, or the window would be too large.
    pub fn update(&mut self, increment: u32) -> Result<(), FlowError> {
        // The highest bit is reserved and ignored.
        match i64::from(increment & 0x7fff_ffff) {
            0 => Err(FlowError::Zero),
            increment => self.change(increment),
        }
    }

    /// What a new `SETTINGS_INITIAL_WINDOW_SIZE` does to a stream that is open: the difference counts.
    ///
    /// # Errors
    ///
    /// When the window would be too large.
    pub fn initial_changed(&mut self, old: u32, new: u32) -> Result<(), FlowError> {
        self.change(i64::from(new) - i64::from(old))
    }

    fn change(&mut self, difference: i64) -> Result<(), FlowError> {
        let left = self.left + difference;
        if left > WINDOW_MAX {
            return Err(FlowError::TooLarge(left));
        }
        self.left = left;
        Ok(())
    }
}

/// How much a peer may still send us, and when we allow it more. O(1).
///
/// What it never holds is more than its size: that bounds the memory that a peer can make us use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveWindow {
    size: i64,
    left: i64,
    /// What the program has read and the peer was not yet told.
    read: i64,
}

impl Default for ReceiveWindow {
    fn default() -> Self {
        Self { size: INITIAL_WINDOW, left: INITIAL_WINDOW, read: 0 }
    }
}

impl ReceiveWindow {
    /// What came: it is kept until the program reads it.
    ///
    /// # Errors
    ///
    /// [`FlowError::Exceeded`] when the peer was not allowed so much.
    pub fn received(&mut self, bytes: u64) -> Result<(), FlowError> {
        if i64::try_from(bytes).is_ok_and(|bytes| bytes <= self.left) {
            self.left -= bytes as i64;
            return Ok(());
        }
        Err(FlowError::Exceeded { sent: bytes, allowed: self.left })
    }

    /// The program has read so many bytes. Says the WINDOW_UPDATE to send, if it is worth a frame: half of the window.
    pub fn read(&mut self, bytes: u64) -> Option<u32> {
        self.read = (self.read + i64::try_from(bytes).unwrap_or(i64::MAX)).min(self.size - self.left);
        if self.read < (self.size + 1) / 2 {
            return None;
        }
        let increment = std::mem::take(&mut self.read);
        self.left += increment;
        u32::try_from(increment).ok()
    }

    /// The bytes that came and were not read.
    pub fn kept(&self) -> i64 {
        self.size - self.left - self.read
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn updates_that_cannot_be() {
        let mut window = SendWindow::default();
        assert_eq!(window.update(0), Err(FlowError::Zero));
        assert_eq!(window.update(1 << 31), Err(FlowError::Zero), "the reserved bit does not count");
        let most = u32::try_from(WINDOW_MAX - INITIAL_WINDOW).expect("31 bits");
        assert_eq!(window.update(most + 1), Err(FlowError::TooLarge(1 << 31)));
        assert_eq!(window.update(most), Ok(()));
    }

    /// RFC 9113, section 6.9.2: 60 KB were sent, then the window shrinks to 16 KB.
    #[test]
    fn a_window_can_be_below_zero() {
        let mut window = SendWindow::default();
        assert_eq!(window.take(60 * 1024), 60 * 1024);
        window.initial_changed(65_535, 16 * 1024).expect("smaller");
        assert_eq!(window.left(), -44 * 1024);
        assert_eq!(window.take(1), 0);
        window.update(44 * 1024 + 5).expect("allowed");
        assert_eq!(window.take(100), 5);
    }

    #[test]
    fn who_sends_more_than_allowed_is_found_out() {
        let mut window = ReceiveWindow::default();
        window.received(65_535).expect("allowed");
        assert_eq!(window.received(1), Err(FlowError::Exceeded { sent: 1, allowed: 0 }));
        assert_eq!(window.read(32_767), None);
        assert_eq!(window.read(1), Some(32_768));
        assert_eq!(window.received(32_768), Ok(()));
    }

    proptest! {
        /// A slow reader: what it keeps is bounded, the sender stops at zero, and in the end all was allowed that was
        /// sent, but for what half a window has not yet given back.
        #[test]
        fn updates_are_what_was_read(chunks in prop::collection::vec((0u64..50_000, 0u64..50_000), 0..200)) {
            let (mut sender, mut receiver) = (SendWindow::default(), ReceiveWindow::default());
            let (mut sent, mut allowed) = (0, 0);
            for (wanted, read) in chunks {
                let now = sender.take(wanted);
                prop_assert!(now == wanted || sender.left() == 0, "less only at zero");
                receiver.received(now).expect("what the sender may, the receiver allowed");
                sent += now;
                prop_assert!((0..=INITIAL_WINDOW).contains(&receiver.kept()));
                if let Some(increment) = receiver.read(read) {
                    sender.update(increment).expect("within bounds");
                    allowed += u64::from(increment);
                }
            }
            let kept = receiver.kept();
            if let Some(increment) = receiver.read(kept as u64) {
                sender.update(increment).expect("within bounds");
                allowed += u64::from(increment);
            }
            prop_assert!(receiver.kept() == 0 && allowed <= sent && sent - allowed < 32_768);
        }
    }
}
