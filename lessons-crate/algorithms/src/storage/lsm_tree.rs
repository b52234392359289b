//! LSM tree: writes go to memory and a log, and to the disk in sorted files that are merged later.

mod manifest;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use manifest::{Edit, MANIFEST};
use table::SortedTable;

use super::{Disk, StorageError, journal};

/// How sorted files are merged, with the size ratio between levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compaction {
    /// One file a level; what arrives is merged with it at once. Few files to read, many bytes written again.
    Leveled {
        /// How many times larger each level is than the one above.
        ratio: usize,
    },
    /// Up to this many files a level, which are then merged into one of the next. Fewer bytes written, more files.
    Tiered {
        /// How many files a level gathers.
        ratio: usize,
    },
}

/// The sizes and the policy of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LsmOptions {
    /// How many bytes of keys and values are gathered in memory before they go to the disk.
    pub memtable_bytes: usize,
    /// The bytes of a block: what one read of the disk brings.
    pub block_bytes: usize,
    /// The Bloom filter of each file, in bits per key; 0 for none.
    pub bits_per_key: f64,
    /// How files are merged.
    pub compaction: Compaction,
}

impl Default for LsmOptions {
    fn default() -> Self {
        Self {
            memtable_bytes: 64 * 1024,
            block_bytes: 4096,
            bits_per_key: 10.0,
            compaction: Compaction::Leveled { ratio: 10 },
        }
    }
}

/// A map from bytes to bytes, in the order of the keys, on a [`Disk`]: no byte on it is ever changed in place.
///
/// A write is appended to a log, and kept in a sorted map in memory, the *memtable*. When that is full it is written
/// as a sorted file (a *sorted string table*), and the log begins anew. Files are merged by
/// [`compaction`](Compaction), level by level; a merge drops what was overwritten, and at the last level what was
/// deleted. A read asks the memtable, then the files from the newest to the oldest; a Bloom filter for each file
/// answers "certainly not here" without reading it.
///
/// Which files count is written in a *manifest*, one record at a time: a flush or a merge happens at the moment when
/// its record is whole. What a crash left half written is not in it, and is removed when the tree is opened.
///
/// # Complexity
///
/// With a ratio T and L = log_T(data / memtable) levels: each byte is written about T/2 · L times (leveled) or L times
/// (tiered); a read asks up to L or T · L files, of which filters leave hardly more than the one that has the key.
///
/// # Examples
///
/// ```
/// use lessons::storage::{Disk, LsmOptions, LsmTree};
///
/// let mut store = LsmTree::open(Disk::recording(), LsmOptions::default())?;
/// store.put(b"user:17", b"Ada");
/// let disk = store.into_disk();
/// let store = LsmTree::open(disk.crash_at(disk.steps()), LsmOptions::default())?;
/// assert_eq!(store.get(b"user:17").as_deref(), Some(&b"Ada"[..]));
/// # Ok::<(), lessons::storage::StorageError>(())
/// ```
///
/// # Sources
///
/// P. O'Neil, E. Cheng, D. Gawlick, E. O'Neil, "The Log-Structured Merge-Tree (LSM-Tree)", Acta Informatica 33(4),
/// 1996, doi:10.1007/s002360050048. F. Chang et al., "Bigtable: A Distributed Storage System for Structured Data",
/// OSDI 2006 (memtable, sorted string table, a filter for each). N. Dayan, M. Athanassoulis, S. Idreos, "Monkey:
/// Optimal Navigable Key-Value Store", SIGMOD 2017, doi:10.1145/3035918.3064054 (leveling and tiering).
#[derive(Clone, Debug)]
pub struct LsmTree {
    disk: Disk,
    options: LsmOptions,
    /// `None` marks a key that was deleted.
    memtable: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Bytes of keys and values in the memtable.
    memtable_bytes: usize,
    /// The files of each level, the newest last. An upper level is newer than a lower one.
    levels: Vec<Vec<SortedTable>>,
    log: u64,
    next_file: u64,
    user_bytes: u64,
}

impl LsmTree {
    /// Opens the tree on this disk, or makes an empty one.
    ///
    /// # Errors
    ///
    /// When a file that the manifest names is missing or damaged.
    pub fn open(mut disk: Disk, options: LsmOptions) -> Result<Self, StorageError> {
        let mut levels: Vec<Vec<u64>> = Vec::new();
        let mut log = 0;
        for record in journal::open(&mut disk, MANIFEST) {
            let damaged =
                || StorageError::Damaged { file: MANIFEST.into(), problem: "a record makes no sense" };
            let edit = Edit::decode(&record).ok_or_else(damaged)?;
            edit.apply(&mut levels);
            log = edit.log;
        }
        let live: Vec<String> =
            levels.iter().flatten().map(|n| table::name(*n)).chain([log_name(log)]).collect();
        let known = |file: &&str| *file == MANIFEST || live.iter().any(|name| name == file);
        let orphans: Vec<String> = disk.files().filter(|file| !known(file)).map(str::to_owned).collect();
        orphans.iter().for_each(|file| disk.remove(file));
        let open = |number: &u64| SortedTable::open(&disk, *number, options.bits_per_key);
        let levels: Vec<Vec<SortedTable>> = levels
            .iter()
            .map(|level| level.iter().map(open).collect::<Result<_, _>>())
            .collect::<Result<_, _>>()?;
        let newest = levels.iter().flatten().map(SortedTable::number).max().unwrap_or(0);
        let mut tree = Self {
            disk,
            options,
            memtable: BTreeMap::new(),
            memtable_bytes: 0,
            levels,
            log,
            next_file: newest.max(log) + 1,
            user_bytes: 0,
        };
        for record in journal::open(&mut tree.disk, &log_name(log)) {
            if let Some((key, value, _)) = table::decode_entry(&record) {
                tree.remember(key, value);
            }
        }
        Ok(tree)
    }

    /// Stores a value; it is safe when this returns.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.write(key, Some(value));
    }

    /// Deletes a key, whether it is there or not: a mark is written, which hides it.
    pub fn delete(&mut self, key: &[u8]) {
        self.write(key, None);
    }

    fn write(&mut self, key: &[u8], value: Option<&[u8]>) {
        let mut record = Vec::new();
        table::encode_entry(&mut record, key, value);
        journal::append(&mut self.disk, &log_name(self.log), &record);
        self.user_bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
        self.remember(key, value);
        if self.memtable_bytes >= self.options.memtable_bytes {
            self.flush();
        }
    }

    fn remember(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.memtable_bytes += key.len() + value.map_or(0, <[u8]>::len);
        let old = self.memtable.insert(key.to_vec(), value.map(<[u8]>::to_vec));
        if let Some(old) = old {
            self.memtable_bytes -= key.len() + old.map_or(0, |old| old.len());
        }
    }

    /// Writes the memtable to a sorted file of level 0, and merges where a level is full.
    pub fn flush(&mut self) {
        if self.memtable.is_empty() {
            return;
        }
        let entries = std::mem::take(&mut self.memtable);
        self.memtable_bytes = 0;
        let table = self.write_table(&entries);
        let old_log = std::mem::replace(&mut self.log, self.next_file);
        self.next_file += 1;
        self.commit(Edit { log: self.log, added: vec![(table.number(), 0)], removed: Vec::new() });
        self.level(0).push(table);
        self.disk.remove(&log_name(old_log));
        self.compact();
    }

    /// A sorted file of these entries, safe on the disk but not yet in the manifest.
    fn write_table(&mut self, entries: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> SortedTable {
        let number = self.next_file;
        self.next_file += 1;
        SortedTable::write(&mut self.disk, number, entries, &self.options)
    }

    fn commit(&mut self, edit: Edit) {
        journal::append(&mut self.disk, MANIFEST, &edit.encode());
    }

    fn level(&mut self, number: usize) -> &mut Vec<SortedTable> {
        if self.levels.len() <= number {
            self.levels.resize_with(number + 1, Vec::new);
        }
        &mut self.levels[number]
    }

    /// Merges, from the top down, where the policy says so.
    fn compact(&mut self) {
        let mut number = 0;
        while number < self.levels.len() {
            let files = self.levels[number].len();
            match self.options.compaction {
                Compaction::Tiered { ratio } if files >= ratio.max(2) => {
                    self.merge(number, number + 1, false)
                }
                Compaction::Leveled { ratio } => {
                    let bytes: usize = self.levels[number].iter().map(SortedTable::data_bytes).sum();
                    let most = self.options.memtable_bytes.saturating_mul(ratio.pow(number as u32 + 1));
                    if bytes > most {
                        self.merge(number, number + 1, true);
                    } else if files > 1 {
                        self.merge(number, number, false);
                    }
                }
                Compaction::Tiered { .. } => {}
            }
            number += 1;
        }
    }

    /// Merges all files of a level into one of the level `to`; with those of that level too, when asked.
    fn merge(&mut self, from: usize, to: usize, with_target: bool) {
        self.level(to);
        let mut sources = if with_target { std::mem::take(&mut self.levels[to]) } else { Vec::new() };
        sources.append(&mut self.levels[from]);
        let mut merged = BTreeMap::new();
        for table in &sources {
            merged.extend(table.entries(&self.disk));
        }
        // Below the last level there is nothing left that a mark of deletion could hide.
        let is_last = self.levels[to..].iter().all(Vec::is_empty);
        if is_last {
            merged.retain(|_, value| value.is_some());
        }
        let table = (!merged.is_empty()).then(|| self.write_table(&merged));
        let added = table.iter().map(|table| (table.number(), to as u64)).collect();
        let removed: Vec<u64> = sources.iter().map(SortedTable::number).collect();
        self.commit(Edit { log: self.log, added, removed });
        self.levels[to].extend(table);
        sources.iter().for_each(|table| self.disk.remove(&table::name(table.number())));
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(value) = self.memtable.get(key) {
            return value.clone();
        }
        let newest_first = self.levels.iter().flat_map(|level| level.iter().rev());
        newest_first.into_iter().find_map(|table| table.get(&self.disk, key)).flatten()
    }

    /// All keys from `from` up to, not including, `to`, with their values, in order. Reads every file.
    pub fn range(&self, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut merged: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
        let inside = |key: &Vec<u8>| from <= key.as_slice() && key.as_slice() < to;
        // The oldest first, so that newer values replace them.
        for table in self.levels.iter().rev().flatten() {
            merged.extend(table.entries_from(&self.disk, from).take_while(|entry| entry.0.as_slice() < to));
        }
        merged.extend(self.memtable.iter().map(|(key, value)| (key.clone(), value.clone())));
        merged
            .into_iter()
            .filter(|entry| inside(&entry.0))
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }

    /// How many files each level has, from the top.
    pub fn files_by_level(&self) -> Vec<usize> {
        self.levels.iter().map(Vec::len).collect()
    }

    /// Bytes written to the disk for each byte of keys and values that was put, since the tree was opened.
    pub fn write_amplification(&self) -> f64 {
        self.disk.counts().bytes_written as f64 / self.user_bytes.max(1) as f64
    }

    /// The disk, and what was read and written on it.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The disk; every write that returned is on it.
    pub fn into_disk(self) -> Disk {
        self.disk
    }
}

fn log_name(number: u64) -> String {
    format!("{number:06}.log")
}
