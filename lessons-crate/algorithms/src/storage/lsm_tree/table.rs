//! A sorted string table: entries in the order of their keys, in blocks, and never changed.
//!
//! A block is one record of a [`journal`](crate::storage::journal), so it has a checksum. What is kept in memory, the
//! first key of each block and the filter, is made again when the file is opened, which reads all of it and checks
//! it; production systems store both at the end of the file instead.

use std::collections::BTreeMap;

use super::LsmOptions;
use crate::sketch::BloomFilter;
use crate::storage::{Disk, StorageError, journal};

/// Instead of the length of a value: the key was deleted.
const DELETED: u32 = u32::MAX;

type Entry = (Vec<u8>, Option<Vec<u8>>);

/// A file, and what is kept of it in memory.
#[derive(Clone, Debug)]
pub(super) struct SortedTable {
    number: u64,
    blocks: Vec<Block>,
    filter: Option<BloomFilter>,
    /// Bytes of keys and values.
    data_bytes: usize,
}

#[derive(Clone, Debug)]
struct Block {
    first_key: Vec<u8>,
    offset: usize,
    length: usize,
}

pub(super) fn name(number: u64) -> String {
    format!("{number:06}.table")
}

/// Two lengths, the key, the value.
pub(super) fn encode_entry(bytes: &mut Vec<u8>, key: &[u8], value: Option<&[u8]>) {
    bytes.extend((key.len() as u32).to_le_bytes());
    bytes.extend(value.map_or(DELETED, |value| value.len() as u32).to_le_bytes());
    bytes.extend(key);
    bytes.extend(value.unwrap_or_default());
}

/// A key, its value, and the rest of the bytes.
type Decoded<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

/// The first entry of some bytes, and the rest.
pub(super) fn decode_entry(bytes: &[u8]) -> Option<Decoded<'_>> {
    let (key, bytes) = bytes.split_first_chunk()?;
    let (value, bytes) = bytes.split_first_chunk()?;
    let (key_length, value_length) = (u32::from_le_bytes(*key), u32::from_le_bytes(*value));
    let (key, bytes) = bytes.split_at_checked(key_length as usize)?;
    if value_length == DELETED {
        return Some((key, None, bytes));
    }
    let (value, bytes) = bytes.split_at_checked(value_length as usize)?;
    Some((key, Some(value), bytes))
}

/// The entries of a block.
fn entries_of(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    std::iter::from_fn(move || {
        let (key, value, rest) = decode_entry(bytes)?;
        bytes = rest;
        Some((key, value))
    })
}

impl SortedTable {
    /// Writes a file, and returns when it is safe.
    pub(super) fn write(
        disk: &mut Disk,
        number: u64,
        entries: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        options: &LsmOptions,
    ) -> Self {
        let mut table = Self::empty(number, entries.len(), options.bits_per_key);
        let (mut file, mut block) = (Vec::new(), Vec::new());
        let mut first_key: Option<&Vec<u8>> = None;
        for (key, value) in entries {
            encode_entry(&mut block, key, value.as_deref());
            table.know(key, value.as_deref());
            let first = *first_key.get_or_insert(key);
            if block.len() >= options.block_bytes {
                table.push_block(&mut file, first, &block);
                block.clear();
                first_key = None;
            }
        }
        if let Some(first) = first_key {
            table.push_block(&mut file, first, &block);
        }
        disk.append(&name(number), &file);
        disk.sync();
        table
    }

    /// Reads and checks a file.
    pub(super) fn open(disk: &Disk, number: u64, bits_per_key: f64) -> Result<Self, StorageError> {
        let file = disk.read(&name(number));
        let (blocks, end) = journal::records(file);
        if end != file.len() || blocks.is_empty() {
            let problem = "a block is missing or does not fit its checksum";
            return Err(StorageError::Damaged { file: name(number), problem });
        }
        let keys = blocks.iter().map(|block| entries_of(block).count()).sum();
        let mut table = Self::empty(number, keys, bits_per_key);
        let mut offset = 0;
        for payload in blocks {
            let (_, end) = journal::decode(file, offset).unwrap_or((payload, file.len()));
            let first = entries_of(payload).next().map_or(&[][..], |entry| entry.0);
            table.blocks.push(Block { first_key: first.to_vec(), offset, length: end - offset });
            entries_of(payload).for_each(|(key, value)| table.know(key, value));
            offset = end;
        }
        Ok(table)
    }

    fn empty(number: u64, keys: usize, bits_per_key: f64) -> Self {
        let bits = (keys as f64 * bits_per_key) as u64;
        let hashes = (bits_per_key * std::f64::consts::LN_2).round().clamp(1.0, 30.0) as u32;
        // None when there are no bits: every lookup then reads a block.
        let filter = BloomFilter::with_size(bits, hashes).ok();
        Self { number, blocks: Vec::new(), filter, data_bytes: 0 }
    }

    fn know(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.data_bytes += key.len() + value.map_or(0, <[u8]>::len);
        if let Some(filter) = &mut self.filter {
            filter.insert(key);
        }
    }

    fn push_block(&mut self, file: &mut Vec<u8>, first_key: &[u8], payload: &[u8]) {
        let record = journal::encode(file.len(), payload);
        self.blocks.push(Block { first_key: first_key.to_vec(), offset: file.len(), length: record.len() });
        file.extend(record);
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn data_bytes(&self) -> usize {
        self.data_bytes
    }

    /// The bytes of a block, read from the disk.
    fn read_block<'a>(&self, disk: &'a Disk, block: &Block) -> &'a [u8] {
        let record = disk.read_at(&name(self.number), block.offset, block.length);
        // The rest of a record is its payload; it was checked when the file was written or opened.
        &record[journal::encode(0, &[]).len().min(record.len())..]
    }

    /// What the file says of a key: nothing, a value, or that it was deleted. Reads one block at most.
    pub(super) fn get(&self, disk: &Disk, key: &[u8]) -> Option<Option<Vec<u8>>> {
        if self.filter.as_ref().is_some_and(|filter| !filter.may_contain(key)) {
            return None;
        }
        let after = self.blocks.partition_point(|block| block.first_key.as_slice() <= key);
        let block = &self.blocks[after.checked_sub(1)?];
        let found = entries_of(self.read_block(disk, block)).find(|(other, _)| *other == key)?;
        Some(found.1.map(<[u8]>::to_vec))
    }

    /// All entries, in order.
    pub(super) fn entries<'a>(&'a self, disk: &'a Disk) -> impl Iterator<Item = Entry> + 'a {
        self.entries_from(disk, &[])
    }

    /// The entries from the block on that may have this key; reads one block after the other as they are taken.
    pub(super) fn entries_from<'a>(
        &'a self,
        disk: &'a Disk,
        key: &[u8],
    ) -> impl Iterator<Item = Entry> + use<'a> {
        let after = self.blocks.partition_point(|block| block.first_key.as_slice() <= key);
        self.blocks[after.saturating_sub(1)..]
            .iter()
            .flat_map(move |block| entries_of(self.read_block(disk, block)))
            .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)))
    }
}
