//! nginx and HAProxy in front of our own services.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use lessons::lab::{BalanceMode, HaProxy, Nginx, Service, http};

use crate::{Outcome, until};

pub(crate) async fn services(count: u8) -> Result<(Vec<Service>, Vec<SocketAddr>), lessons::lab::LabError> {
    let services = Service::group(count).await?;
    let addresses = services.iter().map(Service::address).collect();
    Ok((services, addresses))
}

/// Who answers `count` requests for different paths.
pub(crate) async fn who(url: &str, count: usize) -> Result<BTreeMap<String, usize>, lessons::lab::LabError> {
    let mut names = BTreeMap::new();
    for number in 0..count {
        let answer = http::get(&format!("{url}{number}")).await?;
        assert_eq!(answer.status, 200, "{answer}");
        *names.entry(answer.header("x-served-by").unwrap_or("?").to_owned()).or_default() += 1;
    }
    Ok(names)
}

#[tokio::test]
async fn nginx_balances_in_each_mode() -> Outcome {
    let (services, backends) = services(3).await?;
    let nginx = Nginx::balance_weighted(
        BalanceMode::RoundRobin,
        &[(backends[0], 2), (backends[1], 1), (backends[2], 1)],
    )
    .await?;
    // Readiness was one request, so the turn is somewhere within its four.
    let turns = who(&nginx.url("/"), 12).await?;
    assert_eq!(turns, BTreeMap::from([("a".into(), 6), ("b".into(), 3), ("c".into(), 3)]));

    let even: Vec<(SocketAddr, u32)> = backends.iter().map(|&backend| (backend, 1)).collect();
    nginx.rebalance(BalanceMode::IpHash, &even).await?;
    assert_eq!(who(&nginx.url("/"), 6).await?.len(), 1, "one client, one backend");

    nginx.rebalance(BalanceMode::PathHash, &even).await?;
    let first = http::get(&nginx.url("/same")).await?.body;
    for _ in 0..5 {
        assert_eq!(http::get(&nginx.url("/same")).await?.body, first);
    }
    assert_eq!(who(&nginx.url("/"), 60).await?.len(), 3, "different paths, different backends");

    nginx.rebalance(BalanceMode::RandomTwo, &even).await?;
    assert_eq!(who(&nginx.url("/"), 60).await?.len(), 3);

    // The one that is busy gets nothing more.
    nginx.rebalance(BalanceMode::LeastConnections, &even).await?;
    services.iter().for_each(Service::forget_counts);
    services[0].pause();
    let url = nginx.url("/stuck");
    let stuck: Vec<_> = (0..3).map(|_| tokio::spawn(http::get(&url))).collect();
    until("the paused one holds a request", async || {
        services[0].in_flight() == 0 && {
            let answered: u64 = services.iter().map(Service::served).sum();
            answered >= 2
        }
    })
    .await;
    let names = who(&nginx.url("/"), 10).await?;
    assert!(!names.contains_key("a"), "{names:?}");
    services[0].resume();
    for answer in stuck {
        assert!(answer.await??.is_success());
    }
    Ok(())
}

#[tokio::test]
async fn nginx_hides_a_dead_backend() -> Outcome {
    let (services, backends) = services(2).await?;
    let nginx = Nginx::balance(BalanceMode::RoundRobin, &backends).await?;
    services[0].kill();
    assert_eq!(who(&nginx.url("/"), 10).await?, BTreeMap::from([("b".into(), 10)]));
    services[1].kill();
    assert_eq!(http::get(&nginx.url("/")).await?.status, 502);
    Ok(())
}

#[tokio::test]
async fn nginx_caches_at_the_edge_and_serves_stale() -> Outcome {
    let origin = Service::start("origin").await?;
    let edge = Nginx::edge(origin.address(), Duration::from_secs(1)).await?;
    let cached = async |path: &str| -> Result<String, lessons::lab::LabError> {
        let answer = http::get(&edge.url(path)).await?;
        assert_eq!(answer.status, 200);
        Ok(answer.header("x-cache").unwrap_or("?").to_owned())
    };
    assert_eq!(cached("/page").await?, "MISS");
    assert_eq!(cached("/page").await?, "HIT");
    assert_eq!(origin.paths()["/page"], 1);
    until("it expires", async || cached("/page").await.is_ok_and(|state| state == "EXPIRED")).await;
    origin.kill();
    until("it is stale", async || cached("/page").await.is_ok_and(|state| state == "STALE")).await;
    assert_eq!(http::get(&edge.url("/other")).await?.status, 502);
    Ok(())
}

#[tokio::test]
async fn nginx_limits_the_rate_and_serves_files() -> Outcome {
    let service = Service::start("a").await?;
    let limited = Nginx::rate_limit(service.address(), 1, 3).await?;
    let mut statuses = BTreeMap::<u16, usize>::new();
    for _ in 0..10 {
        *statuses.entry(http::get(&limited.url("/")).await?.status).or_default() += 1;
    }
    // Readiness took one of the four at once; ten requests take less than the seconds that more would need.
    assert!((3..=5).contains(&statuses[&200]), "{statuses:?}");
    assert_eq!(statuses[&200] + statuses[&429], 10);

    let page = "<p>hello</p>".repeat(100);
    let files = Nginx::files(&[("index.html", &page), ("css/a.css", "p {}")]).await?;
    let answer = http::get(&files.url("/")).await?;
    assert_eq!((answer.status, answer.body.as_str()), (200, page.as_str()));
    let tag = answer.header("etag").ok_or("an ETag")?;
    let again = http::request("GET", &files.url("/"), &[("if-none-match", tag)], "").await?;
    assert_eq!(again.status, 304);
    let small = http::request("GET", &files.url("/"), &[("accept-encoding", "gzip")], "").await?;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_eq!(http::get(&files.url("/css/a.css")).await?.body, "p {}");
    assert_eq!(http::get(&files.url("/none")).await?.status, 404);
    let error = Nginx::files(&[("../../x", "")]).await.expect_err("outside").to_string();
    assert!(error.contains("leads out"), "{error}");
    let error = Nginx::configured("", "nonsense;").await.expect_err("nonsense").to_string();
    assert!(error.contains("unknown directive"), "{error}");
    Ok(())
}

#[tokio::test]
async fn haproxy_checks_health_and_takes_orders() -> Outcome {
    let (services, backends) = services(3).await?;
    let haproxy = HaProxy::balance(BalanceMode::RoundRobin, &backends).await?;
    for backend in ["s1", "s2", "s3"] {
        haproxy.wait_for(backend, "UP").await?;
    }
    assert_eq!(who(&haproxy.url("/"), 9).await?.len(), 3);
    services[0].set_healthy(false);
    haproxy.wait_for("s1", "DOWN").await?;
    assert_eq!(who(&haproxy.url("/"), 8).await?, BTreeMap::from([("b".into(), 4), ("c".into(), 4)]));
    haproxy.order("disable server backends/s2").await?;
    assert_eq!(haproxy.state("s2").await?, "MAINT");
    assert_eq!(who(&haproxy.url("/"), 4).await?, BTreeMap::from([("c".into(), 4)]));
    haproxy.order("enable server backends/s2").await?;
    services[0].set_healthy(true);
    haproxy.wait_for("s1", "UP").await?;
    let table = haproxy.backends().await?.to_string();
    assert_eq!(table.matches("UP").count(), 3, "{table}");
    for mode in
        [BalanceMode::LeastConnections, BalanceMode::IpHash, BalanceMode::PathHash, BalanceMode::RandomTwo]
    {
        let haproxy = HaProxy::balance(mode, &backends).await?;
        let names = who(&haproxy.url("/"), 30).await?;
        assert_eq!(names.len(), if mode == BalanceMode::IpHash { 1 } else { 3 }, "{mode:?}: {names:?}");
    }
    Ok(())
}
