//! Answers by somebody who cannot see the questions, and sends many in the hope that one fits.
//!
//! A resolver takes the first answer that has the right id, comes from the server's address and goes to the port that the
//! question came from. Who guesses all of it before the real answer is there decides what the resolver believes. Before
//! 2008 most resolvers used one port, so only the 16 bits of the id had to be guessed; D. Kaminsky found that one can try
//! again at once, by asking for another name of the same zone each time.
//!
//! # Sources
//!
//! A. Hubert, R. van Mook, "Measures for Making DNS More Resilient against Forged Answers", RFC 5452, 2009, section 7;
//! US-CERT VU#800113, "Multiple DNS implementations vulnerable to cache poisoning", 2008.

use crate::rng::Rng;

/// What an attacker has to guess, and how often he may.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Race {
    /// Forged answers that arrive before the real one (`F`).
    pub forged: u64,
    /// Values of the id (`I`): 65,536.
    pub ids: u64,
    /// Ports that the question may come from (`P`): 1 if it never changes, else about 64,000.
    pub ports: u64,
    /// Servers of the zone of which one was asked (`N`): the answer must come from its address.
    pub servers: u64,
}

impl Race {
    /// How many combinations there are.
    fn combinations(&self) -> f64 {
        self.ids as f64 * self.ports as f64 * self.servers as f64
    }

    /// The probability that a forged answer fits: all different, n of N; at most 1. O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::dns::spoofing::Race;
    ///
    /// let one_port = Race { forged: 100, ids: 1 << 16, ports: 1, servers: 1 };
    /// let any_port = Race { ports: 1 << 16, ..one_port };
    /// assert_eq!(one_port.win_probability(), 100.0 / 65_536.0);
    /// assert_eq!(any_port.win_probability(), 100.0 / 4_294_967_296.0);
    /// ```
    pub fn win_probability(&self) -> f64 {
        (self.forged as f64 / self.combinations()).min(1.0)
    }

    /// The probability that at least one of so many races is won: 1 - (1 - p)ⁿ. O(1).
    pub fn win_probability_of(&self, races: f64) -> f64 {
        -(races * (-self.win_probability()).ln_1p()).exp_m1()
    }

    /// How many races it takes until the probability of a win is this much; infinite if there is nothing to win.
    pub fn races_until(&self, probability: f64) -> f64 {
        (-probability).ln_1p() / (-self.win_probability()).ln_1p()
    }

    /// Runs one race: which combination is right is drawn, the forged ones are all different. O(1).
    pub fn run(&self, rng: &mut Rng) -> bool {
        let combinations = self.ids.saturating_mul(self.ports).saturating_mul(self.servers).max(1);
        // Which ones are tried makes no difference, as the right one is drawn evenly.
        rng.below(combinations) < self.forged
    }
}
