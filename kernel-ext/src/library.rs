//! The prebuilt `lessons` library that every cell is compiled against.
//!
//! Stock notebooks compile the crates they use again in every session. Here they are compiled once, as
//! one dynamic library with every feature on, and kept under a name that says what it was made from:
//! the compiler, the sources, the lock file. Any number of kernels share the folder; it is never changed
//! after it got its name.
//!
//! ```text
//! ~/.cache/sd35/lib-<key>/lib/liblessons.so     and the metadata of the crates inside it
//!                        /bin/{cargo,rustc,rustup}  the front, see front/src/tools.rs
//!                        /stub.so               stands for it when a cell is linked
//!                        /settings              what compiles cells, and where it is
//!                        /reference.json        names and their documentation
//!                        /manifest.json         sizes and a checksum, to notice damage
//! ```

#![expect(clippy::print_stderr, reason = "standard error is the log")]

mod compile;
mod pages;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::paths;
use crate::reference::Reference;
use front::crates::Crates;
pub(crate) use front::settings::Settings;

/// The file of the [`Reference`], in the folder of a library.
pub(crate) const REFERENCE: &str = "reference.json";

/// Changes with what the folder of a library holds.
const LAYOUT: u32 = 3;

/// A prebuilt library, ready to be linked.
#[derive(Clone, Debug)]
pub struct Library {
    /// The folder that holds all of it.
    pub dir: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// File name in `lib/` to size in bytes.
    files: BTreeMap<String, u64>,
    /// Of `liblessons.so`.
    sha256: String,
}

/// The compiler and package manager that are in use, behind any proxies.
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    rustdoc: PathBuf,
    /// The folder of the standard library's own dynamic library.
    std: PathBuf,
    /// The output of `rustc -vV`.
    version: String,
    host: String,
}

impl Library {
    /// Finds the library, and builds it first when there is none for these sources and this compiler.
    /// `progress` hears one plain sentence per step.
    ///
    /// # Errors
    ///
    /// Fails with one sentence when cargo is missing, the sources do not compile, or the disk is full.
    pub fn prepare(progress: &mut dyn FnMut(&str)) -> Result<Self> {
        let toolchain = Toolchain::find()?;
        let cache = paths::cache()?;
        let dir = cache.join(format!("lib-{}", key(&toolchain)?));
        let library = Self { dir };
        if library.intact() {
            library.touch();
            return Ok(library);
        }
        fs::create_dir_all(&cache)
            .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
        // One builds, the others wait: ten kernels may start at once.
        let lock = File::create(cache.join("build.lock"))?;
        if lock.try_lock().is_err() {
            progress("another kernel is preparing the lessons library; waiting for it");
            lock.lock()?;
        }
        if library.intact() {
            return Ok(library);
        }
        if library.dir.exists() {
            progress("the prebuilt lessons library is damaged; building it again");
            fs::remove_dir_all(&library.dir)?;
        }
        remove_stale(&cache, &library.dir);
        progress("building the lessons library for the cells (about two minutes, once)");
        library.build(&toolchain)?;
        Ok(library)
    }

    /// A program of this source, linked with the library; compiled when it is first asked for, and kept.
    ///
    /// # Errors
    ///
    /// Fails when it does not compile, or the disk is full.
    pub fn program(&self, name: &str, source: &str) -> Result<PathBuf> {
        let made = self.dir.join("bin").join(name);
        if made.exists() {
            return Ok(made);
        }
        let toolchain = Toolchain::find()?;
        let folder = tempfile::Builder::new().prefix("building-").tempdir_in(&self.dir)?;
        let main = folder.path().join("main.rs");
        fs::write(&main, source)?;
        let lib = self.dir.join("lib");
        let built = folder.path().join(name);
        let output = Command::new(&toolchain.rustc)
            .args(["--edition", "2024", "-C", "prefer-dynamic", "-o"])
            .arg(&built)
            .arg("-L")
            .arg(format!("dependency={}", lib.display()))
            .arg("--extern")
            .arg(format!("lessons={}", lib.join("liblessons.so").display()))
            // Where it finds the libraries when it runs.
            .args([&lib, &toolchain.std].map(|place| format!("-Clink-arg=-Wl,-rpath,{}", place.display())))
            .arg(&main)
            .output()
            .context("rustc could not be started")?;
        ensure!(output.status.success(), "it does not compile:\n{}", String::from_utf8_lossy(&output.stderr));
        // Two may build it at once. The first one's stays: it may run already, and look for its own file.
        match fs::hard_link(&built, &made) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(made),
        }
    }

    /// The folder to put first on the PATH of whatever compiles cells.
    pub fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// Damages are found by size for most files, and by checksum for the one that gets executed.
    fn intact(&self) -> bool {
        let Ok(text) = fs::read_to_string(self.dir.join("manifest.json")) else {
            return false;
        };
        let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else {
            return false;
        };
        let lib = self.dir.join("lib");
        manifest
            .files
            .iter()
            .all(|(name, size)| fs::metadata(lib.join(name)).is_ok_and(|metadata| metadata.len() == *size))
            && checksum(&lib.join("liblessons.so")).is_ok_and(|sum| sum == manifest.sha256)
    }

    /// Remembers that the library was used; see [`remove_stale`].
    fn touch(&self) {
        let manifest = File::options().append(true).open(self.dir.join("manifest.json"));
        let _ = manifest.and_then(|file| file.set_modified(std::time::SystemTime::now()));
    }

    fn build(&self, toolchain: &Toolchain) -> Result<()> {
        let made = tempfile::Builder::new()
            .prefix("building-")
            .tempdir_in(self.dir.parent().context("the cache has no parent folder")?)?;
        let lib = made.path().join("lib");
        fs::create_dir_all(&lib)?;
        let compiled = compile::compile(toolchain)?;
        for artifact in compiled.files {
            let Some(name) = artifact.file_name() else { continue };
            fs::copy(&artifact, lib.join(name))
                .with_context(|| format!("cannot copy {} to the cache", artifact.display()))?;
        }
        ensure!(lib.join("liblessons.so").exists(), "cargo did not make liblessons.so");
        Crates::save(&lib, &compiled.crates)?;
        // The reader's own crates are built with the same versions.
        fs::copy(paths::root().join("Cargo.lock"), lib.join("Cargo.lock"))?;
        self.write_front(made.path(), toolchain)?;
        // Cells run as well without it; only completion and help know less.
        if let Err(error) = Reference::build(&toolchain.rustdoc, &lib, &made.path().join(REFERENCE)) {
            eprintln!("warning: no documentation of the library for completion: {error:#}");
        }
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&lib)? {
            let entry = entry?;
            files.insert(entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len());
        }
        let sha256 = checksum(&lib.join("liblessons.so"))?;
        let manifest = serde_json::to_string_pretty(&Manifest { files, sha256 })?;
        fs::write(made.path().join("manifest.json"), manifest)?;
        // The name appears only when everything under it is complete.
        fs::rename(made.keep(), &self.dir)
            .with_context(|| format!("cannot name the library {}", self.dir.display()))
    }

    fn write_front(&self, made: &Path, toolchain: &Toolchain) -> Result<()> {
        let bin = made.join("bin");
        fs::create_dir_all(&bin)?;
        let front = front_binary()?;
        fs::copy(&front, bin.join("cargo")).with_context(|| format!("cannot copy {}", front.display()))?;
        for name in ["rustc", "rustup"] {
            fs::hard_link(bin.join("cargo"), bin.join(name))?;
        }
        let stub = "stub.so";
        let linker = linker(&made.join(stub));
        let settings = Settings {
            cargo: toolchain.cargo.clone(),
            rustc: toolchain.rustc.clone(),
            std: toolchain.std.clone(),
            host: toolchain.host.clone(),
            library: self.dir.join("lib"),
            linker,
            stub: self.dir.join(stub),
            builtins: builtins(&toolchain.std),
        };
        settings.save(made)?;
        // rust-analyzer would read the sources of the standard library, or ask rustup to download
        // them, where this folder did not exist. Types come from the compiler instead.
        fs::create_dir_all(made.join("no-std-source").join("core"))?;
        fs::create_dir_all(made.join("no-configuration"))?;
        Ok(())
    }
}

impl Toolchain {
    fn find() -> Result<Self> {
        let ask = |program: &str, args: &[&str]| -> Result<String> {
            let output =
                Command::new(program).args(args).current_dir(paths::root()).output().with_context(|| {
                    format!(
                        "`{program}` was not found: cells need the Rust toolchain that built this program"
                    )
                })?;
            ensure!(
                output.status.success(),
                "`{program} {}` failed: {}",
                args.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let sysroot = PathBuf::from(ask("rustc", &["--print", "sysroot"])?);
        // The real programs of a rustup toolchain live in its folder; elsewhere the names are real.
        let tool = |name: &str| {
            let path = sysroot.join("bin").join(name);
            if path.exists() { path } else { which(name).unwrap_or_else(|| name.into()) }
        };
        let rustc = tool("rustc");
        let version = ask(&rustc.to_string_lossy(), &["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("`rustc -vV` names no host")?.to_owned();
        let std = sysroot.join("lib").join("rustlib").join(&host).join("lib");
        Ok(Self { cargo: tool("cargo"), rustc, rustdoc: tool("rustdoc"), std, version, host })
    }
}

/// Makes an empty library with the name of the prebuilt one at `stub`, with the linker that the C compiler
/// uses. `None` where that does not work; cells are then linked by the compiler, which takes longer.
fn linker(stub: &Path) -> Option<PathBuf> {
    // Other systems' linkers want other arguments.
    if cfg!(not(target_os = "linux")) {
        return None;
    }
    let output = Command::new("cc").arg("-print-prog-name=ld").output().ok()?;
    let named = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    let linker = if named.is_absolute() { named } else { which(named.to_str()?)? };
    let object = stub.with_extension("o");
    let works =
        |command: &mut Command| command.stdin(Stdio::null()).output().is_ok_and(|o| o.status.success());
    let made = works(Command::new("cc").args(["-x", "c", "-c", "/dev/null", "-o"]).arg(&object))
        && works(
            Command::new(&linker)
                .args(["-shared", "--disable-new-dtags", "--eh-frame-hdr", "-soname", "liblessons.so", "-o"])
                .arg(stub)
                .arg(&object),
        );
    made.then_some(linker)
}

/// The compiler's own arithmetic, in the folder of the standard library.
fn builtins(std: &Path) -> Option<PathBuf> {
    fs::read_dir(std).ok()?.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("libcompiler_builtins-") && name.ends_with(".rlib")
    })
}

/// The first program of that name on the PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// Names the library after everything it depends on.
fn key(toolchain: &Toolchain) -> Result<String> {
    let root = paths::root();
    let crate_dir = root.join("lessons-crate");
    let mut sources = vec![root.join("Cargo.toml"), root.join("Cargo.lock")];
    let mut folders = vec![crate_dir];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| {
            format!(
                "the sources of the lessons library are not at {}; set SD35_ROOT to the folder of the course",
                folder.display()
            )
        })?;
        for entry in entries {
            let path = entry?.path();
            match path.is_dir() {
                // What no cell is linked with, and what a learner reads of an exercise.
                true if path.ends_with("tests") || path.ends_with("benches") => {}
                true => folders.push(path),
                false if path.ends_with("exercise.md") || path.ends_with("starter.rs") => {}
                false => sources.push(path),
            }
        }
    }
    sources.sort();
    let mut hash = Sha256::new();
    hash.update(&toolchain.version);
    hash.update(Reference::FORMAT.to_le_bytes());
    hash.update(LAYOUT.to_le_bytes());
    hash.update(toolchain.rustc.as_os_str().as_encoded_bytes());
    for path in sources.iter().chain([&front_binary()?]) {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(&content);
    }
    Ok(hex(&hash.finalize())[..16].to_owned())
}

/// The front is built beside this program.
fn front_binary() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    // Tests run from `deps/`, one folder further down.
    here.ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join("sd35-front"))
        .find(|path| path.exists())
        .context("`sd35-front` is not beside `sd35`: build both with `cargo build --release -p kernel-ext`")
}

/// Removes libraries of other sources or compilers that nobody used for a week, and failed attempts.
fn remove_stale(cache: &Path, keep: &Path) {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let unused = fs::metadata(path.join("manifest.json"))
            .and_then(|manifest| manifest.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > WEEK));
        // The caller holds the lock, so nothing is being built.
        if name.starts_with("building-") || (name.starts_with("lib-") && path != keep && unused) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn checksum(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
