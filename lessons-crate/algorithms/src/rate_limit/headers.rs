//! What a client is told of its limit.

use std::time::Duration;

use super::{Decision, Rate};

/// The status of an answer to a request that a limiter refuses: "Too Many Requests".
///
/// # Sources
///
/// M. Nottingham, R. Fielding, "Additional HTTP Status Codes", RFC 6585, 2012, section 4.
pub const TOO_MANY_REQUESTS: u16 = 429;

/// The header fields that tell a client of its limit: the policy, what is left of it, and, when the request was
/// refused, when to come back.
///
/// `Retry-After` is in whole seconds, rounded up, or clients would come back too early and be refused again.
///
/// # Sources
///
/// R. Polli, A. Martinez Ruiz, D. Miller, "RateLimit header fields for HTTP", IETF draft
/// draft-ietf-httpapi-ratelimit-headers-10, 2025 (earlier drafts, and most APIs of today, have other names:
/// `RateLimit-Limit`, `X-RateLimit-Remaining`); R. Fielding et al., "HTTP Semantics", RFC 9110, 2022, section
/// 10.2.3.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::rate_limit::{Gcra, Rate, RateLimiter, headers};
///
/// let rate = Rate::new(1, Duration::from_secs(60));
/// let mut limiter = Gcra::new(rate, 1);
/// limiter.try_acquire(Duration::ZERO, 1);
/// let refused = limiter.try_acquire(Duration::from_millis(58_200), 1);
/// let fields = headers::rate_limit_fields("search", rate, &refused);
/// assert_eq!(fields[0], ("RateLimit-Policy", "\"search\";q=1;w=60".to_owned()));
/// assert_eq!(fields[1], ("RateLimit", "\"search\";r=0;t=2".to_owned()));
/// assert_eq!(fields[2], ("Retry-After", "2".to_owned()));
/// ```
pub fn rate_limit_fields(policy: &str, rate: Rate, decision: &Decision) -> Vec<(&'static str, String)> {
    let name = quoted(policy);
    let mut fields = vec![
        ("RateLimit-Policy", format!("{name};q={};w={}", rate.count(), whole_seconds(rate.period()))),
        ("RateLimit", format!("{name};r={}", decision.remaining)),
    ];
    if !decision.allowed
        && let Some(retry_after) = decision.retry_after
    {
        let seconds = whole_seconds(retry_after);
        fields[1].1.push_str(&format!(";t={seconds}"));
        fields.push(("Retry-After", seconds.to_string()));
    }
    fields
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// A string of a structured field (RFC 9651): printable ASCII, with quotes and backslashes escaped.
fn quoted(text: &str) -> String {
    let printable = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
    let escaped = printable.flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]));
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        assert_eq!(quoted("a\"b\\c\r\nX-Evil: 1"), r#""a\"b\\cX-Evil: 1""#);
    }

    #[test]
    fn a_request_that_never_passes_is_not_told_to_come_back() {
        let rate = Rate::per_second(5);
        let fields = rate_limit_fields("x", rate, &Decision::deny(2, None));
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[1].1, "\"x\";r=2");
        let allowed = rate_limit_fields("x", rate, &Decision::allow(3));
        assert_eq!(allowed[1].1, "\"x\";r=3");
    }
}
