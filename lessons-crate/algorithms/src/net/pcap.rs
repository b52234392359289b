//! Captures: files of frames with their times, as tcpdump writes them.

use std::time::Duration;

/// Bytes of the file's header and of the one before each frame.
const FILE_HEADER: usize = 24;
const FRAME_HEADER: usize = 16;
/// The first bytes of a file, which also say in which order its numbers are written.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// The largest frame that is believed: what tcpdump itself takes at most.
const FRAME_MAX: usize = 262_144;
/// The number of Ethernet among the kinds of links.
const ETHERNET: u32 = 1;

/// Why bytes are no capture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PcapError {
    /// Another kind of file.
    #[error(
        "the file begins with {found:#010x}: a capture begins with a1b2c3d4 (pcapng, a newer format, is not read)"
    )]
    Magic {
        /// Its first four bytes.
        found: u32,
    },
    /// The file ends too early.
    #[error("the file ends in the {what}, {missing} bytes too early")]
    Truncated {
        /// In what.
        what: &'static str,
        /// How many bytes are missing.
        missing: usize,
    },
    /// A length that cannot be.
    #[error("frame {number} claims {length} bytes: at most {FRAME_MAX} are believed")]
    FrameLength {
        /// Counted from 1.
        number: usize,
        /// What it claims.
        length: usize,
    },
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it was seen, since 1970; in made-up captures since any start.
    pub time: Duration,
    /// Its length on the wire; more than `bytes` when the capture kept only its beginning.
    pub length: usize,
    /// What was kept of it.
    pub bytes: Vec<u8>,
}

/// A capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// What kind of link: 1 is Ethernet.
    pub link: u32,
    /// The frames, in the file's order.
    pub frames: Vec<Frame>,
}

impl Capture {
    /// A capture of Ethernet frames.
    pub fn of(frames: Vec<Frame>) -> Self {
        Self { link: ETHERNET, frames }
    }

    /// Reads a capture of either byte order, with microseconds or nanoseconds. O(bytes).
    ///
    /// # Errors
    ///
    /// When the file is of another kind, ends too early, or claims a length that cannot be. Nothing is reserved for
    /// a length before its bytes are seen to be there.
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::net::{Capture, Frame};
    /// use std::time::Duration;
    ///
    /// let frame = Frame { time: Duration::from_micros(1_500_000), length: 60, bytes: vec![0; 60] };
    /// let file = Capture::of(vec![frame]).write();
    /// assert_eq!(Capture::read(&file)?.frames[0].time, Duration::from_millis(1_500));
    /// # Ok::<(), lessons::net::PcapError>(())
    /// ```
    ///
    /// # Sources
    ///
    /// G. Harris and M. Richardson, "PCAP Capture File Format", draft-ietf-opsawg-pcap, section 4.
    pub fn read(file: &[u8]) -> Result<Self, PcapError> {
        let (header, mut rest) = part(file, FILE_HEADER, "header of the file")?;
        let magic = number(header, 0, false);
        let (swapped, nanoseconds) = match (magic, magic.swap_bytes()) {
            (MICROSECONDS, _) => (false, false),
            (NANOSECONDS, _) => (false, true),
            (_, MICROSECONDS) => (true, false),
            (_, NANOSECONDS) => (true, true),
            _ => return Err(PcapError::Magic { found: magic }),
        };
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let (header, after) = part(rest, FRAME_HEADER, "header of a frame")?;
            let field = |at| number(header, at, swapped);
            let (kept, length) = (field(8) as usize, field(12) as usize);
            if kept > FRAME_MAX {
                return Err(PcapError::FrameLength { number: frames.len() + 1, length: kept });
            }
            let (bytes, after) = part(after, kept, "bytes of a frame")?;
            let fraction = u64::from(field(4));
            let fraction =
                if nanoseconds { Duration::from_nanos(fraction) } else { Duration::from_micros(fraction) };
            let time = Duration::from_secs(u64::from(field(0))) + fraction;
            frames.push(Frame { time, length, bytes: bytes.to_vec() });
            rest = after;
        }
        Ok(Self { link: number(header, 20, swapped), frames })
    }

    /// The file, with microseconds, the high byte of a number first. O(bytes).
    pub fn write(&self) -> Vec<u8> {
        let mut file = Vec::new();
        file.extend(MICROSECONDS.to_be_bytes());
        file.extend([0, 2, 0, 4]); // Version 2.4.
        file.extend([0; 8]);
        file.extend((FRAME_MAX as u32).to_be_bytes());
        file.extend(self.link.to_be_bytes());
        for frame in &self.frames {
            let fields = [
                frame.time.as_secs() as u32,
                frame.time.subsec_micros(),
                frame.bytes.len() as u32,
                frame.length as u32,
            ];
            file.extend(fields.into_iter().flat_map(u32::to_be_bytes));
            file.extend(&frame.bytes);
        }
        file
    }
}

fn part<'a>(bytes: &'a [u8], count: usize, what: &'static str) -> Result<(&'a [u8], &'a [u8]), PcapError> {
    bytes
        .split_at_checked(count)
        .ok_or(PcapError::Truncated { what, missing: count.saturating_sub(bytes.len()) })
}

fn number(bytes: &[u8], at: usize, swapped: bool) -> u32 {
    let value = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if swapped { value.swap_bytes() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn example() -> Capture {
        let frame =
            |ms, size| Frame { time: Duration::from_millis(ms), length: 2 * size, bytes: vec![7; size] };
        Capture::of(vec![frame(0, 60), frame(1_250, 0), frame(1_251, 1_514)])
    }

    #[test]
    fn what_is_written_is_read_in_both_byte_orders() {
        let file = example().write();
        assert_eq!(Capture::read(&file), Ok(example()));
        let mut swapped = file.clone();
        let mut at = 0;
        let mut reverse = |at: usize, size: usize| swapped[at..at + size].reverse();
        [(0, 4), (4, 2), (6, 2), (16, 4), (20, 4)].into_iter().for_each(|(at, size)| reverse(at, size));
        at += FILE_HEADER;
        for frame in example().frames {
            (0..4).for_each(|field| reverse(at + 4 * field, 4));
            at += FRAME_HEADER + frame.bytes.len();
        }
        assert_eq!(Capture::read(&swapped), Ok(example()));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let said = |file: &[u8]| Capture::read(file).expect_err("no capture").to_string();
        assert!(said(&[]).contains("header of the file, 24 bytes too early"));
        assert!(said(&[0x0a; 30]).contains("0x0a0a0a0a"));
        let file = example().write();
        assert!(said(&file[..file.len() - 3]).contains("bytes of a frame, 3 bytes"));
        let mut huge = file.clone();
        huge[32] = 0x7f;
        assert!(said(&huge).contains("frame 1 claims"));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let (mut rng, file) = (Rng::new(7), example().write());
        for _ in 0..2_000 {
            let mut bytes = file.clone();
            for _ in 0..1 + rng.index(3) {
                let at = rng.index(bytes.len().min(64));
                bytes[at] = rng.next_u64() as u8;
            }
            bytes.truncate(rng.index(bytes.len() + 1));
            if let Ok(capture) = Capture::read(&bytes) {
                assert!(capture.frames.iter().map(|frame| frame.bytes.len()).sum::<usize>() < bytes.len());
            }
        }
    }
}
