//! What can be checked about the code by reading it.

mod circles;
mod map;
mod modules;
mod protocol;

use std::path::{Path, PathBuf};

/// The folder of the course.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the folder of the course")
}

/// All files below `folder` whose name ends so, but for what is built.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the course") {
            let entry = entry.expect("an entry");
            let (path, file) = (entry.path(), entry.file_name());
            if path.is_dir() && file != "target" && !file.to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if file.to_string_lossy().ends_with(end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
