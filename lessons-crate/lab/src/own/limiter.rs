//! One limit for many: a rate limiter whose state is in Redis.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use algorithms::rate_limit::{Decision, Rate};

use crate::ground::error::{LabError, Task};
use crate::servers::redis::Redis;

/// The generic cell rate algorithm, as one step that nobody can come between. Time is the server's, so clients
/// whose clocks differ still agree. Numbers go through `%.0f`: Lua would write a time in microseconds with 14
/// digits only. The key ends by itself when it has nothing more to say.
///
/// Returns whether it may pass, how much more could pass now, and after how many microseconds it could.
const SCRIPT: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local following = arrival + cost * interval
local latest = now + burst * interval
if following > latest then
  return {0, math.floor((latest - arrival) / interval), math.ceil(following - latest)}
end
redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', math.ceil((following - now) / 1000) + 1)
return {1, math.floor((latest - following) / interval), 0}
";

/// A rate limiter that all who use the same Redis share: [`Gcra`](algorithms::rate_limit::Gcra), with its one number in
/// Redis instead of in this process. Each decision costs one round trip.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), lessons::lab::LabError> {
/// use lessons::lab::{Redis, SharedLimiter};
/// use lessons::rate_limit::Rate;
///
/// let redis = Redis::start().await?;
/// let limiter = SharedLimiter::new(&redis, Rate::per_second(10), 1).await?;
/// assert!(limiter.try_acquire("ada", 1).await?.allowed);
/// assert!(!limiter.try_acquire("ada", 1).await?.allowed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedLimiter {
    connection: ConnectionManager,
    address: SocketAddr,
    /// The name under which Redis knows the script.
    script: String,
    rate: Rate,
    burst: u32,
}

impl SharedLimiter {
    /// A limiter with its state in this Redis.
    ///
    /// # Errors
    ///
    /// When Redis does not answer, or runs no scripts, as the lab's stand-in.
    ///
    /// # Panics
    ///
    /// When the burst is 0: nothing would ever pass.
    pub fn new(redis: &Redis, rate: Rate, burst: u32) -> Task<'static, Self> {
        assert!(burst > 0, "a burst is at least one request");
        let store = Self::store(redis);
        Box::pin(async move { Ok(Self { rate, burst, ..store.await? }) })
    }

    /// One that is given rate and burst with each request.
    pub(crate) fn store(redis: &Redis) -> Task<'static, Self> {
        let (connecting, address) = (redis.connect(), redis.address());
        Box::pin(async move {
            let mut connection = connecting.await?;
            let mut load = ::redis::cmd("SCRIPT");
            let loaded = load.arg("LOAD").arg(SCRIPT).query_async(&mut connection).await;
            let script = loaded.map_err(|error| {
                let needs = "a shared limiter needs a Redis that runs scripts; install redis-server";
                LabError::answer("Redis", format!("{error} ({needs})"))
            })?;
            Ok(Self { connection, address, script, rate: Rate::per_second(1), burst: 1 })
        })
    }

    /// Decides on a request of this key that counts as `cost` requests.
    ///
    /// # Errors
    ///
    /// When Redis does not answer within 2 s: then it is for you to let the request pass or not.
    pub fn try_acquire(&self, key: &str, cost: u32) -> Task<'static, Decision> {
        self.decide(key, self.rate, self.burst, cost)
    }

    pub(crate) fn decide(&self, key: &str, rate: Rate, burst: u32, cost: u32) -> Task<'static, Decision> {
        let (mut connection, script) = (self.connection.clone(), self.script.clone());
        let key = format!("limit:{key}");
        Box::pin(async move {
            let microseconds = rate.period().as_secs_f64() * 1e6 / f64::from(rate.count());
            let call = |how: &str, script: &str| {
                let mut command = ::redis::cmd(how);
                command.arg(script).arg(1).arg(&key).arg(microseconds).arg(burst).arg(cost);
                command
            };
            let mut answer: Result<(i64, i64, u64), _> =
                call("EVALSHA", &script).query_async(&mut connection).await;
            // A Redis that was restarted has forgotten its scripts.
            if answer.as_ref().is_err_and(|error| error.code() == Some("NOSCRIPT")) {
                answer = call("EVAL", SCRIPT).query_async(&mut connection).await;
            }
            let (allowed, remaining, wait) = answer.map_err(|error| LabError::answer("Redis", error))?;
            Ok(Decision {
                allowed: allowed == 1,
                remaining: u32::try_from(remaining).unwrap_or(0),
                retry_after: (cost <= burst).then(|| Duration::from_micros(wait)),
            })
        })
    }
}

impl fmt::Debug for SharedLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, burst, .. } = self;
        write!(
            f,
            "{} per {:?}, bursts of {burst}, counted in Redis at {}",
            rate.count(),
            rate.period(),
            self.address
        )
    }
}
