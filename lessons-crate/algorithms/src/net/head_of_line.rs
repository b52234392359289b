//! Head-of-line blocking: who waits when one packet is lost.

use crate::rng::Rng;

/// When messages are delivered, over a path that loses packets, in one ordered stream or in several.
///
/// A message is one packet. Packets leave one after the other; the streams take turns. A lost packet arrives
/// `round_trip` later, or still later if it is lost again. A message is delivered when it and every earlier one of its
/// own stream have arrived: TCP has one stream for everything, QUIC one for each request.
///
/// # Examples
///
/// ```
/// use lessons::net::Delivery;
///
/// let path = Delivery { messages: 10_000, gap_ms: 1.0, round_trip_ms: 100.0, loss: 0.02, seed: 35 };
/// let (one, eight) = (path.delays_ms(1), path.delays_ms(8));
/// let late = |delays: &[f64]| delays.iter().filter(|delay| **delay > 50.0).count();
/// assert!(late(&one) > 2 * late(&eight));
/// ```
///
/// # Sources
///
/// J. Iyengar and M. Thomson (eds.), "QUIC", RFC 9000, section 2, 2021. M. Scharf and S. Kiesel, "Head-of-line Blocking
/// in TCP and SCTP: Analysis and Measurements", IEEE GLOBECOM 2006, doi:10.1109/GLOCOM.2006.333.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// How many messages are sent.
    pub messages: usize,
    /// The time between two of them, in milliseconds.
    pub gap_ms: f64,
    /// How long after a packet its repetition arrives, in milliseconds; the packet itself takes half of that.
    pub round_trip_ms: f64,
    /// The probability that a packet is lost.
    pub loss: f64,
    /// Which packets are lost; the same for every number of streams.
    pub seed: u64,
}

impl Delivery {
    /// For each message the time from sending to delivery, in milliseconds, with so many streams. O(messages).
    ///
    /// # Panics
    ///
    /// When there is no stream, or every packet is lost.
    pub fn delays_ms(&self, streams: usize) -> Vec<f64> {
        assert!(streams > 0, "messages need a stream");
        assert!(self.loss < 1.0, "when every packet is lost, nothing is ever delivered");
        let mut rng = Rng::new(self.seed);
        let mut delivered = vec![0.0f64; streams];
        (0..self.messages)
            .map(|number| {
                let sent = number as f64 * self.gap_ms;
                let mut arrives = sent + self.round_trip_ms / 2.0;
                while rng.chance(self.loss) {
                    arrives += self.round_trip_ms;
                }
                let stream = &mut delivered[number % streams];
                *stream = stream.max(arrives);
                *stream - sent
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: Delivery =
        Delivery { messages: 200_000, gap_ms: 1.0, round_trip_ms: 100.0, loss: 0.002, seed: 3 };

    /// A loss delays what is sent in the round trip after it: all of it in one stream, 1/k of it in k streams.
    #[test]
    fn one_loss_delays_a_round_trip_of_its_own_stream() {
        for streams in [1, 2, 4, 10] {
            let late = PATH.delays_ms(streams).iter().filter(|delay| **delay > 50.5).count() as f64;
            let share = late / PATH.messages as f64;
            // Packets of the stream within a round trip: any of them lost delays this one.
            let before = 100 / streams;
            let theory = 1.0 - (1.0 - PATH.loss).powi(before as i32);
            assert!((share / theory - 1.0).abs() < 0.1, "{streams}: {share}, by theory {theory}");
        }
    }

    #[test]
    fn more_streams_delay_no_message_more() {
        let (one, eight) = (PATH.delays_ms(1), PATH.delays_ms(8));
        assert!(one.iter().zip(&eight).all(|(one, eight)| eight <= one));
    }
}
