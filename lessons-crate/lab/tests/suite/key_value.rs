//! Redis, alone and in a group.

use lessons::lab::{Memcached, Redis, RedisCluster, RedisGroup};
use lessons::prelude::Render as _;

use crate::{Outcome, until};

#[tokio::test]
async fn a_client_works_and_replies_are_shown() -> Outcome {
    let redis = Redis::start().await?;
    let mut client = redis.connect().await?;
    let count: i64 = redis::cmd("INCRBY").arg("visits").arg(41).query_async(&mut client).await?;
    assert_eq!(count, 41);
    assert_eq!(redis.run("INCR visits").await?.integer(), Some(42));
    assert!(redis.run("GET nothing").await?.is_nil());
    redis.run("HSET user:1 name Ada born 1815").await?;
    let user = redis.run("HGETALL user:1").await?;
    assert_eq!(user.list(), ["name", "Ada", "born", "1815"]);
    assert!(user.render().get("text/html").is_some_and(|html| html.contains("Ada")));
    let memory = redis.info("memory").await?.to_string();
    assert!(memory.contains("used_memory_human"), "{memory}");
    let error = redis.run("INCR user:1").await.expect_err("a hash").to_string();
    assert!(error.contains("WRONGTYPE"), "{error}");

    // The same client finds the server again after a crash.
    redis.kill()?;
    redis.restart().await?;
    until("the client connects again", async || {
        let mut client = client.clone();
        redis::cmd("PING").query_async::<String>(&mut client).await.is_ok()
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_cut_link_holds_replication_back() -> Outcome {
    let group = RedisGroup::start(2).await?;
    let [primary, near, far] = group.nodes() else { return Err("three nodes".into()) };
    primary.run("SET k before").await?;
    assert_eq!(primary.run("WAIT 2 5000").await?.integer(), Some(2));
    group.links()[1].cut();
    primary.run("SET k after").await?;
    assert_eq!(primary.run("WAIT 1 5000").await?.integer(), Some(1));
    assert_eq!(near.run("GET k").await?.to_string(), "after");
    assert_eq!(far.run("GET k").await?.to_string(), "before", "nothing passes the cut link");
    group.links()[1].heal();
    until("the far replica catches up", async || {
        far.run("GET k").await.is_ok_and(|k| k.to_string() == "after")
    })
    .await;
    let table = group.replication().await?.to_string();
    assert_eq!(table.matches("replica").count(), 2, "{table}");
    let refused = near.run("SET k x").await.expect_err("read only").to_string();
    assert!(refused.to_lowercase().contains("readonly"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn sentinels_choose_a_new_primary() -> Outcome {
    let group = RedisGroup::with_sentinels(2, 3).await?;
    let first = group.primary().await?;
    first.run("SET kept yes").await?;
    assert_eq!(first.run("WAIT 2 5000").await?.integer(), Some(2));
    let old = first.port();
    let begun = std::time::Instant::now();
    first.kill()?;
    let second = group.writable_primary().await?;
    let took = begun.elapsed();
    println!("failover: first write accepted {:.2} s after the kill", took.as_secs_f64());
    assert!(took.as_secs_f64() < 15.0, "{took:?}");
    assert_ne!(second.port(), old);
    assert_eq!(second.run("GET kept").await?.to_string(), "yes");
    // It comes back as a replica of the new one.
    let returned = &group.nodes()[0];
    returned.restart().await?;
    until("the old primary follows", async || {
        returned.run("INFO replication").await.is_ok_and(|info| info.to_string().contains("role:slave"))
    })
    .await;
    println!("memory of three servers and three sentinels: {} MB", group.memory() / 1_000_000);
    Ok(())
}

#[tokio::test]
async fn memcached_keeps_what_fits() -> Outcome {
    let cache = Memcached::start(16).await?;
    assert_eq!(cache.get("k").await?, None);
    cache.set("k", "two\r\nlines", 0).await?;
    assert_eq!(cache.get("k").await?.as_deref(), Some("two\r\nlines"));
    let stats = cache.stats().await?.to_string();
    assert!(stats.lines().any(|line| line.starts_with("get_hits") && line.ends_with(" 1")), "{stats}");
    let refused = cache.set("big", &"x".repeat(2_000_000), 0).await.expect_err("too large").to_string();
    assert!(refused.contains("too large"), "{refused}");
    cache.restart().await?;
    assert_eq!(cache.get("k").await?, None, "nothing outlives it");
    Ok(())
}

#[tokio::test]
async fn a_cluster_finds_keys_and_replaces_a_primary() -> Outcome {
    let begun = std::time::Instant::now();
    let cluster = RedisCluster::start(3, 1).await?;
    println!("a cluster of six after {:.2} s", begun.elapsed().as_secs_f64());
    for number in 0..30 {
        cluster.run(&format!("SET key:{number} {number}")).await?;
    }
    for number in 0..30 {
        assert_eq!(cluster.run(&format!("GET key:{number}")).await?.integer(), Some(number));
    }
    assert_eq!(cluster.slot("{user:1}:cart").await?, cluster.slot("user:1").await?);
    // This checksum is in the specification's example code.
    assert_eq!(cluster.slot("123456789").await?, 0x31C3);
    let table = cluster.table().await?.to_string();
    assert_eq!((table.matches("primary").count(), table.matches("replica").count()), (3, 3), "{table}");
    let moved = cluster.nodes()[0].run("GET 123456789").await.expect_err("another node's").to_string();
    assert!(moved.contains("MOVED 12739"), "{moved}");

    // The first third of the slots loses its primary.
    let lost = (0..).map(|n| format!("lost:{n}"));
    let mut lost_key = None;
    for key in lost {
        if cluster.slot(&key).await? < 16_384 / 3 {
            lost_key = Some(key);
            break;
        }
    }
    let write = format!("SET {} 1", lost_key.ok_or("a key")?);
    cluster.run(&write).await?;
    let killed = std::time::Instant::now();
    cluster.nodes()[0].kill()?;
    until("the replica has taken over", async || cluster.run(&write).await.is_ok()).await;
    println!("cluster failover: first write accepted {:.2} s after the kill", killed.elapsed().as_secs_f64());
    let table = cluster.table().await?.to_string();
    assert!(table.contains("down"), "{table}");
    Ok(())
}
