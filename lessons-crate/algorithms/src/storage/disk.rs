//! A disk in memory, which counts, and can lose power at any byte.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::rng::Rng;

/// What was read from and written to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Calls that read.
    pub reads: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Calls that wrote.
    pub writes: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// Calls that waited until everything written was safe.
    pub syncs: u64,
}

/// Named files in memory. It counts reads and writes, and can be made to lose power in the middle of one.
///
/// The model of a crash: what was written before the last [`sync`](Self::sync) is there; of what was written after
/// it, any part may be, and the write that was under way may have stopped at any byte. Removing or shortening a file
/// is one step, and as uncertain until the next sync.
///
/// # Examples
///
/// ```
/// use lessons::storage::Disk;
///
/// let mut disk = Disk::recording();
/// disk.append("log", b"hello");
/// disk.sync();
/// disk.append("log", b" world");
/// assert_eq!(disk.crash_at(8).read("log"), b"hello wo");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Disk {
    files: BTreeMap<String, Vec<u8>>,
    counts: DiskCounts,
    reads: Cell<u64>,
    bytes_read: Cell<u64>,
    /// Everything that happened, for a disk that can crash.
    history: Option<Vec<Event>>,
}

#[derive(Clone, Debug)]
enum Event {
    Write { file: String, offset: usize, bytes: Vec<u8> },
    Truncate { file: String, length: usize },
    Remove { file: String },
    Sync,
}

impl Event {
    /// How many points of a crash lie within it: a byte is one step, and so is a change of a folder.
    fn steps(&self) -> usize {
        match self {
            Self::Write { bytes, .. } => bytes.len(),
            Self::Truncate { .. } | Self::Remove { .. } => 1,
            Self::Sync => 0,
        }
    }

    fn apply(&self, files: &mut BTreeMap<String, Vec<u8>>, bytes_max: usize) {
        match self {
            Self::Write { file, offset, bytes } => {
                put(files, file, *offset, &bytes[..bytes_max.min(bytes.len())]);
            }
            Self::Truncate { file, length } => {
                if let Some(file) = files.get_mut(file) {
                    file.truncate(*length);
                }
            }
            Self::Remove { file } => drop(files.remove(file)),
            Self::Sync => {}
        }
    }
}

fn put(files: &mut BTreeMap<String, Vec<u8>>, file: &str, offset: usize, bytes: &[u8]) {
    if !files.contains_key(file) {
        files.insert(file.to_owned(), Vec::new());
    }
    let Some(data) = files.get_mut(file) else { return };
    if data.len() < offset + bytes.len() {
        data.resize(offset + bytes.len(), 0);
    }
    data[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl Disk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk that remembers everything that is written, so that [`crash_at`](Self::crash_at) works.
    pub fn recording() -> Self {
        Self { history: Some(Vec::new()), ..Self::default() }
    }

    /// Writes at a place of a file, which is made, and made longer, as needed.
    pub fn write(&mut self, file: &str, offset: usize, bytes: &[u8]) {
        self.counts.writes += 1;
        self.counts.bytes_written += bytes.len() as u64;
        put(&mut self.files, file, offset, bytes);
        if let Some(history) = &mut self.history {
            history.push(Event::Write { file: file.to_owned(), offset, bytes: bytes.to_vec() });
        }
    }

    /// Writes at the end of a file.
    pub fn append(&mut self, file: &str, bytes: &[u8]) {
        self.write(file, self.len_of(file), bytes);
    }

    /// Returns when everything written so far would survive a crash.
    pub fn sync(&mut self) {
        self.counts.syncs += 1;
        self.record(Event::Sync);
    }

    /// Cuts a file off after so many bytes.
    pub fn truncate(&mut self, file: &str, length: usize) {
        self.record(Event::Truncate { file: file.to_owned(), length });
    }

    /// Removes a file.
    pub fn remove(&mut self, file: &str) {
        self.record(Event::Remove { file: file.to_owned() });
    }

    fn record(&mut self, event: Event) {
        event.apply(&mut self.files, 0);
        if let Some(history) = &mut self.history {
            history.push(event);
        }
    }

    /// A whole file; empty when there is none.
    pub fn read(&self, file: &str) -> &[u8] {
        self.read_at(file, 0, usize::MAX)
    }

    /// Up to `length` bytes from a place of a file.
    pub fn read_at(&self, file: &str, offset: usize, length: usize) -> &[u8] {
        let data = self.files.get(file).map_or(&[][..], Vec::as_slice);
        let start = offset.min(data.len());
        let part = &data[start..offset.saturating_add(length).min(data.len())];
        self.reads.set(self.reads.get() + 1);
        self.bytes_read.set(self.bytes_read.get() + part.len() as u64);
        part
    }

    /// The length of a file, in bytes; 0 when there is none.
    pub fn len_of(&self, file: &str) -> usize {
        self.files.get(file).map_or(0, Vec::len)
    }

    /// The names of all files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The bytes that all files take.
    pub fn size_bytes(&self) -> u64 {
        self.files.values().map(|file| file.len() as u64).sum()
    }

    /// What was read and written since the disk was made.
    pub fn counts(&self) -> DiskCounts {
        DiskCounts { reads: self.reads.get(), bytes_read: self.bytes_read.get(), ..self.counts }
    }

    /// How many points there are at which it could have lost power: one for each byte written, and for each file that
    /// was cut or removed. 0 for a disk that does not record.
    pub fn steps(&self) -> usize {
        self.history.iter().flatten().map(Event::steps).sum()
    }

    /// The disk as it is after a crash at this step, when writes reached it in their order.
    pub fn crash_at(&self, step: usize) -> Self {
        self.crash(step, |_| true)
    }

    /// The same, when each write since the last sync was lost or not, by chance: a disk may reorder them.
    pub fn crash_with_losses(&self, step: usize, rng: &mut Rng) -> Self {
        self.crash(step, |_| rng.chance(0.5))
    }

    fn crash(&self, step: usize, mut kept: impl FnMut(&Event) -> bool) -> Self {
        let mut files = BTreeMap::new();
        let mut unsynced: Vec<(&Event, usize)> = Vec::new();
        let mut left = step;
        for event in self.history.iter().flatten() {
            if left == 0 {
                break;
            }
            if let Event::Sync = event {
                unsynced.drain(..).for_each(|(event, _)| event.apply(&mut files, usize::MAX));
                continue;
            }
            unsynced.push((event, left));
            left = left.saturating_sub(event.steps());
        }
        for (event, bytes_max) in unsynced {
            if kept(event) {
                event.apply(&mut files, bytes_max);
            }
        }
        Self { files, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        let mut disk = Disk::recording();
        disk.append("a", b"12");
        disk.sync();
        disk.append("a", b"34");
        disk.remove("a");
        disk
    }

    #[test]
    fn a_crash_keeps_a_prefix() {
        let disk = disk();
        assert_eq!(disk.steps(), 5);
        let found: Vec<&[u8]> = vec![b"", b"1", b"12", b"123", b"1234", b""];
        for (step, expected) in found.into_iter().enumerate() {
            assert_eq!(disk.crash_at(step).read("a"), expected, "step {step}");
        }
    }

    #[test]
    fn only_what_was_not_synced_can_be_lost() {
        let mut rng = Rng::new(1);
        let found: std::collections::BTreeSet<Vec<u8>> =
            (0..50).map(|_| disk().crash_with_losses(4, &mut rng).read("a").to_vec()).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [b"12".to_vec(), b"1234".to_vec()]);
    }

    #[test]
    fn everything_is_counted() {
        let disk = disk();
        disk.read_at("a", 0, 1);
        disk.read("b");
        let counts = disk.counts();
        assert_eq!((counts.writes, counts.bytes_written, counts.syncs, counts.reads), (2, 4, 1, 2));
    }
}
