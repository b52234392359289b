//! Is it UTF-8, so far? A character may be cut in two by the end of a frame.

/// Checks text that comes in pieces, and says at the first wrong byte that it is none.
///
/// # Complexity
///
/// O(bytes); it keeps at most three of them.
///
/// # Examples
///
/// ```
/// use lessons::websocket::Utf8Checker;
///
/// let mut checker = Utf8Checker::default();
/// assert!(checker.push(b"caf\xc3"), "the other half may follow");
/// assert!(!checker.is_complete());
/// assert!(checker.push(b"\xa9") && checker.is_complete());
/// assert!(!checker.push(b"\xff"), "nothing can make this text");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Utf8Checker {
    /// The beginning of a character whose end has not come.
    pending: [u8; 4],
    pending_len: usize,
}

impl Utf8Checker {
    /// Takes the next bytes; `false` when it is no text, whatever may follow.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while self.pending_len > 0 {
            let Some((&first, after)) = rest.split_first() else { return true };
            self.pending[self.pending_len] = first;
            self.pending_len += 1;
            rest = after;
            match std::str::from_utf8(&self.pending[..self.pending_len]) {
                Ok(_) => self.pending_len = 0,
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => true,
            // Not wrong, only not all there.
            Err(error) if error.error_len().is_none() => {
                let tail = &rest[error.valid_up_to()..];
                self.pending[..tail.len()].copy_from_slice(tail);
                self.pending_len = tail.len();
                true
            }
            Err(_) => false,
        }
    }

    /// Whether the text may end here: not within a character.
    pub fn is_complete(&self) -> bool {
        self.pending_len == 0
    }
}
