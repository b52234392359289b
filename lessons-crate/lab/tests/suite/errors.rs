//! Bad input and bad machines: each a clear error.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use lessons::lab::{BalanceMode, HaProxy, LabError, Nginx, Redis, Service, http, kinds};

use crate::Outcome;

/// What the tests below run in a process of its own, with a machine that is not as it should be.
#[tokio::test]
#[ignore = "started by other tests"]
async fn start_one() -> Outcome {
    let name = std::env::var("START")?;
    let result = match name.as_str() {
        "redis of its own" => Redis::with(&[]).await.map(drop),
        "nginx with files" => Nginx::files(&[("index.html", "hello")]).await.map(drop),
        "balancers" => balancers().await,
        name => {
            let kind = kinds().iter().find(|kind| kind.name == name).ok_or(name)?;
            let backend = Service::start("a").await?;
            kind.start(backend.address()).ok_or(name)?.await.map(drop)
        }
    };
    match result {
        Ok(()) => println!("STARTED"),
        Err(error) => println!("ERROR {error}"),
    }
    Ok(())
}

/// Those of this machine, whatever they are, in front of two backends.
async fn balancers() -> Result<(), LabError> {
    let backends = Service::group(2).await?;
    let addresses: Vec<_> = backends.iter().map(Service::address).collect();
    let nginx = Nginx::balance(BalanceMode::RoundRobin, &addresses).await?;
    let haproxy = HaProxy::balance(BalanceMode::RoundRobin, &addresses).await?;
    for (name, url) in [(nginx.name(), nginx.url("/")), (haproxy.name(), haproxy.url("/"))] {
        println!("{name}: {}", http::get(&url).await?.status);
    }
    Ok(())
}

fn start(name: &str, prepare: impl FnOnce(&mut Command)) -> std::io::Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--ignored", "--exact", "--nocapture", "errors::start_one"]).env("START", name);
    prepare(&mut command);
    let Output { stdout, stderr, .. } = command.output()?;
    Ok(String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

/// A folder with programs that say what a test wants them to say.
fn programs(files: &[(&str, &str)]) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    for (name, script) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

fn first_in_path(command: &mut Command, folder: &Path) {
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
}

#[test]
fn a_program_that_is_too_old_is_said() -> Outcome {
    let old = programs(&[("memcached", "echo memcached 1.2.8")])?;
    let said = start("memcached", |command| first_in_path(command, old.path()))?;
    assert!(said.contains("memcached 1.2.8 is too old, 1.5.15 or later is needed"), "{said}");
    Ok(())
}

#[test]
fn a_program_that_is_missing_is_said_with_how_to_get_it() -> Outcome {
    // It is there, but says no version: no server of ours.
    let odd = programs(&[("memcached", "echo I am something else")])?;
    let said = start("memcached", |command| first_in_path(command, odd.path()))?;
    assert!(said.contains("memcached is not installed. To install it: "), "{said}");
    assert!(said.contains("SD35_MEMCACHED=127.0.0.1:PORT"), "{said}");
    Ok(())
}

#[test]
fn without_nginx_and_haproxy_our_own_balancer_plays_them_and_says_so() -> Outcome {
    let said = start("balancers", |_| {})?;
    assert!(said.contains("nginx: 200") && said.contains("HAProxy: 200"), "{said}");
    // They are there, but no nginx and no HAProxy.
    let odd = programs(&[("nginx", "echo I am something else"), ("haproxy", "echo so am I")])?;
    let said = start("balancers", |command| first_in_path(command, odd.path()))?;
    assert!(said.contains("nginx stand-in: 200") && said.contains("HAProxy stand-in: 200"), "{said}");
    for name in ["nginx", "HAProxy"] {
        assert!(said.contains(&format!("A balancer inside this process plays {name}: ")), "{said}");
    }
    assert!(said.contains("nginx is not installed. To install it: "), "{said}");
    // What only nginx does, says what to install.
    let said = start("nginx with files", |command| first_in_path(command, odd.path()))?;
    assert!(said.contains("ERROR nginx is not installed. To install it: "), "{said}");
    Ok(())
}

#[test]
fn a_server_that_dies_at_once_shows_the_end_of_its_log() -> Outcome {
    let script =
        "[ \"$1\" = --version ] && echo memcached 1.6.0 && exit; seq 100; echo out of luck >&2; exit 7";
    let dying = programs(&[("memcached", script)])?;
    let said = start("memcached", |command| first_in_path(command, dying.path()))?;
    assert!(said.contains("memcached ended at start (exit status: 7)"), "{said}");
    assert!(said.contains("out of luck") && said.contains("\n100\n") && !said.contains("\n80\n"), "{said}");
    Ok(())
}

#[test]
fn a_slow_start_is_waited_for() -> Outcome {
    let real = which("memcached").ok_or("memcached is missing: cargo xtask test packages")?;
    let script = format!("[ \"$1\" = --version ] || sleep 1.5; exec {real} \"$@\"");
    let slow = programs(&[("memcached", &script)])?;
    let said = start("memcached", |command| first_in_path(command, slow.path()))?;
    assert!(said.contains("STARTED") && said.contains("is starting (up to 30 s)"), "{said}");
    Ok(())
}

fn which(name: &str) -> Option<String> {
    let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    let mut paths = folders.iter().map(|folder| format!("{folder}/{name}"));
    paths.find(|path| Path::new(path).exists())
}

#[test]
fn a_bad_address_and_one_where_nothing_answers_are_said() -> Outcome {
    let said = start("memcached", |command| {
        command.env("SD35_MEMCACHED", "here");
    })?;
    assert!(said.contains("SD35_MEMCACHED=here is not an address"), "{said}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = silent.local_addr()?.to_string();
    let said = start("memcached", |command| {
        command.env("SD35_MEMCACHED", &address);
    })?;
    assert!(said.contains(&format!("memcached: no answer at {address}")), "{said}");
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_written_is_said() -> Outcome {
    // Root may write anywhere but there.
    let said = start("redis of its own", |command| {
        command.env("TMPDIR", "/proc/self");
    })?;
    assert!(said.contains("cannot be written") && said.contains("set TMPDIR to a folder that can"), "{said}");
    Ok(())
}

/// A disk of two megabytes, where this user may mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> std::io::Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m,mode=1777", "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        Ok(mounted.then(|| Self(folder)))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said() -> Outcome {
    let servers = if cfg!(feature = "sql") { &["postgres", "mariadb", "nginx"][..] } else { &["nginx"] };
    match SmallDisk::mount()? {
        Some(disk) => {
            for server in servers {
                // Full to the last byte for those that need little.
                let rest = disk.0.path().join("rest");
                if *server == "nginx" {
                    let _ = std::fs::write(&rest, vec![0; 4 << 20]);
                }
                let said = start(server, |command| {
                    command.env("TMPDIR", disk.0.path());
                })?;
                assert!(said.contains("the disk is full"), "{server}: {said}");
                assert!(said.contains("make room there or set TMPDIR"), "{server}: {said}");
                let _ = std::fs::remove_file(&rest);
            }
        }
        None => println!("this user may not mount a small disk: what a full disk says is tested elsewhere"),
    }
    Ok(())
}

/// As an ordinary user, from root: the servers are the same, and so is their end.
#[test]
fn servers_start_as_an_ordinary_user() -> Outcome {
    if !Command::new("id").arg("-u").output()?.stdout.starts_with(b"0") {
        println!("this is an ordinary user already");
        return Ok(());
    }
    // The program must lie where nobody can run it.
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777))?;
    let program = folder.path().join("tests");
    std::fs::copy(std::env::current_exe()?, &program)?;
    // Python's tools may lie where only their owner can read, and the slow ones are the same in this.
    let quick = kinds().iter().filter(|kind| !kind.slow && kind.start(([127, 0, 0, 1], 0).into()).is_some());
    for server in quick.map(|kind| kind.name) {
        let output = Command::new("setpriv")
            .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
            .arg(&program)
            .args(["--ignored", "--exact", "--nocapture", "errors::start_one"])
            .env("START", server)
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .current_dir("/")
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("STARTED"), "{server}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_the_lab_did_not_start_is_not_broken() -> Outcome {
    let theirs = Redis::start().await?;
    let said = start("redis of its own", |command| {
        command.env("SD35_REDIS", theirs.address().to_string());
    })?;
    // `with` means one of our own.
    assert!(said.contains("STARTED"), "{said}");
    assert_eq!(theirs.run("PING").await?.to_string(), "PONG");
    let error = Redis::on_port(theirs.port()).await.expect_err("taken");
    assert!(matches!(error, LabError::PortTaken { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_said() -> Outcome {
    let redis = Redis::with(&["requirepass secret"]).await?;
    // Another one than the lab's.
    let error = redis.run("GET x").await.expect_err("wrong password").to_string();
    assert!(error.contains("Password authentication failed"), "{error}");
    #[cfg(feature = "sql")]
    {
        let postgres = lessons::lab::Postgres::start().await?;
        postgres.sql("CREATE ROLE ada LOGIN PASSWORD 'right'").await?;
        let rules = postgres.folder().ok_or("a folder")?.join("data/pg_hba.conf");
        let kept = std::fs::read_to_string(&rules)?;
        std::fs::write(&rules, format!("host all ada 127.0.0.1/32 scram-sha-256\n{kept}"))?;
        postgres.sql("SELECT pg_reload_conf()").await?;
        crate::until("the new rules are read", async || {
            let url = format!("postgres://ada:wrong@{}/postgres?sslmode=disable", postgres.address());
            let error = sqlx::PgPool::connect(&url).await.err().map(|error| error.to_string());
            error.is_some_and(|error| error.contains("password authentication failed for user \"ada\""))
        })
        .await;
    }
    Ok(())
}
