//! Private folders, and their end: with the handle, with the process, or at the latest at the next start.
//!
//! All folders of one process lie in its home, `$TMPDIR/sd35-lab-<user>-<process>-<letters>`, whose name nobody can
//! foresee and where nobody else can look. A small shell
//! script, the keeper, waits in a session of its own for the end of a pipe that only this process holds. The
//! pipe ends when this process does, by whatever signal; then the keeper kills what still runs there and
//! removes the home. The home is also locked, so that a later start can tell one whose owner and keeper are
//! both gone, and clean it up in the same way.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::ground::error::LabError;
use crate::ground::process;
use crate::ground::secret::Secret;

/// `$0` is the home. Kills until nothing is found there, then removes it.
const KEEPER: &str = r#"cd /
while read -r _; do :; done
round=0
while [ $round -lt 100 ]; do
  found=$( { grep -lsazE "^SD35_LAB_FOLDER=$0(/|\$)" /proc/[0-9]*/environ
    find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$0/*"; } 2>/dev/null | cut -d/ -f3 | sort -u)
  [ -z "$found" ] && break
  kill -9 $found 2>/dev/null
  round=$((round + 1))
  sleep 0.02
done
for file in "$0"/*/data/postmaster.pid; do
  ipcrm -m "$(sed -n 7p "$file" 2>/dev/null | awk '{print $2}')"
done
rm -rf "$0"
"#;

/// How the name of a home ends that is being made.
const UNLOCKED: &str = "-unlocked";

/// A home that is not locked yet is being made, or was left half made: after this long it is the latter.
const HALF_MADE: Duration = Duration::from_secs(60);

/// The folder of all servers of one process.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    /// Held as long as the owner lives.
    _lock: File,
    /// What the keeper waits for the end of.
    _keeper: Option<ChildStdin>,
}

/// The folder of one server, removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The home lives as long as the last of its folders.
    _home: Arc<Home>,
}

impl Folder {
    /// An empty folder that belongs to the user who servers run as.
    pub(crate) fn new(name: &str) -> Result<Self, LabError> {
        let home = Home::of_this_process()?;
        Self::inside(home, name)
    }

    fn inside(home: Arc<Home>, name: &str) -> Result<Self, LabError> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let path = home.path.join(format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let made = fs::DirBuilder::new().mode(0o700).create(&path).and_then(|()| give_away(&path));
        made.map_err(|source| LabError::writing(name, &path, source))?;
        Ok(Self { path, _home: home })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        release_shared_memory(&self.path);
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A PostgreSQL that was killed leaves a small segment of shared memory, named in its lock file.
fn release_shared_memory(folder: &Path) {
    let lock = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    if let Some(segment) = lock.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)) {
        let _ = Command::new("ipcrm").args(["-m", segment]).stderr(Stdio::null()).status();
    }
}

/// Makes a file or folder belong to the user who servers run as.
pub(crate) fn give_away(path: &Path) -> io::Result<()> {
    match process::run_as() {
        Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

impl Home {
    fn of_this_process() -> Result<Arc<Self>, LabError> {
        static HOME: Mutex<Option<Arc<Home>>> = Mutex::new(None);
        let mut home = HOME.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(home) = home.as_ref().filter(|home| home.path.exists()) {
            return Ok(home.clone());
        }
        let made = Arc::new(Self::create(&std::env::temp_dir())?);
        *home = Some(made.clone());
        Ok(made)
    }

    fn create(base: &Path) -> Result<Self, LabError> {
        reap(base);
        let name = format!("{}{}-{}", prefix(), std::process::id(), Secret::new().as_str());
        // Until it is locked it has another name: a lock that nobody holds yet would look like that of an
        // owner who is gone, to another process that starts at the same moment.
        let (path, unlocked) = (base.join(&name), base.join(name + UNLOCKED));
        let fail = |source| LabError::writing("the lab", &path, source);
        fs::DirBuilder::new().mode(0o700).create(&unlocked).map_err(fail)?;
        let lock = File::options().write(true).create_new(true).mode(0o600).open(unlocked.join("lock"));
        let lock = lock.map_err(fail)?;
        if let Some((_, group)) = process::run_as() {
            // Servers run as another user than root: their group may pass through, but not look around.
            let owned = std::os::unix::fs::chown(&unlocked, None, Some(group));
            owned
                .and_then(|()| fs::set_permissions(&unlocked, fs::Permissions::from_mode(0o710)))
                .map_err(fail)?;
        }
        lock.try_lock().map_err(|error| fail(error.into()))?;
        fs::rename(&unlocked, &path).map_err(fail)?;
        let mut command = keeper(&path);
        let keeper = process::spawn_apart(command.stdin(Stdio::piped())).map_err(fail)?;
        Ok(Self { path, _lock: lock, _keeper: keeper.stdin })
    }
}

fn prefix() -> String {
    format!("sd35-lab-{}-", rustix::process::geteuid().as_raw())
}

fn keeper(home: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", KEEPER]).arg(home).current_dir("/");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Ends and removes the homes whose owners are gone.
fn reap(base: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&prefix())
            && entry.metadata().is_ok_and(|home| home.is_dir() && home.uid() == user);
        if ours && is_stale(&entry.path()) {
            // Its pipe ends at once.
            let _ = keeper(&entry.path()).stdin(Stdio::null()).status();
        }
    }
}

fn is_stale(home: &Path) -> bool {
    if !home.to_string_lossy().ends_with(UNLOCKED)
        && let Ok(lock) = File::open(home.join("lock"))
    {
        return lock.try_lock().is_ok();
    }
    let age = home.metadata().and_then(|home| home.modified()).map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age > HALF_MADE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
        let begun = std::time::Instant::now();
        while !done() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn base() -> tempfile::TempDir {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().expect("a folder");
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o711)).expect("ours");
        base
    }

    #[test]
    fn the_end_of_the_owner_ends_what_runs_in_its_home() {
        let base = base();
        let home = Home::create(base.path()).expect("a home");
        let path = home.path.clone();
        let folder = path.join("sleeper-1");
        fs::create_dir(&folder).and_then(|()| give_away(&folder)).expect("made");
        // One stays in the folder; one leaves folder and group, and is known by its environment alone.
        let mut command = process::command(Path::new("/bin/sh"), &folder, process::User::Server);
        command.args(["-c", "setsid sh -c 'cd /; echo $$ > \"$HOME\"/other; sleep 1000' & sleep 1000"]);
        let mut child = process::spawn(command).expect("a shell");
        wait_until("both run", || folder.join("other").exists());
        assert!(process::of_folder(&folder).len() >= 3);
        // What the end of this process would do: the pipe ends, the lock opens, nothing else is dropped.
        drop(home);
        wait_until("the keeper removes the home", || !path.exists());
        assert_eq!(process::of_folder(&folder), Vec::<u32>::new());
        assert!(!child.wait().expect("ended").success());
    }

    #[test]
    fn a_stale_home_is_removed_at_the_next_start_and_a_living_one_is_not() {
        let base = base();
        let stale = base.path().join(format!("{}1-1", prefix()));
        fs::create_dir(&stale).expect("made");
        File::create(stale.join("lock")).expect("made");
        let living = Home::create(base.path()).expect("a home");
        assert!(!stale.exists());
        let other = Home::create(base.path()).expect("a second home");
        assert!(living.path.exists() && other.path.exists());
    }

    #[test]
    fn homes_that_are_made_at_once_do_not_take_each_other_for_stale() {
        let base = base();
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let homes = (0..10).map(|_| Home::create(base.path()).expect("a home"));
                        homes.collect::<Vec<_>>()
                    })
                })
                .collect();
            let homes: Vec<Home> = makers.into_iter().flat_map(|maker| maker.join().expect("made")).collect();
            assert!(homes.iter().all(|home| home.path.exists()));
        });
    }

    #[test]
    fn a_home_that_was_left_half_made_is_removed_after_a_while() {
        let base = base();
        let half_made = |number, age| {
            let path = base.path().join(format!("{}{number}-1{UNLOCKED}", prefix()));
            fs::create_dir(&path).and_then(|()| File::create(path.join("lock"))).expect("made");
            let made = std::time::SystemTime::now() - age;
            File::open(&path).and_then(|folder| folder.set_modified(made)).expect("ours");
            path
        };
        let (old, new) = (half_made(1, HALF_MADE * 2), half_made(2, Duration::ZERO));
        let _home = Home::create(base.path()).expect("a home");
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let error = Home::create(Path::new("/proc/no-such-folder")).expect_err("not there");
        assert!(error.to_string().contains("set TMPDIR"), "{error}");
    }
}
