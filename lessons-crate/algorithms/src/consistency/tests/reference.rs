//! The checkers against those of the crate `stateright`.

use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialConsistencyTester};

use super::super::*;
use super::random_history;
use crate::rng::Rng;

/// Tells a tester what happened, in order of time; a session is a thread.
fn replay<T>(history: &History, mut tester: T) -> bool
where
    T: ConsistencyTester<usize, Register<u64>>,
{
    let operations = history.operations();
    let mut events: Vec<(f64, bool, usize, usize)> = Vec::new();
    for (session, members) in history.sessions().into_iter().enumerate() {
        for index in members {
            events.push((operations[index].call, false, session, index));
            events.extend(operations[index].ret.map(|ret| (ret, true, session, index)));
        }
    }
    // What happens at the same time is concurrent: calls come first.
    events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (_, is_return, session, index) in events {
        let told = match (operations[index].action, is_return) {
            (Action::Write(value), false) => tester.on_invoke(session, RegisterOp::Write(value)),
            (Action::Read(_), false) => tester.on_invoke(session, RegisterOp::Read),
            (Action::Write(_), true) => tester.on_return(session, RegisterRet::WriteOk),
            (Action::Read(value), true) => tester.on_return(session, RegisterRet::ReadOk(value)),
            (Action::Cas { .. }, _) => unreachable!("no compare-and-set in these histories"),
        };
        assert!(told.is_ok(), "a well-formed history");
    }
    tester.is_consistent()
}

#[test]
fn both_checkers_agree_with_stateright() {
    let mut rng = Rng::new(57);
    let mut counts = [0; 3];
    for round in 0..1_500u32 {
        let count = 3 + rng.below(5);
        let history = random_history(&mut rng, 3, count, round % 2 == 0, false, round % 3 == 0);
        let linearizable = history.is_linearizable();
        let sequential = is_sequential(&history).unwrap();
        let register = || Register(INITIAL);
        assert_eq!(linearizable, replay(&history, LinearizabilityTester::new(register())), "{history}");
        assert_eq!(sequential, replay(&history, SequentialConsistencyTester::new(register())), "{history}");
        counts[usize::from(linearizable) + usize::from(sequential)] += 1;
    }
    assert!(counts.iter().all(|&count| count > 100), "{counts:?}");
}
