//! Checks the power of two choices.
//!
//! Right programs draw in different ways, so that no two give the same picks: their answers cannot be compared one by
//! one, and the properties count them.

use algorithms::interrupt::checkpoint;
use algorithms::load_balancer::{Balancer, Request};
use algorithms::rng::Rng;
use algorithms::simulation::Simulation;
use algorithms::stats::{chi_square_p_value, proportion_error};

use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

/// What the learner writes: the requests in flight at each backend, random numbers, and the pick.
type Pick = fn(&[u32], &mut Rng) -> usize;

/// Checks a learner's power of two choices.
pub fn two_choices(pick: Pick) -> Report {
    Checker::new(&EXERCISE)
        .visible("one backend is enough", move || one_backend(pick))
        .visible("of two backends, the one with fewer requests is picked", move || fewer_of_two(pick))
        .visible("the fullest backend is never picked", move || never_the_fullest(pick))
        .visible("equal backends are picked equally often", move || equals_are_equal(pick))
        .hidden("every pair is drawn equally often", move || pairs_are_uniform(pick))
        .hidden("20,000 balls in as many bins: no bin gets more than 4", move || balls_into_bins(pick))
        .hidden("ten busy queues: mean latency below 3.3 service times", move || queues_are_short(pick))
        .finish()
}

fn draw(pick: Pick, loads: &[u32], rng: &mut Rng) -> Result<usize, Failure> {
    checkpoint();
    let picked = pick(loads, rng);
    if picked < loads.len() {
        return Ok(picked);
    }
    Err(Failure::new(format!("an index below {}", loads.len()), picked.to_string())
        .input(format!("load = {loads:?}"))
        .known(known::INDEX_OUT_OF_RANGE))
}

/// How often each backend is picked.
fn counts(pick: Pick, loads: &[u32], draws: usize) -> Result<Vec<u64>, Failure> {
    let mut rng = Rng::new(7);
    let mut counts = vec![0; loads.len()];
    for _ in 0..draws {
        counts[draw(pick, loads, &mut rng)?] += 1;
    }
    Ok(counts)
}

fn one_backend(pick: Pick) -> Result<(), Failure> {
    draw(pick, &[3], &mut Rng::new(1)).map(|_| ())
}

fn fewer_of_two(pick: Pick) -> Result<(), Failure> {
    for loads in [[0, 1], [1, 0], [5, 2], [2, 5]] {
        let counts = counts(pick, &loads, 200)?;
        let fuller = usize::from(loads[1] > loads[0]);
        if counts[fuller] == 0 {
            continue;
        }
        let failure =
            Failure::new(format!("always {}", 1 - fuller), format!("{fuller} in {} of 200", counts[fuller]))
                .input(format!("load = {loads:?}"));
        return Err(match counts[fuller] {
            200 if always_the_same_index(pick)? => failure.known(known::COMPARES_INDICES),
            200 => failure.known(known::PICKS_THE_FULLER),
            // A quarter of the draws sees the same backend twice.
            20..=75 => failure.known(known::WITH_REPLACEMENT),
            76..=124 => failure.known(known::NOT_COMPARED),
            _ => failure,
        });
    }
    Ok(())
}

fn always_the_same_index(pick: Pick) -> Result<bool, Failure> {
    let (left, right) = (counts(pick, &[0, 1], 100)?, counts(pick, &[1, 0], 100)?);
    Ok(left == right)
}

fn never_the_fullest(pick: Pick) -> Result<(), Failure> {
    for backends in 2..=8 {
        for fullest in 0..backends {
            let mut loads = vec![1; backends];
            loads[fullest] = 9;
            let counts = counts(pick, &loads, 500)?;
            if counts[fullest] > 0 {
                let found = format!("{fullest} in {} of 500", counts[fullest]);
                let failure = Failure::new(format!("never {fullest}, which has the most"), found)
                    .input(format!("load = {loads:?}"));
                // The same backend twice comes once in n² draws.
                let twice = counts[fullest] as f64 <= 10.0 + 750.0 / (backends * backends) as f64;
                return Err(if twice { failure.known(known::WITH_REPLACEMENT) } else { failure });
            }
        }
    }
    Ok(())
}

fn equals_are_equal(pick: Pick) -> Result<(), Failure> {
    for backends in [2usize, 5, 10] {
        let draws = 2_000 * backends;
        let counts = counts(pick, &vec![4; backends], draws)?;
        if chi_square_p_value(&counts, &vec![2_000.0; backends]) < 1e-6 {
            let failure = Failure::new("about 2,000 picks each", format!("{counts:?}"))
                .input(format!("{backends} backends, each with load 4, {draws} picks"));
            let last = counts[backends - 1];
            return Err(if counts.is_sorted_by(|a, b| a >= b) && last < 200 {
                failure.known(known::TIES_TO_THE_LOWER_INDEX)
            } else if counts.is_sorted() && counts[0] < 200 {
                failure.known(known::TIES_TO_THE_HIGHER_INDEX)
            } else {
                failure.known(known::NOT_UNIFORM)
            });
        }
    }
    Ok(())
}

/// A backend with load 1 is picked when its partner has 2 and not when it has 0: so its count tells how
/// often it is drawn together with the backend that has 0.
fn pairs_are_uniform(pick: Pick) -> Result<(), Failure> {
    const BACKENDS: usize = 7;
    // A second draw that moves on to the next backend when it meets the first is off by a percent only.
    const DRAWS: u64 = 60_000;
    // 5 of the 21 pairs have the second-best and not the best.
    let expected = 5.0 / 21.0;
    let tolerance = 6.0 * proportion_error(expected, DRAWS);
    let mut wrong = None;
    let mut neighbors_only = true;
    for best in 0..BACKENDS {
        for second in (0..BACKENDS).filter(|&second| second != best) {
            let mut loads = [2; BACKENDS];
            loads[best] = 0;
            loads[second] = 1;
            let counts = counts(pick, &loads, DRAWS as usize)?;
            if counts[best] == DRAWS {
                return Err(Failure::new("the best backend in 29% of the picks", "in all of them")
                    .input(format!("load = {loads:?}, {DRAWS} picks"))
                    .known(known::FULL_SCAN));
            }
            let share = counts[second] as f64 / DRAWS as f64;
            let adjacent = (best + 1) % BACKENDS == second || (second + 1) % BACKENDS == best;
            // A neighbor of the best has one other neighbor, and any other backend two: each pair has a seventh.
            let as_neighbors = if adjacent { 1.0 / 7.0 } else { 2.0 / 7.0 };
            neighbors_only &= (share - as_neighbors).abs() < tolerance;
            if (share - expected).abs() > tolerance {
                wrong = wrong.or(Some((loads, second, share)));
            }
        }
    }
    let Some((loads, second, share)) = wrong else { return Ok(()) };
    let failure =
        Failure::new(format!("{second} in 24% of the picks"), format!("in {:.1}% of them", 100.0 * share))
            .input(format!("load = {loads:?}, {DRAWS} picks"));
    Err(if neighbors_only {
        failure.known(known::NEIGHBORS_ONLY)
    } else {
        failure.known(known::PAIRS_NOT_UNIFORM)
    })
}

/// Whether the best of all is picked every time, wherever it is: then every backend is read.
fn reads_all(pick: Pick) -> Result<bool, Failure> {
    Ok(counts(pick, &[1, 0, 1, 1, 1], 100)?[1] == 100 && counts(pick, &[1, 1, 1, 0, 1], 100)?[3] == 100)
}

fn balls_into_bins(pick: Pick) -> Result<(), Failure> {
    const BINS: usize = 20_000;
    // In unoptimized code that takes so long that it would look like an endless loop.
    if reads_all(pick)? {
        return Err(Failure::new(
            "two loads read for each ball",
            "all of them: 400 million for 20,000 balls",
        )
        .input(format!("{BINS} bins and balls"))
        .known(known::FULL_SCAN));
    }
    let mut rng = Rng::new(11);
    let mut loads = vec![0; BINS];
    for _ in 0..BINS {
        checkpoint();
        let picked = pick(&loads, &mut rng);
        loads[picked] += 1;
    }
    let fullest = loads.iter().max().copied().unwrap_or(0);
    if fullest <= 4 {
        return Ok(());
    }
    Err(Failure::new("at most 4", fullest.to_string()).input(format!("{BINS} bins and balls")))
}

/// The learner's function as a policy of the simulator.
struct Policy {
    pick: Pick,
    loads: Vec<u32>,
    rng: Rng,
}

impl Balancer for Policy {
    fn name(&self) -> &'static str {
        "your two choices"
    }
    fn pick(&mut self, _: &Request) -> usize {
        (self.pick)(&self.loads, &mut self.rng)
    }
    fn started(&mut self, backend: usize) {
        self.loads[backend] += 1;
    }
    fn finished(&mut self, backend: usize, _: f64, _: bool) {
        self.loads[backend] -= 1;
    }
}

fn queues_are_short(pick: Pick) -> Result<(), Failure> {
    let mut policy = Policy { pick, loads: vec![0; 10], rng: Rng::new(13) };
    let mean = Simulation::new(10, 0.9).requests(150_000).run(&mut policy).mean;
    if mean < 3.3 {
        return Ok(());
    }
    Err(Failure::new("below 3.3", format!("{mean:.2}")).input("10 equal backends at a utilization of 0.9"))
}
