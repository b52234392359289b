//! nginx: balancer, reverse proxy, cache at the edge, rate limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version};
use crate::ground::talk;
use crate::http;
use crate::kind::{Kind, Start, started};
use crate::server::{Launch, Place, Server};
use crate::stand_in::balancer::{BalanceMode, Care, HttpBalancer, Shared, Team};
use crate::words::is_a_server;

pub(crate) const PROGRAM: Program = Program {
    name: "nginx",
    package: Package::Named("nginx"),
    // One that runs already has a configuration of its own.
    variable: None,
    version: Version::Flag("-v"),
    oldest: "1.14",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "nginx",
    title: "nginx",
    about: "balancer, reverse proxy, cache",
    programs: &[&PROGRAM],
    start: Start::Before(|backend| started(Nginx::reverse_proxy(backend))),
    slow: false,
    containers: &["nginx"],
};

/// One nginx.
///
/// Balancing has a stand-in for machines without nginx; caching, limits, files and own configurations need it.
///
/// Start the backends first: nginx marks those that refuse as failed, and leaves them out for 10 s.
pub struct Nginx {
    server: Server,
    stand_in: Option<Arc<Shared>>,
}

is_a_server!(Nginx);

impl Nginx {
    /// Balances over these backends. One that fails is left out for 2 s, and its request goes to another. Where
    /// there is no nginx, starts a [`stand_in`](Self::stand_in) and says so.
    ///
    /// # Errors
    ///
    /// When it does not start, or is too old.
    pub fn balance(mode: BalanceMode, backends: &[SocketAddr]) -> Task<'static, Self> {
        let weighted: Vec<(SocketAddr, u32)> = backends.iter().map(|&backend| (backend, 1)).collect();
        Self::balance_weighted(mode, &weighted)
    }

    /// Balances over backends with weights, as [`balance`](Self::balance) does.
    ///
    /// # Errors
    ///
    /// When it does not start, or is too old.
    pub fn balance_weighted(mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Task<'static, Self> {
        let backends = backends.to_vec();
        Box::pin(async move {
            let inside = format!("location / {{ {PASS} }}");
            match Self::launch(upstream(mode, &backends), inside, &[]).await {
                Err(missing @ LabError::Missing { .. }) => {
                    eprintln!("A balancer inside this process plays nginx: {missing}");
                    Self::stand_in(mode, &backends).await
                }
                started => started,
            }
        })
    }

    /// Starts the lab's own [`HttpBalancer`](crate::HttpBalancer), which learns from failed requests as nginx does.
    ///
    /// # Errors
    ///
    /// When there is no backend, the weights add up to more than 1,000, or no port can be had.
    pub fn stand_in(mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Task<'static, Self> {
        let team = Team::new(mode, backends);
        Box::pin(async move {
            let (server, shared) = HttpBalancer::playing("nginx stand-in", team, Care::Requests).await?;
            Ok(Self { server, stand_in: Some(shared) })
        })
    }

    /// Passes everything to one backend; where there is no nginx, so does a [`stand_in`](Self::stand_in).
    ///
    /// # Errors
    ///
    /// When it does not start, or is too old.
    pub fn reverse_proxy(backend: SocketAddr) -> Task<'static, Self> {
        Self::balance(BalanceMode::RoundRobin, &[backend])
    }

    /// A cache in front of `origin`, as at the edge of a content delivery network: answers are kept for
    /// `lifetime` (whole seconds), one request at a time fills a missing one, and a stale one is served
    /// while the origin is down. `x-cache` says `MISS`, `HIT`, `EXPIRED`, `STALE` or `UPDATING`.
    ///
    /// # Errors
    ///
    /// When there is no nginx on this machine, or it does not start.
    pub fn edge(origin: SocketAddr, lifetime: Duration) -> Task<'static, Self> {
        let upstream = upstream(BalanceMode::RoundRobin, &[(origin, 1)]);
        let outside = format!("proxy_cache_path FOLDER/cache keys_zone=edge:1m max_size=64m;\n{upstream}");
        let inside = format!(
            "location / {{ {PASS} proxy_cache edge; proxy_cache_valid 200 {}s; proxy_cache_lock on;
             proxy_cache_use_stale error timeout updating http_500 http_502 http_503;
             add_header x-cache $upstream_cache_status always; }}",
            lifetime.as_secs().max(1)
        );
        Self::start(outside, inside)
    }

    /// Lets each client address make `per_second` requests and `burst` more at once; others get status 429.
    ///
    /// # Errors
    ///
    /// When there is no nginx on this machine, or it does not start.
    pub fn rate_limit(backend: SocketAddr, per_second: u32, burst: u32) -> Task<'static, Self> {
        let upstream = upstream(BalanceMode::RoundRobin, &[(backend, 1)]);
        let outside =
            format!("limit_req_zone $binary_remote_addr zone=one:1m rate={per_second}r/s;\n{upstream}");
        let burst = if burst == 0 { String::new() } else { format!(" burst={burst} nodelay") };
        let inside = format!("location / {{ limit_req zone=one{burst}; limit_req_status 429; {PASS} }}");
        Self::start(outside, inside)
    }

    /// Serves these files (path, content), compressed, with an `ETag` and a lifetime of an hour.
    ///
    /// # Errors
    ///
    /// When there is no nginx on this machine, it does not start, or a file cannot be written.
    pub fn files(files: &[(&str, &str)]) -> Task<'static, Self> {
        let files: Vec<_> = files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect();
        let inside = "location / { root FOLDER/files; expires 1h; }".to_owned();
        Box::pin(async move { Self::launch(String::new(), inside, &files).await })
    }

    /// Starts one with any configuration: `outside` stands in the `http` block, `inside` in its `server`
    /// block. `FOLDER` in either is the server's private folder.
    ///
    /// # Errors
    ///
    /// When there is no nginx on this machine, or it does not start: its log says which line is wrong.
    pub fn configured(outside: &str, inside: &str) -> Task<'static, Self> {
        Self::start(outside.to_owned(), inside.to_owned())
    }

    fn start(outside: String, inside: String) -> Task<'static, Self> {
        Box::pin(async move { Self::launch(outside, inside, &[]).await })
    }

    async fn launch(outside: String, inside: String, files: &[(String, String)]) -> Result<Self, LabError> {
        let found = PROGRAM.find()?;
        let place = Place::new("nginx", None)?;
        place.make_folder("files")?;
        for (path, content) in files {
            write_file(&place, path, content)?;
        }
        let file = place.write("nginx.conf", configuration(&place, &outside, &inside))?;
        let ready = Arc::new(|address| Box::pin(http::answers(address)) as Task<'static, ()>);
        let arguments = ["-c".to_owned(), file, "-e".into(), place.path("log")];
        let server = place.start(Launch::new(found, ready).arguments(arguments)).await?;
        Ok(Self { server, stand_in: None })
    }

    /// The address of a path: `nginx.url("/")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Balances over other backends from now on, without losing a request: nginx starts new workers, and
    /// the old ones end when they have answered.
    ///
    /// # Errors
    ///
    /// When it is not the lab's own, or does not take the configuration within 10 s.
    pub fn rebalance(&self, mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> Task<'_, ()> {
        let upstream = upstream(mode, backends);
        let team = self.stand_in.as_ref().map(|_| Team::new(mode, backends));
        Box::pin(async move {
            if let (Some(stand_in), Some(team)) = (&self.stand_in, team) {
                stand_in.change(team?);
                return Ok(());
            }
            let inside = format!("location / {{ {PASS} }}");
            let retired = || {
                self.server.with_place(|place| Ok(place.log().matches("gracefully shutting down").count()))
            };
            let before = retired()?;
            self.server.with_place(|place| {
                place.write("nginx.conf", configuration(place, &upstream, &inside)).map(drop)
            })?;
            self.server.signal_leader(Signal::HUP)?;
            // An old worker that says so takes no new request.
            talk::until("nginx taking its new configuration", Duration::from_secs(10), || async {
                retired().is_ok_and(|now| now > before).then_some(())
            })
            .await
        })
    }
}

/// Passing a request on, with quick failover. HTTP/1.1 and an empty `Connection` keep connections open.
const PASS: &str = "proxy_pass http://backends; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
    proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
    proxy_connect_timeout 1s; proxy_next_upstream error timeout http_502 http_503;";

/// What nginx calls a mode.
fn directive(mode: BalanceMode) -> &'static str {
    match mode {
        BalanceMode::RoundRobin => "",
        BalanceMode::LeastConnections => "least_conn;",
        BalanceMode::IpHash => "ip_hash;",
        BalanceMode::PathHash => "hash $request_uri consistent;",
        BalanceMode::RandomTwo => "random two least_conn;",
    }
}

fn upstream(mode: BalanceMode, backends: &[(SocketAddr, u32)]) -> String {
    let servers: Vec<String> = backends
        .iter()
        .map(|(address, weight)| {
            format!("server {address} weight={} max_fails=1 fail_timeout=2s;", weight.max(&1))
        })
        .collect();
    format!("upstream backends {{ {} {} keepalive 32; }}", directive(mode), servers.join(" "))
}

fn configuration(place: &Place, outside: &str, inside: &str) -> String {
    let folder = place.folder().display().to_string();
    let [outside, inside] = [outside, inside].map(|text| text.replace("FOLDER", &folder));
    format!(
        "worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/log info;
events {{ worker_connections 1024; }}
http {{
  default_type text/plain;
  types {{ text/html html; text/css css; application/javascript js; application/json json; image/svg+xml svg; }}
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  gzip on; gzip_types text/plain text/css application/javascript application/json image/svg+xml;
  {outside}
  server {{
    listen 127.0.0.1:{};
    {inside}
  }}
}}
",
        place.port()
    )
}

fn write_file(place: &Place, path: &str, content: &str) -> Result<(), LabError> {
    let path = path.trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return Err(LabError::answer("nginx", format!("{path} leads out of its folder")));
    }
    if let Some((folder, _)) = path.rsplit_once('/') {
        place.make_folder(&format!("files/{folder}"))?;
    }
    place.write(&format!("files/{path}"), content).map(drop)
}
