//! The small Redis of our own: against the real one, and with a real client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use lessons::lab::{Frame, Redis, Store};
use lessons::prelude::Rng;

use crate::{Outcome, until};

/// One command of all that the stand-in knows, on a few keys, right or wrong.
fn command(rng: &mut Rng) -> String {
    const FORMS: [&str; 62] = [
        "SET K V",
        "SET K V NX",
        "SET K V XX GET",
        "SET K V KEEPTTL",
        "SET K V EX 100",
        "SET K V PX 0",
        "SETNX K V",
        "GET K",
        "GETDEL K",
        "GETSET K V",
        "MGET K K K",
        "MSET K V K V",
        "INCR K",
        "DECR K",
        "INCRBY K V",
        "DECRBY K V",
        "APPEND K V",
        "STRLEN K",
        "DEL K K",
        "EXISTS K K",
        "TYPE K",
        "EXPIRE K 100",
        "EXPIRE K -1",
        "TTL K",
        "PERSIST K",
        "DBSIZE",
        "HSET K f V g V",
        "HSET K f",
        "HGET K f",
        "HMGET K f h",
        "HDEL K f h",
        "HEXISTS K g",
        "HLEN K",
        "HINCRBY K f V",
        "LPUSH K V V",
        "RPUSH K V",
        "LPOP K",
        "RPOP K",
        "LLEN K",
        "LINDEX K I",
        "LRANGE K I I",
        "LTRIM K I I",
        "SADD K V V",
        "SREM K V",
        "SCARD K",
        "SISMEMBER K V",
        "ZADD K S m S n S o",
        "ZADD K x m",
        "ZINCRBY K S m",
        "ZREM K m",
        "ZCARD K",
        "ZSCORE K m",
        "ZRANK K n",
        "ZREVRANK K n",
        "ZRANGE K I I WITHSCORES",
        "ZRANGE K I I REV",
        "ZREVRANGE K I I",
        "ZRANGEBYSCORE K 1 (3",
        "ZCOUNT K -inf +inf",
        "ZREMRANGEBYSCORE K 2 3",
        "ECHO",
        "PING",
    ];
    let form = *rng.choose(&FORMS).expect("some");
    let word = |word: &str, rng: &mut Rng| match word {
        "K" => format!("k{}", rng.below(4)),
        "V" => (*rng
            .choose(&["1", "2", "3", "-7", "0", "text", "9223372036854775807", "1.5", "01"])
            .expect("some"))
        .into(),
        // Versions of Redis write scores of many digits in different ways.
        "S" => (*rng.choose(&["1", "2", "3", "-7", "0", "text", "1.5"]).expect("some")).into(),
        "I" => (*rng.choose(&["0", "1", "2", "-1", "-2", "9", "x"]).expect("some")).into(),
        other => other.to_owned(),
    };
    form.split(' ').map(|part| word(part, rng)).collect::<Vec<_>>().join(" ")
}

/// The raw bytes of one reply of the real server.
fn reply(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes)?;
    let count: i64 = String::from_utf8_lossy(&bytes[1..]).trim().parse().unwrap_or(0);
    let count = usize::try_from(count).unwrap_or(0);
    match bytes[0] {
        b'$' if bytes != b"$-1\r\n" => {
            let mut rest = vec![0; count + 2];
            stream.read_exact(&mut rest)?;
            bytes.extend(rest);
        }
        b'*' => {
            for _ in 0..count {
                bytes.extend(reply(stream)?);
            }
        }
        _ => {}
    }
    Ok(bytes)
}

#[tokio::test]
async fn it_replies_as_the_real_one_does() -> Outcome {
    let redis = Redis::with(&[]).await?;
    let mut real = BufReader::new(TcpStream::connect(redis.address())?);
    real.get_mut().write_all(format!("AUTH {}\r\n", redis.password()).as_bytes())?;
    assert_eq!(reply(&mut real)?, b"+OK\r\n");
    let (mut store, mut rng) = (Store::new(), Rng::new(35));
    let mut errors = 0;
    for number in 0..20_000 {
        // Now and then everything begins anew, so that all kinds of values get their turn.
        let command = if rng.chance(0.02) { "FLUSHALL".to_owned() } else { command(&mut rng) };
        let mut ours = Vec::new();
        store.command(&command, 1_000).write(&mut ours);
        real.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        let theirs = reply(&mut real)?;
        errors += usize::from(theirs[0] == b'-');
        let [ours, theirs] = [ours, theirs].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(ours, theirs, "command {number}: {command}");
    }
    assert!((1_000..15_000).contains(&errors), "right and wrong commands were compared: {errors} wrong");
    Ok(())
}

#[test]
fn time_passes_for_keys() {
    let mut store = Store::new();
    store.command("SET k v EX 10", 0);
    assert_eq!(store.command("PTTL k", 4_000), Frame::Integer(6_000));
    store.command("APPEND k w", 5_000);
    assert_eq!(store.command("TTL k", 9_000), Frame::Integer(1), "a change keeps the time");
    assert_eq!(store.command("EXISTS k", 10_000), Frame::Integer(0));
    assert_eq!(store.command("TTL k", 10_000), Frame::Integer(-2));
    assert!(matches!(store.command("XADD s * a b", 0), Frame::Error(text) if text.contains("stand-in")));
}

#[tokio::test]
async fn a_real_client_uses_it() -> Outcome {
    let redis = Redis::stand_in().await?;
    println!("{redis:?}");
    let mut client = redis.connect().await?;
    let answers: (i64, Vec<String>) = redis::pipe()
        .atomic()
        .cmd("RPUSH")
        .arg("list")
        .arg("a")
        .arg("b")
        .cmd("LRANGE")
        .arg("list")
        .arg(0)
        .arg(-1)
        .query_async(&mut client)
        .await?;
    assert_eq!(answers, (2, vec!["a".into(), "b".into()]));
    redis.run("SET k v PX 50").await?;
    until("the key expires", async || redis.run("GET k").await.is_ok_and(|k| k.is_nil())).await;

    // A watched key that somebody else wrote stops a transaction.
    redis.run("WATCH balance").await?;
    redis::cmd("SET").arg("balance").arg(7).query_async::<()>(&mut client).await?;
    redis.run("MULTI").await?;
    assert_eq!(redis.run("SET balance 0").await?.to_string(), "QUEUED");
    assert!(redis.run("EXEC").await?.is_nil());
    assert_eq!(redis.run("GET balance").await?.to_string(), "7");

    // Whoever listens to a channel gets what is said there.
    let listener = redis::Client::open(redis.url())?;
    let mut listener = listener.get_async_pubsub().await?;
    listener.subscribe("news").await?;
    assert_eq!(redis.run("PUBLISH news hello").await?.integer(), Some(1));
    let mut messages = listener.into_on_message();
    let message = std::future::poll_fn(|context| {
        use futures_util::Stream as _;
        std::pin::Pin::new(&mut messages).poll_next(context)
    });
    let message = tokio::time::timeout(Duration::from_secs(5), message).await?.ok_or("a message")?;
    assert_eq!(message.get_payload::<String>()?, "hello");

    redis.kill()?;
    assert!(!redis.is_running() && redis.run("PING").await.is_err());
    redis.restart().await?;
    assert!(redis.run("GET balance").await?.is_nil(), "nothing outlives it");
    redis.pause()?;
    assert!(redis.run("PING").await.is_err());
    redis.resume()?;
    assert_eq!(redis.run("PING").await?.to_string(), "PONG");
    Ok(())
}
