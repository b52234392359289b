//! A path of routers: used, broken, gone.

use std::error::Error;

use lessons::lab::Routers;

type Result = std::result::Result<(), Box<dyn Error>>;

const NAMES: [&str; 4] = ["a", "r1", "r2", "b"];

/// The routers, of this system's kernel; a system that allows none is told apart by `kind`.
async fn kernels() -> std::result::Result<Routers, Box<dyn Error>> {
    let routers = Routers::start(&NAMES).await?;
    assert!(routers.kind().starts_with("network namespaces"), "{}", routers.kind());
    Ok(routers)
}

#[tokio::test]
async fn a_path_is_pinged_and_traced_and_mended() -> Result {
    let routers = kernels().await?;
    let ping = "ping -n -c 1 -W 1 10.15.3.2";
    assert!(routers.run("a", ping).await?.ok);
    let trace = routers.run("a", "traceroute -n -q 1 -w 1 10.15.3.2").await?.text;
    let hops: Vec<&str> = trace.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(hops, ["10.15.1.2", "10.15.2.2", "10.15.3.2"], "{trace}");
    // Without the way back nobody answers; the command's own error says what is wrong with a next hop.
    assert!(routers.run("r2", "ip route del 10.15.1.0/24").await?.ok);
    assert!(!routers.run("a", ping).await?.ok);
    let wrong = routers.run("r2", "ip route add 10.15.1.0/24 via 10.15.9.9").await?;
    assert!(!wrong.ok && wrong.text.contains("invalid gateway"), "{wrong}");
    assert!(routers.run("r2", "ip route add 10.15.1.0/24 via 10.15.2.1").await?.ok);
    assert!(routers.run("a", ping).await?.ok);
    Ok(())
}

#[tokio::test]
async fn a_silent_router_is_a_star_and_netcat_passes_it() -> Result {
    let routers = kernels().await?;
    let rule = "nft 'table ip quiet { chain out { type filter hook output priority 0; \
                icmp type time-exceeded drop; }; }'";
    let said = routers.run("r1", rule).await?;
    assert!(said.ok, "{said}");
    let trace = routers.run("a", "traceroute -n -q 1 -w 1 10.15.3.2").await?.text;
    assert!(trace.lines().nth(1).is_some_and(|line| line.trim() == "1  *"), "{trace}");
    let mut listener = routers.go("b", "nc -l 10.15.3.2 7000")?;
    let send =
        "for i in 1 2 3 4 5 6 7 8 9 10; do echo hello | nc -N 10.15.3.2 7000 && break; sleep 0.1; done";
    assert!(routers.run("a", send).await?.ok);
    assert_eq!(listener.output(), "hello\n");
    listener.kill();
    Ok(())
}

/// Whether a process with this word in its command line lives.
fn lives(word: &str) -> std::io::Result<bool> {
    let commands = std::fs::read_dir("/proc")?.flatten();
    let commands = commands.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    Ok(commands
        .into_iter()
        .any(|command| String::from_utf8_lossy(&command).split('\0').any(|part| part == word)))
}

#[tokio::test]
async fn nothing_is_left_and_the_machine_is_not_touched() -> Result {
    let interfaces = || std::fs::read_to_string("/proc/net/dev").map(|text| text.lines().count());
    let before = interfaces()?;
    let routers = kernels().await?;
    // A number that no other test sleeps for.
    let going = routers.go("b", "sleep 98765")?;
    crate::until("the start of sleep", || async { lives("98765").is_ok_and(|lives| lives) }).await;
    assert!(routers.run("b", "ip -br link").await?.text.contains("b-r2"));
    assert_eq!(interfaces()?, before);
    drop(going);
    assert!(!lives("98765")?);
    let later = routers.go("b", "sleep 98766")?;
    crate::until("the start of sleep", || async { lives("98766").is_ok_and(|lives| lives) }).await;
    drop(routers);
    // What still runs in a node keeps it alive, and ends with its own handle.
    assert!(lives("98766")?);
    drop(later);
    assert!(!lives("98766")?);
    Ok(())
}

#[tokio::test]
async fn the_model_answers_the_same_and_says_what_it_is() -> Result {
    let routers = Routers::model(&NAMES)?;
    assert!(routers.kind().starts_with("a model"));
    assert!(routers.run("a", "ping -n -c 1 10.15.3.2").await?.ok);
    let trace = routers.run("a", "traceroute -n 10.15.3.2").await?.text;
    assert!(["10.15.1.2", "10.15.2.2", "10.15.3.2"].iter().all(|hop| trace.contains(hop)), "{trace}");
    assert!(routers.run("r2", "ip route del 10.15.1.0/24").await?.ok);
    assert!(!routers.run("a", "ping 10.15.3.2").await?.ok);
    assert!(!routers.run("r2", "ip route add 10.15.1.0/24 via 10.15.9.9").await?.ok);
    assert!(routers.run("r2", "ip route add 10.15.1.0/24 via 10.15.2.1").await?.ok);
    assert!(routers.run("a", "ping 10.15.3.2").await?.ok);
    let error = routers.run("a", "curl example.org").await.expect_err("unknown").to_string();
    assert!(error.contains("it does not know `curl example.org`"), "{error}");
    assert!(routers.go("b", "nc -l 1").is_err());
    Ok(())
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() -> Result {
    for names in [&["a"][..], &["a", "a"], &["a", "b c"], &["a", "muchtoolong"], &["a", "$(x)"]] {
        assert!(Routers::start(names).await.is_err(), "{names:?}");
    }
    let routers = Routers::model(&NAMES)?;
    let error = routers.run("c", "ping 10.15.3.2").await.expect_err("no such node").to_string();
    assert!(error.contains("there are a, r1, r2, b"), "{error}");
    Ok(())
}
