//! Several senders, one queue: what congestion control makes of the narrowest link.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::congestion::Congestion;
use crate::interrupt;
use crate::rng::Rng;

/// Events between two looks at the interrupt.
const CHECK_EVERY: u64 = 65_536;

/// A link with a queue before it, which drops what does not fit, and a path that also loses at random.
///
/// Segments are all of one size. A loss is noticed when the next acknowledgment would have come; there are no
/// timeouts, and no acknowledgment is lost.
///
/// # Complexity
///
/// O(log segments under way) for each segment: some millions a second.
///
/// # Examples
///
/// ```
/// use lessons::net::{Bottleneck, Reno};
///
/// let link = Bottleneck { segments_per_second: 1_000.0, ..Bottleneck::default() };
/// let run = link.run(&[Box::new(Reno::new()), Box::new(Reno::new())], 60.0);
/// assert!(run.utilization > 0.9); // A queue of a bandwidth-delay product keeps the link busy.
/// ```
///
/// # Sources
///
/// V. Jacobson, SIGCOMM 1988, doi:10.1145/52324.52356. How large the queue should be: C. Villamizar and C. Song, "High
/// Performance TCP in ANSNET", ACM SIGCOMM Computer Communication Review 24(5), 1994, doi:10.1145/205511.205520.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bottleneck {
    /// How many segments the link carries.
    pub segments_per_second: f64,
    /// The round trip when the queue is empty, in seconds.
    pub round_trip: f64,
    /// How many segments wait at most; more are dropped.
    pub queue: usize,
    /// The probability that a segment is lost elsewhere.
    pub loss: f64,
    /// Which are lost.
    pub seed: u64,
    /// How many samples are kept over the run.
    pub samples: usize,
}

impl Default for Bottleneck {
    /// 1,000 segments a second (about 12 Mbit/s), 50 ms, a queue of one bandwidth-delay product, no other loss.
    fn default() -> Self {
        Self { segments_per_second: 1_000.0, round_trip: 0.05, queue: 50, loss: 0.0, seed: 35, samples: 400 }
    }
}

/// A moment of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Seconds since the start.
    pub time: f64,
    /// The window of each sender, in segments.
    pub windows: Vec<f64>,
    /// Segments in the queue.
    pub queue: f64,
}

/// What senders made of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// Samples, evenly over time.
    pub samples: Vec<Sample>,
    /// Segments that each sender delivered.
    pub delivered: Vec<u64>,
    /// Segments that did not fit into the queue.
    pub dropped: u64,
    /// Segments that were lost elsewhere.
    pub lost: u64,
    /// The share of the link's capacity that was used.
    pub utilization: f64,
    /// How long the run was, in seconds.
    pub seconds: f64,
}

/// An acknowledgment, or the news of a loss, on its way to a sender.
#[derive(Clone, Copy, Debug)]
struct News {
    /// In nanoseconds, so that it can be ordered.
    at: u64,
    number: u64,
    flow: usize,
    sent: f64,
    arrived: bool,
}

impl News {
    fn key(&self) -> (u64, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for News {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for News {}

impl PartialOrd for News {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for News {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

struct Flow {
    control: Box<dyn Congestion>,
    under_way: u64,
    delivered: u64,
    /// How many more segments it has to send.
    left: u64,
    /// Losses of what was sent before this are part of one that was paid for.
    deaf_until: f64,
}

struct Run<'a> {
    link: &'a Bottleneck,
    flows: Vec<Flow>,
    news: BinaryHeap<Reverse<News>>,
    rng: Rng,
    /// When the link will have sent all that waits.
    free_at: f64,
    number: u64,
    dropped: u64,
    lost: u64,
}

impl Bottleneck {
    /// How many segments fill the path: the bandwidth-delay product.
    pub fn product(&self) -> f64 {
        self.segments_per_second * self.round_trip
    }

    /// Senders that always have data, for so many seconds.
    pub fn run(&self, controls: &[Box<dyn Congestion>], seconds: f64) -> Shared {
        let mut run = Run::new(self, controls, u64::MAX);
        let samples = run.until(seconds, self.samples);
        let delivered: Vec<u64> = run.flows.iter().map(|flow| flow.delivered).collect();
        let carried = delivered.iter().sum::<u64>() as f64;
        Shared {
            samples,
            delivered,
            dropped: run.dropped,
            lost: run.lost,
            utilization: carried / (self.segments_per_second * seconds),
            seconds,
        }
    }

    /// How long one sender alone takes for so many segments, in seconds, from its first segment to the last
    /// acknowledgment; `None` when it takes longer than `limit`.
    pub fn time_for(&self, control: &dyn Congestion, segments: u64, limit: f64) -> Option<f64> {
        let mut run = Run::new(self, &[control.boxed()], segments);
        run.until(limit, 0);
        let flow = &run.flows[0];
        (flow.delivered >= segments).then_some(run.free_at.max(0.0) + self.round_trip)
    }
}

impl<'a> Run<'a> {
    fn new(link: &'a Bottleneck, controls: &[Box<dyn Congestion>], left: u64) -> Self {
        let flow = |control| Flow { control, under_way: 0, delivered: 0, left, deaf_until: -1.0 };
        Self {
            link,
            flows: controls.iter().cloned().map(flow).collect(),
            news: BinaryHeap::new(),
            rng: Rng::new(link.seed),
            free_at: 0.0,
            number: 0,
            dropped: 0,
            lost: 0,
        }
    }

    /// Runs until this time, or until nothing is left to send.
    fn until(&mut self, end: f64, samples: usize) -> Vec<Sample> {
        let mut kept = Vec::with_capacity(samples);
        (0..self.flows.len()).for_each(|flow| self.send(flow, 0.0));
        let mut count = 0u64;
        while let Some(Reverse(news)) = self.news.pop() {
            let now = news.at as f64 / 1e9;
            while kept.len() < samples && end * kept.len() as f64 / samples as f64 <= now {
                let time = end * kept.len() as f64 / samples as f64;
                let windows = self.flows.iter().map(|flow| flow.control.window()).collect();
                kept.push(Sample { time, windows, queue: self.waiting(time) });
            }
            if now > end {
                break;
            }
            self.hear(news, now);
            self.send(news.flow, now);
            count += 1;
            if count.is_multiple_of(CHECK_EVERY) {
                interrupt::checkpoint();
            }
        }
        kept
    }

    fn hear(&mut self, news: News, now: f64) {
        let flow = &mut self.flows[news.flow];
        flow.under_way -= 1;
        if news.arrived {
            flow.delivered += 1;
            let round_trip = Duration::from_secs_f64((now - news.sent).max(0.0));
            flow.control.acknowledged(1.0, Duration::from_secs_f64(now), round_trip);
            return;
        }
        flow.left = flow.left.saturating_add(1);
        if news.sent >= flow.deaf_until {
            flow.control.lost(Duration::from_secs_f64(now));
            flow.deaf_until = now;
        }
    }

    fn send(&mut self, index: usize, now: f64) {
        while self.flows[index].left > 0
            && self.flows[index].under_way < self.flows[index].control.window() as u64
        {
            let flow = &mut self.flows[index];
            flow.under_way += 1;
            flow.left -= 1;
            let waiting = self.waiting(now);
            let arrived = if waiting >= self.link.queue as f64 + 1.0 {
                self.dropped += 1;
                false
            } else {
                self.free_at = self.free_at.max(now) + 1.0 / self.link.segments_per_second;
                let lost = self.rng.chance(self.link.loss);
                self.lost += u64::from(lost);
                !lost
            };
            let at = self.free_at.max(now) + self.link.round_trip;
            self.number += 1;
            let news = News { at: (at * 1e9) as u64, number: self.number, flow: index, sent: now, arrived };
            self.news.push(Reverse(news));
        }
    }

    /// Segments that wait or are being sent.
    fn waiting(&self, now: f64) -> f64 {
        (self.free_at - now).max(0.0) * self.link.segments_per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::congestion::{Cubic, Reno, jain_index, law};

    fn reno() -> Box<dyn Congestion> {
        Box::new(Reno::new())
    }

    #[test]
    fn a_queue_of_one_product_keeps_the_link_busy_and_a_short_one_does_not() {
        // Halving from two products leaves one, which fills the path. From 60 to 30 segments: 20 round trips with 40
        // on average, 10 with the link full: 1,350 segments in 1.55 s.
        let full = Bottleneck::default().run(&[reno()], 300.0);
        assert!(full.utilization > 0.97, "{}", full.utilization);
        let short = Bottleneck { queue: 10, ..Bottleneck::default() }.run(&[reno()], 300.0);
        assert!((0.8..0.93).contains(&short.utilization), "{}", short.utilization);
    }

    #[test]
    fn random_loss_gives_the_window_of_the_law() {
        // Wide enough that the link is never the limit.
        let link =
            Bottleneck { segments_per_second: 1e6, queue: 100_000, loss: 1e-3, ..Bottleneck::default() };
        let run = link.run(&[Box::new(Reno::in_avoidance(40.0))], 600.0);
        let window = run.delivered[0] as f64 / run.seconds * link.round_trip;
        let ratio = window / law::reno_window(1e-3);
        assert!((0.9..1.15).contains(&ratio), "{window}");
    }

    #[test]
    fn late_comers_get_their_share() {
        let link = Bottleneck::default();
        let run = link.run(&[Box::new(Reno::in_avoidance(80.0)), Box::new(Reno::in_avoidance(2.0))], 300.0);
        let shares: Vec<f64> = run.delivered.iter().map(|count| *count as f64).collect();
        assert!(jain_index(&shares) > 0.98, "{shares:?}");
    }

    #[test]
    fn nothing_is_delivered_that_was_not_carried() {
        for controls in [vec![reno()], vec![reno(), Box::new(Cubic::new())]] {
            let run = Bottleneck { loss: 0.01, ..Bottleneck::default() }.run(&controls, 20.0);
            assert!(run.utilization <= 1.0);
            assert_eq!(run.samples.len(), 400);
            assert!(run.samples.iter().all(|sample| sample.queue <= 51.0));
        }
    }

    #[test]
    fn a_small_transfer_takes_the_rounds_of_slow_start() {
        let link = Bottleneck { segments_per_second: 1e6, queue: 10_000, ..Bottleneck::default() };
        for segments in [10, 100, 1_000] {
            let time = link.time_for(&Reno::new(), segments, 10.0).expect("it ends");
            let rounds = f64::from(law::slow_start_rounds(segments, 10));
            assert!((time / (0.05 * rounds) - 1.0).abs() < 0.05, "{segments}: {time}");
        }
    }
}
