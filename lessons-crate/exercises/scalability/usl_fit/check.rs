//! Checks a fit of the universal scalability law.

use algorithms::rng::Rng;
use algorithms::scalability::Usl;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, close, planted};

/// The fit, and the place of the peak.
type Answer = (fn(&[(f64, f64)]) -> Option<Usl>, fn(&Usl) -> Option<f64>);
planted!("scalability/usl_fit");

enum Input {
    /// Points of a law, and the noise in them.
    Fit {
        law: Usl,
        noise: f64,
        measured: Vec<(f64, f64)>,
    },
    Peak(Usl),
}

#[derive(PartialEq)]
enum Found {
    Law(Option<Usl>),
    Peak(Option<f64>),
}

const QUESTION: Question<Answer, Input, Found> = Question {
    ask: |(fit, peak), input| match input {
        Input::Fit { measured, .. } => Found::Law(fit(measured)),
        Input::Peak(law) => Found::Peak(peak(law)),
    },
    right: |input| match input {
        Input::Fit { law, measured, .. } => Found::Law((different(measured) >= 3).then_some(*law)),
        Input::Peak(law) => Found::Peak(law.peak()),
    },
    accepts: Some(accepts),
    same: |one, other| match (one, other) {
        (Found::Law(Some(one)), Found::Law(Some(other))) => same_law(one, other),
        (Found::Peak(Some(one)), Found::Peak(Some(other))) => close(*one, *other),
        (one, other) => one == other,
    },
    input: |input| match input {
        Input::Fit { measured, .. } if measured.len() < 10 => format!("fit(&{measured:?})"),
        Input::Fit { noise, measured, .. } => {
            format!(
                "fit(..) of {} runs with {}% noise: {:?}, ...",
                measured.len(),
                noise * 100.0,
                &measured[..3]
            )
        }
        Input::Peak(law) => format!("peak(..) of {}", show(law)),
    },
    output: |found| match found {
        Found::Law(law) => law.as_ref().map_or("None".to_owned(), show),
        Found::Peak(peak) => format!("{peak:?}"),
    },
};

const LEVELS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0];
const SERVICE: Usl = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
const EXAMPLE: Usl = Usl { gamma: 100.0, alpha: 0.1, beta: 0.01 };
/// Laws without one coefficient or without both: noise makes it negative in about every second fit.
const ON_THE_EDGE: [Usl; 3] = [
    Usl { gamma: 100.0, alpha: 0.0, beta: 0.0 },
    Usl { gamma: 100.0, alpha: 0.0, beta: 0.001 },
    Usl { gamma: 100.0, alpha: 0.05, beta: 0.0 },
];

/// Checks a function that fits the law to pairs of concurrency and throughput, and one that says where a law has
/// its peak.
pub fn usl_fit(fit: fn(&[(f64, f64)]) -> Option<Usl>, peak: fn(&Usl) -> Option<f64>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, (fit, peak), MISTAKES)
        .visible("exact points give γ, α and β back", || {
            let laws = [EXAMPLE, SERVICE, Usl { beta: 0.0, ..SERVICE }, Usl { alpha: 0.0, ..EXAMPLE }];
            let mut inputs: Vec<Input> = laws.map(|law| runs(law, &LEVELS, 0.0, 0)).into();
            inputs.insert(0, runs(EXAMPLE, &[1.0, 2.0, 4.0], 0.0, 0));
            inputs
        })
        .visible("the peak is √((1 − α) / β), and None when β is 0", || {
            let flat = Usl { beta: 0.0, ..SERVICE };
            let laws = [
                EXAMPLE,
                SERVICE,
                Usl { alpha: 0.5, beta: 1e-8, ..SERVICE },
                flat,
                Usl { alpha: 0.0, ..flat },
            ];
            laws.map(Input::Peak).into()
        })
        .visible("with 2% noise, γ is found within 2% and the peak within 4%", || {
            (0..100).map(|seed| runs(SERVICE, &five_each(), 0.02, seed)).collect()
        })
        .hidden("with noise, α and β are not negative, and the curve still fits", || {
            let laws = ON_THE_EDGE.iter();
            laws.flat_map(|&law| (0..50).map(move |seed| runs(law, &five_each(), 0.02, seed))).collect()
        })
        .hidden("None with fewer than three different concurrencies, in any order", || {
            let orders: [&[f64]; 5] = [&[], &[4.0], &[1.0, 2.0], &[8.0; 9], &[1.0, 2.0, 1.0, 2.0, 2.0, 1.0]];
            orders.map(|levels| runs(SERVICE, levels, 0.02, 1)).into()
        })
        .hidden("three concurrencies are enough, in any order and without N = 1", || {
            let orders: [&[f64]; 3] =
                [&[16.0, 2.0, 64.0], &[64.0, 4.0, 4.0, 64.0, 16.0], &[32.0, 1.0, 1.0, 8.0]];
            orders.map(|levels| runs(SERVICE, levels, 0.0, 0)).into()
        })
        // What comes out for too few points is whatever the equations happen to give.
        .described(known::COUNTS_POINTS, |_, right, found| {
            matches!((right, found), (Found::Law(None), Found::Law(Some(_))))
        })
        .described(
            known::NEGATIVE_COEFFICIENT,
            |_, _, found| matches!(found, Found::Law(Some(law)) if law.alpha < 0.0 || law.beta < 0.0),
        )
        .described(known::PEAK_OF_A_FLAT_CURVE, |_, right, found| {
            matches!((right, found), (Found::Peak(None), Found::Peak(Some(_))))
        })
        .finish()
}

fn five_each() -> Vec<f64> {
    LEVELS.iter().flat_map(|&n| [n; 5]).collect()
}

/// A run at each of these levels, with relative noise.
fn runs(law: Usl, levels: &[f64], noise: f64, seed: u64) -> Input {
    let mut rng = Rng::new(seed);
    let mut run = |&n: &f64| (n, law.throughput(n) * (1.0 + noise * rng.standard_normal()));
    Input::Fit { law, noise, measured: levels.iter().map(&mut run).collect() }
}

fn different(measured: &[(f64, f64)]) -> usize {
    let mut levels: Vec<u64> = measured.iter().map(|(n, _)| n.to_bits()).collect();
    levels.sort_unstable();
    levels.dedup();
    levels.len()
}

fn show(usl: &Usl) -> String {
    format!("γ = {:.4}, α = {:.6}, β = {:.8}", usl.gamma, usl.alpha, usl.beta)
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1e-3)
}

fn same_law(one: &Usl, other: &Usl) -> bool {
    // The equations are solved to about nine digits, whichever way.
    let pairs = [(one.gamma, other.gamma), (one.alpha, other.alpha), (one.beta, other.beta)];
    pairs.iter().all(|&(one, other)| near(one, other, 1e-6) || close(one, other))
}

fn accepts(input: &Input, found: &Found) -> bool {
    let (law, noise) = match input {
        Input::Peak(_) => return (QUESTION.same)(found, &(QUESTION.right)(input)),
        Input::Fit { measured, .. } if different(measured) < 3 => return *found == Found::Law(None),
        Input::Fit { law, noise, .. } => (law, *noise),
    };
    let Found::Law(Some(found)) = found else { return false };
    if noise == 0.0 {
        return same_law(found, law);
    }
    let not_negative = found.alpha >= 0.0 && found.beta >= 0.0;
    if law.alpha > 0.0 && law.beta > 0.0 {
        let peaks = (found.peak().unwrap_or(f64::NAN), law.peak().unwrap_or(f64::NAN));
        return not_negative && near(found.gamma, law.gamma, 0.02) && near(peaks.0, peaks.1, 0.04);
    }
    not_negative && LEVELS.iter().all(|&n| near(found.throughput(n), law.throughput(n), 0.06))
}
