//! What another user of this machine can do to the lab's servers: connect, and nothing more.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use lessons::lab::{Memcached, MongoDb, RabbitMq, Redis, RedisCluster, RedisGroup, Server, ZooKeeper};
use mongodb::bson::{Document, doc};

use crate::Outcome;

/// The first bytes of the answer to `question`, on a connection that has given no password.
fn said(address: SocketAddr, question: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(question.as_bytes())?;
    let mut answer = [0; 64];
    let count = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..count]).into_owned())
}

/// What a line for a terminal prints; `more` stands after it.
fn typed(server: &Server, more: &str) -> Result<String, Box<dyn std::error::Error>> {
    let shell = server.shell().ok_or("a line for a terminal")?;
    assert!(!shell.contains(server.password()), "the password is on the screen: {shell}");
    let output = Command::new("sh").args(["-c", &format!("{shell} {more}")]).output()?;
    Ok(String::from_utf8([output.stdout, output.stderr].concat())?)
}

/// The stand-in answers from this process, on another thread than the one that asks.
#[tokio::test(flavor = "multi_thread")]
async fn redis_of_every_kind_answers_only_with_its_password() -> Outcome {
    let (one, stand_in) = (Redis::start().await?, Redis::stand_in().await?);
    let group = RedisGroup::with_sentinels(1, 1).await?;
    let cluster = RedisCluster::start(3, 0).await?;
    let nodes = [&one, &stand_in].into_iter().chain(group.nodes()).chain(cluster.nodes());
    for server in nodes.map(|redis| -> &Server { redis }).chain(group.sentinels()) {
        assert_eq!(server.password().len(), 32, "{server:?}");
        for question in ["PING\r\n", "CONFIG GET dir\r\n", "AUTH wrong\r\n", "AUTH default \r\n"] {
            let answer = said(server.address(), question)?;
            let refused = ["-NOAUTH", "-WRONGPASS", "-ERR"].iter().any(|word| answer.starts_with(word));
            assert!(refused, "{server:?} to {question:?}: {answer}");
        }
    }
    assert_eq!(typed(&one, "PING")?, "PONG\n");
    assert_eq!(one.run("PING").await?.to_string(), "PONG");
    assert_eq!(stand_in.run("PING").await?.to_string(), "PONG");
    assert_eq!(cluster.run("SET a 1").await?.to_string(), "OK");
    Ok(())
}

#[tokio::test]
async fn memcached_and_zookeeper_as_far_as_it_goes() -> Outcome {
    let memcached = Memcached::start(16).await?;
    memcached.set("k", "v", 0).await?;
    for question in ["stats\r\n", "get k\r\n", "flush_all\r\n", "set login 0 0 9\r\nlab wrong\r\n"] {
        let answer = said(memcached.address(), question)?;
        assert!(answer.starts_with("CLIENT_ERROR"), "{question:?}: {answer}");
    }
    assert_eq!(memcached.get("k").await?.as_deref(), Some("v"));
    // A server alone is ready as well; of the questions that anyone may ask, one is answered.
    let alone = ZooKeeper::start(1).await?;
    assert_eq!(alone.leader().await?, 0);
    let answer = said(alone.members()[0].address(), "conf")?;
    assert!(answer.contains("not in the whitelist"), "{answer}");
    Ok(())
}

#[cfg(feature = "sql")]
#[tokio::test]
async fn sql_servers_let_nobody_in_without_a_password() -> Outcome {
    use lessons::lab::{MariaDb, MariaDbGroup, PgBouncer, Postgres, PostgresGroup};
    let postgres = Postgres::start().await?;
    let group = PostgresGroup::start(1).await?;
    let bouncer = PgBouncer::start(&postgres, 2).await?;
    let servers =
        [&*postgres, &*bouncer].into_iter().chain(group.nodes().iter().map(|node| -> &Server { node }));
    for server in servers {
        for password in ["", ":wrong"] {
            let url = format!("postgres://postgres{password}@{}/postgres?sslmode=disable", server.address());
            let error = sqlx::PgPool::connect(&url).await.expect_err("refused").to_string();
            assert!(error.contains("password") || error.contains("SASL"), "{server:?}: {error}");
        }
        assert_eq!(typed(server, "-tAc 'SELECT 35'")?, "35\n", "{server:?}");
    }
    let output = Command::new("psql").envs(postgres.login()).args(["-tAc", "SELECT 36"]).output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "36\n");

    let maria = MariaDb::start().await?;
    let replicas = MariaDbGroup::start(1).await?;
    for server in [&maria].into_iter().chain(replicas.nodes()) {
        for login in ["root", "lab", "lab:wrong", "mysql"] {
            let url = format!("mysql://{login}@{}/lab?ssl-mode=disabled", server.address());
            let error = sqlx::MySqlPool::connect(&url).await.expect_err("refused").to_string();
            assert!(error.contains("Access denied"), "{server:?} {login}: {error}");
        }
    }
    let file = std::env::temp_dir().join(format!("sd35-from-mariadb-{}", std::process::id()));
    let out = format!("SELECT 1 INTO OUTFILE '{}'", file.display());
    let error = maria.sql(&out).await.expect_err("refused").to_string();
    assert!(error.contains("secure-file-priv") && !file.exists(), "{error}");
    assert_eq!(typed(&maria, "-Ne 'SELECT 35'")?, "35\n");
    Ok(())
}

#[tokio::test]
async fn rabbitmq_has_a_password_and_a_cookie_that_nobody_can_guess() -> Outcome {
    let rabbit = RabbitMq::start().await?;
    assert!(rabbit.connect().await.is_ok());
    let error = rabbit.connect_as("guest", "guest").await.expect_err("refused").to_string();
    assert!(error.contains("ACCESS_REFUSED") || error.contains("refused"), "{error}");
    let file = rabbit.folder().ok_or("a folder")?.join(".erlang.cookie");
    let cookie = std::fs::read_to_string(&file)?;
    assert!(
        cookie.len() >= 20 && cookie != rabbit.password() && !cookie.contains(&rabbit.port().to_string())
    );
    assert_eq!(file.metadata()?.permissions().mode() & 0o077, 0);
    Ok(())
}

#[tokio::test]
async fn the_stand_in_for_mongodb_lets_nobody_in_without_a_password() -> Outcome {
    refuses_strangers(&MongoDb::stand_in().await?).await
}

/// A client without a password, and one with a wrong one, are refused; the one handed out is not.
pub(crate) async fn refuses_strangers(server: &MongoDb) -> Outcome {
    server.collection("a").insert_one(doc! { "a": 1 }).await?;
    for login in ["", "lab:wrong@"] {
        let url = format!("mongodb://{login}{}/?directConnection=true&authSource=admin", server.address());
        let stranger = mongodb::Client::with_uri_str(url).await?;
        let found = stranger.database("lab").collection::<Document>("a").find_one(doc! {}).await;
        let error = found.expect_err("refused").to_string();
        assert!(error.contains("authentication") || error.contains("Authentication"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_else_can_look_into_a_server_s_folder() -> Outcome {
    let (one, other) = (Memcached::start(8).await?, Memcached::start(8).await?);
    let folder = one.folder().ok_or("a folder")?;
    let home = folder.parent().ok_or("a home")?;
    assert_eq!(Some(home), other.folder().ok_or("a folder")?.parent(), "one home a process");
    assert_eq!(folder.metadata()?.mode() & 0o777, 0o700);
    assert_eq!(home.metadata()?.mode() & 0o007, 0, "others may not even pass through");
    let name = home.file_name().ok_or("a name")?.to_string_lossy().into_owned();
    assert!(name.rsplit('-').next().is_some_and(|letters| letters.len() == 32), "{name}");
    if !rustix::process::geteuid().is_root() {
        println!("not tried as another user: only root can become one");
        return Ok(());
    }
    for line in [format!("ls {}", home.display()), format!("cat {}/users", folder.display())] {
        let mut shell = Command::new("/bin/sh");
        let output = shell.args(["-c", &line]).current_dir("/").uid(54_321).gid(54_321).output()?;
        assert!(!output.status.success() && output.stdout.is_empty(), "{line}: {output:?}");
    }
    Ok(())
}
