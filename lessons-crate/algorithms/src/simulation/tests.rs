//! The simulator against queueing theory, and the policies against each other.

use proptest::prelude::*;

use super::*;
use crate::dist::{Bimodal, Constant};
use crate::load_balancer::{
    JoinIdleQueue, LeastConnections, Maglev, PeakEwma, PowerOfTwoChoices, Random, RoundRobin,
    SmoothWeightedRoundRobin, StaleView, WeightedRandom,
};

fn mean_of(simulation: &Simulation, mut balancer: impl Balancer) -> f64 {
    simulation.run(&mut balancer).mean
}

/// Within a share of the expected value.
fn assert_near(measured: f64, expected: f64, tolerance: f64) {
    assert!((measured / expected - 1.0).abs() < tolerance, "{measured}, expected {expected}");
}

#[test]
fn random_backends_are_single_queues_of_theory() {
    for utilization in [0.5, 0.8] {
        let simulation = Simulation::new(10, utilization).requests(200_000);
        let result = simulation.run(&mut Random::new(10));
        assert_near(result.mean, theory::mm1(utilization), 0.05);
        // The latency of M/M/1 is exponential.
        assert_near(result.p99, theory::mm1(utilization) * 100f64.ln(), 0.07);
        assert_near(result.p50, theory::mm1(utilization) * 2f64.ln(), 0.05);
        let constant = simulation.clone().service(Constant(7.0));
        assert_near(mean_of(&constant, Random::new(10)), theory::mg1(utilization, 0.0), 0.05);
    }
    let bimodal = Simulation::new(10, 0.5).requests(250_000).service(Bimodal::new(1.0, 10.0, 0.1));
    // Mean 1.9, mean square 10.9.
    let variability = 10.9 / (1.9 * 1.9) - 1.0;
    assert_near(mean_of(&bimodal, Random::new(10)), theory::mg1(0.5, variability), 0.05);
}

#[test]
fn two_choices_follow_the_formula_in_a_large_cluster() {
    for utilization in [0.7, 0.9] {
        let simulation = Simulation::new(200, utilization).requests(150_000);
        let measured = mean_of(&simulation, PowerOfTwoChoices::new(200));
        assert_near(measured, theory::choices(2, utilization), 0.05);
    }
}

#[test]
fn policies_rank_as_theory_says_on_equal_backends() {
    let simulation = Simulation::new(10, 0.9).requests(150_000);
    let random = mean_of(&simulation, Random::new(10));
    let round_robin = mean_of(&simulation, RoundRobin::new(10));
    let peak_ewma = mean_of(&simulation, PeakEwma::new(10));
    let two_choices = mean_of(&simulation, PowerOfTwoChoices::new(10));
    let least = mean_of(&simulation, LeastConnections::new(10));
    let idle = mean_of(&simulation, JoinIdleQueue::new(10));
    assert_near(random, 10.0, 0.15);
    assert_near(round_robin, 5.72, 0.12);
    assert_near(two_choices, 2.96, 0.06);
    assert_near(least, 1.90, 0.05);
    assert_near(peak_ewma, 3.2, 0.1);
    assert!(least < idle && idle < two_choices);
    assert!(theory::common_queue(10, 0.9) < least, "nothing beats the common queue");
}

#[test]
fn slow_backends_need_weights_or_feedback() {
    let mut speeds = [1.0; 10];
    speeds[8..].fill(0.2);
    let simulation = Simulation::new(10, 0.6).speeds(&speeds).requests(150_000);
    for mut blind in [Box::new(Random::new(10)) as Box<dyn Balancer>, Box::new(RoundRobin::new(10))] {
        let result = simulation.run(blind.as_mut());
        assert!(result.diverges());
        // Each backend gets a tenth of the work of 0.6 times 8.4 speeds: 0.504, for a speed of 0.2.
        assert_near(result.utilizations[9], 2.52, 0.03);
    }
    let weights = [5, 5, 5, 5, 5, 5, 5, 5, 1, 1];
    assert_near(mean_of(&simulation, SmoothWeightedRoundRobin::new(&weights)), 1.90, 0.05);
    assert_near(mean_of(&simulation, PowerOfTwoChoices::new(10)), 2.35, 0.06);
    assert_near(mean_of(&simulation, LeastConnections::new(10)), 1.41, 0.05);
    let weighted_random = simulation.run(&mut WeightedRandom::new(&weights));
    assert!(!weighted_random.diverges() && weighted_random.mean > 2.5);
}

#[test]
fn rare_long_requests_punish_who_cannot_see_them() {
    // One in a hundred takes a hundred times as long: mean 1.99, mean square 100.99.
    let simulation = Simulation::new(10, 0.7).requests(200_000).service(Bimodal::new(1.0, 100.0, 0.01));
    let run = |balancer: &mut dyn Balancer| simulation.run(balancer);
    let random = run(&mut Random::new(10));
    let round_robin = run(&mut RoundRobin::new(10));
    let two_choices = run(&mut PowerOfTwoChoices::new(10));
    let least = run(&mut LeastConnections::new(10));
    let variability = 100.99 / (1.99 * 1.99) - 1.0;
    assert_near(random.mean, theory::mg1(0.7, variability), 0.15);
    // Even turns do not help: the queue stands behind one long request.
    assert_near(round_robin.mean, random.mean, 0.15);
    assert!(round_robin.p99 > 1.8 * two_choices.p99, "{} {}", round_robin.p99, two_choices.p99);
    assert!(two_choices.p99 > 1.3 * least.p99, "{} {}", two_choices.p99, least.p99);
    assert!(round_robin.mean > 2.0 * two_choices.mean && two_choices.mean > 2.0 * least.mean);
}

#[test]
#[should_panic(expected = "backend 4 cannot fail: there are only 4, from 0")]
fn a_failure_of_no_backend_is_refused() {
    Simulation::new(4, 0.5).failure(Failure::of(4, 1.0)).run(&mut Random::new(4));
}

#[test]
fn old_information_makes_the_herd() {
    let simulation = Simulation::new(10, 0.9).requests(100_000);
    let mean = |choices, period| mean_of(&simulation, StaleView::new(10, choices, period));
    let random = mean(1, 0.0);
    assert!(mean(10, 0.0) < mean(2, 0.0), "fresh information: more is better");
    assert!(mean(10, 10.0) > random, "old information: the least loaded is worse than random");
    assert!(mean(2, 10.0) < random, "two choices still help");
}

#[test]
fn a_dead_backend_that_answers_fast_attracts_requests_until_a_check_finds_it() {
    let failure = Failure::of(3, 1_000.0).until(2_000.0);
    let simulation = Simulation::new(10, 0.6).requests(30_000).failure(failure);
    let blind = simulation.run(&mut RoundRobin::new(10));
    // A tenth of 6 requests per time, for 1,000 times, and those that were there when it died.
    assert_near(blind.errors as f64, 600.0, 0.15);
    let attracted = simulation.run(&mut LeastConnections::new(10));
    assert!(attracted.errors > 2 * blind.errors, "{} {}", attracted.errors, blind.errors);
    assert!(attracted.error_times.iter().all(|&time| (1_000.0..2_000.1).contains(&time)));

    // One way to turn away from it is to take errors for slow answers; the other is a health check.
    let fooled = simulation.run(&mut PeakEwma::new(10)).errors;
    let warned = simulation.run(&mut PeakEwma::new(10).with_error_penalty(100.0)).errors;
    assert!(fooled > blind.errors && 10 * warned < fooled, "{fooled} {warned}");

    let passive = simulation.clone().health_check(HealthCheck::Passive { failures: 5, ejection: 100.0 });
    let active = simulation.clone().health_check(HealthCheck::Active { interval: 10.0, failures: 3 });
    for checked in [passive, active] {
        for mut balancer in [
            Box::new(RoundRobin::new(10)) as Box<dyn Balancer>,
            Box::new(LeastConnections::new(10)),
            Box::new(PowerOfTwoChoices::new(10)),
            Box::new(PeakEwma::new(10)),
            Box::new(Maglev::new(10)),
        ] {
            let result = checked.run(balancer.as_mut());
            assert!(result.errors > 0 && result.errors < 120, "{}: {}", result.policy, result.errors);
            // It is used again afterwards.
            assert!(result.counts[3] > 1_500, "{}: {:?}", result.policy, result.counts);
        }
    }
    let late = simulation.clone().health_check(HealthCheck::Active { interval: 100.0, failures: 3 });
    let errors = late.run(&mut RoundRobin::new(10)).errors;
    // Found at 1,200 or 1,300, the third probe.
    assert!((120..250).contains(&errors), "{errors}");
}

#[test]
fn errors_over_time_add_up() {
    let failure = Failure::of(0, 100.0).error_latency(5.0);
    let result = Simulation::new(2, 0.5).requests(1_000).failure(failure).run(&mut RoundRobin::new(2));
    let total: f64 = result.errors_over_time(10.0).iter().map(|(_, rate)| rate * 10.0).sum();
    let end = (result.duration / 10.0).ceil() * 10.0;
    let in_time = result.error_times.iter().filter(|&&time| time < end).count();
    assert_near(total, in_time as f64, 1e-9);
    assert!(in_time > 300);
}

#[test]
fn a_comparison_names_what_grows() {
    let simulation = Simulation::new(2, 0.6).speeds(&[1.0, 0.1]).requests(20_000);
    let policies: Vec<Box<dyn Balancer>> =
        vec![Box::new(RoundRobin::new(2)), Box::new(LeastConnections::new(2))];
    let table = compare(&simulation, policies).to_string();
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("round robin").contains("grows"), "{table}");
    assert!(!line("least connections").contains("grows"), "{table}");
}

#[test]
fn the_tail_falls_from_all_to_few() {
    let result = Simulation::new(4, 0.7).requests(20_000).run(&mut Random::new(4));
    let tail = result.tail();
    assert_eq!(tail[0], (result.quantile(0.0), 1.0));
    assert!(tail.iter().any(|&(latency, share)| (share - 0.01).abs() < 1e-9 && latency == result.p99));
    assert!(tail.windows(2).all(|pair| pair[0].0 <= pair[1].0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_request_is_lost_and_the_seed_decides(
        backends in 1usize..8,
        utilization in 0.1f64..0.95,
        seed: u64,
        at in 0.0f64..100.0,
        checked: bool,
    ) {
        let mut simulation =
            Simulation::new(backends, utilization).requests(2_000).seed(seed).failure(Failure::of(0, at));
        if checked {
            simulation = simulation.health_check(HealthCheck::Active { interval: 5.0, failures: 2 });
        }
        let result = simulation.run(&mut LeastConnections::new(backends));
        prop_assert_eq!(result.counts.iter().sum::<u64>(), 2_000);
        prop_assert_eq!(result.latencies().len(), 1_800);
        prop_assert!(result.latencies().is_sorted() && result.latencies()[0] >= 0.0);
        prop_assert_eq!(simulation.run(&mut LeastConnections::new(backends)), result);
    }
}
