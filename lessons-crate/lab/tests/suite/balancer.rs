//! Our own balancer: in the place of nginx and HAProxy, and with any policy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use lessons::lab::{BalanceMode, HaProxy, HttpBalancer, LabError, Nginx, Server, Service, http};
use lessons::load_balancer::{Balancer, PeakEwma, Request};

use crate::front::{services, who};
use crate::{Outcome, until};

fn even(backends: &[SocketAddr]) -> Vec<(SocketAddr, u32)> {
    backends.iter().map(|&backend| (backend, 1)).collect()
}

#[tokio::test]
async fn it_plays_nginx_in_each_mode() -> Outcome {
    let (services, backends) = services(3).await?;
    let weighted: Vec<_> = backends.iter().copied().zip([5, 1, 1]).collect();
    let nginx = Nginx::stand_in(BalanceMode::RoundRobin, &weighted).await?;
    assert_eq!((nginx.name(), nginx.version()), ("nginx stand-in", "inside this process"));
    // The real one, of the same mode, answers in the same order, letter for letter.
    let real = Nginx::balance_weighted(BalanceMode::RoundRobin, &weighted).await?;
    assert_eq!(real.name(), "nginx");
    let mut letters = [String::new(), String::new()];
    for _ in 0..14 {
        for (letters, url) in letters.iter_mut().zip([nginx.url("/"), real.url("/")]) {
            letters.push_str(&http::get(&url).await?.body[..1]);
        }
    }
    assert_eq!(letters, ["abacaaaabacaaa", "abacaaaabacaaa"]);

    nginx.rebalance(BalanceMode::IpHash, &even(&backends)).await?;
    assert_eq!(who(&nginx.url("/"), 6).await?.len(), 1, "one client, one backend");
    nginx.rebalance(BalanceMode::PathHash, &even(&backends)).await?;
    let first = http::get(&nginx.url("/same")).await?.body;
    for _ in 0..5 {
        assert_eq!(http::get(&nginx.url("/same")).await?.body, first);
    }
    assert_eq!(who(&nginx.url("/"), 60).await?.len(), 3, "different paths, different backends");
    nginx.rebalance(BalanceMode::RandomTwo, &even(&backends)).await?;
    assert_eq!(who(&nginx.url("/"), 60).await?.len(), 3);

    // The one that is busy gets nothing more.
    nginx.rebalance(BalanceMode::LeastConnections, &even(&backends)).await?;
    services[0].set_delay(Duration::from_millis(600));
    let url = nginx.url("/");
    let six: Vec<_> = (0..6).map(|_| tokio::spawn(http::get(&url))).collect();
    until("the slow one holds a request", async || services[0].in_flight() > 0).await;
    let names = who(&nginx.url("/"), 10).await?;
    assert!(!names.contains_key("a"), "{names:?}");
    for answer in six {
        assert!(answer.await??.is_success());
    }
    Ok(())
}

#[tokio::test]
async fn like_nginx_it_hides_a_dead_backend_and_takes_it_back() -> Outcome {
    let (services, backends) = services(2).await?;
    let nginx = Nginx::stand_in(BalanceMode::RoundRobin, &even(&backends)).await?;
    services[0].kill();
    assert_eq!(who(&nginx.url("/"), 10).await?, BTreeMap::from([("b".into(), 10)]));
    services[1].kill();
    assert_eq!(http::get(&nginx.url("/")).await?.status, 502);
    // Both are left out for 2 s; a request comes through all the same.
    services[0].restart().await?;
    assert_eq!(http::get(&nginx.url("/")).await?.body, "a /\n");
    services[1].restart().await?;
    until("both answer again", async || who(&nginx.url("/"), 4).await.is_ok_and(|names| names.len() == 2))
        .await;
    // An error that says "not I" goes to another one; an error that says "not so" goes to the client.
    services[0].set_capacity(1).set_queue(0).set_delay(Duration::from_millis(300));
    let only_place = tokio::spawn(http::get(&services[0].url("/")));
    until("the only place is taken", async || services[0].in_flight() == 1).await;
    assert_eq!(who(&nginx.url("/"), 4).await?, BTreeMap::from([("b".into(), 4)]));
    assert!(services[0].rejected() > 0);
    services[1].set_error_rate(1.0);
    assert_eq!(http::get(&nginx.url("/")).await?.status, 500);
    assert!(only_place.await??.is_success());
    Ok(())
}

#[tokio::test]
async fn it_plays_haproxy_with_checks_and_orders() -> Outcome {
    let (services, backends) = services(3).await?;
    let haproxy = HaProxy::stand_in(BalanceMode::RoundRobin, &backends).await?;
    assert_eq!(who(&haproxy.url("/"), 9).await?.len(), 3);
    services[0].set_healthy(false);
    haproxy.wait_for("s1", "DOWN").await?;
    assert_eq!(who(&haproxy.url("/"), 8).await?, BTreeMap::from([("b".into(), 4), ("c".into(), 4)]));
    haproxy.order("disable server backends/s2").await?;
    assert_eq!(haproxy.state("s2").await?, "MAINT");
    assert_eq!(who(&haproxy.url("/"), 4).await?, BTreeMap::from([("c".into(), 4)]));
    // One that dies between two checks costs no request while another one lives.
    haproxy.order("enable server backends/s2").await?;
    services[2].kill();
    assert_eq!(who(&haproxy.url("/"), 6).await?, BTreeMap::from([("b".into(), 6)]));
    services[1].kill();
    for backend in ["s2", "s3"] {
        haproxy.wait_for(backend, "DOWN").await?;
    }
    assert_eq!(http::get(&haproxy.url("/")).await?.status, 503);
    for service in &services {
        service.set_healthy(true);
        service.restart().await?;
    }
    for backend in ["s1", "s2", "s3"] {
        haproxy.wait_for(backend, "UP").await?;
    }
    let table = haproxy.backends().await?;
    assert_eq!(table.to_string().matches("UP").count(), 3, "{table}");
    assert!(haproxy.order("show stat").await?.starts_with("# pxname,svname,status,"));
    for (order, words) in [("disable server backends/s9", "no backend"), ("show info", "it knows")] {
        let error = haproxy.order(order).await.expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
    Ok(())
}

/// How many requests a backend holds, as the table says.
fn now(front: &HttpBalancer, backend: usize) -> Option<String> {
    let table = front.backends().to_string();
    table.lines().nth(2 + backend)?.split_whitespace().nth(3).map(str::to_owned)
}

/// Any policy that a reader writes.
struct Last(usize);

impl Balancer for Last {
    fn name(&self) -> &'static str {
        "the last"
    }

    fn pick(&mut self, _: &Request) -> usize {
        self.0 - 1
    }
}

#[tokio::test]
async fn any_policy_balances_and_is_broken_like_a_server() -> Outcome {
    let (services, backends) = services(3).await?;
    let front = HttpBalancer::with_policy(Box::new(Last(3)), &backends).await?;
    assert_eq!(who(&front.url("/"), 5).await?, BTreeMap::from([("c".into(), 5)]));
    services[2].set_healthy(false);
    front.wait_for("s3", "DOWN").await?;
    // It insists on the one that is down, so the next in line answers.
    assert_eq!(who(&front.url("/"), 5).await?, BTreeMap::from([("a".into(), 5)]));
    assert_eq!((front.state("s3").await?.as_str(), now(&front, 0).as_deref()), ("DOWN", Some("0")));

    let server: &Server = &front;
    assert!(server.is_running() && server.pid().is_none());
    let address = front.address();
    front.kill()?;
    assert!(http::get(&front.url("/")).await.is_err() && !front.is_running());
    front.restart().await?;
    assert_eq!((front.address(), http::get(&front.url("/")).await?.status), (address, 200));
    front.pause()?;
    let silent = tokio::time::timeout(Duration::from_millis(200), http::get(&front.url("/"))).await;
    assert!(silent.is_err());
    front.resume()?;
    assert!(http::get(&front.url("/")).await?.is_success());

    // A slow backend is found out by one that measures.
    services[2].set_healthy(true);
    services[0].set_delay(Duration::from_millis(30));
    let measuring = HttpBalancer::with_policy(Box::new(PeakEwma::new(3)), &backends).await?;
    let names = who(&measuring.url("/"), 60).await?;
    assert!(names.get("a").copied().unwrap_or(0) < 15, "{names:?}");
    assert!(matches!(HttpBalancer::balance(BalanceMode::IpHash, &[]).await, Err(LabError::Answer { .. })));
    Ok(())
}

#[tokio::test]
async fn requests_are_passed_on_whole() -> Outcome {
    let service = Service::start("a").await?;
    let front = HttpBalancer::balance(BalanceMode::RoundRobin, &[service.address()]).await?;
    let answer = http::request("POST", &front.url("/x?y=1"), &[("connection", "close")], "body").await?;
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.header("x-served-by")),
        (200, "a /x\n", Some("a"))
    );
    let large = "x".repeat(2 << 20);
    assert_eq!(http::request("POST", &front.url("/"), &[], &large).await?.status, 413);
    // A client that goes away gives its place back.
    service.pause();
    let gone = tokio::time::timeout(Duration::from_millis(100), http::get(&front.url("/"))).await;
    assert!(gone.is_err());
    until("nobody waits any more", async || now(&front, 0).as_deref() == Some("0")).await;
    service.resume();
    // The request under way stays with the old backends when they change.
    let other = Service::start("b").await?;
    service.set_delay(Duration::from_millis(200));
    let under_way = tokio::spawn(http::get(&front.url("/")));
    until("it is under way", async || service.in_flight() == 1).await;
    front.rebalance(BalanceMode::LeastConnections, &[(other.address(), 1)]).await?;
    assert_eq!(http::get(&front.url("/")).await?.body, "b /\n");
    assert_eq!(under_way.await??.body, "a /\n");
    Ok(())
}
