//! The plan as Kong reads it.

use super::plan::{Access, Plan, Rule, RulePath, Target};

/// The plan as a declarative configuration (`kong.yml`) of Kong 3.9 without a database.
///
/// What Kong's free edition cannot do, or does otherwise, is said in comments: it has no aggregation, splits a
/// canary by the weights of targets, and its `jwt` plugin does not look at the audience.
///
/// # Sources
///
/// Kong Gateway 3.9 documentation, "DB-less and declarative configuration", and the plugins `key-auth`, `jwt` and
/// `rate-limiting`.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{Plan, Rule, kong};
///
/// let plan = Plan::new()
///     .group("orders", ["127.0.0.1:9001".parse()?])
///     .rule(Rule::prefix("orders", "/orders").to("orders"));
/// assert!(kong::configuration(&plan).starts_with("_format_version: \"3.0\"\n"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn configuration(plan: &Plan) -> String {
    let mut yaml = Lines::default();
    yaml.line(0, "_format_version: \"3.0\"");
    yaml.line(0, "services:");
    for rule in &plan.rules {
        match &rule.target {
            Target::Group(group) => service(&mut yaml, rule, group),
            Target::Parts { parts, .. } => {
                let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
                let names = names.join(", ");
                yaml.line(
                    0,
                    &format!("# Rule {}: Kong merges no answers. {names} need a service.", rule.name),
                );
            }
        }
    }
    yaml.line(0, "upstreams:");
    for rule in &plan.rules {
        if let Target::Group(group) = &rule.target {
            upstream(&mut yaml, plan, rule, group);
        }
    }
    consumers(&mut yaml, plan);
    yaml.0
}

/// Text with an indentation of two spaces a level.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, level: usize, text: &str) {
        self.0 += &"  ".repeat(level);
        self.0 += text;
        self.0.push('\n');
    }
}

/// A service for each rule, because a timeout is the service's, not the route's.
fn service(yaml: &mut Lines, rule: &Rule, group: &str) {
    let milliseconds = rule.timeout.as_millis().max(1);
    yaml.line(0, &format!("- name: {}", rule.name));
    yaml.line(1, &format!("host: {}", upstream_name(rule, group)));
    yaml.line(1, "protocol: http");
    yaml.line(1, "retries: 1");
    yaml.line(1, "connect_timeout: 1000");
    yaml.line(1, &format!("read_timeout: {milliseconds}"));
    yaml.line(1, &format!("write_timeout: {milliseconds}"));
    yaml.line(1, "routes:");
    yaml.line(1, &format!("- name: {}", rule.name));
    yaml.line(2, &format!("paths: [{}]", quoted(&path(&rule.path))));
    yaml.line(2, "strip_path: false");
    if !rule.methods.is_empty() {
        yaml.line(2, &format!("methods: [{}]", rule.methods.join(", ")));
    }
    if rule.access == Access::Open && rule.limit.is_none() {
        return;
    }
    yaml.line(2, "plugins:");
    match rule.access {
        Access::Open => {}
        Access::ApiKey => {
            yaml.line(2, "- name: key-auth");
            yaml.line(3, "config: { key_names: [x-api-key], key_in_query: false, hide_credentials: true }");
        }
        Access::Token => {
            yaml.line(2, "- name: jwt # checks signature, exp and nbf; not iss, not aud");
            yaml.line(3, "config: { key_claim_name: kid, claims_to_verify: [exp, nbf] }");
        }
    }
    if let Some(limit) = &rule.limit {
        let by = if rule.access == Access::Open { "ip" } else { "consumer" };
        let (count, unit) = window(limit.rate);
        yaml.line(2, "- name: rate-limiting # a counter per window of the clock; there is no burst");
        yaml.line(3, &format!("config: {{ {unit}: {count}, policy: local, limit_by: {by} }}"));
    }
}

/// The limit for the shortest of Kong's windows in which it is a whole number that is not 0.
fn window(rate: crate::rate_limit::Rate) -> (u128, &'static str) {
    let per = |seconds: u128| {
        let nanoseconds = u128::from(rate.count()) * seconds * 1_000_000_000;
        (nanoseconds / rate.period().as_nanos(), nanoseconds.is_multiple_of(rate.period().as_nanos()))
    };
    let windows = [(1, "second"), (60, "minute"), (3_600, "hour"), (86_400, "day")];
    let exact = windows.into_iter().find(|&(seconds, _)| per(seconds).0 > 0 && per(seconds).1);
    let (seconds, unit) = exact.unwrap_or((86_400, "day"));
    (per(seconds).0.max(1), unit)
}

/// With a canary, a rule has an upstream of its own, in which both groups have weights.
fn upstream_name(rule: &Rule, group: &str) -> String {
    if rule.canary.is_some() { format!("{}-split", rule.name) } else { group.to_owned() }
}

fn upstream(yaml: &mut Lines, plan: &Plan, rule: &Rule, group: &str) {
    let name = upstream_name(rule, group);
    if yaml.0.contains(&format!("\n- name: {name} # upstream\n")) {
        return;
    }
    yaml.line(0, &format!("- name: {name} # upstream"));
    let mut weighted = vec![(group, 1.0)];
    if let Some(canary) = &rule.canary {
        weighted = vec![(group, 1.0 - canary.share), (canary.group.as_str(), canary.share)];
        yaml.line(1, "algorithm: consistent-hashing # a consumer stays on its side");
        yaml.line(1, "hash_on: consumer");
    }
    yaml.line(1, "targets:");
    for (group, share) in weighted {
        let backends = plan.groups.get(group).map_or(&[][..], Vec::as_slice);
        for backend in backends {
            let weight = (1_000.0 * share / backends.len() as f64).round();
            yaml.line(1, &format!("- {{ target: {}, weight: {weight} }}", quoted(&backend.to_string())));
        }
    }
}

fn consumers(yaml: &mut Lines, plan: &Plan) {
    let needs_tokens = plan.rules.iter().any(|rule| rule.access == Access::Token);
    if plan.consumers.is_empty() && !needs_tokens {
        return;
    }
    yaml.line(0, "consumers:");
    for (name, key) in &plan.consumers {
        yaml.line(0, &format!("- username: {name}"));
        yaml.line(1, &format!("keyauth_credentials: [{{ key: {} }}]", quoted(key)));
    }
    if needs_tokens {
        yaml.line(
            0,
            "# For the jwt plugin, each issuer is a consumer with jwt_secrets: [{ key: KID, secret: ... }].",
        );
    }
}

/// A path of Kong: with `~` before it, a regular expression from the beginning.
fn path(path: &RulePath) -> String {
    match path {
        RulePath::Prefix(prefix) if prefix.is_empty() => "/".into(),
        // A plain `/orders` would also be the prefix of /orders-old.
        RulePath::Prefix(prefix) => format!("~{}(?:/|$)", escape(prefix)),
        RulePath::Pattern(pattern) => format!("~{}$", regular(pattern)),
    }
}

/// A pattern of ours as a regular expression.
pub(super) fn regular(pattern: &str) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{') {
        Some(name) if name.starts_with('*') => ".+".to_owned(),
        Some(_) => "[^/]+".to_owned(),
        None => escape(segment),
    };
    pattern.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Literal text in a regular expression.
pub(super) fn escape(text: &str) -> String {
    let special = |letter: char| r"\.+*?()|[]{}^$".contains(letter);
    text.chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}

/// A string of YAML, which reads all of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::plan::tests::shop;
    use super::*;
    use crate::rate_limit::Rate;

    #[test]
    fn the_shop_in_kong() {
        let expected = r#"_format_version: "3.0"
services:
- name: orders
  host: orders-split
  protocol: http
  retries: 1
  connect_timeout: 1000
  read_timeout: 2000
  write_timeout: 2000
  routes:
  - name: orders
    paths: ["~/orders(?:/|$)"]
    strip_path: false
    plugins:
    - name: key-auth
      config: { key_names: [x-api-key], key_in_query: false, hide_credentials: true }
    - name: rate-limiting # a counter per window of the clock; there is no burst
      config: { second: 5, policy: local, limit_by: consumer }
- name: item
  host: catalog
  protocol: http
  retries: 1
  connect_timeout: 1000
  read_timeout: 2000
  write_timeout: 2000
  routes:
  - name: item
    paths: ["~/catalog/[^/]+$"]
    strip_path: false
    methods: [GET]
    plugins:
    - name: jwt # checks signature, exp and nbf; not iss, not aud
      config: { key_claim_name: kid, claims_to_verify: [exp, nbf] }
# Rule home: Kong merges no answers. orders, catalog need a service.
upstreams:
- name: orders-split # upstream
  algorithm: consistent-hashing # a consumer stays on its side
  hash_on: consumer
  targets:
  - { target: "127.0.0.1:9001", weight: 450 }
  - { target: "127.0.0.1:9002", weight: 450 }
  - { target: "127.0.0.1:9003", weight: 100 }
- name: catalog # upstream
  targets:
  - { target: "127.0.0.1:9004", weight: 1000 }
consumers:
- username: ada
  keyauth_credentials: [{ key: "ada-key" }]
- username: bob
  keyauth_credentials: [{ key: "bob-key" }]
# For the jwt plugin, each issuer is a consumer with jwt_secrets: [{ key: KID, secret: ... }].
"#;
        assert_eq!(configuration(&shop()), expected);
    }

    /// With `SD35_WRITE_DEPLOY=1`, writes the file instead of comparing it.
    #[test]
    fn the_file_for_docker_is_made_from_a_plan() {
        let address = |port: u16| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let plan = Plan::new()
            .group("orders", [address(9001), address(9002)])
            .group("catalog", [address(9003)])
            .consumer("ada", "ada-key")
            .rule(
                Rule::prefix("orders", "/orders").to("orders").with_api_key().limit(Rate::per_second(10), 20),
            )
            .rule(Rule::pattern("item", "/catalog/{id}").to("catalog").methods(["GET"]));
        let made = format!(
            "# Kong 3.9 without a database, on the host's network; made by the library's tests.\n{}",
            configuration(&plan)
        );
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/kong.yml");
        if std::env::var_os("SD35_WRITE_DEPLOY").is_some() {
            std::fs::write(path, &made).expect("a folder `deploy`");
        }
        assert_eq!(std::fs::read_to_string(path).expect("deploy/kong.yml"), made);
    }

    #[test]
    fn limits_find_a_window() {
        assert_eq!(window(Rate::per_second(7)), (7, "second"));
        assert_eq!(window(Rate::new(90, Duration::from_secs(60))), (90, "minute"));
        assert_eq!(window(Rate::new(1, Duration::from_secs(3_600))), (1, "hour"));
        assert_eq!(window(Rate::new(1, Duration::from_secs(1_000_000))), (1, "day"));
    }

    #[test]
    fn patterns_become_regular_expressions() {
        assert_eq!(regular("/a.b/{x}/{*rest}"), r"/a\.b/[^/]+/.+");
    }
}
