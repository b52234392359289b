//! Where one message ends and the next begins: Protocol Buffers do not say it themselves.

/// The bytes before each message.
pub const HEADER_BYTES: usize = 5;

/// The largest message that is taken unless one says otherwise: 4 MiB, as in most implementations of gRPC.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One message on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether the bytes are compressed as the header `grpc-encoding` says.
    pub compressed: bool,
    /// The message.
    pub message: Vec<u8>,
}

/// Why bytes are no frame. The call ends with it, and the stream is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first byte is neither 0 nor 1: often this is no gRPC but the page of an error.
    #[error("the flag is {0}, not 0 or 1: is this gRPC at all?")]
    Flag(u8),
    /// The message is longer than the receiver takes (`RESOURCE_EXHAUSTED`).
    #[error("a message of {length} bytes, and at most {max} are taken: send it as a stream of smaller ones")]
    TooLarge {
        /// What the header says.
        length: usize,
        /// The limit.
        max: usize,
    },
}

impl Frame {
    /// A message that is not compressed.
    pub fn plain(message: Vec<u8>) -> Self {
        Self { compressed: false, message }
    }

    /// The five bytes and the message. O(length).
    ///
    /// # Panics
    ///
    /// When the message has 4 GiB or more: the length has 32 bits.
    pub fn encode(&self) -> Vec<u8> {
        let length = u32::try_from(self.message.len()).expect("a message below 4 GiB");
        let mut out = Vec::with_capacity(HEADER_BYTES + self.message.len());
        out.push(self.compressed.into());
        out.extend(length.to_be_bytes());
        out.extend_from_slice(&self.message);
        out
    }
}

/// Takes bytes as they come, and gives messages when they are whole.
///
/// The limit is checked as soon as the five bytes are there, so nobody can make it keep more than one message of the
/// largest size.
///
/// # Complexity
///
/// O(bytes) for all frames together.
///
/// # Examples
///
/// ```
/// use lessons::grpc::{Frame, FrameDecoder};
///
/// let bytes = Frame::plain(vec![0x08, 0x96, 0x01]).encode();
/// assert_eq!(bytes, [0, 0, 0, 0, 3, 0x08, 0x96, 0x01]);
///
/// let mut decoder = FrameDecoder::default();
/// decoder.push(&bytes[..6]);
/// assert_eq!(decoder.next_frame()?, None, "it is not all there");
/// decoder.push(&bytes[6..]);
/// assert_eq!(decoder.next_frame()?, Some(Frame::plain(vec![0x08, 0x96, 0x01])));
/// # Ok::<(), lessons::grpc::FrameError>(())
/// ```
///
/// # Sources
///
/// "gRPC over HTTP2" (Length-Prefixed-Message), grpc/grpc, `doc/PROTOCOL-HTTP2.md`, read 2026.
#[derive(Clone, Debug)]
pub struct FrameDecoder {
    /// What came and is not yet given out: `buffer[start..]`.
    buffer: Vec<u8>,
    start: usize,
    max_bytes: usize,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::with_limit(MESSAGE_BYTES_MAX)
    }
}

impl FrameDecoder {
    /// One that takes messages of up to so many bytes.
    pub fn with_limit(max_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, max_bytes }
    }

    /// Takes what came next.
    pub fn push(&mut self, bytes: &[u8]) {
        // Once it is more than half of the buffer, so that each byte is moved at most once on average.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message; `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// See [`FrameError`]. Where the next frame would begin is not known then: the stream is of no more use.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = &self.buffer[self.start..];
        let Some(&flag) = rest.first() else { return Ok(None) };
        if flag > 1 {
            return Err(FrameError::Flag(flag));
        }
        let Some(length) = rest[1..].first_chunk() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > self.max_bytes {
            return Err(FrameError::TooLarge { length, max: self.max_bytes });
        }
        let Some(message) = rest[HEADER_BYTES..].get(..length) else { return Ok(None) };
        let frame = Frame { compressed: flag == 1, message: message.to_vec() };
        self.start += HEADER_BYTES + length;
        Ok(Some(frame))
    }

    /// Whether the stream may end here: not in the middle of a frame.
    pub fn is_at_end_of_frame(&self) -> bool {
        self.start == self.buffer.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::any_bytes;

    #[test]
    fn what_is_no_frame_is_refused_at_once() {
        let mut decoder = FrameDecoder::with_limit(10);
        decoder.push(b"<html>");
        assert_eq!(decoder.next_frame(), Err(FrameError::Flag(b'<')));
        let mut decoder = FrameDecoder::with_limit(10);
        decoder.push(&[0, 0, 0, 0, 11]);
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLarge { length: 11, max: 10 }));
        let mut decoder = FrameDecoder::with_limit(10);
        decoder.push(&[0, 0, 0, 0, 0, 0]);
        assert_eq!(decoder.next_frame(), Ok(Some(Frame::plain(vec![]))));
        assert!(!decoder.is_at_end_of_frame());
    }

    #[test]
    fn any_bytes_are_frames_or_an_error() {
        let seeds =
            [Frame::plain(vec![1, 2, 3]).encode(), Frame { compressed: true, message: vec![0; 20] }.encode()];
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        any_bytes(&seeds, |bytes| {
            let mut decoder = FrameDecoder::default();
            decoder.push(bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        });
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(
            messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..8),
            splits in prop::collection::vec(0usize..20, 0..40),
        ) {
            let frames: Vec<Frame> =
                messages.into_iter().map(|(compressed, message)| Frame { compressed, message }).collect();
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            let (mut decoder, mut found, mut rest) = (FrameDecoder::default(), Vec::new(), bytes.as_slice());
            for split in splits.into_iter().chain([usize::MAX]) {
                let (now, later) = rest.split_at(split.min(rest.len()));
                decoder.push(now);
                rest = later;
                while let Some(frame) = decoder.next_frame().expect("good") {
                    found.push(frame);
                }
            }
            prop_assert_eq!(found, frames);
            prop_assert!(decoder.is_at_end_of_frame());
        }
    }
}
