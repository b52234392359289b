//! The nine bytes before each piece of a stream.

/// The bytes of a frame's header.
pub const FRAME_HEADER_BYTES: usize = 9;

/// The longest payload unless the receiver allows more (`SETTINGS_MAX_FRAME_SIZE`): 2¹⁴ bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 14;

/// The flags that most frames have, in a byte of the header.
pub mod flags {
    /// The sender has no more to say on this stream (DATA, HEADERS).
    pub const END_STREAM: u8 = 0x1;
    /// This answers another frame (SETTINGS, PING).
    pub const ACK: u8 = 0x1;
    /// The header fields are complete (HEADERS, CONTINUATION).
    pub const END_HEADERS: u8 = 0x4;
    /// The payload begins with the length of padding at its end (DATA, HEADERS).
    pub const PADDED: u8 = 0x8;
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameType {
    /// 0: a piece of a body.
    Data,
    /// 1: header fields; it opens a stream.
    Headers,
    /// 2: no longer of use.
    Priority,
    /// 3: this stream ends now, with an error.
    RstStream,
    /// 4: what the sender can take.
    Settings,
    /// 5: an answer to a question not yet asked; hardly used any more.
    PushPromise,
    /// 6: are you there?
    Ping,
    /// 7: no new streams, please: the connection will be closed.
    Goaway,
    /// 8: you may send so many bytes more.
    WindowUpdate,
    /// 9: more header fields.
    Continuation,
    /// Others are ignored.
    Other(u8),
}

impl FrameType {
    /// The type of a number.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::RstStream,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::Goaway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            other => Self::Other(other),
        }
    }

    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Headers => 1,
            Self::Priority => 2,
            Self::RstStream => 3,
            Self::Settings => 4,
            Self::PushPromise => 5,
            Self::Ping => 6,
            Self::Goaway => 7,
            Self::WindowUpdate => 8,
            Self::Continuation => 9,
            Self::Other(number) => number,
        }
    }

    /// The lengths that its payload can have, apart from the limit of all.
    fn length_is_possible(self, length: usize, flags: u8) -> bool {
        match self {
            Self::Priority => length == 5,
            Self::RstStream | Self::WindowUpdate => length == 4,
            Self::Ping => length == 8,
            Self::Goaway => length >= 8,
            Self::Settings if flags & flags::ACK != 0 => length == 0,
            Self::Settings => length.is_multiple_of(6),
            _ => true,
        }
    }

    /// Whether it is about the whole connection (`Some(true)`), about one stream, or either.
    fn is_of_connection(self) -> Option<bool> {
        match self {
            Self::Settings | Self::Ping | Self::Goaway => Some(true),
            Self::WindowUpdate | Self::Other(_) => None,
            _ => Some(false),
        }
    }
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Longer than allowed, or not as long as its type demands (`FRAME_SIZE_ERROR`).
    #[error("a frame of type {frame_type:?} cannot have {length} bytes")]
    Size {
        /// Its type.
        frame_type: FrameType,
        /// Its length.
        length: usize,
    },
    /// A frame of the connection on a stream, or the other way round (`PROTOCOL_ERROR`).
    #[error("a frame of type {frame_type:?} cannot be on stream {stream}")]
    Stream {
        /// Its type.
        frame_type: FrameType,
        /// Its stream.
        stream: u32,
    },
    /// The padding is as long as the payload or longer (`PROTOCOL_ERROR`).
    #[error("{padding} bytes of padding in a payload of {length}")]
    Padding {
        /// What the first byte says.
        padding: usize,
        /// The length of the payload.
        length: usize,
    },
}

/// The header of a frame.
///
/// # Examples
///
/// ```
/// use lessons::http2::{FrameHeader, FrameType, flags};
///
/// let header = FrameHeader { length: 5, frame_type: FrameType::Data, flags: flags::END_STREAM, stream: 1 };
/// assert_eq!(header.encode(), [0, 0, 5, 0, 1, 0, 0, 0, 1]);
/// assert_eq!(FrameHeader::decode(&header.encode()), header);
/// ```
///
/// # Sources
///
/// M. Thomson, C. Benfield, "HTTP/2", RFC 9113, 2022, sections 4 and 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The bytes that follow: 24 bits.
    pub length: u32,
    /// What they are.
    pub frame_type: FrameType,
    /// See [`flags`].
    pub flags: u8,
    /// The stream; 0 is the connection. 31 bits.
    pub stream: u32,
}

impl FrameHeader {
    /// The nine bytes; the bits that the length and the stream do not have are left out. O(1).
    pub fn encode(&self) -> [u8; FRAME_HEADER_BYTES] {
        let [_, a, b, c] = self.length.to_be_bytes();
        let [s0, s1, s2, s3] = self.stream.to_be_bytes();
        [a, b, c, self.frame_type.number(), self.flags, s0 & 0x7f, s1, s2, s3]
    }

    /// What nine bytes say; the bit before the stream is ignored, as it must be. O(1).
    pub fn decode(bytes: &[u8; FRAME_HEADER_BYTES]) -> Self {
        let [a, b, c, number, flags, stream @ ..] = *bytes;
        Self {
            length: u32::from_be_bytes([0, a, b, c]),
            frame_type: FrameType::from_number(number),
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        }
    }

    /// Whether a frame may look like this, before its payload is read.
    ///
    /// # Errors
    ///
    /// See [`FrameError`].
    pub fn check(&self, max_bytes: usize) -> Result<(), FrameError> {
        let Self { frame_type, flags, stream, .. } = *self;
        let length = self.length as usize;
        if length > max_bytes || !frame_type.length_is_possible(length, flags) {
            return Err(FrameError::Size { frame_type, length });
        }
        if frame_type.is_of_connection().is_some_and(|connection| connection != (stream == 0)) {
            return Err(FrameError::Stream { frame_type, stream });
        }
        Ok(())
    }

    /// The payload without padding. O(1).
    ///
    /// # Errors
    ///
    /// [`FrameError::Padding`] when there is more padding than payload.
    pub fn without_padding<'a>(&self, payload: &'a [u8]) -> Result<&'a [u8], FrameError> {
        if self.flags & flags::PADDED == 0 || !matches!(self.frame_type, FrameType::Data | FrameType::Headers)
        {
            return Ok(payload);
        }
        let length = payload.len();
        let Some((&padding, rest)) = payload.split_first() else {
            return Err(FrameError::Padding { padding: 0, length });
        };
        let padding = usize::from(padding);
        let kept = rest.len().checked_sub(padding).ok_or(FrameError::Padding { padding, length })?;
        Ok(&rest[..kept])
    }
}

/// Takes bytes as they come and gives frames when they are whole. O(bytes) for all.
#[derive(Clone, Debug)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    start: usize,
    max_bytes: usize,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self { buffer: Vec::new(), start: 0, max_bytes: FRAME_BYTES_MAX }
    }
}

impl FrameDecoder {
    /// Takes what came next. A header that cannot be is refused before its payload is kept.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame and its payload; `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// See [`FrameError`]; the connection is of no more use then.
    pub fn next_frame(&mut self) -> Result<Option<(FrameHeader, Vec<u8>)>, FrameError> {
        let rest = &self.buffer[self.start..];
        let Some(header) = rest.first_chunk().map(FrameHeader::decode) else { return Ok(None) };
        header.check(self.max_bytes)?;
        let Some(payload) = rest[FRAME_HEADER_BYTES..].get(..header.length as usize) else { return Ok(None) };
        let payload = payload.to_vec();
        self.start += FRAME_HEADER_BYTES + payload.len();
        Ok(Some((header, payload)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::any_bytes;

    fn header(length: u32, frame_type: FrameType, flags: u8, stream: u32) -> FrameHeader {
        FrameHeader { length, frame_type, flags, stream }
    }

    #[test]
    fn lengths_and_streams_are_checked_before_the_payload() {
        use FrameType::*;
        let size = |h: FrameHeader| {
            h.check(FRAME_BYTES_MAX)
                == Err(FrameError::Size { frame_type: h.frame_type, length: h.length as usize })
        };
        assert!(size(header(1 << 14 | 1, Data, 0, 1)) && !size(header(1 << 14, Data, 0, 1)));
        assert!(size(header(7, Settings, 0, 0)) && !size(header(12, Settings, 0, 0)));
        assert!(size(header(6, Settings, flags::ACK, 0)) && !size(header(0, Settings, flags::ACK, 0)));
        assert!(
            size(header(7, Ping, 0, 0))
                && size(header(3, WindowUpdate, 0, 0))
                && size(header(7, Goaway, 0, 0))
        );
        let stream = |frame_type, stream| header(8, frame_type, 0, stream).check(FRAME_BYTES_MAX).is_err();
        assert!(stream(Ping, 1) && stream(Data, 0) && stream(Headers, 0) && stream(Goaway, 3));
        assert!(!stream(Ping, 0) && !stream(Data, 1) && !stream(Other(99), 0) && !stream(Other(99), 7));
    }

    #[test]
    fn padding_is_taken_off() {
        let padded = header(6, FrameType::Data, flags::PADDED, 1);
        assert_eq!(padded.without_padding(&[2, 1, 2, 3, 0, 0]), Ok(&[1, 2, 3][..]));
        assert_eq!(padded.without_padding(&[5, 0, 0, 0, 0, 0]), Ok(&[][..]));
        assert!(padded.without_padding(&[6, 0, 0, 0, 0, 0]).is_err() && padded.without_padding(&[]).is_err());
    }

    #[test]
    fn any_bytes_are_frames_or_an_error() {
        let seeds: [&[u8]; 3] = [
            &[0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 6, 0, 8, 0, 0, 0, 1, 2, 1, 2, 3, 0, 0],
            &[0, 0, 0, 4, 1, 0, 0, 0, 0],
        ];
        any_bytes(&seeds, |bytes| {
            let mut decoder = FrameDecoder::default();
            decoder.push(bytes);
            while let Ok(Some((header, payload))) = decoder.next_frame() {
                let _ = header.without_padding(&payload);
            }
        });
    }

    proptest! {
        #[test]
        fn a_header_comes_back(length in 0u32..1 << 24, number: u8, flags: u8, stream in 0u32..1 << 31) {
            let header = header(length, FrameType::from_number(number), flags, stream);
            prop_assert_eq!(FrameHeader::decode(&header.encode()), header);
        }

        #[test]
        fn any_split_gives_the_same_frames(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..6),
            splits in prop::collection::vec(0usize..15, 0..40),
        ) {
            let frames: Vec<_> =
                payloads.into_iter().map(|p| (header(p.len() as u32, FrameType::Data, 0, 1), p)).collect();
            let bytes: Vec<u8> = frames.iter().flat_map(|(h, p)| [&h.encode()[..], p].concat()).collect();
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
        }
    }
}
