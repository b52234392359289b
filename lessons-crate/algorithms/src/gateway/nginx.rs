//! The plan as nginx reads it.

use std::fmt::Write as _;

use super::kong::regular;
use super::plan::{Access, Plan, Rule, RulePath, Target};

/// The plan as configuration of nginx: what stands in its `http` block, and what in its `server` block; together
/// they are what `lab::Nginx::configured` takes.
///
/// nginx checks API keys by a `map`, limits with `limit_req`, and splits with `split_clients`. It does not verify
/// tokens itself: with the address of something that does (`verifier`, asked by `auth_request` with the request's
/// headers; 2xx means yes), it does so. It has no aggregation.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{Plan, Rule, nginx};
///
/// let plan = Plan::new()
///     .group("orders", ["127.0.0.1:9001".parse()?])
///     .rule(Rule::prefix("orders", "/orders").to("orders"));
/// let (http, server) = nginx::configuration(&plan, None);
/// assert!(http.contains("upstream orders { server 127.0.0.1:9001"));
/// assert!(server.contains("location /orders/"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn configuration(plan: &Plan, verifier: Option<&str>) -> (String, String) {
    let (mut http, mut server) = (String::new(), String::new());
    // Writing into a string cannot fail, here and below.
    for (name, backends) in &plan.groups {
        let servers: String = backends
            .iter()
            .map(|backend| format!("server {backend} max_fails=1 fail_timeout=2s; "))
            .collect();
        let _ = writeln!(http, "upstream {name} {{ {servers}keepalive 32; }}");
    }
    if !plan.consumers.is_empty() {
        let keys = plan.consumers.iter().map(|(name, key)| format!("{} {name}; ", quoted(key)));
        let keys: String = keys.collect();
        let _ = writeln!(http, "map $http_x_api_key $consumer {{ default \"\"; {keys}}}");
    }
    for rule in &plan.rules {
        outside(&mut http, rule);
        match &rule.target {
            Target::Group(group) => inside(&mut server, rule, group, verifier),
            Target::Parts { .. } => {
                let _ = writeln!(server, "# Rule {}: nginx merges no answers.", rule.name);
            }
        }
    }
    if let Some(address) = verifier {
        let _ = writeln!(
            server,
            "location = /.verify {{ internal; proxy_pass {address}; proxy_pass_request_body off; \
             proxy_set_header Content-Length \"\"; }}"
        );
    }
    let _ = writeln!(server, "location / {{ return 404 \"no such route\\n\"; }}");
    (http, server)
}

/// What identifies who asks: the consumer, or the address.
fn who(rule: &Rule) -> &'static str {
    match rule.access {
        Access::Open => "$binary_remote_addr",
        Access::ApiKey => "$consumer",
        Access::Token => "$http_authorization",
    }
}

fn outside(http: &mut String, rule: &Rule) {
    if let Some(limit) = &rule.limit {
        let per_minute = 60_000_000_000 * u128::from(limit.rate.count()) / limit.rate.period().as_nanos();
        // nginx takes whole numbers, per second or per minute.
        let rate = if per_minute % 60 == 0 && per_minute > 0 {
            format!("{}r/s", per_minute / 60)
        } else {
            format!("{}r/m", per_minute.max(1))
        };
        let _ = writeln!(http, "limit_req_zone {} zone={}:1m rate={rate};", who(rule), rule.name);
    }
    if let (Some(canary), Target::Group(group)) = (&rule.canary, &rule.target) {
        let share = 100.0 * canary.share;
        let _ = writeln!(
            http,
            "split_clients {} $group_of_{} {{ {share:.2}% {}; * {group}; }}",
            who(rule),
            variable(&rule.name),
            canary.group
        );
    }
}

/// A name that may stand in a variable.
fn variable(name: &str) -> String {
    name.replace('-', "_")
}

fn inside(server: &mut String, rule: &Rule, group: &str, verifier: Option<&str>) {
    let mut body = String::new();
    if !rule.methods.is_empty() {
        let _ = write!(body, "if ($request_method !~ ^({})$) {{ return 405; }} ", rule.methods.join("|"));
    }
    match rule.access {
        Access::Open => body.push_str("proxy_set_header X-Consumer \"\"; "),
        Access::ApiKey => {
            body.push_str("if ($consumer = \"\") { return 401; } proxy_set_header X-Api-Key \"\"; ");
            body.push_str("proxy_set_header X-Consumer $consumer; ");
        }
        Access::Token if verifier.is_some() => {
            body.push_str("auth_request /.verify; proxy_set_header X-Consumer \"\"; ");
        }
        // Nobody can tell a good token from a bad one: nobody comes in.
        Access::Token => body.push_str("return 401; "),
    }
    if let Some(limit) = &rule.limit {
        // nginx's burst is what may come beyond the first request.
        let burst = match limit.burst - 1 {
            0 => String::new(),
            more => format!(" burst={more} nodelay"),
        };
        let _ = write!(body, "limit_req zone={}{burst}; limit_req_status 429; ", rule.name);
    }
    let milliseconds = rule.timeout.as_millis().max(1);
    let upstream =
        if rule.canary.is_some() { format!("$group_of_{}", variable(&rule.name)) } else { group.to_owned() };
    let _ = write!(
        body,
        "proxy_pass http://{upstream}; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
         proxy_set_header X-Forwarded-For $remote_addr; proxy_connect_timeout 1s; \
         proxy_read_timeout {milliseconds}ms;"
    );
    for location in locations(&rule.path) {
        let _ = writeln!(server, "location {location} {{ {body} }}");
    }
}

fn locations(path: &RulePath) -> Vec<String> {
    match path {
        RulePath::Prefix(prefix) if prefix.is_empty() => vec!["^~ /".into()],
        // `location /orders` alone would also take /orders-old.
        RulePath::Prefix(prefix) => vec![format!("= {prefix}"), format!("{prefix}/")],
        RulePath::Pattern(pattern) => vec![format!("~ \"^{}$\"", regular(pattern))],
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::shop;
    use super::*;

    #[test]
    fn the_shop_in_nginx() {
        let (http, server) = configuration(&shop(), Some("http://127.0.0.1:9/verify"));
        for part in [
            "upstream orders { server 127.0.0.1:9001 max_fails=1 fail_timeout=2s; server 127.0.0.1:9002",
            "map $http_x_api_key $consumer { default \"\"; \"ada-key\" ada; \"bob-key\" bob; }",
            "limit_req_zone $consumer zone=orders:1m rate=5r/s;",
            "split_clients $consumer $group_of_orders { 10.00% orders-next; * orders; }",
        ] {
            assert!(http.contains(part), "{part} in\n{http}");
        }
        for part in [
            "location = /orders {",
            "location /orders/ { if ($consumer = \"\") { return 401; }",
            "limit_req zone=orders burst=9 nodelay; limit_req_status 429;",
            "proxy_pass http://$group_of_orders;",
            "location ~ \"^/catalog/[^/]+$\" { if ($request_method !~ ^(GET)$) { return 405; } auth_request",
            "# Rule home: nginx merges no answers.",
        ] {
            assert!(server.contains(part), "{part} in\n{server}");
        }
        let (_, closed) = configuration(&shop(), None);
        assert!(closed.contains("return 401; proxy_pass"));
    }
}
