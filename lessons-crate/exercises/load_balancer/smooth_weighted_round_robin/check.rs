//! Checks smooth weighted round robin.

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Smooth weighted round robin, as the exercise asks for it.
pub trait SmoothWeighted: 'static {
    /// One backend per weight.
    fn new(weights: &[u32]) -> Self
    where
        Self: Sized;
    /// The next backend; none when no backend has a weight above 0.
    fn next(&mut self) -> Option<usize>;
    /// Changes the weight of a backend from the next pick on; the credits stay as they are.
    fn set_weight(&mut self, backend: usize, weight: u32);
}

/// The rule itself.
struct Rule {
    weights: Vec<u32>,
    credits: Vec<i64>,
}

impl SmoothWeighted for Rule {
    fn new(weights: &[u32]) -> Self {
        Self { weights: weights.into(), credits: vec![0; weights.len()] }
    }

    fn next(&mut self) -> Option<usize> {
        for (credit, &weight) in self.credits.iter_mut().zip(&self.weights) {
            *credit += i64::from(weight);
        }
        let in_service = (0..self.weights.len()).filter(|&i| self.weights[i] > 0);
        // The first of equals.
        let best = in_service.min_by_key(|&i| -self.credits[i])?;
        self.credits[best] -= self.weights.iter().map(|&weight| i64::from(weight)).sum::<i64>();
        Some(best)
    }

    fn set_weight(&mut self, backend: usize, weight: u32) {
        self.weights[backend] = weight;
    }
}

/// Makes a balancer of the learner's type.
type Answer = fn(&[u32]) -> Box<dyn SmoothWeighted>;
planted!("load_balancer/smooth_weighted_round_robin");

fn make<T: SmoothWeighted>(weights: &[u32]) -> Box<dyn SmoothWeighted> {
    Box::new(T::new(weights))
}

/// What is done with a balancer.
struct Script {
    weights: Vec<u32>,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Picks(usize),
    SetWeight(usize, u32),
}
use Step::{Picks, SetWeight};

const QUESTION: Question<Answer, Script, Vec<Option<usize>>> = Question {
    ask: |make, script| {
        let mut balancer = make(&script.weights);
        let mut picks = Vec::new();
        for step in &script.steps {
            checkpoint();
            match *step {
                Picks(count) => picks.extend((0..count).map(|_| balancer.next())),
                SetWeight(backend, weight) => balancer.set_weight(backend, weight),
            }
        }
        picks
    },
    right: |script| (QUESTION.ask)(make::<Rule>, script),
    accepts: None,
    same: |one, other| one == other,
    input: |Script { weights, steps }| {
        let steps = steps.iter().map(|step| match step {
            Picks(1) => "1 pick".to_owned(),
            Picks(count) => format!("{count} picks"),
            SetWeight(backend, weight) => format!("set_weight({backend}, {weight})"),
        });
        format!("new(&{weights:?}), {}", steps.collect::<Vec<_>>().join(", "))
    },
    output: |picks| {
        let pick = |pick: &Option<usize>| pick.map_or("None".to_owned(), |pick| pick.to_string());
        picks.iter().map(pick).collect::<Vec<_>>().join(" ")
    },
};

/// Checks a learner's smooth weighted round robin.
pub fn smooth_weighted_round_robin<T: SmoothWeighted>() -> Report {
    Comparison::new(&EXERCISE, &QUESTION, make::<T>, MISTAKES)
        .visible("weights 5, 1, 1 give 0 0 1 0 2 0 0, again and again", || vec![cycles(&[5, 1, 1])])
        .visible("the most credit wins, and of equals the lowest index", || {
            [&[1, 1, 1][..], &[4, 2, 1, 2], &[2, 3], &[1], &[1, 6, 1, 6]].map(cycles).into()
        })
        .visible("a backend of weight 0 is never picked", || {
            [&[0, 1][..], &[2, 0, 1], &[0, 0, 3], &[0, 5, 0, 5]].map(cycles).into()
        })
        .visible("without any weight there is no pick", || {
            let emptied = [Picks(1), SetWeight(0, 0), SetWeight(1, 0), Picks(2)];
            let mut scripts: Vec<Script> =
                [&[][..], &[0], &[0, 0, 0]].map(|weights| script(weights, &[Picks(2)])).into();
            scripts.push(script(&[3, 2], &emptied));
            scripts
        })
        .hidden("a hundred other weights give the sequence of the rule", || {
            let mut rng = Rng::new(22);
            (0..100).map(|_| cycles(&random_weights(&mut rng))).collect()
        })
        .hidden("setting the same weight again changes nothing", || {
            let steps: Vec<Step> = (0..12).flat_map(|_| [SetWeight(1, 2), Picks(1)]).collect();
            vec![script(&[3, 2, 1], &steps), script(&[1, 2], &steps)]
        })
        .hidden("after a change of weight, the credits go on", || {
            let mut rng = Rng::new(23);
            (0..100).map(|_| changed(&mut rng)).collect()
        })
        .hidden("a backend that was out of service comes back with the credit it had", || {
            let mut rng = Rng::new(24);
            let scripts = (0..50).map(|_| {
                let weights = random_weights(&mut rng);
                let (backend, before) = (rng.index(weights.len()), 1 + rng.index(9));
                let back = SetWeight(backend, weights[backend]);
                script(&weights, &[Picks(before), SetWeight(backend, 0), Picks(5), back, Picks(30)])
            });
            scripts.collect()
        })
        .described(known::ZERO_WEIGHT_PICKED, |script, right, found| {
            right.iter().zip(found).any(|(right, found)| {
                right.is_some() && found.is_some_and(|pick| script.weights.get(pick) == Some(&0))
            })
        })
        .described(known::PICKS_WITHOUT_WEIGHTS, |_, right, found| {
            right.iter().zip(found).any(|(right, found)| right.is_none() && found.is_some())
        })
        .finish()
}

fn script(weights: &[u32], steps: &[Step]) -> Script {
    Script { weights: weights.into(), steps: steps.into() }
}

/// Two cycles and a half.
fn cycles(weights: &[u32]) -> Script {
    script(weights, &[Picks(5 * weights.iter().sum::<u32>() as usize / 2)])
}

fn random_weights(rng: &mut Rng) -> Vec<u32> {
    let backends = 2 + rng.index(4);
    (0..backends).map(|_| 1 + rng.below(8) as u32).collect()
}

/// One change of a weight, or two.
fn changed(rng: &mut Rng) -> Script {
    let weights = random_weights(rng);
    let mut steps = vec![Picks(1 + rng.index(12))];
    for _ in 0..=rng.index(2) {
        steps.push(SetWeight(rng.index(weights.len()), 1 + rng.below(8) as u32));
        steps.push(Picks(20));
    }
    script(&weights, &steps)
}
