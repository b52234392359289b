//! Our own gateway in front of our own services.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lessons::gateway::token::{self, Expected, KeySet};
use lessons::gateway::{Plan, Rule, nginx};
use lessons::lab::{Gateway, Nginx, Redis, Service, SharedLimiter, StoreDown, http};
use lessons::rate_limit::Rate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Outcome, until};

/// So slow that nothing comes back within a test.
fn hourly() -> Rate {
    Rate::new(1, Duration::from_secs(3_600))
}

const ADA: (&str, &str) = ("x-api-key", "ada-key");

async fn with_key(gateway: &Gateway, path: &str, key: &str) -> Result<u16, lessons::lab::LabError> {
    Ok(http::request("GET", &gateway.url(path), &[("x-api-key", key)], "").await?.status)
}

#[tokio::test]
async fn it_routes_asks_who_and_limits_each_consumer() -> Outcome {
    let (orders, catalog) = (Service::start("orders").await?, Service::start("catalog").await?);
    let plan = Plan::new()
        .group("orders", [orders.address()])
        .group("catalog", [catalog.address()])
        .consumer("ada", "ada-key")
        .consumer("bob", "bob-key")
        .rule(Rule::prefix("orders", "/orders").to("orders").with_api_key().limit(hourly(), 2))
        .rule(Rule::pattern("item", "/catalog/{id}").to("catalog").methods(["GET", "HEAD"]));
    let gateway = Gateway::start(&plan).await?;

    let item = http::get(&gateway.url("/catalog/7?full=1")).await?;
    assert_eq!((item.status, item.body.as_str()), (200, "catalog /catalog/7\n"));
    assert_eq!(item.header("x-served-by"), Some("catalog"));
    assert_eq!(http::get(&gateway.url("/catalog/7/x")).await?.status, 404);
    let post = http::request("POST", &gateway.url("/catalog/7"), &[], "{}").await?;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(http::request("HEAD", &gateway.url("/catalog/7"), &[], "").await?.status, 200);

    // Every spelling of a path is the same path.
    for spelling in ["/orders/1", "/catalog/../orders/1", "/%6frders/1", "//orders//1"] {
        let answer = http::get(&gateway.url(spelling)).await?;
        assert_eq!(answer.status, 401, "{spelling}");
        assert_eq!(answer.header("www-authenticate"), Some("ApiKey"));
    }
    assert_eq!(http::get(&gateway.url("/catalog/..%2forders/1")).await?.status, 400);
    assert_eq!(with_key(&gateway, "/orders/1", "eve-key").await?, 401);
    assert_eq!(orders.served(), 0, "nothing came through");

    let first = http::request("GET", &gateway.url("/orders/1"), &[ADA], "").await?;
    assert_eq!((first.status, first.header("ratelimit")), (200, Some("\"orders\";r=1")));
    assert_eq!(with_key(&gateway, "/orders/2", "ada-key").await?, 200);
    let third = http::request("GET", &gateway.url("/orders/3"), &[ADA], "").await?;
    assert_eq!((third.status, third.header("retry-after")), (429, Some("3600")));
    assert_eq!(third.header("ratelimit-policy"), Some("\"orders\";q=1;w=3600"));
    assert_eq!(with_key(&gateway, "/orders/1", "bob-key").await?, 200);
    assert_eq!(orders.served(), 3);

    assert_eq!(
        gateway.statuses(),
        BTreeMap::from([(200, 5), (400, 1), (401, 5), (404, 1), (405, 1), (429, 1)])
    );
    assert_eq!((gateway.forwarded(), gateway.in_flight()), (5, 0));
    assert!(gateway.counts().to_string().contains("orders"));

    // A plan with the same limit goes on counting; a bad one changes nothing.
    gateway.change(&plan.clone().rule(Rule::prefix("more", "/more").to("catalog")))?;
    assert_eq!(with_key(&gateway, "/orders/4", "ada-key").await?, 429);
    assert_eq!(http::get(&gateway.url("/more")).await?.status, 200);
    let error = gateway.change(&plan.rule(Rule::prefix("x", "/x"))).expect_err("no target").to_string();
    assert!(error.contains("leads nowhere"), "{error}");
    Ok(())
}

#[tokio::test]
async fn tokens_are_verified_and_fields_that_backends_believe_are_ours() -> Outcome {
    let echo = echo().await?;
    let secret = [7; 32];
    let expected = Expected { issuer: "login".into(), audience: "shop".into(), leeway: 0 };
    let plan = Plan::new()
        .group("echo", [echo])
        .consumer("ada", "ada-key")
        .tokens(KeySet::secret("k1", &secret), expected)
        .rule(Rule::prefix("key", "/key").to("echo").with_api_key())
        .rule(Rule::prefix("token", "/token").to("echo").with_token())
        .rule(Rule::prefix("open", "/open").to("echo"));
    let gateway = Gateway::start(&plan).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let bearer = |audience: &str| {
        let claims = serde_json::json!({ "iss": "login", "aud": audience, "sub": "grace", "exp": now + 60 });
        format!("bEaReR {}", token::sign("k1", &secret, &claims))
    };
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        http::request("GET", &gateway.url(path), headers, "").await.map(|answer| (answer.status, answer.body))
    };
    let (status, seen) =
        ask("/token/x?q=1", &[("authorization", &bearer("shop")), ("x-consumer", "root")]).await?;
    assert_eq!(status, 200);
    assert!(seen.starts_with("GET /token/x?q=1 HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("x-consumer: grace\r\n") && !seen.contains("root"), "{seen}");
    assert!(seen.contains("x-forwarded-for: 127.0.0.1\r\n"), "{seen}");
    assert_eq!(ask("/token", &[("authorization", &bearer("billing"))]).await?.0, 401);
    assert_eq!(ask("/token", &[]).await?.0, 401);

    let (_, seen) = ask("/key", &[ADA, ("connection", "x-secret"), ("x-secret", "1"), ("te", "x")]).await?;
    assert!(seen.contains("x-consumer: ada\r\n"), "{seen}");
    for gone in ["ada-key", "x-secret", "te: x"] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    let (_, seen) = ask("/open", &[("x-consumer", "root"), ("x-forwarded-for", "10.0.0.1")]).await?;
    assert!(!seen.contains("root") && seen.contains("x-forwarded-for: 10.0.0.1, 127.0.0.1\r\n"), "{seen}");
    let large = "x".repeat(1024 * 1024 + 1);
    let refused = http::request("POST", &gateway.url("/open"), &[], &large).await;
    assert!(refused.is_err() || refused?.status == 413);
    Ok(())
}

/// A server that answers with the head of the request that it got.
async fn echo() -> Result<std::net::SocketAddr, std::io::Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let length = head.len();
                let start =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                stream.write_all(start.as_bytes()).await?;
                stream.write_all(&head).await
            });
        }
    });
    Ok(address)
}

#[tokio::test]
async fn one_answer_of_many_and_what_came_in_time() -> Outcome {
    let (orders, catalog) = (Service::start("orders").await?, Service::start("catalog").await?);
    let plan = Plan::new().group("orders", [orders.address()]).group("catalog", [catalog.address()]).rule(
        Rule::pattern("home", "/home/{user}")
            .part("orders", "orders", "/of/{user}")
            .part("catalog", "catalog", "/top")
            .deadline(Duration::from_millis(590)),
    );
    let gateway = Gateway::start(&plan).await?;
    // One after the other they would be too late.
    orders.set_delay(Duration::from_millis(300));
    catalog.set_delay(Duration::from_millis(300));
    let whole = http::get(&gateway.url("/home/ada")).await?;
    assert_eq!(whole.body, "{\"catalog\":\"catalog /top\",\"orders\":\"orders /of/ada\"}\n");
    catalog.pause();
    let part = http::get(&gateway.url("/home/ada")).await?;
    assert_eq!((part.status, part.header("x-missing")), (200, Some("catalog")));
    assert_eq!(part.body, "{\"catalog\":null,\"orders\":\"orders /of/ada\"}\n");
    assert!(part.elapsed >= Duration::from_millis(590), "{:?}", part.elapsed);
    orders.pause();
    assert_eq!(http::get(&gateway.url("/home/ada")).await?.status, 504);
    Ok(())
}

#[tokio::test]
async fn it_survives_backends_and_ends_in_good_order() -> Outcome {
    let services = Service::group(2).await?;
    let plan = Plan::new()
        .group("all", services.iter().map(Service::address))
        .most_in_flight(2)
        .rule(Rule::prefix("all", "/all").to("all").timeout(Duration::from_millis(300)));
    let gateway = Gateway::start(&plan).await?;
    for _ in 0..4 {
        assert_eq!(http::get(&gateway.url("/all")).await?.status, 200);
    }
    assert_eq!(services.iter().map(Service::served).collect::<Vec<_>>(), [2, 2]);
    services[0].kill();
    for _ in 0..6 {
        assert_eq!(http::get(&gateway.url("/all")).await?.body, "b /all\n");
    }
    assert_eq!(http::get(&gateway.url("/health")).await?.body, "all: 1 of 2 up\n");
    services[1].kill();
    assert_eq!(http::get(&gateway.url("/all")).await?.status, 502);
    for service in &services {
        service.restart().await?;
    }
    until("both are asked again", async || {
        http::get(&gateway.url("/health")).await.is_ok_and(|health| health.body == "all: 2 of 2 up\n")
    })
    .await;

    services.iter().for_each(Service::pause);
    let url = gateway.url("/all");
    let stuck: Vec<_> = (0..2).map(|_| tokio::spawn(http::get(&url))).collect();
    until("two are inside", async || gateway.in_flight() == 2).await;
    let full = http::get(&url).await?;
    assert_eq!((full.status, full.header("retry-after")), (503, Some("1")));
    for answer in stuck {
        assert_eq!(answer.await??.status, 504);
    }

    services.iter().for_each(Service::resume);
    for service in &services {
        service.set_delay(Duration::from_millis(200));
    }
    let last = tokio::spawn(http::get(&url));
    until("it is inside", async || gateway.in_flight() == 1).await;
    // An idle connection does not hold up the end.
    let _idle = TcpStream::connect(gateway.address()).await?;
    gateway.stop().await?;
    assert_eq!(last.await??.status, 200);
    assert!(!gateway.is_running() && http::get(&url).await.is_err());
    gateway.restart().await?;
    assert_eq!(http::get(&url).await?.status, 200);
    gateway.kill();
    until("the port refuses", async || http::get(&url).await.is_err()).await;
    Ok(())
}

#[tokio::test]
async fn gateways_that_share_a_limit_have_one() -> Outcome {
    let (redis, service) = (Redis::start().await?, Service::start("a").await?);
    let rule = Rule::prefix("all", "/").to("a").limit(hourly(), 5);
    let plan = Plan::new().group("a", [service.address()]).rule(rule);
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        alone.push(Gateway::start(&plan).await?);
        together.push(Gateway::sharing(&plan, &redis, StoreDown::LetPass).await?);
    }
    let admitted = async |gateways: &[Gateway]| {
        let mut admitted = 0;
        for number in 0..30 {
            let answer = http::get(&gateways[number % 3].url("/")).await?;
            admitted += u32::from(answer.status == 200);
        }
        Ok::<_, lessons::lab::LabError>(admitted)
    };
    assert_eq!(admitted(&alone).await?, 15);
    assert_eq!(admitted(&together).await?, 5);
    let closed = Gateway::sharing(&plan, &redis, StoreDown::Refuse).await?;
    assert_eq!(http::get(&closed.url("/")).await?.status, 429);
    redis.kill()?;
    assert_eq!(http::get(&closed.url("/")).await?.status, 503);
    assert_eq!(http::get(&together[0].url("/")).await?.status, 200);
    redis.restart().await?;
    // It has forgotten the script and the counts.
    until("it counts again", async || {
        http::get(&closed.url("/")).await.is_ok_and(|answer| answer.status == 200)
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_shared_limiter_is_the_generic_cell_rate_algorithm() -> Outcome {
    let redis = Redis::start().await?;
    let limiter = SharedLimiter::new(&redis, Rate::new(3, Duration::from_secs(3_600)), 4).await?;
    let first = limiter.try_acquire("ada", 3).await?;
    assert_eq!((first.allowed, first.remaining, first.retry_after), (true, 1, Some(Duration::ZERO)));
    let second = limiter.try_acquire("ada", 2).await?;
    assert_eq!((second.allowed, second.remaining), (false, 1));
    let wait = second.retry_after.ok_or("a time")?;
    assert!(wait <= Duration::from_secs(1_200) && wait > Duration::from_secs(1_190), "{wait:?}");
    assert_eq!(limiter.try_acquire("ada", 5).await?.retry_after, None);
    assert!(limiter.try_acquire("ada", 1).await?.allowed && limiter.try_acquire("bob", 4).await?.allowed);
    let lives = redis.run("PTTL limit:ada").await?.integer().ok_or("a number")?;
    assert!((4_700_000..=4_800_002).contains(&lives), "{lives}");

    // Fast: who comes back when told to, passes.
    let quick = SharedLimiter::new(&redis, Rate::per_second(50), 1).await?;
    assert!(quick.try_acquire("eve", 1).await?.allowed);
    let refused = quick.try_acquire("eve", 1).await?;
    assert!(!refused.allowed);
    tokio::time::sleep(refused.retry_after.ok_or("a time")?).await;
    assert!(quick.try_acquire("eve", 1).await?.allowed);

    let stand_in = Redis::stand_in().await?;
    let error =
        SharedLimiter::new(&stand_in, Rate::per_second(1), 1).await.expect_err("no scripts").to_string();
    assert!(error.contains("install redis-server"), "{error}");
    Ok(())
}

#[tokio::test]
async fn nginx_carries_out_the_same_plan() -> Outcome {
    let (orders, catalog) = (Service::start("orders").await?, Service::start("catalog").await?);
    let secret = [7; 32];
    let expected = Expected { issuer: "login".into(), audience: "shop".into(), leeway: 0 };
    let plan = Plan::new()
        .group("orders", [orders.address()])
        .group("catalog", [catalog.address()])
        .consumer("ada", "ada-key")
        .tokens(KeySet::secret("k1", &secret), expected)
        .rule(Rule::prefix("orders", "/orders").to("orders").with_api_key().limit(hourly(), 3))
        .rule(Rule::pattern("item", "/catalog/{id}").to("catalog").methods(["GET"]).with_token())
        .rule(Rule::prefix("verify", "/verify").to("catalog").with_token());
    let gateway = Gateway::start(&plan).await?;
    let (outside, inside) = nginx::configuration(&plan, Some(&gateway.url("/verify")));
    let nginx = Nginx::configured(&outside, &inside).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims = serde_json::json!({ "iss": "login", "aud": "shop", "sub": "grace", "exp": now + 60 });
    let bearer = format!("Bearer {}", token::sign("k1", &secret, &claims));
    let bearer = [("authorization", bearer.as_str())];
    for (path, method, headers, status) in [
        ("/orders", "GET", &[][..], 401),
        ("/orders-old", "GET", &[ADA], 404),
        ("/orders/1", "GET", &[ADA], 200),
        ("/orders", "POST", &[ADA], 200),
        ("/orders/3", "GET", &[ADA], 200),
        ("/orders/4", "GET", &[ADA], 429),
        ("/catalog/7", "GET", &[], 401),
        ("/catalog/7", "GET", &bearer, 200),
        ("/catalog/7", "POST", &bearer, 405),
        ("/catalog/7/8", "GET", &bearer, 404),
        ("/x/../orders", "GET", &[], 401),
    ] {
        for url in [gateway.url(path), nginx.url(path)] {
            let answer = http::request(method, &url, headers, "").await?;
            assert_eq!(answer.status, status, "{method} {url} {headers:?}: {answer}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_canary_stays_on_its_side() -> Outcome {
    let (old, new) = (Service::start("old").await?, Service::start("new").await?);
    let mut plan = Plan::new().group("old", [old.address()]).group("new", [new.address()]);
    for user in 0..40 {
        plan = plan.consumer(&format!("user-{user}"), &format!("key-{user}"));
    }
    let with_share = |share| {
        let rule = Rule::prefix("all", "/all").to("old").with_api_key().canary("new", share);
        plan.clone().rule(rule)
    };
    let gateway = Gateway::start(&with_share(0.3)).await?;
    let on_new = async || {
        let mut users = Vec::new();
        for user in 0..40 {
            let key = format!("key-{user}");
            let answer = http::request("GET", &gateway.url("/all"), &[("x-api-key", &key)], "").await?;
            if answer.header("x-served-by") == Some("new") {
                users.push(user);
            }
        }
        Ok::<_, lessons::lab::LabError>(users)
    };
    let first = on_new().await?;
    assert!((5..20).contains(&first.len()), "{first:?}");
    assert_eq!(on_new().await?, first);
    gateway.change(&with_share(0.6))?;
    let more = on_new().await?;
    assert!(more.len() > first.len() && first.iter().all(|user| more.contains(user)));
    Ok(())
}
