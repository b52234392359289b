//! Against the theory of lag and loss.

use super::*;
use crate::dist::Exponential;
use crate::stats::mean;

#[test]
fn a_commit_takes_a_round_trip_to_the_slowest_that_it_waits_for() {
    for (acks, expected) in [(0, 0.0), (1, 10.0), (2, 10.0)] {
        let run = LeaderFollower::new(2).acks(acks).run();
        assert!(run.commit_latencies().iter().all(|ms| (ms - expected).abs() < 1e-9), "{acks}");
        assert_eq!(run.acknowledged(), run.writes().len());
        assert!(run.lags().iter().all(|ms| (ms - 5.0).abs() < 1e-9));
    }
}

#[test]
fn a_log_arrives_in_order_whatever_the_network_does() {
    for seed in 0..50 {
        let run = LeaderFollower::new(3).delay(Exponential(30.0)).write_every(2.0).seed(seed).run();
        for node in 0..4 {
            let times: Vec<f64> = run.writes().iter().filter_map(|write| write.arrived[node]).collect();
            assert_eq!(times.len(), run.writes().len());
            assert!(times.is_sorted(), "{seed}");
        }
    }
}

/// Of one follower that is `d` behind, the writes of the last `d` are lost: rate times lag.
#[test]
fn an_asynchronous_leader_loses_rate_times_lag() {
    let lost: Vec<f64> = (0..400)
        .map(|seed| {
            let group = LeaderFollower::new(1).delay(Constant(20.0)).write_every(4.0).until(300.0);
            group.seed(seed).lose_leader(250.0, 30.0).run().lost().len() as f64
        })
        .collect();
    // Poisson with mean 5: the standard error of 400 of them is 0.11.
    assert!((mean(&lost) - 5.0).abs() < 4.0 * (5.0_f64 / 400.0).sqrt(), "{}", mean(&lost));
}

#[test]
fn no_acknowledged_write_is_lost_when_a_follower_must_have_it() {
    for seed in 0..50 {
        for acks in 1..=3 {
            let group =
                LeaderFollower::new(3).acks(acks).delay(Exponential(5.0)).write_every(1.0).until(200.0);
            let run = group.seed(seed).lose_leader(100.0, 40.0).run();
            assert!(run.acknowledged() > 0 && run.leader() != 0);
            assert!(run.lost().is_empty(), "{seed} {acks}");
        }
    }
}

#[test]
fn the_new_leader_goes_on_and_the_others_follow_it() {
    let run = LeaderFollower::new(2).acks(1).delay(Exponential(10.0)).lose_leader(400.0, 100.0).run();
    let after: Vec<&Written> = run.writes().iter().filter(|write| write.asked > 500.0).collect();
    assert!(after.iter().all(|write| write.acknowledged.is_some() && write.kept));
    assert!(after.iter().all(|write| write.arrived[1].is_some() && write.arrived[2].is_some()));
    assert!(
        run.writes()
            .iter()
            .any(|write| (400.0..500.0).contains(&write.asked) && write.acknowledged.is_none())
    );
    assert_eq!(run.promoted_at(), Some(500.0));
}

/// A follower with exponential lag still lacks the write after `t` with probability e^(-t / mean), when writes
/// are so rare that none waits for the one before.
#[test]
fn reads_of_followers_miss_own_writes_as_often_as_the_lag_is_longer() {
    let run = LeaderFollower::new(2).delay(Exponential(10.0)).write_every(1_000.0).until(8e6).run();
    for think in [0.0, 5.0, 20.0] {
        let reads = run.read_after_write(think, ReadFrom::AnyFollower, &mut Rng::new(1));
        let theory = (-think / 10.0_f64).exp();
        let allowed = 4.0 * crate::stats::proportion_error(theory, reads.count as u64) + 0.01;
        assert!((reads.violation_share() - theory).abs() < allowed, "{think} {}", reads.violation_share());
        let token = run.read_after_write(think, ReadFrom::FollowerWithToken, &mut Rng::new(1));
        assert_eq!(token.violations, 0);
        assert!((mean(&token.waits) - 10.0 * theory).abs() < 0.6, "{}", mean(&token.waits));
    }
}
