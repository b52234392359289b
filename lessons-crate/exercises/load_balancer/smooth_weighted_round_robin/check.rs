//! Checks smooth weighted round robin.

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

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

/// Checks a learner's smooth weighted round robin.
pub fn smooth_weighted_round_robin<T: SmoothWeighted>() -> Report {
    check(|weights| Box::new(T::new(weights)))
}

type Make = fn(&[u32]) -> Box<dyn SmoothWeighted>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("weights 5, 1, 1 give a a b a c a a, again and again", move || {
            sequence_is_right(make, &[5, 1, 1])
        })
        .visible("every window of one cycle has exact shares", move || windows_are_exact(make))
        .visible("a backend of weight 0 is never picked", move || zero_gets_nothing(make))
        .visible("without any weight there is no pick", move || nothing_to_pick(make))
        .hidden("a hundred other weights give the sequence of the rule", move || sequences_are_right(make))
        .hidden("setting the same weight again changes nothing", move || same_weight_is_no_change(make))
        .hidden("after a change of weight, the credits go on", move || change_keeps_credits(make))
        .finish()
}

/// The rule itself, and the mistakes that people make with it.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Right,
    /// The winner pays its own weight.
    PaysOwnWeight,
    /// Ties go to the highest index.
    TiesToLast,
    /// The backends in order, each as often as its weight.
    ExpandedList,
    /// The winner's credit is set to 0.
    StartsAgain,
    /// The winner is chosen before anyone earns.
    EarnsAfterwards,
    /// A threshold falls from the largest weight; in each turn all backends at or above it are picked.
    Wheel,
}

/// The first `count` picks by a rule; some weight must be above 0.
fn picks_by(rule: Rule, weights: &[u32], count: usize) -> Vec<usize> {
    let cycle: Vec<usize> = match rule {
        Rule::ExpandedList => {
            (0..weights.len()).flat_map(|i| std::iter::repeat_n(i, weights[i] as usize)).collect()
        }
        Rule::Wheel => {
            let most = weights.iter().max().copied().unwrap_or(0);
            let turn = |least: u32| (0..weights.len()).filter(move |&i| weights[i] >= least);
            (1..=most).rev().flat_map(turn).collect()
        }
        _ => {
            let mut credits = vec![0i64; weights.len()];
            return (0..count).map(|_| step(rule, weights, &mut credits)).collect();
        }
    };
    cycle.into_iter().cycle().take(count).collect()
}

/// One pick of the rules that keep credits.
fn step(rule: Rule, weights: &[u32], credits: &mut [i64]) -> usize {
    let backends = || (0..weights.len()).filter(|&i| weights[i] > 0);
    let earn = |credits: &mut [i64]| backends().for_each(|i| credits[i] += i64::from(weights[i]));
    if rule != Rule::EarnsAfterwards {
        earn(credits);
    }
    let mut best: Option<usize> = None;
    for i in backends() {
        let wins = best.is_none_or(|best| {
            credits[i] > credits[best] || rule == Rule::TiesToLast && credits[i] == credits[best]
        });
        best = if wins { Some(i) } else { best };
    }
    let best = best.expect("some weight is above 0");
    if rule == Rule::EarnsAfterwards {
        earn(credits);
    }
    let total: u32 = weights.iter().sum();
    credits[best] -= match rule {
        Rule::PaysOwnWeight => i64::from(weights[best]),
        Rule::StartsAgain => credits[best],
        _ => i64::from(total),
    };
    best
}

fn next_picks(balancer: &mut dyn SmoothWeighted, count: usize) -> Vec<Option<usize>> {
    let next = |_| {
        checkpoint();
        balancer.next()
    };
    (0..count).map(next).collect()
}

fn made_picks(make: Make, weights: &[u32], count: usize) -> Vec<Option<usize>> {
    next_picks(make(weights).as_mut(), count)
}

fn agrees(picks: &[Option<usize>], expected: &[usize]) -> bool {
    picks.iter().copied().eq(expected.iter().copied().map(Some))
}

/// Picks as letters, a dash for none.
fn letters(picks: &[Option<usize>]) -> String {
    let letter = |pick: &Option<usize>| match *pick {
        Some(i) if i < 26 => char::from(b'a' + i as u8).to_string(),
        Some(i) => i.to_string(),
        None => "-".into(),
    };
    picks.iter().map(letter).collect::<Vec<_>>().join(" ")
}

fn named(picks: &[usize]) -> String {
    letters(&picks.iter().copied().map(Some).collect::<Vec<_>>())
}

fn sequence_is_right(make: Make, weights: &[u32]) -> Result<(), Failure> {
    let count = 2 * weights.iter().sum::<u32>() as usize;
    let expected = picks_by(Rule::Right, weights, count);
    let found = made_picks(make, weights, count);
    if agrees(&found, &expected) {
        return Ok(());
    }
    Err(Failure::new(named(&expected), letters(&found))
        .input(format!("new(&{weights:?}), {count} picks"))
        .maybe_diagnosis(diagnose(make)))
}

/// Weights for which every known mistake gives another sequence.
const TELLING: [u32; 4] = [4, 2, 1, 2];

fn diagnose(make: Make) -> Option<(&'static str, String)> {
    let found = made_picks(make, &TELLING, 27);
    let known = [
        (
            Rule::ExpandedList,
            "expanded-list",
            "Each backend gets its share in one burst. The counts are right, but the first backend is flooded while the others wait: use credits, which spread the picks.",
        ),
        (
            Rule::Wheel,
            "gcd-wheel",
            "This is the older interleaved rule with a falling threshold: the heaviest backend still gets its surplus in one burst. Use credits instead.",
        ),
        (
            Rule::PaysOwnWeight,
            "pays-own-weight",
            "The winner pays its own weight, but everyone earned: credits then grow for ever and the shares are wrong. The winner pays the *sum* of all weights.",
        ),
        (
            Rule::TiesToLast,
            "ties-to-the-last",
            "When credits are equal, the lowest index must win: take a later one only when it has strictly more. (`max_by_key` keeps the last of equals.)",
        ),
        (
            Rule::StartsAgain,
            "starts-again",
            "The winner's credit is set to 0, which takes from it what it had, not what a pick costs: the shares are then wrong. It pays the sum of all weights, and may go below 0.",
        ),
        (
            Rule::EarnsAfterwards,
            "earns-afterwards",
            "The winner is chosen before anyone has earned, so the first pick is a tie of zeros and every sequence starts elsewhere. First all earn, then the richest is picked, then it pays.",
        ),
    ];
    let mistake = known.into_iter().find(|(rule, ..)| agrees(&found, &picks_by(*rule, &TELLING, 27)));
    mistake.map(|(_, key, message)| (key, message.to_owned()))
}

fn random_weights(rng: &mut Rng, least: u64) -> Vec<u32> {
    let backends = 2 + rng.index(4);
    (0..backends).map(|_| (least + rng.below(8)) as u32).collect()
}

fn windows_are_exact(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(21);
    for _ in 0..100 {
        let weights = random_weights(&mut rng, 1);
        let total = weights.iter().sum::<u32>() as usize;
        let picks = made_picks(make, &weights, 2 * total);
        for (start, window) in picks.windows(total).enumerate() {
            for (backend, &weight) in weights.iter().enumerate() {
                let count = window.iter().filter(|&&pick| pick == Some(backend)).count();
                if count != weight as usize {
                    return Err(Failure::new(
                        format!("{weight} picks of backend {backend}"),
                        count.to_string(),
                    )
                    .input(format!("new(&{weights:?}), {total} picks from pick {start} on"))
                    .maybe_diagnosis(diagnose(make)));
                }
            }
        }
    }
    Ok(())
}

fn zero_gets_nothing(make: Make) -> Result<(), Failure> {
    for weights in [vec![0, 1], vec![2, 0, 1], vec![0, 0, 3], vec![0, 5, 0, 5]] {
        let picks = made_picks(make, &weights, 40);
        let wrong = picks.iter().find(|pick| pick.is_none_or(|i| weights.get(i).is_none_or(|&w| w == 0)));
        if let Some(wrong) = wrong {
            let found = wrong.map_or("no pick".to_owned(), |i| format!("backend {i}"));
            return Err(Failure::new("only backends with a weight above 0", found)
                .input(format!("new(&{weights:?})"))
                .diagnosis(
                    "zero-weight-picked",
                    "A backend of weight 0 is out of service: it must not win, not even when all credits are equal.",
                ));
        }
    }
    Ok(())
}

fn nothing_to_pick(make: Make) -> Result<(), Failure> {
    for weights in [&[][..], &[0], &[0, 0, 0]] {
        if let Some(picked) = make(weights).next() {
            return Err(Failure::new("None", format!("Some({picked})"))
                .input(format!("new(&{weights:?})"))
                .diagnosis(
                    "picks-without-weights",
                    "When every weight is 0, all backends are out of service: `next` must answer `None`.",
                ));
        }
    }
    let mut emptied = make(&[3, 2]);
    emptied.next();
    emptied.set_weight(0, 0);
    emptied.set_weight(1, 0);
    match emptied.next() {
        None => Ok(()),
        Some(picked) => Err(Failure::new("None", format!("Some({picked})"))
            .input("new(&[3, 2]), one pick, both weights set to 0")
            .diagnosis(
                "picks-without-weights",
                "Weights can become 0 later, too: look at them at each pick, not only in `new`.",
            )),
    }
}

fn sequences_are_right(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(22);
    (0..100).try_for_each(|_| sequence_is_right(make, &random_weights(&mut rng, 1)))
}

const RESET: &str = "`set_weight` starts the sequence again. Whoever updates weights every second, from health checks say, would send everything to the first backend: change the weight and leave the credits alone.";

fn same_weight_is_no_change(make: Make) -> Result<(), Failure> {
    let weights = [3, 2, 1];
    let expected = picks_by(Rule::Right, &weights, 12);
    let mut balancer = make(&weights);
    let found: Vec<Option<usize>> = (0..12)
        .map(|_| {
            balancer.set_weight(1, 2);
            balancer.next()
        })
        .collect();
    if agrees(&found, &expected) {
        return Ok(());
    }
    let failure = Failure::new(named(&expected), letters(&found))
        .input("new(&[3, 2, 1]), and set_weight(1, 2) before each of 12 picks");
    let starved = found.iter().all(|&pick| pick == found[0]);
    Err(if starved {
        failure.diagnosis("reset-on-set-weight", RESET)
    } else {
        failure.maybe_diagnosis(diagnose(make))
    })
}

fn change_keeps_credits(make: Make) -> Result<(), Failure> {
    let mut rng = Rng::new(23);
    for _ in 0..100 {
        let mut weights = random_weights(&mut rng, 1);
        let first = weights.clone();
        let before = 1 + rng.index(12);
        let (backend, weight) = (rng.index(weights.len()), 1 + rng.below(8) as u32);
        let mut credits = vec![0; weights.len()];
        for _ in 0..before {
            step(Rule::Right, &weights, &mut credits);
        }
        weights[backend] = weight;
        let expected: Vec<usize> = (0..40).map(|_| step(Rule::Right, &weights, &mut credits)).collect();

        let mut balancer = make(&first);
        next_picks(balancer.as_mut(), before);
        balancer.set_weight(backend, weight);
        let found = next_picks(balancer.as_mut(), 40);
        if !agrees(&found, &expected) {
            let failure = Failure::new(named(&expected), letters(&found))
                .input(format!("new(&{first:?}), {before} picks, set_weight({backend}, {weight}), 40 picks"));
            let restarted = agrees(&found, &picks_by(Rule::Right, &weights, 40));
            return Err(if restarted {
                failure.diagnosis("reset-on-set-weight", RESET)
            } else if agrees(&found, &stale_total(&first, before, backend, weight)) {
                failure.diagnosis(
                    "stale-total",
                    "The winner still pays the old sum of the weights: the sum changes with `set_weight`.",
                )
            } else {
                failure.maybe_diagnosis(diagnose(make))
            });
        }
    }
    Ok(())
}

/// The picks after a change when the winner goes on to pay the old sum.
fn stale_total(first: &[u32], before: usize, backend: usize, weight: u32) -> Vec<usize> {
    let mut credits = vec![0; first.len()];
    for _ in 0..before {
        step(Rule::Right, first, &mut credits);
    }
    let mut weights = first.to_vec();
    weights[backend] = weight;
    let (old, new): (u32, u32) = (first.iter().sum(), weights.iter().sum());
    let next = |_| {
        let best = step(Rule::Right, &weights, &mut credits);
        credits[best] += i64::from(new) - i64::from(old);
        best
    };
    (0..40).map(next).collect()
}
