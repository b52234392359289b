//! Browsers, a proxy and an origin: what their caches do together.

use std::time::Duration;

use super::cache::{HttpCache, Lookup};
use super::date;
use super::fields::Fields;
use super::freshness::Exchange;
use super::method::Method;
use super::status::Status;
use crate::rng::Rng;

/// One page that changes at random moments, read at random moments through two layers of caches.
///
/// Reads and changes are Poisson processes: that is made up. What the caches do is [`HttpCache`], and messages take no
/// time.
///
/// # Examples
///
/// ```
/// use lessons::http::Chain;
///
/// let told = Chain { control: "max-age=30, s-maxage=60".to_owned(), ..Chain::default() };
/// let silent = Chain { proxy_tells_age: false, ..told.clone() };
/// // With Age, no copy is used beyond the longer of the two lifetimes; without it, beyond their sum.
/// assert!(told.run().oldest_seconds() <= 60.0 && silent.run().oldest_seconds() > 60.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// What the origin says in `Cache-Control`.
    pub control: String,
    /// How many browsers share the reads, each with a cache of its own.
    pub browsers: usize,
    /// Whether browsers have caches.
    pub browser_caches: bool,
    /// Whether the proxy has one.
    pub proxy_caches: bool,
    /// Whether the proxy says `Age` and leaves the origin's `Date`, as RFC 9111 asks. nginx does neither.
    pub proxy_tells_age: bool,
    /// Reads per second, of all browsers together.
    pub reads_per_second: f64,
    /// Changes of the page per second.
    pub changes_per_second: f64,
    /// How long.
    pub length: Duration,
    /// Of the moments.
    pub seed: u64,
}

impl Default for Chain {
    /// Ten browsers that read once a second together, ten minutes long; the page changes once in a minute on average.
    fn default() -> Self {
        Self {
            control: "max-age=10, s-maxage=60".to_owned(),
            browsers: 10,
            browser_caches: true,
            proxy_caches: true,
            proxy_tells_age: true,
            reads_per_second: 1.0,
            changes_per_second: 1.0 / 60.0,
            length: Duration::from_mins(10),
            seed: 16,
        }
    }
}

/// Who answered a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The browser, from its own cache; nothing was sent.
    Browser,
    /// The proxy, from its cache.
    Proxy,
    /// A cache, with an old copy, while it asked for a new one.
    Stale,
    /// The origin said 304: the copy was good.
    Confirmed,
    /// The origin sent the page.
    Origin,
}

impl Verdict {
    /// All of them, from near to far.
    pub const ALL: [Self; 5] = [Self::Browser, Self::Proxy, Self::Stale, Self::Confirmed, Self::Origin];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Browser => "the browser's copy",
            Self::Proxy => "the proxy's copy",
            Self::Stale => "an old copy, asks meanwhile",
            Self::Confirmed => "304 of the origin",
            Self::Origin => "200 of the origin",
        }
    }
}

/// One read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When, from the start.
    pub at: Duration,
    /// Of which browser.
    pub browser: usize,
    /// Who answered.
    pub verdict: Verdict,
    /// How long ago the version that it got was replaced; zero for the present one.
    pub outdated: Duration,
    /// How long ago the origin sent or confirmed what it got.
    pub age: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChainResult {
    /// Every read, in order.
    pub reads: Vec<Moment>,
    /// When the page changed, from the start.
    pub changes: Vec<Duration>,
    /// How many requests the origin got, those of caches that ask meanwhile included.
    pub origin_requests: u64,
    /// How many of them it answered with 304.
    pub origin_confirmed: u64,
}

impl ChainResult {
    /// The share of reads that somebody answered in this way.
    pub fn share(&self, verdict: Verdict) -> f64 {
        self.part(|read| read.verdict == verdict)
    }

    /// The share of reads that got a version that was not the present one.
    pub fn outdated_share(&self) -> f64 {
        self.part(|read| !read.outdated.is_zero())
    }

    /// The most seconds for which a version was shown after it had been replaced.
    pub fn most_outdated_seconds(&self) -> f64 {
        self.reads.iter().map(|read| read.outdated.as_secs_f64()).fold(0.0, f64::max)
    }

    /// The most seconds since the origin had sent or confirmed what a read got.
    pub fn oldest_seconds(&self) -> f64 {
        self.reads.iter().map(|read| read.age.as_secs_f64()).fold(0.0, f64::max)
    }

    fn part(&self, which: impl Fn(&Moment) -> bool) -> f64 {
        let count = self.reads.iter().filter(|read| which(read)).count();
        count as f64 / self.reads.len().max(1) as f64
    }
}

/// The one page.
const URL: &str = "/page";
/// When a run begins: a date that a reader recognizes.
const START: Duration = Duration::from_secs(1_767_225_600);

/// What goes from a server to the one that asked.
#[derive(Clone)]
struct Answer {
    status: Status,
    fields: Fields,
    /// Version, and when the origin sent or confirmed it.
    body: (u64, Duration),
    verdict: Verdict,
}

struct Run<'a> {
    chain: &'a Chain,
    browsers: Vec<HttpCache>,
    /// When each browser's and the proxy's copy was sent or confirmed.
    confirmed: Vec<Duration>,
    proxy: HttpCache,
    result: ChainResult,
}

impl Chain {
    /// Runs it.
    ///
    /// # Panics
    ///
    /// When there is no browser, or nobody reads.
    pub fn run(&self) -> ChainResult {
        assert!(self.browsers > 0 && self.reads_per_second > 0.0, "somebody reads");
        let mut rng = Rng::new(self.seed);
        let mut moments = |mean: f64| {
            let (mut rng, mut time, mut all) = (rng.split(), 0.0, Vec::new());
            while mean.is_finite() {
                time += rng.exponential(mean);
                if time >= self.length.as_secs_f64() {
                    break;
                }
                all.push(Duration::from_secs_f64(time));
            }
            all
        };
        let reads = moments(1.0 / self.reads_per_second);
        let changes = moments(1.0 / self.changes_per_second);
        let mut run = Run {
            chain: self,
            browsers: (0..self.browsers).map(|_| HttpCache::private(1)).collect(),
            confirmed: vec![Duration::ZERO; self.browsers + 1],
            proxy: HttpCache::shared(1),
            result: ChainResult { changes, ..ChainResult::default() },
        };
        for at in reads {
            let browser = rng.index(self.browsers);
            let answer = run.read(browser, START + at);
            let (version, confirmed) = answer.body;
            let replaced = run.result.changes.get(version as usize).copied().filter(|&change| change <= at);
            let outdated = replaced.map_or(Duration::ZERO, |change| at - change);
            let age = (START + at).saturating_sub(confirmed);
            run.result.reads.push(Moment { at, browser, verdict: answer.verdict, outdated, age });
        }
        run.result
    }
}

impl Run<'_> {
    /// A browser reads: from its cache, or by asking the proxy.
    fn read(&mut self, browser: usize, now: Duration) -> Answer {
        if !self.chain.browser_caches {
            return self.ask_proxy(&Fields::new(), now);
        }
        let nothing = Fields::new();
        let copy = |run: &Self, body: &[u8], verdict| Answer {
            status: Status(200),
            fields: Fields::new(),
            body: (version(body), run.confirmed[browser]),
            verdict,
        };
        match self.browsers[browser].lookup(URL, &nothing, now) {
            Lookup::Fresh(stored, _) => copy(self, &stored.body, Verdict::Browser),
            Lookup::StaleWhileRevalidate(stored, _, ask) => {
                let old = copy(self, &stored.body, Verdict::Stale);
                let answer = self.ask_proxy(&ask, now);
                self.keep(browser, &answer, now);
                old
            }
            Lookup::Revalidate(stored, ask) => {
                let answer = self.ask_proxy(&ask, now);
                self.keep(browser, &answer, now);
                let same = answer.status == Status(304);
                let confirmed = answer.body.1;
                let own = (if same { version(&stored.body) } else { answer.body.0 }, confirmed);
                Answer { body: own, ..answer }
            }
            Lookup::Miss | Lookup::Unavailable => {
                let answer = self.ask_proxy(&nothing, now);
                self.keep(browser, &answer, now);
                answer
            }
        }
    }

    /// A cache (the last is the proxy's) keeps what came, or marks its copy as good.
    fn keep(&mut self, place: usize, answer: &Answer, now: Duration) {
        let (status, fields) = (answer.status, answer.fields.clone());
        let exchange = Exchange { requested: now, received: now, status, fields };
        let cache = if place == self.browsers.len() { &mut self.proxy } else { &mut self.browsers[place] };
        if status == Status(304) {
            cache.confirmed(URL, &Fields::new(), exchange);
        } else {
            cache.store(Method::Get, URL, &Fields::new(), exchange, answer.body.0.to_string().as_bytes());
        }
        self.confirmed[place] = answer.body.1;
    }

    /// The proxy is asked: it answers from its cache, or asks the origin.
    fn ask_proxy(&mut self, request: &Fields, now: Duration) -> Answer {
        if !self.chain.proxy_caches {
            return self.ask_origin(request, now);
        }
        let place = self.browsers.len();
        let mut answer = match self.proxy.lookup(URL, &Fields::new(), now) {
            Lookup::Fresh(stored, age) => {
                self.proxy_copy(stored.exchange.fields, &stored.body, age, Verdict::Proxy)
            }
            Lookup::StaleWhileRevalidate(stored, age, ask) => {
                let old = self.proxy_copy(stored.exchange.fields, &stored.body, age, Verdict::Stale);
                let answer = self.ask_origin(&ask, now);
                self.keep(place, &answer, now);
                old
            }
            Lookup::Revalidate(stored, ask) => {
                let answer = self.ask_origin(&ask, now);
                self.keep(place, &answer, now);
                let same = answer.status == Status(304);
                let body = (if same { version(&stored.body) } else { answer.body.0 }, now);
                Answer { status: Status(200), body, ..answer }
            }
            Lookup::Miss | Lookup::Unavailable => {
                let answer = self.ask_origin(&Fields::new(), now);
                self.keep(place, &answer, now);
                answer
            }
        };
        if !self.chain.proxy_tells_age {
            answer.fields.remove("age");
            answer.fields.set("Date", &date::format(now));
        }
        if request.get("if-none-match").is_some() && request.get("if-none-match") == answer.fields.get("etag")
        {
            answer.status = Status(304);
        }
        answer
    }

    fn proxy_copy(&self, mut fields: Fields, body: &[u8], age: Duration, verdict: Verdict) -> Answer {
        fields.set("Age", &age.as_secs().to_string());
        let confirmed = self.confirmed[self.browsers.len()];
        Answer { status: Status(200), fields, body: (version(body), confirmed), verdict }
    }

    fn ask_origin(&mut self, request: &Fields, now: Duration) -> Answer {
        let version = self.result.changes.partition_point(|&change| START + change <= now) as u64;
        let tag = format!("\"{version}\"");
        let date = date::format(now);
        let fields = [("Date", &*date), ("ETag", &*tag), ("Cache-Control", &*self.chain.control)];
        let same = request.get("if-none-match") == Some(&*tag);
        self.result.origin_requests += 1;
        self.result.origin_confirmed += u64::from(same);
        Answer {
            status: Status(if same { 304 } else { 200 }),
            fields: Fields::from(fields),
            body: (version, now),
            verdict: if same { Verdict::Confirmed } else { Verdict::Origin },
        }
    }
}

fn version(body: &[u8]) -> u64 {
    std::str::from_utf8(body).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
