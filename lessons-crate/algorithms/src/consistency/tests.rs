//! The checkers against brute force, against a linear-time algorithm, and against each other.

mod reference;

use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

/// Tries every order of every choice of unanswered operations.
fn brute_force(operations: &[Operation]) -> bool {
    fn go(operations: &[Operation], left: Vec<usize>, value: u64) -> bool {
        let answered = |i: &&usize| operations[**i].ret.is_some();
        if left.iter().find(answered).is_none() {
            return true;
        }
        left.iter().any(|&next| {
            let operation = operations[next];
            if left.iter().any(|&other| operations[other].precedes(&operation)) {
                return false;
            }
            let rest = || left.iter().copied().filter(|&i| i != next).collect::<Vec<_>>();
            match operation.action {
                Action::Read(_) if operation.ret.is_none() => false,
                action => action
                    .apply(value, operation.ret.is_some())
                    .is_some_and(|new| go(operations, rest(), new)),
            }
        })
    }
    go(operations, (0..operations.len()).collect(), INITIAL)
}

/// Gibbons and Korach's test for one register whose values are each written once, all answered: a value lives
/// from the first answer to the last question that concerns it, and two lives must not overlap.
fn lives_do_not_overlap(operations: &[Operation]) -> bool {
    let mut lives: Vec<(f64, f64)> = Vec::new();
    let values: std::collections::BTreeSet<u64> = operations.iter().map(|o| value_of(o.action)).collect();
    for value in values {
        let group: Vec<&Operation> = operations.iter().filter(|o| value_of(o.action) == value).collect();
        let write = group.iter().find(|o| matches!(o.action, Action::Write(_)));
        let answered = if value == INITIAL {
            f64::NEG_INFINITY
        } else {
            let Some(write) = write else { return false };
            if group.iter().any(|o| o.precedes(write)) {
                return false;
            }
            group.iter().map(|o| o.end()).fold(f64::INFINITY, f64::min)
        };
        lives.push((answered, group.iter().map(|o| o.call).fold(f64::NEG_INFINITY, f64::max)));
    }
    // Forward: someone must see the value from first to second. Backward: it may live at any moment between.
    let forward: Vec<_> = lives.iter().filter(|(first, last)| first < last).collect();
    let disjoint =
        forward.iter().enumerate().all(|(i, a)| forward[i + 1..].iter().all(|b| a.1 <= b.0 || b.1 <= a.0));
    let backward = lives.iter().filter(|(first, last)| first >= last);
    disjoint && backward.clone().all(|b| forward.iter().all(|f| !(f.0 < b.1 && b.0 < f.1)))
}

fn value_of(action: Action) -> u64 {
    match action {
        Action::Write(value) | Action::Read(value) => value,
        Action::Cas { new, .. } => new,
    }
}

/// Operations of `clients`, each one after the other; whole times, so that many touch.
fn random_history(
    rng: &mut Rng,
    clients: u64,
    count: u64,
    unique: bool,
    cas: bool,
    pending: bool,
) -> History {
    let mut free_at = vec![0.0; clients as usize];
    let mut next_value = 0;
    let operation = |rng: &mut Rng| {
        let client = rng.below(clients);
        let call = free_at[client as usize] + rng.below(4) as f64;
        let ret = call + rng.below(6) as f64;
        free_at[client as usize] = ret + 1.0;
        let action = match rng.below(if cas { 3 } else { 2 }) {
            0 => {
                next_value = if unique { next_value + 1 } else { 1 + rng.below(2) };
                Action::Write(next_value)
            }
            1 => Action::Read(rng.below(if unique { next_value + 1 } else { 3 })),
            _ => Action::Cas { expected: rng.below(3), new: 1 + rng.below(2), done: rng.chance(0.5) },
        };
        let ret = (!pending || rng.chance(0.75)).then_some(ret);
        Operation { client, key: 0, action, call, ret }
    };
    let mut operation = operation;
    (0..count).map(|_| operation(rng)).collect()
}

/// That an answer of the checker is what it says.
fn assert_is_linearization(history: &History, found: &Linearization) {
    let operations = history.operations();
    let mut values: std::collections::BTreeMap<u64, u64> = Default::default();
    let mut last = f64::NEG_INFINITY;
    for &index in &found.order {
        let operation = operations[index];
        let value = values.entry(operation.key).or_insert(INITIAL);
        *value = operation.action.apply(*value, operation.ret.is_some()).expect("it explains the answer");
        let point = found.points[index].expect("a point for each in the order");
        assert!(point >= last && point >= operation.call && point <= operation.end());
        last = point;
    }
    assert!((0..operations.len()).all(|i| operations[i].ret.is_none() || found.order.contains(&i)));
}

#[test]
fn it_agrees_with_brute_force() {
    let mut rng = Rng::new(51);
    let (mut yes, mut no) = (0, 0);
    for round in 0..6_000u32 {
        let (cas, unique, pending) = (round % 3 == 0, round % 2 == 0, round % 5 < 2);
        let count = 3 + rng.below(5);
        let history = random_history(&mut rng, 3, count, unique && !cas, cas, pending);
        let expected = brute_force(history.operations());
        match linearize(&history) {
            Ok(found) => {
                assert!(expected, "{history}");
                assert_is_linearization(&history, &found);
                yes += 1;
            }
            Err(NotLinearizable::Violation(violation)) => {
                assert!(!expected, "{history}");
                assert!(!brute_force(&violation.operations), "{history}\n{violation}");
                no += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(yes > 1_000 && no > 1_000, "{yes} {no}");
}

/// A correct register: each operation happens at a random moment between question and answer.
fn correct_history(rng: &mut Rng, clients: u64, count: u64, keys: u64) -> History {
    let mut free_at = vec![0.0; clients as usize];
    let mut moments: Vec<(f64, u64, u64, f64, f64)> = (0..count)
        .map(|i| {
            let client = i % clients;
            let call = free_at[client as usize] + rng.exponential(1.0);
            let ret = call + 0.001 + rng.exponential(1.0);
            free_at[client as usize] = ret + 0.001;
            (call + rng.next_f64() * (ret - call), client, rng.below(keys), call, ret)
        })
        .collect();
    moments.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut values = vec![INITIAL; keys as usize];
    let mut next = INITIAL;
    let operation = |(_, client, key, call, ret): (f64, u64, u64, f64, f64)| {
        let value = &mut values[key as usize];
        let action = if rng.chance(0.5) {
            next += 1;
            *value = next;
            Action::Write(next)
        } else {
            Action::Read(*value)
        };
        Operation { client, key, action, call, ret: Some(ret) }
    };
    moments.into_iter().map(operation).collect()
}

#[test]
fn ten_thousand_operations_are_checked_also_when_one_is_wrong() {
    for (clients, keys) in [(4, 1), (20, 1), (8, 5)] {
        let history = correct_history(&mut Rng::new(52), clients, 10_000, keys);
        assert_is_linearization(&history, &linearize(&history).expect("a correct history"));
        // One read long after returns the initial value.
        let mut operations = history.operations().to_vec();
        let last = operations.iter().map(|o| o.end()).fold(0.0, f64::max);
        operations.push(Operation {
            client: 99,
            key: 0,
            action: Action::Read(INITIAL),
            call: last + 1.0,
            ret: Some(last + 2.0),
        });
        let wrong: History = operations.into_iter().collect();
        let Err(NotLinearizable::Violation(violation)) = linearize(&wrong) else { panic!("not found") };
        assert_eq!(violation.operations.len(), 2, "{violation}");
        assert_eq!(violation.anomaly, Anomaly::StaleRead);
        assert_eq!(violation.until, last + 2.0);
    }
}

#[test]
fn it_agrees_with_gibbons_and_korach_on_long_histories() {
    let mut rng = Rng::new(53);
    let (mut yes, mut no) = (0, 0);
    for _ in 0..300 {
        let mut operations = correct_history(&mut rng, 4, 60, 1).operations().to_vec();
        // One read in the middle gets another value that was written at about that time.
        let at = 20 + rng.index(20);
        if let Action::Read(value) = &mut operations[at].action {
            *value = value.saturating_sub(rng.below(3));
        }
        let history: History = operations.into_iter().collect();
        let expected = lives_do_not_overlap(history.operations());
        assert_eq!(history.is_linearizable(), expected, "{history}");
        *if expected { &mut yes } else { &mut no } += 1;
    }
    assert!(yes > 50 && no > 20, "{yes} {no}");
}

#[test]
fn anomalies_are_named_with_their_smallest_part() {
    let noise = || History::new().write(9, 90, 0.0..1.0).read(9, 90, 2.0..3.0).write(9, 91, 4.0..5.0);
    let cases = [
        (noise().read(1, 7, 6.0..7.0), Anomaly::OutOfThinAir, 1),
        (noise().read(1, 90, 6.0..7.0), Anomaly::StaleRead, 3),
        (
            noise().write(0, 1, 6.0..20.0).read(1, 1, 8.0..9.0).read(2, 91, 10.0..11.0),
            Anomaly::NewOldInversion,
            4,
        ),
        (noise().read(1, 0, 6.0..7.0), Anomaly::StaleRead, 2),
        (
            noise().write(0, 1, 6.0..20.0).read(1, 1, 7.0..8.0).write(2, 2, 9.0..10.0).read(1, 1, 11.0..12.0),
            Anomaly::Resurrection,
            4,
        ),
    ];
    for (history, anomaly, size) in cases {
        let Err(NotLinearizable::Violation(violation)) = linearize(&history) else { panic!("{history}") };
        assert_eq!((violation.anomaly, violation.operations.len()), (anomaly, size), "{violation}");
    }
}

#[test]
fn unanswered_writes_do_not_make_it_slow() {
    // Without the reduction of unanswered writes this would visit 2 to the power of 200 configurations.
    let mut history = correct_history(&mut Rng::new(54), 4, 2_000, 1);
    let end = history.operations().iter().map(|o| o.end()).fold(0.0, f64::max);
    for i in 0..200 {
        history.push(Operation {
            client: 100 + i,
            key: 0,
            action: Action::Write(1_000_000 + i),
            call: i as f64,
            ret: None,
        });
    }
    let history = history.read(1, 1_000_007, end + 1.0..end + 2.0);
    assert!(history.is_linearizable());
    assert!(
        !history
            .read(2, 1_000_006, end + 3.0..end + 4.0)
            .read(3, 1_000_007, end + 5.0..end + 6.0)
            .is_linearizable()
    );
}

proptest! {
    #[test]
    fn each_model_allows_what_the_stronger_one_does(seed: u64, clients in 1u64..4, count in 1u64..9) {
        let history = random_history(&mut Rng::new(seed), clients, count, true, false, seed % 2 == 0);
        let linearizable = history.is_linearizable();
        let sequential = is_sequential(&history).unwrap();
        let causal = is_causal(&history).unwrap();
        prop_assert!(!linearizable || sequential, "{}", history);
        prop_assert!(!sequential || causal, "{}", history);
    }

    #[test]
    fn one_client_is_linearizable_when_it_is_sequential(seed: u64, count in 1u64..9) {
        let history = random_history(&mut Rng::new(seed), 1, count, true, false, false);
        prop_assert_eq!(history.is_linearizable(), is_sequential(&history).unwrap());
    }

    #[test]
    fn a_linearizable_history_keeps_all_session_guarantees(seed: u64, clients in 1u64..4, count in 1u64..60) {
        let history = correct_history(&mut Rng::new(seed), clients, count, 1);
        let order = linearize(&history).unwrap().order;
        let writes: Vec<u64> = order.iter().filter_map(|&i| match history.operations()[i].action {
            Action::Write(value) => Some(value),
            _ => None,
        }).collect();
        prop_assert!(session_guarantees(&history, &writes).all_hold());
    }
}

#[test]
fn each_session_guarantee_is_broken_by_its_example() {
    let order = [1, 2];
    let cases = [
        (History::new().write(0, 1, 0.0..1.0).read(0, 0, 2.0..3.0), [1, 0, 0, 0]),
        (History::new().read(0, 2, 0.0..1.0).read(0, 1, 2.0..3.0), [0, 1, 0, 0]),
        (History::new().write(0, 2, 0.0..1.0).write(0, 1, 2.0..3.0), [0, 0, 1, 0]),
        (History::new().read(0, 2, 0.0..1.0).write(0, 1, 2.0..3.0), [0, 0, 0, 1]),
        // Another client, or a session cut by an unanswered write, promises nothing.
        (History::new().read(0, 2, 0.0..1.0).read(1, 1, 2.0..3.0), [0, 0, 0, 0]),
        (History::new().pending_write(0, 2, 0.0).read(0, 1, 2.0..3.0), [0, 0, 0, 0]),
    ];
    for (history, expected) in cases {
        let report = session_guarantees(&history, &order);
        let found = [
            report.read_your_writes.count,
            report.monotonic_reads.count,
            report.monotonic_writes.count,
            report.writes_follow_reads.count,
        ];
        assert_eq!(found, expected, "{history}");
    }
}

#[test]
fn what_cannot_be_checked_is_refused_with_advice() {
    let twice = History::new().write(0, 1, 0.0..1.0).write(1, 1, 0.0..1.0);
    assert_eq!(is_causal(&twice), Err(OrderingError::NotUnique(1)));
    let long = correct_history(&mut Rng::new(55), 2, 129, 1);
    assert!(is_sequential(&long).unwrap_err().to_string().contains("at most 128"));
    let history = correct_history(&mut Rng::new(56), 2, 50, 1);
    assert!(matches!(linearize_within(&history, 3), Err(NotLinearizable::Undecided { configurations: 3 })));
}

#[test]
fn the_examples_are_what_they_are_called() {
    let examples = examples();
    assert_eq!(examples.len(), 10);
    for example in examples {
        assert_eq!(strongest(&example.history), Some(example.strongest), "{}", example.name);
        let picture = example.history.timeline(example.name).to_string();
        let says_so = picture.contains("The history is linearizable.");
        assert_eq!(says_so, example.strongest == Strongest::Linearizable, "{picture}");
    }
}
