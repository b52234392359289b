//! What becomes of the lab's servers when a cell, a kernel or its child process ends badly: nothing is left.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kernel_ext::client::Client;

/// Five servers, their folders, and the processes that could be killed.
const FIVE: &str = r#"
let backend = lab::Service::start("a").await?;
let (redis, memcached) = (Redis::start().await?, Memcached::start(16).await?);
let nginx = Nginx::reverse_proxy(backend.address()).await?;
let haproxy = HaProxy::balance(BalanceMode::RoundRobin, &[backend.address()]).await?;
let postgres = Postgres::start().await?;
let folders = [redis.folder(), memcached.folder(), nginx.folder(), haproxy.folder(), postgres.folder()];
for folder in folders {
    println!("FOLDER {}", folder.expect("a folder of its own").display());
}
println!("CHILD {}\nKERNEL {}", std::process::id(), std::os::unix::process::parent_id());
"#;

/// What the cell above prints.
#[derive(Debug)]
struct Five {
    folders: Vec<PathBuf>,
    child: String,
    kernel: String,
}

impl Five {
    fn start(kernel: &mut Client, then: &str) -> Self {
        let outputs = kernel.execute(&format!("{FIVE}{then}")).expect("the kernel survives");
        let text: String = outputs.iter().filter_map(|output| output["text"].as_str()).collect();
        let all = |word: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(word));
            lines.map(|rest| rest.trim().to_owned()).collect::<Vec<_>>()
        };
        let folders = all("FOLDER").into_iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(folders.len(), 5, "{outputs:?}");
        Self { folders, child: all("CHILD").remove(0), kernel: all("KERNEL").remove(0) }
    }

    fn is_up(&self) -> bool {
        self.folders.iter().all(|folder| folder.exists() && !processes_of(folder).is_empty())
    }

    /// Folders and processes are gone within five seconds, and so is the folder that held them.
    fn is_gone_soon(&self, home_too: bool) {
        let begun = Instant::now();
        let home = self.folders[0].parent().expect("a home");
        let left = || {
            let folders = self.folders.iter().filter(|folder| folder.exists()).count();
            let processes = self.folders.iter().map(|folder| processes_of(folder).len()).sum::<usize>();
            (folders, processes, home_too && home.exists())
        };
        while left() != (0, 0, false) {
            assert!(begun.elapsed() < Duration::from_secs(5), "folders, processes, home: {:?}", left());
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("all gone after {:.2} s", begun.elapsed().as_secs_f64());
    }
}

/// The processes that work in the folder, or carry it in their environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let mark = format!("SD35_LAB_FOLDER={}", folder.display());
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let ours = entries.filter(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).split('\0').any(|variable| variable == mark)
            || std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
    });
    ours.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn kernel() -> Client {
    Client::start(Path::new(env!("CARGO_BIN_EXE_sd35"))).expect("the kernel starts")
}

fn kill(process: &str) {
    assert!(Command::new("kill").args(["-9", process]).status().expect("kill").success());
}

#[test]
fn a_cell_that_panics_takes_its_servers_along() {
    let mut kernel = kernel();
    let five = Five::start(&mut kernel, "assert!(redis.is_running());\npanic!(\"with five servers up\");");
    five.is_gone_soon(false);
    // The kernel, and what was not of that cell, goes on.
    let outputs = kernel.execute("Memcached::start(8).await?.is_running()").expect("the kernel survives");
    assert_eq!(outputs[0]["data"]["text/plain"], "true", "{outputs:?}");
}

#[test]
fn killing_the_kernel_takes_its_servers_along() {
    let mut kernel = kernel();
    let five = Five::start(&mut kernel, "");
    assert!(five.is_up());
    kill(&five.kernel);
    five.is_gone_soon(true);
}

#[test]
fn killing_the_process_that_runs_cells_takes_its_servers_along() {
    let mut kernel = kernel();
    let five = Five::start(&mut kernel, "");
    assert!(five.is_up());
    kill(&five.child);
    five.is_gone_soon(true);
    // The kernel says so, and starts again.
    let outputs = kernel.execute("1 + 1").expect("the kernel survives");
    assert!(!outputs.is_empty());
}
