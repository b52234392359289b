//! The load generator, against our own service.

use std::time::{Duration, Instant};

use lessons::lab::{LabError, Load, LoadResult, Service};

use crate::Outcome;

#[tokio::test]
async fn an_open_loop_keeps_its_rate_and_counts_everything() -> Outcome {
    let service = Service::start("a").await?;
    service.set_delay(Duration::from_millis(5));
    let load = Load::open(200.0).lasting(Duration::from_secs(2));
    let result = load.run(&service.url("/item/{n}")).await?;
    // 400 arrivals are expected; a Poisson count of that mean is within 5 standard deviations (100).
    assert!((300..=500).contains(&result.sent()), "{result}");
    assert_eq!(result.succeeded(), result.sent());
    assert_eq!(service.served(), result.sent());
    assert_eq!(service.paths()["/item/0"], 1);
    assert!(result.latency(0.5) >= Duration::from_millis(5), "{result}");
    // The same seed sends at the same times.
    assert_eq!(load.run(&service.url("/")).await?.sent(), result.sent());
    Ok(())
}

#[tokio::test]
async fn a_stall_is_charged_to_everyone_who_waited() -> Outcome {
    let service = Service::start("a").await?;
    // 100 per second for 1 s, and half a second of it nothing is answered: about half of the requests wait,
    // on average half of that time.
    let url = service.url("/");
    let running = tokio::spawn(Load::evenly(100.0).lasting(Duration::from_secs(1)).run(&url));
    tokio::time::sleep(Duration::from_millis(250)).await;
    service.pause();
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.resume();
    let result = running.await??;
    assert!((99..=100).contains(&result.sent()), "{result}");
    assert!(result.latency(0.9) >= Duration::from_millis(300), "{result}");
    assert!(result.latency(0.3) < Duration::from_millis(100), "{result}");

    // A closed loop of one client asks once while the server stalls, so its 90th percentile looks well.
    let begun = Instant::now();
    let think = Duration::from_millis(10);
    let running = tokio::spawn(Load::closed(1).think(think).lasting(Duration::from_secs(1)).run(&url));
    tokio::time::sleep(Duration::from_millis(250)).await;
    service.pause();
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.resume();
    let closed = running.await??;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(closed.latency(0.9) < Duration::from_millis(300), "{closed}");
    assert!(closed.latency(1.0) >= Duration::from_millis(400), "{closed}");
    Ok(())
}

#[tokio::test]
async fn a_closed_loop_follows_littles_law() -> Outcome {
    let service = Service::start("a").await?;
    service.set_delay(Duration::from_millis(20)).set_capacity(2);
    let result =
        Load::closed(6).requests(300).lasting(Duration::from_secs(20)).run(&service.url("/")).await?;
    assert_eq!(result.succeeded(), 300);
    // Clients = throughput x latency, whatever the machine's speed; the ends of the run blur it.
    let clients = result.throughput() * result.mean_latency().as_secs_f64();
    assert!((clients - 6.0).abs() < 0.6, "{clients}");
    assert!(result.throughput() <= 2.0 / 0.020, "{result}");
    Ok(())
}

#[tokio::test]
async fn errors_and_silence_are_counted() -> Outcome {
    let service = Service::start("a").await?;
    service.set_error_rate(1.0);
    let failing = Load::closed(2).requests(20).run(&service.url("/")).await?;
    assert_eq!((failing.statuses()[&500], failing.succeeded()), (20, 0));
    service.kill();
    let dead = Load::closed(2).requests(20).run(&service.url("/")).await?;
    assert_eq!((dead.sent(), dead.unanswered()), (20, 20));
    assert!((dead.error_rate() - 1.0).abs() < 1e-9);
    service.restart().await?;
    service.pause();
    let silent =
        Load::closed(3).requests(3).patience(Duration::from_millis(100)).run(&service.url("/")).await?;
    assert_eq!(silent.unanswered(), 3);
    let table = LoadResult::compare([("failing", &failing), ("dead", &dead)]).to_string();
    assert!(table.contains("p99.9 ms"), "{table}");
    Ok(())
}

#[tokio::test]
async fn only_this_machine_is_driven() {
    for url in ["http://192.0.2.1/", "http://192.0.2.1:80/{n}"] {
        let error = Load::closed(1).run(url).await.expect_err("far away");
        assert!(matches!(error, LabError::NotLoopback { .. }), "{error}");
    }
    assert!(Load::closed(1).run("https://127.0.0.1/").await.is_err());
}

#[tokio::test]
async fn numbers_headers_and_what_happened_when() -> Outcome {
    let service = Service::start("a").await?;
    let load = Load::evenly(100.0).lasting(Duration::from_secs(1)).numbers([7, 8]).header("x-api-key", "a");
    let result = load.run_with(&service.url("/l/{n}"), Duration::from_millis(500), || service.kill()).await?;
    let paths = service.paths();
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/l/7", "/l/8"]);
    // The first half is answered, the second is not.
    let halves = result.moments(Duration::from_millis(500));
    assert!(halves[0].per_second > 80.0 && halves[0].failed < 20.0, "{halves:?}");
    assert!(halves[1].per_second < 20.0 && halves[1].failed > 80.0, "{halves:?}");
    assert!(halves[0].second == 0.25 && halves[0].p50_ms <= halves[0].p99_ms);
    Ok(())
}

#[tokio::test]
async fn wrk_carries_out_the_same_closed_load() -> Outcome {
    let service = Service::start("a").await?;
    service.set_delay(Duration::from_millis(10));
    let load = Load::closed(4).lasting(Duration::from_secs(1)).numbers([7, 8]);
    let result = load.run_by_wrk(&service.url("/l/{n}")).await?;
    // Four clients, 10 ms and a little more each.
    assert!((100..=400).contains(&result.requests), "{result}");
    assert!(
        result.p50 >= Duration::from_millis(10) && result.p50 <= result.p99 && result.errors == 0,
        "{result}"
    );
    assert_eq!(service.paths().keys().collect::<Vec<_>>(), ["/l/7", "/l/8"]);
    let open = Load::open(100.0).run_by_wrk(&service.url("/")).await;
    assert!(open.is_err_and(|error| error.to_string().contains("schedule")));
    Ok(())
}
