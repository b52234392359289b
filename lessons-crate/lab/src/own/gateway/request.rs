//! What happens to one request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use algorithms::gateway::plan::{Part, Rule, Target};
use algorithms::gateway::{Access, RouteMatch, Router as _, canary, clean_path, token};
use algorithms::rate_limit::headers::{TOO_MANY_REQUESTS, rate_limit_fields};
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Current, Shared, fingerprint};
use crate::body::{Answer, Kept, plain};
use crate::door::Peer;
use crate::forward::Forwarded;

/// No part of an answer is larger, in bytes.
const MOST_PART: usize = 16 * 1024 * 1024;

/// An early answer: the request goes no further.
struct Refused(Box<Answer>);

pub(super) async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Answer {
    let peer = Peer::of(&request);
    let current = shared.current();
    let mut rule_name = String::new();
    let answer = match handle(request, peer, &shared, &current, &mut rule_name).await {
        Ok(answer) => answer,
        Err(Refused(answer)) => *answer,
    };
    *shared.answered().entry((rule_name, answer.status().as_u16())).or_default() += 1;
    answer
}

async fn handle(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: &Arc<Shared>,
    current: &Arc<Current>,
    rule_name: &mut String,
) -> Result<Answer, Refused> {
    let path = clean_path(request.uri().path()).map_err(|error| refuse(400, &error.to_string()))?;
    let Some(found) = current.router.find(&path) else {
        let health = (path == "/health").then(|| health(shared, current));
        return health.ok_or_else(|| refuse(404, "no such route"));
    };
    let rule = &current.plan.rules[current.rules[found.route]];
    rule.name.clone_into(rule_name);
    if !rule.methods.is_empty() && !rule.methods.iter().any(|method| method == request.method().as_str()) {
        return Err(refuse(405, "no such method here").with("allow", &rule.methods.join(", ")));
    }
    // Before all that costs something: a gateway that is full says so at once.
    let place = Place::take(shared, current.plan.most_in_flight)
        .ok_or_else(|| refuse(503, "the gateway is full").with("retry-after", "1"))?;
    let consumer = identify(rule, request.headers(), current)?;
    let who = consumer.clone().unwrap_or_else(|| peer.ip().to_string());
    let mut fields = Vec::new();
    if let Some(limit) = rule.limit {
        let decision = shared.limits.decide(&rule.name, limit, &who).await;
        let decision = decision.map_err(|_| refuse(503, "the limits cannot be checked now"))?;
        if let Some(decision) = decision {
            fields = rate_limit_fields(&rule.name, limit.rate, &decision);
            if !decision.allowed {
                let refused = refuse(TOO_MANY_REQUESTS, "too many requests");
                return Err(fields.iter().fold(refused, |refused, (name, value)| refused.with(name, value)));
            }
        }
    }
    let forwarded = forward(request, &path, peer, consumer.as_deref(), rule).await?;
    let mut answer = match &rule.target {
        Target::Group(group) => {
            let canary =
                rule.canary.as_ref().filter(|split| canary::is_chosen(&who, &rule.name, split.share));
            let group = canary.map_or(group, |split| &split.group);
            shared.upstreams.send(&current.plan, group, forwarded, rule.timeout, place).await
        }
        Target::Parts { parts, deadline } => {
            let found: Vec<(Part, String)> =
                parts.iter().map(|part| (part.clone(), fill(&part.path, &found))).collect();
            let _place = place;
            aggregate(shared, current, found, forwarded, *deadline).await
        }
    };
    set_fields(&mut answer, fields);
    Ok(answer)
}

/// Who it is, as far as the rule asks: `None` where everyone may come.
fn identify(rule: &Rule, headers: &HeaderMap, current: &Current) -> Result<Option<String>, Refused> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match rule.access {
        Access::Open => Ok(None),
        Access::ApiKey => {
            let consumer = text("x-api-key").and_then(|key| current.consumers.get(&fingerprint(key)));
            let missing = || refuse(401, "an API key is needed").with("www-authenticate", "ApiKey");
            consumer.cloned().map(Some).ok_or_else(missing)
        }
        Access::Token => {
            // One sentence for all reasons: which part was wrong helps only who guesses.
            let refused = || refuse(401, "a valid token is needed").with("www-authenticate", "Bearer");
            let bearer = text("authorization").and_then(|value| value.split_once(' '));
            let (_, token) =
                bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or_else(refused)?;
            let (keys, expected) = current.plan.tokens.as_ref().ok_or_else(refused)?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let claims = token::verify(token, keys, expected, now).map_err(|_| refused())?;
            Ok(Some(claims.subject))
        }
    }
}

async fn forward(
    request: Request<Incoming>,
    path: &str,
    peer: SocketAddr,
    consumer: Option<&str>,
    rule: &Rule,
) -> Result<Forwarded, Refused> {
    let forwarded = Forwarded::read(request, peer).await;
    let mut forwarded = forwarded.ok_or_else(|| refuse(413, "the body is too large, or broke off"))?;
    let headers = &mut forwarded.headers;
    // The key is for the gateway alone.
    if rule.access == Access::ApiKey {
        headers.remove("x-api-key");
    }
    // Backends believe this field, so no client may set it.
    headers.remove("x-consumer");
    if let Some(name) = consumer.and_then(|name| HeaderValue::from_str(name).ok()) {
        headers.insert("x-consumer", name);
    }
    // The spelling that was looked at, not the one that came.
    let query = forwarded.path.split_once('?').map_or_else(String::new, |(_, query)| format!("?{query}"));
    forwarded.path = format!("{path}{query}");
    Ok(forwarded)
}

/// The path of a part, with the parameters of the rule's pattern filled in.
fn fill(path: &str, found: &RouteMatch<'_>) -> String {
    found
        .params
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
}

/// Asks for all parts at once, and answers with those that came in time.
async fn aggregate(
    shared: &Arc<Shared>,
    current: &Arc<Current>,
    parts: Vec<(Part, String)>,
    request: Forwarded,
    deadline: std::time::Duration,
) -> Answer {
    let mut running = JoinSet::new();
    let names: Vec<String> = parts.iter().map(|(part, _)| part.name.clone()).collect();
    for (number, (part, path)) in parts.into_iter().enumerate() {
        let (shared, current) = (shared.clone(), current.clone());
        let mut headers = request.headers.clone();
        headers.remove("content-type");
        let forwarded = Forwarded::get(path, headers);
        running.spawn(async move {
            let plan = &current.plan;
            let answer = shared.upstreams.send(plan, &part.group, forwarded, deadline, Nothing);
            let found = tokio::time::timeout(deadline, async { content(answer.await).await }).await;
            (number, found.ok().flatten())
        });
    }
    let mut answers: Vec<Option<Value>> = vec![None; names.len()];
    // Each part has the deadline as its own time limit, so none is waited for longer.
    while let Some(Ok((number, found))) = running.join_next().await {
        answers[number] = found;
    }
    let missing: Vec<&str> = names
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    let status = if missing.len() == names.len() { 504 } else { 200 };
    let body: serde_json::Map<_, _> =
        names.iter().cloned().zip(answers.iter().map(|answer| json!(answer))).collect();
    let mut answer = plain(status, &(Value::from(body).to_string() + "\n"));
    let mut fields = vec![("content-type", "application/json".to_owned())];
    if !missing.is_empty() {
        fields.push(("x-missing", missing.join(", ")));
    }
    set_fields(&mut answer, fields);
    answer
}

/// What a part answered: JSON, or its text. Nothing when it failed, or is too large.
async fn content(answer: Answer) -> Option<Value> {
    if !answer.status().is_success() {
        return None;
    }
    let (mut body, mut bytes) = (answer.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if bytes.len() + data.len() > MOST_PART {
            return None;
        }
        bytes.extend_from_slice(&data);
    }
    let text = || Value::from(String::from_utf8_lossy(&bytes).trim_end());
    Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
}

/// Which backends answered when last asked.
fn health(shared: &Shared, current: &Current) -> Answer {
    let lines = current.plan.groups.iter().map(|(group, backends)| {
        let up = backends.iter().filter(|backend| shared.upstreams.is_up(**backend)).count();
        format!("{group}: {up} of {} up\n", backends.len())
    });
    plain(200, &lines.collect::<String>())
}

/// A request that is in the gateway.
struct Place(Arc<Shared>);

impl Kept for Place {}

/// A part of an answer has no place of its own.
struct Nothing;

impl Kept for Nothing {}

impl Place {
    fn take(shared: &Arc<Shared>, most: Option<usize>) -> Option<Self> {
        let before = shared.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = Self(shared.clone());
        most.is_none_or(|most| before < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Refused {
    fn with(mut self, name: &str, value: &str) -> Self {
        set_fields(&mut self.0, vec![(name, value.to_owned())]);
        self
    }
}

fn refuse(status: u16, reason: &str) -> Refused {
    Refused(Box::new(plain(status, &format!("{reason}\n"))))
}

fn set_fields<N: AsRef<str>>(answer: &mut Answer, fields: Vec<(N, String)>) {
    for (name, value) in fields {
        let name = HeaderName::try_from(name.as_ref());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            answer.headers_mut().insert(name, value);
        }
    }
}
