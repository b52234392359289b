//! Leaders converge, and lose what the theory says.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::crdt::{LwwRegister, MvRegister, OrSet, PnCounter};
use crate::dist::Exponential;
use crate::rng::Rng;
use crate::stats::proportion_error;

fn topology() -> impl Strategy<Value = Topology> {
    prop_oneof![Just(Topology::Mesh), Just(Topology::Ring), Just(Topology::Star)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever happens, once the network is whole and quiet all copies are the same, and nothing is lost.
    #[test]
    fn copies_converge(
        changes in prop::collection::vec((0.0..300.0_f64, 0..4_usize, 1..9_u64), 1..20),
        cut in 0.0..200.0_f64, topology in topology(), seed in 0..1_000_u64,
    ) {
        let mut counter = MultiLeader::new(4, PnCounter::new());
        let mut set = MultiLeader::new(4, OrSet::new());
        for &(at, leader, what) in &changes {
            counter = counter.at(at, leader, move |copy, node, _| copy.add(node, what));
            set = set.at(at, leader, move |copy, node, _| copy.add(what, node));
        }
        let counter = counter.delay(Exponential(20.0)).topology(topology).seed(seed)
            .fault(cut, Fault::partition([&[0, 1], &[2, 3]])).fault(cut + 150.0, Fault::Heal).run();
        let set = set.delay(Exponential(20.0)).topology(topology).seed(seed)
            .fault(cut, Fault::partition([&[0, 2], &[1, 3]])).fault(cut + 150.0, Fault::Heal).run();
        prop_assert!(counter.has_converged() && set.has_converged());
        prop_assert_eq!(counter.copies()[3].value(), changes.iter().map(|change| change.2 as i64).sum::<i64>());
        prop_assert!(changes.iter().all(|change| set.copies()[0].contains(&change.2)));
    }
}

#[test]
fn a_ring_needs_fewer_messages_and_more_time() {
    let run = |topology| {
        MultiLeader::new(5, PnCounter::new()).topology(topology).at(0.0, 0, |c, node, _| c.add(node, 1)).run()
    };
    // In a mesh everybody who hears something new tells it again.
    assert_eq!(run(Topology::Mesh).trace().sent_count(), 20);
    assert_eq!(run(Topology::Ring).trace().sent_count(), 5);
    assert!([Topology::Mesh, Topology::Ring, Topology::Star].iter().all(|t| run(*t).has_converged()));
}

#[test]
fn what_becomes_of_two_concurrent_writes() {
    let clock = |ms: f64| Duration::from_secs_f64(ms / 1_000.0);
    let lww = |skew: &[f64]| {
        MultiLeader::new(2, LwwRegister::new())
            .clock_skew(skew)
            .at(100.0, 0, move |copy, node, now| copy.set("first", clock(now), node))
            .at(110.0, 1, move |copy, node, now| copy.set("second", clock(now), node))
            .run()
    };
    assert_eq!(lww(&[]).copies()[0].get(), Some(&"second"));
    assert_eq!(lww(&[50.0]).copies()[1].get(), Some(&"first"));
    let siblings = MultiLeader::new(2, MvRegister::new())
        .at(100.0, 0, |copy, node, _| copy.set("first", node))
        .at(110.0, 1, |copy, node, _| copy.set("second", node))
        .run();
    assert_eq!(siblings.copies()[0].to_string(), "first | second");
}

#[test]
fn conflicts_meet_the_theory() {
    for (rate, lag) in [(1.0, 50.0), (2.0, 100.0), (5.0, 200.0)] {
        let found = conflicts(rate, lag, 0.0, 100_000, &mut Rng::new(7));
        let expected = rate * lag / 1_000.0;
        for (share, theory) in [
            (found.lost_share(), 1.0 - (-expected).exp()),
            (found.conflicting_share(), 1.0 - (-2.0 * expected).exp()),
        ] {
            let allowed = 6.0 * proportion_error(theory, found.writes as u64);
            assert!((share - theory).abs() < allowed, "{rate} {lag}: {share} {theory}");
        }
        assert_eq!(found.lost_to_an_earlier, 0);
    }
    assert!(conflicts(2.0, 100.0, 50.0, 10_000, &mut Rng::new(7)).lost_to_an_earlier > 0);
}
