//! Our own HTTP service.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use lessons::lab::{Load, Parts, Redis, Service, counts, http};
use lessons::prelude::{BloomFilter, Exponential};

use crate::Outcome;

#[tokio::test]
async fn it_answers_fails_and_turns_away_as_told() -> Outcome {
    let service = Service::start("a").await?;
    let answer = http::get(&service.url("/x")).await?;
    assert_eq!((answer.status, answer.body.as_str()), (200, "a /x\n"));
    assert_eq!(answer.header("X-Served-By"), Some("a"));

    service.set_delays(Box::new(Exponential(20.0)));
    service.set_error_rate(1.0);
    assert_eq!(http::get(&service.url("/x")).await?.status, 500);
    service.set_error_rate(0.0).set_delay(Duration::from_millis(80));
    assert!(http::get(&service.url("/x")).await?.elapsed >= Duration::from_millis(80));

    // One place and one in line: of three at once, the third is turned away, and the second waits.
    service.forget_counts();
    service.set_capacity(1).set_queue(1).set_delay(Duration::from_millis(200));
    let [one, two, three] = [(); 3].map(|()| tokio::spawn(http::get(&service.url("/x"))));
    let mut answers = [one.await??, two.await??, three.await??];
    answers.sort_by_key(|answer| answer.elapsed);
    assert_eq!(answers.each_ref().map(|answer| answer.status), [503, 200, 200]);
    assert!(answers[2].elapsed >= Duration::from_millis(400), "{:?}", answers[2].elapsed);
    assert_eq!((service.served(), service.rejected(), service.in_flight()), (2, 1, 0));
    assert!(counts([&service]).to_string().contains("turned away"));
    Ok(())
}

#[tokio::test]
async fn it_is_killed_paused_and_restarted_on_its_port() -> Outcome {
    let services = Service::group(2).await?;
    assert_eq!(services[1].name(), "b");
    let service = &services[0];
    service.set_healthy(false);
    assert_eq!(http::get(&service.url("/health")).await?.status, 503);
    let address = service.address();
    service.kill();
    assert!(!service.is_running());
    service.restart().await?;
    assert_eq!(service.address(), address);
    service.pause();
    let silent = tokio::time::timeout(Duration::from_millis(200), http::get(&service.url("/"))).await;
    assert!(silent.is_err());
    service.resume();
    assert!(http::get(&service.url("/")).await?.is_success());
    // Nothing of the runtime gets a turn between the kill and these: it is done when `kill` returns.
    let mut open = std::net::TcpStream::connect(address)?;
    assert!(http::get(&service.url("/")).await?.is_success());
    service.kill();
    assert_eq!(
        std::net::TcpStream::connect(address).map_err(|e| e.kind()).err(),
        Some(ErrorKind::ConnectionRefused)
    );
    open.set_read_timeout(Some(Duration::from_secs(5)))?;
    assert_eq!(open.read(&mut [0])?, 0, "the connection is still there");
    Ok(())
}

#[tokio::test]
async fn a_lock_lets_one_in_at_a_time_for_its_share() -> Outcome {
    let service = Service::start("a").await?;
    service.set_delay(Duration::from_millis(40));
    // Ten at once: side by side, or 30 ms of each one after the other and then 10 ms of the last.
    for (share, at_least, below) in [(0.0, 40, 300), (0.75, 310, 3_000)] {
        service.set_lock(share);
        let begun = std::time::Instant::now();
        let asked: Vec<_> = (0..10).map(|_| tokio::spawn(http::get(&service.url("/x")))).collect();
        for answer in asked {
            assert!(answer.await??.is_success());
        }
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(at_least) && took < Duration::from_millis(below), "{took:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_stands_before_a_store_keeps_questions_from_it() -> Outcome {
    let (store, redis) = (Service::start("store").await?, Redis::start().await?);
    store.set_delay(Duration::from_millis(20)).set_known(|path| !path.starts_with("/none"));
    let service = Service::start("a").await?;
    let ask = async |path: &str| http::get(&service.url(path)).await.map(|answer| answer.status);

    // Each visit is a question without anything between; what there is not is told apart from failures.
    let plain = Parts::of(&store);
    service.set_parts(&plain);
    assert_eq!((ask("/1").await?, ask("/1").await?, ask("/none").await?), (200, 200, 404));
    assert_eq!(plain.reads().asked, 3);
    store.set_error_rate(1.0);
    assert_eq!(ask("/1").await?, 500);
    store.set_error_rate(0.0);

    // Redis keeps links, and for a short time that there is none.
    let cached = plain.clone().cached(&redis, Duration::from_secs(60)).await?;
    cached.forget_counts();
    service.set_parts(&cached);
    for _ in 0..3 {
        assert_eq!((ask("/1").await?, ask("/none").await?), (200, 404));
    }
    let reads = cached.reads();
    assert_eq!((reads.asked, reads.hits, reads.misses), (2, 4, 2));
    assert!((reads.hit_ratio() - 4.0 / 6.0).abs() < 1e-9);

    // The filter denies without a question to anyone.
    let mut links = BloomFilter::with_capacity(10, 1e-9)?;
    links.insert("/1");
    let guarded = cached.clone().guarded(&links);
    guarded.forget_counts();
    service.set_parts(&guarded);
    assert_eq!((ask("/made-up").await?, ask("/1").await?), (404, 200));
    assert_eq!((guarded.reads().denied, guarded.reads().hits, guarded.reads().asked), (1, 1, 0));

    // A crowd for one link that is not in the cache: one question for all.
    redis.run("FLUSHALL").await?;
    let together = guarded.coalesced();
    together.forget_counts();
    service.set_parts(&together);
    let crowd = Load::closed(20).requests(20).run(&service.url("/1")).await?;
    assert_eq!((crowd.succeeded(), together.reads().asked), (20, 1), "{:?}", together.reads());

    // Without Redis the store answers, after one short wait.
    redis.kill()?;
    together.forget_counts();
    assert_eq!((ask("/1").await?, ask("/1").await?), (200, 200));
    assert_eq!((together.reads().without_cache, together.reads().asked), (2, 2));
    Ok(())
}
