//! What a gateway should do, as data: one declaration for our own gateway, for Kong and for nginx.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::token::{Expected, KeySet};
use super::{RadixRouter, RouteError, Router as _};
use crate::rate_limit::Rate;

/// How long a backend may take when the rule does not say.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Routes, groups of backends, and who may come.
///
/// # Examples
///
/// ```
/// use lessons::gateway::{Plan, Rule};
/// use lessons::rate_limit::Rate;
///
/// let plan = Plan::new()
///     .group("orders", ["127.0.0.1:9001".parse()?, "127.0.0.1:9002".parse()?])
///     .group("catalog", ["127.0.0.1:9003".parse()?])
///     .consumer("ada", "ada-key")
///     .rule(Rule::prefix("orders", "/orders").to("orders").with_api_key().limit(Rate::per_second(5), 10))
///     .rule(Rule::prefix("catalog", "/catalog").to("catalog"));
/// assert!(plan.check().is_ok());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Backends by group.
    pub groups: BTreeMap<String, Vec<SocketAddr>>,
    /// In the order in which they were added, which decides nothing.
    pub rules: Vec<Rule>,
    /// API keys by consumer.
    pub consumers: BTreeMap<String, String>,
    /// With what tokens are verified, and what else must be true of them.
    pub tokens: Option<(KeySet, Expected)>,
    /// How many requests may be in the gateway at once; `None` for any number.
    pub most_in_flight: Option<usize>,
}

/// What happens to the requests of some paths.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it is called in headers, counts and configuration files.
    pub name: String,
    /// Which paths it is for.
    pub path: RulePath,
    /// Which methods, in capitals; none for any.
    pub methods: Vec<String>,
    /// Where its requests go.
    pub target: Target,
    /// Who may use it.
    pub access: Access,
    /// How often one consumer may come.
    pub limit: Option<Limit>,
    /// How long a backend may take.
    pub timeout: Duration,
    /// A share of the consumers that gets another group.
    pub canary: Option<Canary>,
}

/// Which paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulePath {
    /// This one and all below it.
    Prefix(String),
    /// Those that a pattern fits.
    Pattern(String),
}

impl RulePath {
    /// The patterns of the router.
    fn patterns(&self) -> Vec<String> {
        match self {
            Self::Prefix(prefix) if prefix.is_empty() => vec!["/".into(), "/{*rest}".into()],
            // The folder itself, with and without its slash, and what is in it.
            Self::Prefix(prefix) => vec![prefix.clone(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")],
            Self::Pattern(pattern) => vec![pattern.clone()],
        }
    }
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To one backend of this group.
    Group(String),
    /// Several at once, whose answers become one.
    Parts {
        /// What is asked for.
        parts: Vec<Part>,
        /// What is there by then is sent.
        deadline: Duration,
    },
}

/// One part of an aggregated answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the answer.
    pub name: String,
    /// The group that is asked.
    pub group: String,
    /// The path to ask for; `{name}` is filled in from the pattern of the rule.
    pub path: String,
}

/// Who may use a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Open,
    /// A consumer who shows its API key in the header `x-api-key`.
    ApiKey,
    /// Who bears a signed token that is valid now.
    Token,
}

/// How often one consumer (or, where a rule is open, one address) may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many in the long run.
    pub rate: Rate,
    /// How many at once.
    pub burst: u32,
}

/// A share of the consumers that gets another group.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    /// The group that they get.
    pub group: String,
    /// From 0 to 1.
    pub share: f64,
}

/// Why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A rule sends requests to a group that is not declared, or has no backend.
    #[error("the rule {rule:?} needs the group {group:?}, which has no backend: add it with `group`")]
    NoGroup {
        /// The rule.
        rule: String,
        /// The group.
        group: String,
    },
    /// A rule without a target.
    #[error("the rule {0:?} leads nowhere: give it a group with `to` or parts with `part`")]
    NoTarget(String),
    /// A rule asks for tokens, and there is no key to check them with.
    #[error("the rule {0:?} asks for tokens, but the plan has no keys: add them with `tokens`")]
    NoKeys(String),
    /// Two consumers have one key, or two rules one name.
    #[error("{0} stands twice: names and API keys must differ")]
    Twice(String),
    /// A name that configuration files could misread.
    #[error("{0:?} is not a plain name: use letters, digits, - and _")]
    BadName(String),
    /// A path that cannot be matched.
    #[error(transparent)]
    Route(#[from] RouteError),
}

impl Plan {
    /// An empty plan: every request gets 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// A group of backends that can do the same.
    #[must_use]
    pub fn group(mut self, name: &str, backends: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.groups.insert(name.into(), backends.into_iter().collect());
        self
    }

    /// Adds a rule. Of two rules whose paths overlap, the more literal one decides, not the order.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// A consumer, and the API key that it shows.
    #[must_use]
    pub fn consumer(mut self, name: &str, api_key: &str) -> Self {
        self.consumers.insert(name.into(), api_key.into());
        self
    }

    /// The keys with which tokens are verified, and what else must be true of them.
    #[must_use]
    pub fn tokens(mut self, keys: KeySet, expected: Expected) -> Self {
        self.tokens = Some((keys, expected));
        self
    }

    /// How many requests may be in the gateway at once; others get status 503 at once.
    #[must_use]
    pub fn most_in_flight(mut self, requests: usize) -> Self {
        self.most_in_flight = Some(requests);
        self
    }

    /// Whether it can be carried out.
    ///
    /// # Errors
    ///
    /// What is wrong first.
    pub fn check(&self) -> Result<(), PlanError> {
        let mut keys: Vec<&String> = self.consumers.values().collect();
        keys.sort();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(PlanError::Twice("an API key".into()));
        }
        let names = self.rules.iter().map(|rule| &rule.name);
        for name in names.chain(self.groups.keys()).chain(self.consumers.keys()) {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(PlanError::BadName(name.clone()));
            }
        }
        for (number, rule) in self.rules.iter().enumerate() {
            if self.rules[..number].iter().any(|other| other.name == rule.name) {
                return Err(PlanError::Twice(format!("the rule {:?}", rule.name)));
            }
            let groups = rule.groups();
            if groups.is_empty() {
                return Err(PlanError::NoTarget(rule.name.clone()));
            }
            for group in groups {
                if self.groups.get(group).is_none_or(Vec::is_empty) {
                    return Err(PlanError::NoGroup { rule: rule.name.clone(), group: group.into() });
                }
            }
            if rule.access == Access::Token && self.tokens.as_ref().is_none_or(|(keys, _)| keys.is_empty()) {
                return Err(PlanError::NoKeys(rule.name.clone()));
            }
        }
        self.router().map(drop)
    }

    /// The router of all rules, and the rule of each of its routes.
    ///
    /// # Errors
    ///
    /// When two rules are for the same paths, or a path is no pattern.
    pub fn router(&self) -> Result<(RadixRouter, Vec<usize>), PlanError> {
        let (mut router, mut rules) = (RadixRouter::default(), Vec::new());
        for (number, rule) in self.rules.iter().enumerate() {
            for pattern in rule.path.patterns() {
                router.insert(&pattern)?;
                rules.push(number);
            }
        }
        Ok((router, rules))
    }
}

impl Rule {
    /// For a path and all below it: `/orders` means `/orders` and `/orders/17`, but not `/orders-old`.
    pub fn prefix(name: &str, path: &str) -> Self {
        Self::new(name, RulePath::Prefix(path.trim_end_matches('/').into()))
    }

    /// For the paths that a pattern fits, such as `/users/{id}/home`; see [`Router`](super::Router).
    pub fn pattern(name: &str, pattern: &str) -> Self {
        Self::new(name, RulePath::Pattern(pattern.into()))
    }

    fn new(name: &str, path: RulePath) -> Self {
        Self {
            name: name.into(),
            path,
            methods: Vec::new(),
            target: Target::Group(String::new()),
            access: Access::Open,
            limit: None,
            timeout: TIMEOUT,
            canary: None,
        }
    }

    /// Sends the requests to this group of backends.
    #[must_use]
    pub fn to(mut self, group: &str) -> Self {
        self.target = Target::Group(group.into());
        self
    }

    /// Answers with several answers in one: adds `path` of `group` under a name. `{id}` in the path is what it is
    /// in the rule's pattern.
    #[must_use]
    pub fn part(mut self, name: &str, group: &str, path: &str) -> Self {
        let part = Part { name: name.into(), group: group.into(), path: path.into() };
        match &mut self.target {
            Target::Parts { parts, .. } => parts.push(part),
            Target::Group(_) => self.target = Target::Parts { parts: vec![part], deadline: TIMEOUT },
        }
        self
    }

    /// What of an aggregated answer is there by then is sent; without parts, the same as [`timeout`](Self::timeout).
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        match &mut self.target {
            Target::Parts { deadline, .. } => *deadline = time,
            Target::Group(_) => self.timeout = time,
        }
        self
    }

    /// For these methods only; others get status 405.
    #[must_use]
    pub fn methods<'a>(mut self, methods: impl IntoIterator<Item = &'a str>) -> Self {
        self.methods = methods.into_iter().map(str::to_ascii_uppercase).collect();
        self
    }

    /// For consumers with an API key only.
    #[must_use]
    pub fn with_api_key(mut self) -> Self {
        self.access = Access::ApiKey;
        self
    }

    /// For bearers of a valid token only.
    #[must_use]
    pub fn with_token(mut self) -> Self {
        self.access = Access::Token;
        self
    }

    /// Lets each consumer (each address, where everyone may come) make requests at this rate, with bursts.
    ///
    /// # Panics
    ///
    /// When the burst is 0.
    #[must_use]
    pub fn limit(mut self, rate: Rate, burst: u32) -> Self {
        assert!(burst > 0, "a burst is at least one request");
        self.limit = Some(Limit { rate, burst });
        self
    }

    /// How long a backend may take (2 s if not set): then the answer is status 504.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sends a share of the consumers (0 to 1) to another group. A consumer stays on its side, and the share can
    /// grow without moving anyone back.
    ///
    /// # Panics
    ///
    /// When the share is not from 0 to 1.
    #[must_use]
    pub fn canary(mut self, group: &str, share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "a share is from 0 to 1, not {share}");
        self.canary = Some(Canary { group: group.into(), share });
        self
    }

    /// The groups that it needs.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups = match &self.target {
            Target::Group(group) if group.is_empty() => Vec::new(),
            Target::Group(group) => vec![group.as_str()],
            Target::Parts { parts, .. } => parts.iter().map(|part| part.group.as_str()).collect(),
        };
        groups.extend(self.canary.as_ref().map(|canary| canary.group.as_str()));
        groups
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two services, one with keys and a limit, one with tokens, and one answer of both.
    pub(crate) fn shop() -> Plan {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let expected = Expected { issuer: "login".into(), audience: "shop".into(), leeway: 5 };
        Plan::new()
            .group("orders", [address(9001), address(9002)])
            .group("orders-next", [address(9003)])
            .group("catalog", [address(9004)])
            .consumer("ada", "ada-key")
            .consumer("bob", "bob-key")
            .tokens(KeySet::secret("k1", &[b'x'; 32]), expected)
            .rule(
                Rule::prefix("orders", "/orders")
                    .to("orders")
                    .with_api_key()
                    .limit(Rate::per_second(5), 10)
                    .canary("orders-next", 0.1),
            )
            .rule(Rule::pattern("item", "/catalog/{id}").to("catalog").methods(["get"]).with_token())
            .rule(
                Rule::pattern("home", "/home/{user}")
                    .part("orders", "orders", "/orders/of/{user}")
                    .part("catalog", "catalog", "/catalog/top")
                    .deadline(Duration::from_millis(50)),
            )
    }

    #[test]
    fn a_good_plan_has_a_router() {
        let (router, rules) = shop().router().expect("good");
        let rule = |path: &str| router.find(path).map(|found| rules[found.route]);
        assert_eq!(["/orders", "/orders/", "/orders/1/x"].map(rule), [Some(0); 3]);
        assert_eq!(
            ["/orders-old", "/catalog", "/catalog/7", "/home/ada"].map(rule),
            [None, None, Some(1), Some(2)]
        );
        let everything = Plan::new().group("a", [([127, 0, 0, 1], 1).into()]);
        let everything = everything.rule(Rule::prefix("all", "/").to("a"));
        let (router, _) = everything.router().expect("good");
        assert!(["/", "/x", "/x/y"].iter().all(|path| router.find(path).is_some()));
    }

    #[test]
    fn bad_plans_say_why() {
        let error = |plan: Plan| plan.check().expect_err("bad").to_string();
        assert!(shop().check().is_ok());
        assert!(error(shop().rule(Rule::prefix("x", "/x").to("nowhere"))).contains("\"nowhere\""));
        assert!(error(shop().rule(Rule::prefix("x", "/x"))).contains("leads nowhere"));
        assert!(error(shop().rule(Rule::prefix("orders", "/x").to("orders"))).contains("stands twice"));
        assert!(
            error(shop().rule(Rule::prefix("x", "/orders").to("orders"))).contains("fits the same paths")
        );
        assert!(error(shop().rule(Rule::prefix("x y", "/x").to("orders"))).contains("plain name"));
        assert!(error(shop().consumer("eve", "ada-key")).contains("API key"));
        let no_keys = Plan { tokens: None, ..shop() };
        assert!(error(no_keys).contains("has no keys"));
    }
}
