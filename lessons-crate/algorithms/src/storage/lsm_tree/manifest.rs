//! The list of files that count, as a journal of changes to it.

pub(super) const MANIFEST: &str = "MANIFEST";

/// One change: files that come, each with its level, files that go, and the log from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) log: u64,
    pub(super) added: Vec<(u64, u64)>,
    pub(super) removed: Vec<u64>,
}

impl Edit {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut numbers = vec![self.log, self.added.len() as u64];
        numbers.extend(self.added.iter().flat_map(|(file, level)| [*file, *level]));
        numbers.extend(&self.removed);
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (chunks, []) = bytes.as_chunks::<8>() else { return None };
        let mut numbers = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk));
        let (log, count) = (numbers.next()?, numbers.next()?);
        let added = (0..count).map(|_| Some((numbers.next()?, numbers.next()?))).collect::<Option<_>>()?;
        Some(Self { log, added, removed: numbers.collect() })
    }

    /// Carries the change out on the file numbers of each level.
    pub(super) fn apply(&self, levels: &mut Vec<Vec<u64>>) {
        for level in levels.iter_mut() {
            level.retain(|file| !self.removed.contains(file));
        }
        for (file, level) in &self.added {
            let level = *level as usize;
            levels.resize(levels.len().max(level + 1), Vec::new());
            levels[level].push(*file);
        }
    }
}
