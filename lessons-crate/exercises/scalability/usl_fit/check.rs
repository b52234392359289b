//! Checks a fit of the universal scalability law.

use algorithms::rng::Rng;
use algorithms::scalability::Usl;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

type Fit = fn(&[(f64, f64)]) -> Option<Usl>;
type Peak = fn(&Usl) -> Option<f64>;

const LEVELS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0];
const SEEDS: u64 = 100;
const SERVICE: Usl = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
const LINE: Usl = Usl { gamma: 100.0, alpha: 0.0, beta: 0.0 };

/// Checks a function that fits the law to pairs of concurrency and throughput, and one that says where a law has
/// its peak.
pub fn usl_fit(fit: fn(&[(f64, f64)]) -> Option<Usl>, peak: fn(&Usl) -> Option<f64>) -> Report {
    Checker::new(&EXERCISE)
        .visible("exact points give γ, α and β back", move || exact(fit))
        .visible("the peak is √((1 − α) / β), and None when β is 0", move || peaks(peak))
        .visible("with 2% noise, γ is found within 2% and the peak within 4%", move || noisy(fit))
        .hidden("α and β are never negative", move || not_negative(fit))
        .hidden("a straight line with noise stays a straight line", move || straight(fit))
        .hidden("None with fewer than three different concurrencies", move || too_few(fit))
        .finish()
}

/// Five runs at each level, with relative noise.
fn runs(usl: &Usl, noise: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = Rng::new(seed);
    let levels = LEVELS.iter().flat_map(|&n| [n; 5]);
    levels.map(|n| (n, usl.throughput(n) * (1.0 + noise * rng.standard_normal()))).collect()
}

fn show(usl: &Usl) -> String {
    format!("γ = {:.4}, α = {:.6}, β = {:.8}", usl.gamma, usl.alpha, usl.beta)
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1e-3)
}

fn some(found: Option<Usl>) -> Result<Usl, Failure> {
    found.ok_or_else(|| Failure::new("a law", "None").input("60 runs at 12 different concurrencies"))
}

fn exact(fit: Fit) -> Result<(), Failure> {
    let laws = [
        Usl { gamma: 100.0, alpha: 0.1, beta: 0.01 },
        SERVICE,
        Usl { gamma: 3.0, alpha: 0.0, beta: 0.001 },
        Usl { gamma: 20.0, alpha: 0.25, beta: 0.0 },
    ];
    for law in laws {
        let found = some(fit(&runs(&law, 0.0, 0)))?;
        let same = near(found.gamma, law.gamma, 1e-6)
            && near(found.alpha, law.alpha, 1e-6)
            && near(found.beta, law.beta, 1e-6);
        if !same {
            return Err(Failure::new(show(&law), show(&found))
                .input(format!("throughput of that law at N = {LEVELS:?}"))
                .maybe_diagnosis(diagnose_form(&law, &found)));
        }
    }
    Ok(())
}

/// Another formula with these coefficients may describe the same points.
fn diagnose_form(law: &Usl, found: &Usl) -> Option<(&'static str, String)> {
    let describes = |slowdown: fn(&Usl, f64) -> f64| {
        LEVELS.iter().all(|&n| near(found.gamma * n / slowdown(found, n), law.throughput(n), 1e-6))
    };
    let (key, message) = if describes(|usl, n| 1.0 + usl.alpha * n + usl.beta * n * n) {
        (
            "n-instead-of-n-minus-1",
            "These coefficients fit 1 + αN + βN². One alone waits for nobody and has no pair to agree with: the law has α (N − 1) and β N (N − 1), so that γ is the throughput of one.",
        )
    } else if describes(|usl, n| 1.0 + usl.alpha * (n - 1.0) + usl.beta * (n - 1.0).powi(2)) {
        (
            "squared-instead-of-pairs",
            "These coefficients fit a term β (N − 1)². N have N (N − 1) ordered pairs that must agree.",
        )
    } else if near(found.gamma, 1.0 / law.gamma, 1e-6) {
        ("gamma-upside-down", "N / X is linear in 1/γ, α/γ and β/γ: the first unknown is 1/γ, not γ.")
    } else if near(found.alpha, law.alpha / law.gamma, 1e-6) && near(found.beta, law.beta / law.gamma, 1e-6) {
        (
            "not-multiplied-by-gamma",
            "N / X is linear in 1/γ, α/γ and β/γ: multiply the second and third unknown by γ.",
        )
    } else {
        return None;
    };
    Some((key, message.into()))
}

fn peaks(peak: Peak) -> Result<(), Failure> {
    let cases = [
        SERVICE,
        Usl { alpha: 0.5, beta: 0.001, ..SERVICE },
        Usl { beta: 0.0, ..SERVICE },
        Usl { alpha: 0.0, beta: 0.0, ..SERVICE },
    ];
    for law in cases {
        let (expected, found) = (law.peak(), peak(&law));
        let right = match (expected, found) {
            (Some(expected), Some(found)) => near(found, expected, 1e-6),
            (expected, found) => expected.is_none() && found.is_none(),
        };
        if right {
            continue;
        }
        let diagnosis = match found {
            Some(_) if expected.is_none() => Some((
                "peak-of-a-flat-curve",
                "Without coherency cost throughput never falls: a division by 0 gives infinity, which is no number of servers. Answer None.".to_owned(),
            )),
            Some(found) if near(found, law.beta.sqrt().recip(), 1e-6) => Some((
                "alpha-forgotten",
                "√(1/β) is the peak only without contention: take 1 − α over β.".to_owned(),
            )),
            _ => None,
        };
        return Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
            .input(show(&law))
            .maybe_diagnosis(diagnosis));
    }
    Ok(())
}

fn noisy(fit: Fit) -> Result<(), Failure> {
    for seed in 0..SEEDS {
        let measured = runs(&SERVICE, 0.02, seed);
        let found = some(fit(&measured))?;
        let peak = ((1.0 - found.alpha) / found.beta).sqrt();
        let expected = SERVICE.peak().unwrap_or(f64::NAN);
        if near(found.gamma, SERVICE.gamma, 0.02) && near(peak, expected, 0.04) {
            continue;
        }
        return Err(Failure::new(
            format!("γ near {}, the peak near {expected:.1}", SERVICE.gamma),
            format!("γ = {:.1}, the peak at {peak:.1}", found.gamma),
        )
        .input(format!("12 concurrencies, 5 runs each, noise from seed {seed}"))
        .maybe_diagnosis(diagnose_noisy(&measured, &found)));
    }
    Ok(())
}

fn diagnose_noisy(measured: &[(f64, f64)], found: &Usl) -> Option<(&'static str, String)> {
    let at_one: Vec<f64> = measured.iter().filter(|(n, _)| *n == 1.0).map(|&(_, x)| x).collect();
    let same = |value: f64| near(found.gamma, value, 1e-9);
    if at_one.iter().any(|&x| same(x)) || same(algorithms::stats::mean(&at_one)) {
        return Some((
            "gamma-from-one-point",
            "γ is exactly what was measured at N = 1. Its noise then bends the whole curve: γ is the third unknown, and all points have a say in it.".into(),
        ));
    }
    let plain = plain_fit(measured);
    let is_plain = near(found.gamma, plain.gamma, 1e-4) && near(found.beta, plain.beta, 1e-4);
    is_plain.then(|| {
        let message = "All squares count the same here, but N / X is ten times larger at the right end, and so is its noise: those points drown the others. Noise is a few percent of any value, so divide each equation by its N / X.";
        ("no-weights", message.into())
    })
}

/// The fit of N / X without weights, by Cramer's rule.
fn plain_fit(measured: &[(f64, f64)]) -> Usl {
    let (mut m, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
    for &(n, x) in measured {
        let row = [1.0, n - 1.0, n * (n - 1.0)];
        for i in 0..3 {
            right[i] += row[i] * n / x;
            for j in 0..3 {
                m[i][j] += row[i] * row[j];
            }
        }
    }
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let unknown = |column: usize| {
        let mut replaced = m;
        (0..3).for_each(|row| replaced[row][column] = right[row]);
        determinant(&replaced) / determinant(&m)
    };
    let gamma = 1.0 / unknown(0);
    Usl { gamma, alpha: unknown(1) * gamma, beta: unknown(2) * gamma }
}

fn not_negative(fit: Fit) -> Result<(), Failure> {
    for seed in 0..SEEDS {
        let found = some(fit(&runs(&LINE, 0.02, seed)))?;
        if found.alpha >= 0.0 && found.beta >= 0.0 {
            continue;
        }
        let negative = found.alpha < 0.0 || found.beta < 0.0;
        let diagnosis = negative.then(|| {
            let message = "Noise around a straight line makes a coefficient negative about every second time, and then the peak is the root of a negative number. Hold it at 0 and fit the others again.";
            ("negative-coefficient", message.to_owned())
        });
        return Err(Failure::new("α and β of at least 0", show(&found))
            .input(format!("a straight line, noise from seed {seed}"))
            .maybe_diagnosis(diagnosis));
    }
    Ok(())
}

fn straight(fit: Fit) -> Result<(), Failure> {
    for seed in 0..SEEDS {
        let found = some(fit(&runs(&LINE, 0.02, seed)))?;
        let (at_end, expected) = (found.throughput(128.0), LINE.throughput(128.0));
        if !near(at_end, expected, 0.06) {
            let failure = Failure::new(
                format!("near {expected} at N = 128"),
                format!("{at_end:.0}, by {}", show(&found)),
            )
            .input(format!("a straight line, noise from seed {seed}"));
            let cut = found.alpha == 0.0 || found.beta == 0.0;
            return Err(failure.maybe_diagnosis(cut.then(|| {
                let message = "One coefficient was cut off at 0 after the fit, and the others still make up for what it was. Hold it at 0 and fit the rest again.";
                ("cut-off-without-refit", message.to_owned())
            })));
        }
    }
    Ok(())
}

fn too_few(fit: Fit) -> Result<(), Failure> {
    let twice: Vec<(f64, f64)> = runs(&SERVICE, 0.02, 1).into_iter().filter(|&(n, _)| n <= 2.0).collect();
    for measured in [&twice[..], &twice[..1], &[]] {
        if let Some(found) = fit(measured) {
            return Err(Failure::new("None", show(&found)).input(format!("{measured:?}")).diagnosis(
                "counts-points",
                "Many runs at two concurrencies are still two places on the curve, and three unknowns need three: count the different N.",
            ));
        }
    }
    Ok(())
}
