//! SQL databases.

use std::time::{Duration, Instant};

use lessons::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup, Sqlite};
use lessons::prelude::Render as _;

use crate::Outcome;

#[tokio::test]
async fn postgres_answers_explains_and_survives_a_crash() -> Outcome {
    let postgres = Postgres::start().await?;
    println!("{postgres:?}");
    let made = postgres
        .sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 10000) g; ANALYZE t")
        .await?;
    assert_eq!(made.affected(), 10_000);
    let rows = postgres.sql("SELECT id, v, NULL AS n FROM t WHERE id < 3 ORDER BY id").await?;
    assert_eq!((rows.len(), rows.get(1, "v"), rows.get(0, "n")), (2, Some("v2"), None));
    assert!(rows.render().get("text/html").is_some_and(|html| html.contains("NULL")));
    assert!(postgres.explain("SELECT * FROM t WHERE id = 7").await?.uses("Index Scan"));
    assert!(postgres.explain("SELECT * FROM t WHERE v = 'v7'").await?.uses("Seq Scan"));
    let error = postgres.sql("SELECT nonsense").await.expect_err("no such column").to_string();
    assert!(error.contains("\"nonsense\" does not exist"), "{error}");

    let through_sqlx: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&postgres.pool()).await?;
    assert_eq!(through_sqlx, 10_000);
    postgres.kill()?;
    postgres.restart().await?;
    assert_eq!(postgres.sql("SELECT count(*) FROM t").await?.value(), "10000", "committed rows are there");
    println!("memory {} MB, after a crash {postgres:?}", postgres.memory() / 1_000_000);
    Ok(())
}

#[tokio::test]
async fn a_replica_follows_lags_and_is_promoted() -> Outcome {
    let begun = Instant::now();
    let group = PostgresGroup::start(2).await?;
    println!("a primary and two replicas after {:?}", begun.elapsed());
    let [primary, near, far] = group.nodes() else { return Err("three nodes".into()) };
    primary.sql("CREATE TABLE t (v int); INSERT INTO t VALUES (1)").await?;
    group.wait_in_step().await?;
    assert_eq!(near.sql("SELECT count(*) FROM t").await?.value(), "1");
    let refused = near.sql("INSERT INTO t VALUES (2)").await.expect_err("read only").to_string();
    assert!(refused.contains("read-only transaction"), "{refused}");

    // Asynchronous: a commit does not wait for a replica that is cut off.
    group.links()[1].cut();
    primary.sql("INSERT INTO t VALUES (2)").await?;
    assert_eq!(far.sql("SELECT count(*) FROM t").await?.value(), "1");
    group.links()[1].heal();
    group.wait_in_step().await?;
    assert_eq!(far.sql("SELECT count(*) FROM t").await?.value(), "2");

    // Synchronous: it waits for one of them, and for ever when both are cut off.
    group.set_synchronous(1).await?;
    let table = group.replication().await?;
    assert_eq!((table.len(), table.get(0, "mode")), (2, Some("quorum")), "{table}");
    group.links()[0].cut();
    primary.sql("INSERT INTO t VALUES (3)").await?;
    group.links()[1].cut();
    let waiting = tokio::time::timeout(Duration::from_millis(500), primary.sql("INSERT INTO t VALUES (4)"));
    assert!(waiting.await.is_err(), "no replica can confirm");
    group.links()[0].heal();
    group.links()[1].heal();
    assert!(group.set_synchronous(3).await.is_err());

    group.wait_in_step().await?;
    primary.kill()?;
    let killed = Instant::now();
    let new = group.promote(1).await?;
    new.sql("INSERT INTO t VALUES (5)").await?;
    println!("promoted: first write accepted {:?} after the kill", killed.elapsed());
    assert_eq!(new.sql("SELECT count(*) FROM t WHERE v IN (1, 2, 3)").await?.value(), "3");
    group.follow(2, 1).await?;
    crate::until("the other replica follows the new primary", async || {
        far.sql("SELECT count(*) FROM t WHERE v = 5").await.is_ok_and(|rows| rows.value() == "1")
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn many_clients_share_few_connections() -> Outcome {
    let postgres = Postgres::with(&["max_connections = 8", "superuser_reserved_connections = 0"]).await?;
    let bouncer = PgBouncer::start(&postgres, 3).await?;
    let queries = (0..10).map(|_| tokio::spawn(bouncer.sql("SELECT pg_backend_pid(), pg_sleep(0.05)")));
    let mut backends = std::collections::BTreeSet::new();
    for query in queries.collect::<Vec<_>>() {
        backends.insert(query.await??.value().to_owned());
    }
    assert!((1..=3).contains(&backends.len()), "{backends:?}");
    let shards = Postgres::shards(2).await?;
    for (number, shard) in shards.iter().enumerate() {
        shard.sql(&format!("CREATE TABLE t AS SELECT {number} AS shard")).await?;
    }
    assert_eq!(shards[1].sql("SELECT shard FROM t").await?.value(), "1");
    Ok(())
}

#[tokio::test]
async fn mariadb_replicates_by_transaction_identifiers() -> Outcome {
    let begun = Instant::now();
    let group = MariaDbGroup::start(1).await?;
    println!("a MariaDB primary and a replica after {:?}", begun.elapsed());
    let [primary, replica] = group.nodes() else { return Err("two nodes".into()) };
    println!("{primary:?}, {} MB", primary.memory() / 1_000_000);
    primary.sql("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v decimal(5, 2)); INSERT INTO t (v) VALUES (1.5), (2)").await?;
    group.wait_in_step(1).await?;
    let rows = replica.sql("SELECT id, v FROM t ORDER BY id").await?;
    assert_eq!((rows.len(), rows.get(0, "v"), rows.get(1, "id")), (2, Some("1.50"), Some("2")));
    let refused = replica.sql("INSERT INTO t (v) VALUES (3)").await.expect_err("read only").to_string();
    assert!(refused.contains("read-only"), "{refused}");
    let seek = primary.explain("SELECT * FROM t WHERE id = 1").await?;
    assert!(seek.uses("const of t using PRIMARY"), "{seek}");
    let scan =
        primary.explain("SELECT a.v FROM t a JOIN t b ON a.id = b.id WHERE a.v > 1 ORDER BY a.v").await?;
    assert!(scan.uses("ALL of a") && scan.uses("eq_ref of b using PRIMARY"), "{scan}");
    assert!(scan.to_string().contains("2 rows expected, 2 found"), "{scan}");
    assert!(scan.milliseconds() > 0.0, "{scan}");
    group.links()[0].cut();
    primary.sql("INSERT INTO t (v) VALUES (3)").await?;
    assert_eq!(replica.sql("SELECT count(*) FROM t").await?.value(), "2");
    group.links()[0].heal();
    group.wait_in_step(1).await?;
    assert_eq!(replica.sql("SELECT count(*) FROM t").await?.value(), "3");
    assert_eq!(group.status(1).await?.get(0, "Using_Gtid"), Some("Slave_Pos"));

    primary.kill()?;
    group.promote(1).await?.sql("INSERT INTO t (v) VALUES (4)").await?;
    // The old primary comes back, and follows.
    primary.restart().await?;
    group.follow(0, 1).await?;
    crate::until("the old primary has the new row", async || {
        primary.sql("SELECT count(*) FROM t").await.is_ok_and(|rows| rows.value() == "4")
    })
    .await;
    Ok(())
}

/// Whatever the level, each session keeps its transaction; what a level refuses is an error.
#[tokio::test]
async fn sessions_take_turns_in_transactions() -> Outcome {
    let postgres = Postgres::start().await?;
    postgres.sql("CREATE TABLE account AS SELECT 100 AS balance").await?;
    for (level, refused) in [("READ COMMITTED", false), ("REPEATABLE READ", true)] {
        let (mut one, mut two) = (postgres.session().await?, postgres.session().await?);
        for session in [&mut one, &mut two] {
            session.sql(&format!("BEGIN ISOLATION LEVEL {level}")).await?;
            assert!(!session.sql("SELECT balance FROM account").await?.is_empty());
        }
        one.sql("UPDATE account SET balance = 20; COMMIT").await?;
        let second = two.sql("UPDATE account SET balance = 19; COMMIT").await;
        assert_eq!(second.is_err_and(|error| error.to_string().contains("could not serialize")), refused);
    }
    // What is not committed when a session goes is undone.
    let mut session = postgres.session().await?;
    session.sql("BEGIN; DELETE FROM account").await?;
    drop(session);
    crate::until("the deletion is undone, its lock gone", async || {
        postgres.sql("UPDATE account SET balance = 1").await.is_ok_and(|rows| rows.affected() == 1)
    })
    .await;
    let maria = MariaDb::start().await?;
    maria.sql("CREATE TABLE t (v int); INSERT INTO t VALUES (1)").await?;
    let (mut one, mut two) = (maria.session().await?, maria.session().await?);
    one.sql("BEGIN; UPDATE t SET v = 2").await?;
    assert_eq!(two.sql("SELECT v FROM t").await?.value(), "1");
    one.sql("COMMIT").await?;
    assert_eq!(two.sql("SELECT v FROM t").await?.value(), "2");
    Ok(())
}

#[tokio::test]
async fn sqlite_is_there_on_every_machine() -> Outcome {
    for database in [Sqlite::in_memory().await?, Sqlite::in_file().await?] {
        println!("{database:?}");
        database
            .sql("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL)")
            .await?;
        let rows = database.sql("SELECT id, v, 1.5 AS x FROM t ORDER BY id").await?;
        assert_eq!((rows.get(0, "id"), rows.get(1, "v"), rows.get(0, "x")), (Some("1"), None, Some("1.5")));
        assert_eq!(database.sql("DELETE FROM t").await?.affected(), 2);
        let seek = database.explain("SELECT * FROM t WHERE id = 1").await?;
        assert!(seek.uses("SEARCH t") && seek.to_string().contains("USING INTEGER PRIMARY KEY"), "{seek}");
        let scans = database.explain("SELECT v FROM t UNION SELECT v FROM t WHERE v > 'b'").await?;
        assert!(scans.uses("SCAN t") && scans.uses("COMPOUND QUERY"), "{scans}");
        assert!(scans.render().get("text/html").is_some_and(|html| html.contains("<li>")), "{scans}");
        assert!(database.explain("SELECT nonsense").await.is_err());
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&database.pool()).await?;
        assert_eq!(count, 0);
        assert!(database.sql("SELECT nonsense").await.is_err());
    }
    Ok(())
}
