//! What each protocol promises, held against the checkers; and what it does not promise, found by them.

use proptest::prelude::*;

use super::*;
use crate::consistency::{Anomaly, NotLinearizable, session_guarantees};
use crate::dist::{Constant, Exponential, LogNormal};
use crate::network::Fault;
use crate::stats::mean;

/// Many clients at many replicas, with long and varied delays against short pauses.
fn busy(settings: Settings, seed: u64) -> ReplicatedRegister {
    ReplicatedRegister::new(settings)
        .delay(LogNormal::with_mean(10.0, 1.0))
        .seed(seed)
        .wandering_clients(6, 40, 0.6, 8.0)
}

/// Of so many seeds, those whose history is not linearizable.
fn violations(settings: &Settings, seeds: u64) -> Vec<u64> {
    (0..seeds).filter(|&seed| !busy(settings.clone(), seed).run().history().is_linearizable()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn abd_is_linearizable_whatever_the_network_does(
        seed: u64,
        replicas in 1usize..6,
        loss in 0.0f64..0.3,
        cut_at in 0.0f64..200.0,
        healed_after in 10.0f64..300.0,
        crash_at in 0.0f64..400.0,
        one_way: bool,
    ) {
        let settings = Settings::abd(replicas).patience(120.0).resend(30.0);
        let (alone, other) = (0, replicas - 1);
        let cut = if one_way && replicas > 1 {
            Fault::Cut(alone, other)
        } else {
            Fault::Partition(vec![vec![alone], (1..replicas).collect()])
        };
        let run = busy(settings, seed)
            .loss(loss)
            .fault(cut_at, cut)
            .fault(cut_at + healed_after, Fault::Heal)
            .fault(crash_at, Fault::Crash(other))
            .fault(crash_at + 100.0, Fault::Restart(other))
            .run();
        let verdict = run.history().linearize();
        prop_assert!(verdict.is_ok(), "{:?}", verdict);
        prop_assert_eq!(run.stale_reads(), 0);
        prop_assert_eq!(run.lost_writes(), 0);
    }

    #[test]
    fn a_leader_that_answers_all_reads_is_linearizable(seed: u64, replicas in 1usize..6, acks in 1usize..6, cut_at in 0.0f64..300.0) {
        prop_assume!(acks <= replicas);
        let run = busy(Settings::leader(replicas, acks).patience(100.0), seed)
            .fault(cut_at, Fault::Partition(vec![vec![0], (1..replicas).collect()]))
            .fault(cut_at + 150.0, Fault::Heal)
            .run();
        let verdict = run.history().linearize();
        prop_assert!(verdict.is_ok(), "{:?}", verdict);
    }

    #[test]
    fn the_same_seed_gives_the_same_run(seed: u64) {
        prop_assert_eq!(busy(Settings::quorum(3, 2, 2), seed).run(), busy(Settings::quorum(3, 2, 2), seed).run());
    }

    #[test]
    fn copies_agree_when_the_cut_is_healed(seed: u64, replicas in 2usize..6) {
        let run = busy(Settings::quorum(replicas, 1, 1).answer_in_partition(), seed)
            .fault(50.0, Fault::Partition(vec![vec![0], (1..replicas).collect()]))
            .fault(5_000.0, Fault::Heal)
            .run();
        prop_assert!(run.has_converged(), "{:?}", run.copies());
        prop_assert_eq!(run.answered_share(), 1.0);
    }
}

#[test]
fn weaker_settings_are_sometimes_not_linearizable() {
    let seeds = 40;
    for settings in [
        Settings::quorum(3, 1, 1),
        Settings::leader(3, 1).local_reads(),
        // All copies are written before a write is acknowledged, but readers see some of them before.
        Settings::leader(3, 3).local_reads(),
        Settings::abd(3).write_back(false),
    ] {
        let wrong = violations(&settings, seeds);
        assert!(!wrong.is_empty(), "{}", settings.name());
        if settings == Settings::quorum(3, 1, 1) {
            assert!(wrong.len() as u64 > seeds / 2, "{} of {seeds}", wrong.len());
        }
    }
    // A strict quorum sees every acknowledged write: what breaks is only the order of two reads.
    for seed in violations(&Settings::abd(3).write_back(false), seeds) {
        let run = busy(Settings::abd(3).write_back(false), seed).run();
        assert_eq!(run.stale_reads(), 0, "{seed}");
        let Err(NotLinearizable::Violation(violation)) = run.history().linearize() else { panic!() };
        assert_ne!(violation.anomaly, Anomaly::StaleRead, "{violation}");
    }
}

/// A slow write to a far replica, while two readers near different copies compare.
fn inversion(settings: Settings) -> Run {
    ReplicatedRegister::new(settings)
        .delay(Constant(1.0))
        .link_delay(0, 1, Constant(10.0))
        .link_delay(0, 2, Constant(100.0))
        .link_delay(1, 3, Constant(100.0))
        .link_delay(0, 3, Constant(100.0))
        .link_delay(0, 4, Constant(100.0))
        .link_delay(1, 4, Constant(100.0))
        .write(0, 0, 7, 0.0)
        .read(1, 1, 50.0)
        .read(2, 3, 75.0)
        .run()
}

#[test]
fn without_write_back_the_second_reader_sees_the_older_value() {
    // Versions come from the clock, so that only reads differ.
    let plain = Settings::quorum(5, 3, 3);
    let run = inversion(plain.clone());
    let Err(NotLinearizable::Violation(violation)) = run.history().linearize() else {
        panic!("{}", run.history())
    };
    assert_eq!(violation.anomaly, Anomaly::NewOldInversion, "{violation}");
    let run = inversion(plain.write_back(true));
    assert!(run.history().is_linearizable(), "{}", run.history());
}

#[test]
fn a_majority_works_on_and_a_minority_refuses() {
    for replicas in [3, 5] {
        let minority: Vec<usize> = (0..replicas / 2).collect();
        let rest: Vec<usize> = (replicas / 2..replicas).collect();
        let run = busy(Settings::abd(replicas).patience(300.0), 3)
            .fault(0.0, Fault::Partition(vec![minority.clone(), rest.clone()]))
            .run();
        assert_eq!(run.answered_share_of(&minority, 0.0, f64::INFINITY), 0.0);
        assert_eq!(run.answered_share_of(&rest, 0.0, f64::INFINITY), 1.0);
    }
    // With the resending of what is lost, a majority is live on a lossy network too.
    let run = busy(Settings::abd(3).patience(100_000.0).resend(30.0), 4).loss(0.3).run();
    let by_replicas = run.outcomes().iter().filter(|o| o.done.is_none() && o.ret.is_some()).count();
    assert_eq!(by_replicas, 0, "refused");
}

#[test]
fn last_writer_wins_answers_all_and_loses_writes() {
    let register = |settings: Settings| {
        busy(settings.patience(50.0), 5)
            .fault(50.0, Fault::partition([&[0], &[1, 2]]))
            .fault(500.0, Fault::Heal)
            .run()
    };
    let open = register(Settings::quorum(3, 1, 1).answer_in_partition());
    assert_eq!(open.answered_share(), 1.0);
    assert!(open.stale_reads() > 0 && open.lost_writes() > 0 && open.has_converged());
    let closed = register(Settings::abd(3));
    assert!(closed.answered_share_of(&[0], 100.0, 400.0) < 0.05);
    assert_eq!((closed.stale_reads(), closed.lost_writes()), (0, 0));
}

#[test]
fn round_trips_are_what_each_setting_costs() {
    // Each replica serves one client; a message takes 5 ms.
    let latencies = |settings: Settings, replica: usize| {
        let run = ReplicatedRegister::new(settings).write(0, replica, 1, 0.0).read(0, replica, 100.0).run();
        (run.write_latencies()[0], run.read_latencies()[0])
    };
    let cases = [
        (Settings::abd(3), 0, (20.0, 20.0)),
        (Settings::quorum(3, 2, 2), 0, (10.0, 10.0)),
        (Settings::quorum(3, 1, 1), 0, (0.0, 0.0)),
        (Settings::quorum(3, 1, 3), 0, (10.0, 0.0)),
        (Settings::leader(3, 1), 0, (0.0, 0.0)),
        (Settings::leader(3, 1), 1, (10.0, 10.0)),
        (Settings::leader(3, 1).local_reads(), 1, (10.0, 0.0)),
        (Settings::leader(3, 3), 0, (10.0, 0.0)),
        (Settings::leader(3, 3), 1, (20.0, 10.0)),
    ];
    for (settings, replica, expected) in cases {
        let found = latencies(settings.clone(), replica);
        let close = (found.0 - expected.0).abs() < 1e-9 && (found.1 - expected.1).abs() < 1e-9;
        assert!(close, "{} at {replica}: {found:?}", settings.name());
    }
}

#[test]
fn a_partition_blocks_the_synchronous_leader_and_leaves_the_asynchronous_one_stale() {
    let run = |settings: Settings| {
        ReplicatedRegister::new(settings.local_reads().patience(100.0))
            .fault(0.0, Fault::partition([&[0, 1], &[2]]))
            .write(0, 0, 7, 10.0)
            .read(1, 2, 500.0)
            .run()
    };
    let synchronous = run(Settings::leader(3, 3));
    assert_eq!((synchronous.answered_share(), synchronous.stale_reads()), (0.5, 0));
    let asynchronous = run(Settings::leader(3, 1));
    assert_eq!((asynchronous.answered_share(), asynchronous.stale_reads()), (1.0, 1));
}

#[test]
fn the_four_pacelc_classes_are_told_apart() {
    let cases = [
        (Settings::abd(3), "PC/EC"),
        (Settings::leader(3, 3), "PC/EC"),
        (Settings::abd(3).answer_in_partition(), "PA/EC"),
        (Settings::leader(3, 1).local_reads(), "PC/EL"),
        (Settings::quorum(3, 1, 1).answer_in_partition(), "PA/EL"),
    ];
    for (settings, label) in cases {
        let observed = pacelc(&settings);
        assert_eq!(observed.label(), label, "{}: {observed}", settings.name());
    }
}

#[test]
fn a_clock_that_is_ahead_makes_a_later_write_lose() {
    let run = |skew: f64| {
        ReplicatedRegister::new(Settings::quorum(3, 2, 2).clock_skew(&[skew]))
            .write(0, 0, 1, 10.0)
            .write(1, 1, 2, 40.0)
            .read(2, 2, 80.0)
            .run()
    };
    let right = run(0.0);
    assert!(right.history().is_linearizable() && right.copies().iter().all(|copy| copy.value == 2));
    let skewed = run(50.0);
    assert!(!skewed.history().is_linearizable() && skewed.copies().iter().all(|copy| copy.value == 1));
}

#[test]
fn read_repair_makes_later_reads_fresher() {
    // The write reaches only its coordinator: everything else is repair.
    let run = |settings: Settings| {
        let mut register = ReplicatedRegister::new(settings)
            .fault(0.0, Fault::partition([&[0], &[1, 2]]))
            .write(0, 0, 7, 1.0)
            .fault(2.0, Fault::Crash(0))
            .fault(3.0, Fault::Heal)
            .fault(4.0, Fault::Crash(1))
            .fault(4.0, Fault::Crash(2))
            .fault(5.0, Fault::Restart(0))
            .fault(20.0, Fault::Restart(1))
            .fault(20.0, Fault::Restart(2));
        for i in 0..20 {
            register = register.read(1, i % 3, 100.0 + 50.0 * i as f64);
        }
        register.run()
    };
    let without = run(Settings::quorum(3, 1, 1));
    let with = run(Settings::quorum(3, 1, 1).read_repair());
    assert!(without.stale_reads() > 10, "{}", without.stale_reads());
    assert_eq!(with.stale_reads(), 0, "the first read of replica 0 repairs the others");
    assert!(with.has_converged() && !without.has_converged());
}

#[test]
fn sessions_that_wander_break_their_guarantees_only_where_reads_are_local() {
    let broken = |settings: Settings| {
        let run = busy(settings, 9).run();
        session_guarantees(&run.history(), &run.write_order())
    };
    let weak = broken(Settings::leader(3, 1).local_reads());
    assert!(weak.read_your_writes.count > 0 && weak.monotonic_reads.count > 0, "{weak}");
    // The leader orders writes, so these two hold.
    assert_eq!(weak.monotonic_writes.count, 0);
    assert!(broken(Settings::abd(3)).all_hold());
}

#[test]
fn the_event_simulation_meets_the_formula_of_stale_reads() {
    // One write, then a read at the other replica at a fixed time after: stale until the write arrives.
    let (trials, after, mean_delay) = (4_000u64, 6.0, 10.0);
    let stale = (0..trials).filter(|&seed| {
        ReplicatedRegister::new(Settings::quorum(2, 1, 1))
            .delay(Exponential(mean_delay))
            .seed(seed)
            .write(0, 0, 1, 1.0)
            .read(1, (seed % 2) as usize, 1.0 + after)
            .run()
            .stale_reads()
            == 1
    });
    let found = stale.count() as f64 / trials as f64;
    let theory = pbs::stale_probability(2, 1, 1, after, mean_delay);
    let allowed = 4.0 * crate::stats::proportion_error(theory, trials);
    assert!((found - theory).abs() < allowed, "{found} {theory}");
}

#[test]
fn consistency_costs_latency_at_least_the_delay() {
    // Lipton and Sandberg 1988: sequential consistency takes a read and a write together at least the delay.
    for delay in [1.0, 10.0, 100.0] {
        for settings in [Settings::abd(3), Settings::leader(3, 1), Settings::leader(3, 3)] {
            let run = ReplicatedRegister::new(settings.clone())
                .delay(Constant(delay))
                .clients(3, 60, 0.5, 50.0)
                .run();
            let sum = mean(&run.read_latencies()) + mean(&run.write_latencies());
            assert!(sum >= delay, "{}: {sum} at {delay}", settings.name());
        }
    }
}

#[test]
fn a_run_can_be_looked_at() {
    let run = ReplicatedRegister::new(Settings::abd(3).patience(50.0))
        .fault(30.0, Fault::partition([&[0], &[1, 2]]))
        .fault(200.0, Fault::Heal)
        .write(0, 0, 1, 0.0)
        .write(0, 0, 2, 40.0)
        .read(1, 1, 60.0)
        .run();
    let text = run.timeline("A cut").to_string();
    for part in ["partition 0 | 1,2", "write 2 refused at 0", "read 1 at 1", "store 1", "lost"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        run.table().to_string().contains("66.7% answered, 0 stale reads, 0 lost writes"),
        "{}",
        run.table()
    );
}
