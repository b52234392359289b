//! What `cargo xtask test --changed` leaves out: all that the files changed since the main branch cannot touch.

use std::process::Command;

use crate::{Result, root};

/// The folder of each package.
const PACKAGES: [(&str, &str); 10] = [
    ("book/explorables/", "explorables"),
    ("book/", "book"),
    ("kernel-ext/front/", "front"),
    ("kernel-ext/", "kernel-ext"),
    ("lessons-crate/algorithms/", "algorithms"),
    ("lessons-crate/cell/", "cell"),
    ("lessons-crate/exercises/", "exercises"),
    ("lessons-crate/lab/", "lab"),
    ("lessons-crate/", "lessons"),
    ("xtask/", "xtask"),
];

/// What a test run is about.
pub(crate) struct Scope {
    /// The changed files; `None` for all files there are.
    files: Option<Vec<String>>,
}

impl Scope {
    /// The whole project.
    pub(crate) fn all() -> Self {
        Self { files: None }
    }

    /// The files that differ from the main branch, committed or not, and those that git does not know yet.
    pub(crate) fn changed() -> Result<Self> {
        let since = git(&["merge-base", "HEAD", "main"])?;
        let mut files = git(&["diff", "--name-only", since.trim()])?;
        files += &git(&["ls-files", "--others", "--exclude-standard"])?;
        Ok(Self { files: Some(files.lines().map(str::to_owned).collect()) })
    }

    /// Whether a file is meant whose path contains one of these.
    pub(crate) fn touches(&self, parts: &[&str]) -> bool {
        let touched = |file: &String| parts.iter().any(|part| file.contains(part));
        parts.is_empty() || self.files.as_ref().is_none_or(|files| files.iter().any(touched))
    }

    /// The packages to test, as arguments of cargo.
    pub(crate) fn packages(&self) -> Vec<&'static str> {
        let Some(files) = self.files.as_ref().filter(|_| !self.touches(&["Cargo.lock"])) else {
            return vec!["--workspace"];
        };
        let of = |file: &String| PACKAGES.iter().find(|(folder, _)| file.starts_with(folder));
        let mut packages: Vec<_> = files.iter().filter_map(of).map(|(_, package)| *package).collect();
        packages.sort_unstable();
        packages.dedup();
        packages.into_iter().flat_map(|package| ["--package", package]).collect()
    }

    /// The days whose cells may answer otherwise, as arguments of `sd35 check`; none for all days.
    pub(crate) fn days(&self) -> Vec<String> {
        if self.touches(&["lessons-crate/", "kernel-ext/", "Cargo.lock"]) {
            return Vec::new();
        }
        let day = |file: &String| {
            let (_, rest) = file.split_once("/day-")?;
            Some(rest.split(|c: char| !c.is_ascii_digit()).next()?.to_owned())
        };
        let mut days: Vec<_> = self.files.iter().flatten().filter_map(day).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).current_dir(root()).output();
    let output = output.map_err(|error| format!("git could not be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("--changed needs a git checkout with a branch `main`: {}", said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::Scope;

    fn of(files: &[&str]) -> Scope {
        Scope { files: Some(files.iter().map(|&file| file.to_owned()).collect()) }
    }

    #[test]
    fn a_chapter_is_its_day_and_the_library_is_all_days() {
        let chapter = of(&["book/chapters/day-03-load-balancing.md", "book/recorded/day-03.json"]);
        assert_eq!(chapter.days(), ["03"]);
        assert_eq!(chapter.packages(), ["--package", "book"]);
        assert!(chapter.touches(&["book/"]) && !chapter.touches(&[".rs"]));
        assert!(of(&["book/recorded/day-03.json", "lessons-crate/lab/src/link.rs"]).days().is_empty());
    }

    #[test]
    fn packages_are_those_of_the_nearest_folder() {
        let files = of(&["lessons-crate/lab/src/link.rs", "lessons-crate/src/lib.rs", "README.md"]);
        assert_eq!(files.packages(), ["--package", "lab", "--package", "lessons"]);
        assert_eq!(of(&["Cargo.lock"]).packages(), ["--workspace"]);
        assert_eq!(Scope::all().packages(), ["--workspace"]);
    }
}
