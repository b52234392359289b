//! Our own HTTP service.

use std::time::Duration;

use lessons::lab::{Service, counts, http};
use lessons::prelude::Exponential;

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
    service.kill();
    let refused = async || http::get(&service.url("/")).await.is_err();
    crate::until("the port refuses", refused).await;
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
