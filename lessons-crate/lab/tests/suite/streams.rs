//! What streams through our own things, and what breaking them does to it: the parts that the tests of each
//! protocol share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lessons::gateway::{Plan, Rule};
use lessons::lab::{BalanceMode, Gateway, HttpBalancer, LabError, Link, Service};

use crate::until;

/// A client sees within this time that its stream is broken.
const PROMPT: Duration = Duration::from_secs(2);
/// Nothing comes for so long from whoever is paused.
const SILENCE: Duration = Duration::from_millis(150);

/// The ways to a service: straight, through a balancer, and through a gateway; each behind a link.
pub(crate) struct Ways {
    pub(crate) straight: Link,
    pub(crate) balanced: Link,
    pub(crate) guarded: Link,
    pub(crate) balancer: HttpBalancer,
    pub(crate) gateway: Gateway,
}

impl Ways {
    pub(crate) async fn to(service: &Service) -> Result<Self, LabError> {
        let balancer = HttpBalancer::balance(BalanceMode::RoundRobin, &[service.address()]).await?;
        let plan = Plan::new().group("all", [service.address()]).rule(Rule::prefix("all", "/").to("all"));
        let gateway = Gateway::start(&plan).await?;
        Ok(Self {
            straight: Link::to(service.address()).await?,
            balanced: Link::to(balancer.address()).await?,
            guarded: Link::to(gateway.address()).await?,
            balancer,
            gateway,
        })
    }

    pub(crate) fn addresses(&self) -> [SocketAddr; 3] {
        [&self.straight, &self.balanced, &self.guarded].map(Link::address)
    }
}

/// How many streams a service has open: each holds one of these.
#[derive(Clone, Debug, Default)]
pub(crate) struct Open(Arc<AtomicUsize>);

#[derive(Debug)]
pub(crate) struct One(Arc<AtomicUsize>);

impl Open {
    pub(crate) fn one(&self) -> One {
        self.0.fetch_add(1, Ordering::Relaxed);
        One(self.0.clone())
    }

    pub(crate) async fn none_left(&self, after: &str) {
        until(&format!("the end of all streams after {after}"), async || self.0.load(Ordering::Relaxed) == 0)
            .await;
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream as a client sees it: the next piece, whatever it is, or how it ended.
pub(crate) trait Pieces {
    /// True for a piece, false for the end or an error.
    async fn came(&mut self) -> bool;
}

/// One stream that runs, and what breaks it.
pub(crate) struct Broken<'a, F> {
    pub(crate) service: &'a Service,
    pub(crate) ways: &'a Ways,
    pub(crate) open: &'a Open,
    /// Opens a new endless stream by this address.
    pub(crate) stream: F,
}

impl<F, P> Broken<'_, F>
where
    F: AsyncFn(SocketAddr) -> P,
    P: Pieces,
{
    /// Pauses, kills and cuts off whatever is on the way, each in the middle of a stream.
    pub(crate) async fn in_every_way(&self) -> Result<(), LabError> {
        let Self { service, ways, .. } = self;
        for address in ways.addresses() {
            self.pausing(address, || service.pause(), || service.resume()).await;
            self.ended(address, "the service was killed", || service.kill()).await;
            service.restart().await?;
            // A balancer finds out by itself that it is back; it was not down for long enough to be out.
            let mut again = (self.stream)(address).await;
            assert!(again.came().await, "it comes again by {address}");
        }
        let [straight, balanced, guarded] = ways.addresses();
        self.pausing(balanced, || drop(ways.balancer.pause()), || drop(ways.balancer.resume())).await;
        self.pausing(guarded, || ways.gateway.pause(), || ways.gateway.resume()).await;
        self.ended(balanced, "the balancer was killed", || drop(ways.balancer.kill())).await;
        self.ended(guarded, "the gateway was killed", || ways.gateway.kill()).await;
        ways.balancer.restart().await?;
        ways.gateway.restart().await?;
        for (link, address) in
            [&ways.straight, &ways.balanced, &ways.guarded].into_iter().zip([straight, balanced, guarded])
        {
            self.ended(address, "the link was reset", || _ = link.reset()).await;
        }
        assert_eq!((ways.gateway.in_flight(), service.in_flight()), (0, 0));
        Ok(())
    }

    async fn pausing(&self, address: SocketAddr, pause: impl FnOnce(), resume: impl FnOnce()) {
        let mut pieces = (self.stream)(address).await;
        assert!(pieces.came().await, "the first piece by {address}");
        pause();
        // What was under way when the pause came still arrives.
        let silent =
            async { while tokio::time::timeout(SILENCE, pieces.came()).await.is_ok_and(|came| came) {} };
        assert!(
            tokio::time::timeout(PROMPT, silent).await.is_ok(),
            "it goes on by {address} although paused"
        );
        resume();
        let came = tokio::time::timeout(PROMPT, pieces.came()).await;
        assert_eq!(came, Ok(true), "it goes on by {address} after a pause");
        drop(pieces);
        self.open.none_left("the client went").await;
    }

    async fn ended(&self, address: SocketAddr, what: &str, end: impl FnOnce()) {
        let mut pieces = (self.stream)(address).await;
        assert!(pieces.came().await, "the first piece by {address}");
        end();
        let over = async { while pieces.came().await {} };
        assert!(tokio::time::timeout(PROMPT, over).await.is_ok(), "{address} is silent when {what}");
        self.open.none_left(what).await;
    }
}
