//! A file of lines that several programs of one user append to, each under a lock: the record and the history.
//!
//! It stays readable whatever happens to it: a line that a full disk cut off, or an odd byte in it, costs that line
//! and no other, and rewriting it leaves the old file or the new one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::private;

/// The file, locked until this is dropped, and what was in it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    text: String,
    length: u64,
    /// Its last line has no end.
    is_cut: bool,
}

/// What is in the file; nothing when it is not there.
///
/// # Errors
///
/// Those of the system.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

impl Journal {
    /// Opens the file, which only its owner may read, and waits for its lock.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        loop {
            let mut file = private::open(path)?;
            file.lock()?;
            let found = file.metadata()?;
            // Whoever had the lock may have put another file in its place.
            let is_current = fs::metadata(path)
                .is_ok_and(|current| (current.dev(), current.ino()) == (found.dev(), found.ino()));
            if !is_current {
                continue;
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let is_cut = bytes.last().is_some_and(|&last| last != b'\n');
            let length = bytes.len() as u64;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // A link stays one.
            let path = path.canonicalize()?;
            return Ok(Self { path, file, text, length, is_cut });
        }
    }

    /// All lines.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Adds lines, each with its end. When that fails, nothing is added.
    ///
    /// # Errors
    ///
    /// Those of the system, such as a full disk.
    pub(crate) fn append(mut self, lines: &str) -> io::Result<()> {
        let begin = if self.is_cut { "\n" } else { "" };
        let written = self.file.write_all(format!("{begin}{lines}").as_bytes());
        if written.is_err() {
            let _ = self.file.set_len(self.length);
        }
        written
    }

    /// Puts these lines in the place of all others.
    ///
    /// # Errors
    ///
    /// Those of the system; the file is then what it was.
    pub(crate) fn rewrite(mut self, lines: &str) -> io::Result<()> {
        match private::replace(&self.path, lines.as_bytes()) {
            // In a folder that only has this file to write.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.file.set_len(0)?;
                self.file.seek(SeekFrom::Start(0))?;
                self.file.write_all(lines.as_bytes())
            }
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(path: &Path, line: &str) {
        Journal::open(path).expect("opened").append(line).expect("written");
    }

    #[test]
    fn a_cut_line_and_an_odd_byte_cost_no_other_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/journal");
        append(&path, "one\n");
        // As a disk that fills up in the middle of a character leaves it.
        fs::write(&path, b"one\n\xc3").expect("written");
        append(&path, "two\n");
        assert_eq!(read(&path).expect("read"), "one\n\u{fffd}\ntwo\n");
        fs::write(&path, b"one\nt\xffwo").expect("written");
        append(&path, "three\n");
        assert_eq!(read(&path).expect("read").lines().collect::<Vec<_>>(), ["one", "t\u{fffd}wo", "three"]);
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "a test says what it could not try")]
    fn a_full_disk_leaves_what_was_there() {
        // A file system that holds less than what comes: only root can make one.
        let folder = tempfile::tempdir().expect("a folder");
        let mount = |arguments: &[&str]| {
            let done = std::process::Command::new("mount").args(arguments).arg(folder.path()).output();
            done.is_ok_and(|done| done.status.success())
        };
        if !mount(&["-t", "tmpfs", "-o", "size=16k", "none"]) {
            println!("not tried: no small file system can be made here");
            return;
        }
        let path = folder.path().join("journal");
        append(&path, "one\n");
        let long = "\u{e9}".repeat(20_000) + "\n";
        let refused = Journal::open(&path).expect("opened").append(&long);
        let rewritten = Journal::open(&path).expect("opened").rewrite(&long);
        let left = read(&path).expect("read");
        append(&path, "two\n");
        let after = read(&path).expect("read");
        let names = fs::read_dir(folder.path()).expect("a folder").count();
        std::process::Command::new("umount").arg(folder.path()).status().expect("umount");
        assert!(refused.is_err() && rewritten.is_err());
        assert_eq!((left.as_str(), after.as_str(), names), ("one\n", "one\ntwo\n", 1));
    }

    #[test]
    fn writers_find_the_file_that_took_the_place_of_theirs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for n in 0..50 {
                        let journal = Journal::open(path).expect("opened");
                        let line = format!("{writer}-{n}\n");
                        if n % 7 == 0 {
                            let all = journal.text().to_owned() + &line;
                            journal.rewrite(&all).expect("written");
                        } else {
                            journal.append(&line).expect("written");
                        }
                    }
                });
            }
        });
        let text = read(&path).expect("read");
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!((lines.len(), text.lines().count()), (200, 200));
    }
}
