//! A journal: records at the end of a file, each with a checksum, so that a torn one is recognized.
//!
//! This is the framing of every write-ahead log here. A record is its length (4 bytes), a checksum (8 bytes) and its
//! bytes. The checksum also takes in where the record begins, so that one copied to another place does not count.
//! Reading stops at the first record that is not whole: after a crash that is the one that was being written, and
//! nothing after it was acknowledged.
//!
//! # Examples
//!
//! ```
//! use lessons::storage::{Disk, journal};
//!
//! let mut disk = Disk::recording();
//! journal::append(&mut disk, "log", b"first");
//! journal::append(&mut disk, "log", b"second");
//! let mut after = disk.crash_at(disk.steps() - 1);
//! assert_eq!(journal::open(&mut after, "log"), [b"first"]);
//! ```
//!
//! # Sources
//!
//! C. Mohan, D. Haderle, B. Lindsay, H. Pirahesh, P. Schwarz, "ARIES: A Transaction Recovery Method Supporting
//! Fine-Granularity Locking and Partial Rollbacks Using Write-Ahead Logging", ACM TODS 17(1), 1992,
//! doi:10.1145/128765.128770 (why the log goes first).

use super::Disk;
use crate::hash::hash_bytes;

/// Length and checksum.
const HEADER: usize = 12;

/// The bytes of a record that begins at this offset of its file.
pub fn encode(offset: usize, payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEADER + payload.len());
    record.extend((payload.len() as u32).to_le_bytes());
    record.extend(hash_bytes(payload, offset as u64).to_le_bytes());
    record.extend(payload);
    record
}

/// The whole record that begins at this offset, if there is one, and where the next begins.
pub fn decode(bytes: &[u8], offset: usize) -> Option<(&[u8], usize)> {
    let header = bytes.get(offset..offset + HEADER)?;
    let length = u32::from_le_bytes(header[..4].try_into().ok()?) as usize;
    let checksum = u64::from_le_bytes(header[4..].try_into().ok()?);
    let start = offset + HEADER;
    let payload = bytes.get(start..start.checked_add(length)?)?;
    (hash_bytes(payload, offset as u64) == checksum).then_some((payload, start + length))
}

/// The whole records of a file's bytes, up to the first that is not, and where the last of them ends.
pub fn records(bytes: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut all, mut end) = (Vec::new(), 0);
    while let Some((payload, next)) = decode(bytes, end) {
        all.push(payload);
        end = next;
    }
    (all, end)
}

/// Adds a record at the end of a file, and waits until it is safe.
pub fn append(disk: &mut Disk, file: &str, payload: &[u8]) {
    let record = encode(disk.len_of(file), payload);
    disk.append(file, &record);
    disk.sync();
}

/// The whole records of a file. What a crash left after them is cut off, so that the next record follows the last.
pub fn open(disk: &mut Disk, file: &str) -> Vec<Vec<u8>> {
    let bytes = disk.read(file);
    let length = bytes.len();
    let (all, end) = records(bytes);
    let all = all.into_iter().map(<[u8]>::to_vec).collect();
    if end < length {
        disk.truncate(file, end);
        disk.sync();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Disk {
        let mut disk = Disk::recording();
        for payload in [&b"one"[..], b"", b"three and more"] {
            append(&mut disk, "log", payload);
        }
        disk
    }

    #[test]
    fn a_log_cut_at_any_byte_has_the_records_before_it() {
        let disk = log();
        let ends = [15, 27, 53];
        assert_eq!(disk.steps(), 53);
        for step in 0..=disk.steps() {
            let mut after = disk.crash_at(step);
            let whole = ends.iter().filter(|end| **end <= step).count();
            assert_eq!(open(&mut after, "log").len(), whole, "cut at {step}");
            append(&mut after, "log", b"next");
            assert_eq!(open(&mut after, "log").len(), whole + 1, "continued at {step}");
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_log() {
        let bytes = log().read("log").to_vec();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let whole = if bit / 8 < 15 { 0 } else { 1 + usize::from(bit / 8 >= 27) };
            assert_eq!(records(&changed).0.len(), whole, "bit {bit}");
        }
        assert_eq!(records(&[0; 100]).0.len(), 0, "zeros are no records");
        assert_eq!(records(&bytes[15..]).0.len(), 0, "a record counts only in its place");
    }
}
