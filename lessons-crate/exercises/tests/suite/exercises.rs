//! Every exercise of the book, compiled as in a cell: its starter fails, its solution passes, and each
//! planted wrong solution is caught with its own diagnosis.
//!
//! The files are compiled into this one binary, so an exercise is listed here as well as in its folder; a
//! test makes sure that the two agree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use lessons::check::Report;

/// Runs the check of one file.
type Check = fn() -> Report;

/// One exercise: the check of each of its files.
struct Exercise {
    folder: &'static str,
    /// The expression of the check cell, as written in the list.
    check: &'static str,
    starter: Check,
    solution: Check,
    /// By file name, without `.rs`.
    wrong: Vec<(&'static str, Check)>,
}

macro_rules! exercises {
    ($($name:ident in $folder:literal: $check:expr, wrong: [$($wrong:ident),* $(,)?];)*) => {
        $(#[allow(unused, clippy::all, clippy::todo, reason = "starters and wrong solutions are as learners write them")]
        mod $name {
            pub(super) mod starter { solution_file!($folder, "starter.rs", $check); }
            pub(super) mod solution { solution_file!($folder, "solution.rs", $check); }
            $(pub(super) mod $wrong {
                solution_file!($folder, concat!("wrong/", stringify!($wrong), ".rs"), $check);
            })*

            #[test]
            fn is_checked_rightly() {
                super::is_checked_rightly(&super::exercises()[$folder]);
            }
        })*

        fn exercises() -> BTreeMap<&'static str, Exercise> {
            BTreeMap::from([$(($folder, Exercise {
                folder: $folder,
                check: stringify!($check),
                starter: $name::starter::report,
                solution: $name::solution::report,
                wrong: vec![$((stringify!($wrong), $name::$wrong::report as Check)),*],
            })),*])
        }
    };
}

/// A file of an exercise and the check of what it defines, with a cell's names in scope.
macro_rules! solution_file {
    ($folder:literal, $file:expr, $check:expr) => {
        use lessons::prelude::*;
        include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../book/exercises/", $folder, "/", $file));
        pub(crate) fn report() -> lessons::check::Report {
            $check
        }
    };
}

exercises! {
    d01_requests_in_flight in "d01-requests-in-flight": check::requests_in_flight(requests_in_flight), wrong: [
        divided_by_latency, milliseconds_as_seconds, peak_forgotten, rounded, rounded_day,
    ];
    d01_servers_needed in "d01-servers-needed": check::servers_needed(servers_needed), wrong: [
        factorials_overflow, just_enough, latency_for_wait, lost_instead_of_waiting, one_too_many,
        rule_of_thumb,
    ];
    d01_usl_fit in "d01-usl-fit": check::usl_fit(fit, peak), wrong: [
        counts_points, cut_off_without_refit, gamma_from_one_point, n_instead_of_n_minus_1,
        negative_coefficient, no_weights, peak_of_a_flat_curve,
    ];
    d02_route_values in "d02-route-values": check::route_values(values), wrong: [
        drops_empty_segments, empty_value, literals_not_compared, prefix_of_the_text, rest_is_one_segment,
        stops_at_the_shorter,
    ];
    d02_gcra in "d02-gcra": check::gcra::<Limiter>(), wrong: [
        burst_plus_one, cost_ignored, float_seconds, hoards_credit, one_limit_for_all, pays_when_refused,
    ];
    d02_verify_token in "d02-verify-token": check::verify_token(verify), wrong: [
        any_key, claims_first, decodes_before_the_tag, endless_token, last_second, milliseconds, no_audience,
        shortened_tag, trusts_alg,
    ];
    d03_two_choices in "d03-two-choices": check::two_choices(pick), wrong: [
        compares_indices, full_scan, neighbors_only, picks_the_fuller, ties_to_the_lower_index, with_replacement,
    ];
    d03_smooth_wrr in "d03-smooth-wrr": check::smooth_weighted_round_robin::<SmoothWrr>(), wrong: [
        expanded_list, falling_threshold, max_by_key, pays_own_weight, picks_without_weights,
        reset_on_set_weight, stale_total,
    ];
    d03_hash_ring in "d03-hash-ring": check::hash_ring::<Ring>(), wrong: [
        added_twice, ghost_points, modulo, no_wraparound, one_point_per_node, random_state,
    ];
    d04_needed_hit_ratio in "d04-needed-hit-ratio": check::needed_hit_ratio(needed_hit_ratio), wrong: [
        cache_is_free, in_percent, less_than_nothing, miss_ratio, misses_skip_the_cache, more_than_all,
    ];
    d04_lru in "d04-lru": check::lru::<LruCache>(), wrong: [
        capacity_exceeded, evicts_the_newest, get_is_not_a_use, ghost_key, linear_time, newest_not_set,
        old_value_kept, oldest_not_set, put_is_not_a_use, replacing_evicts, stale_newest,
    ];
    d04_sieve in "d04-sieve": check::sieve::<SieveCache>(), wrong: [
        bit_ignored, bits_stay_set, born_visited, hand_behind_the_end, hand_restarts, hand_skips_one,
        hand_stops_at_the_end, moves_on_hit, newest_first, second_chance, visit_toggles,
    ];
    d04_single_flight in "d04-single-flight": check::single_flight::<Coalescing>(), wrong: [
        answered_twice, everyone_loads, failure_told_to_one, invalidate_ignored, one_flight_for_all,
        stale_fill, waiters_forgotten, wedged_after_failure,
    ];
    d05_quorum_sizes in "d05-quorum-sizes": check::quorum_sizes(quorum_sizes), wrong: [
        always_a_majority, no_none, read_one_write_all, sum_equals_n,
    ];
    d05_atomic_register in "d05-atomic-register": check::atomic_register(read, write), wrong: [
        first_answer, ignores_majority, new_tag_on_read, newest_by_value, no_write_back, same_counter,
        tag_without_me, waits_for_all,
    ];
    d05_linearizability in "d05-linearizability": check::find_order(find_order), wrong: [
        any_written_value, drops_pending, orders_by_call, orders_by_return, pending_at_once,
        program_order_only,
    ];
    d06_filter_size in "d06-filter-size": check::filter_size(filter_size), wrong: [
        k_without_ln2, ln2_not_squared, log_base_10, log_base_2, zero_hashes,
    ];
    d06_bloom_filter in "d06-bloom-filter": check::bloom_filter::<Bloom>(), wrong: [
        any_instead_of_all, consecutive_bits, log_base_10, one_position_asked, random_hasher,
        same_hash_k_times, union_intersects, union_of_any_sizes, union_replaces, vec_of_bool, word_per_bit,
    ];
    d06_cuckoo_filter in "d06-cuckoo-filter": check::deletable_filter::<Cuckoo>(), wrong: [
        asks_one_bucket, ignores_copies, never_refuses, no_relocation, removes_every_copy, removes_from_both,
        removes_from_one_bucket, second_bucket_from_key, victim_lost, zero_fingerprint,
    ];
    d06_growing_filter in "d06-growing-filter": check::growing_filter::<Growing>(), wrong: [
        duplicates_counted, forgets_old_keys, grows_by_a_constant, looks_in_one_stage, old_stages_forgotten,
        rates_add_up,
    ];
    d07_bottleneck in "d07-bottleneck": check::bottleneck(bottleneck), wrong: [
        adds_the_tiers_up, servers_forgotten, the_emptiest, the_slowest, upside_down, visits_forgotten,
    ];
    d07_predict_p99 in "d07-predict-p99": check::predict_p99(p99), wrong: [
        filter_forgotten, hits_and_misses_mixed, mean_for_p99, no_line, own_time_forgotten,
        p99_of_the_misses, percent_for_share, share_multiplied, unknown_are_hits,
    ];
    d07_read_path in "d07-read-path": check::read_path(resolve), wrong: [
        absence_not_believed, absence_not_kept, absent_too_long, cache_down_is_a_failure,
        cache_down_is_absent, down_is_absent, filter_too_late, miss_is_absent, never_fills,
    ];
    d08_visible in "d08-visible": check::visible(visible), wrong: [
        aborted_counts, aborted_deleter, any_deleter, deleter_forgotten, me_for_next, newest, not_even_own,
        own_for_ever, smaller_is_earlier,
    ];
    d08_within in "d08-within": check::within(within), wrong: [
        backwards, both_ways, depth_first, every_path, last_visit, one_short, one_too_far, only_direct,
        start_missing,
    ];
    d08_serial_order in "d08-serial-order": check::serial_order(order), wrong: [
        any_name, as_they_began, backwards, both_directions, neighbors_only, reads_meet,
        reads_see_writes_only, takes_the_next_in_a_cycle, writes_do_not_meet,
    ];
    d09_closure in "d09-closure": check::closure(closure), wrong: [
        any_of_left_side, both_ways, left_side_alone, only_what_is_new, single_pass, turned_around,
        two_passes,
    ];
    d09_candidate_keys in "d09-candidate-keys": check::candidate_keys(candidate_keys), wrong: [
        first_only, forgets_lone, left_sides_only, no_key, one_round, repeats, superkeys,
    ];
    d09_synthesis in "d09-synthesis": check::synthesis(synthesize), wrong: [
        boyce_codd, closures, keeps_redundant, keeps_subsets, left_side_as_given, no_key_table,
        one_table_per_dependency,
    ];
    d10_pages_touched in "d10-pages-touched": check::pages_touched(pages_touched), wrong: [
        always_together, order_ignored, page_for_each_row, pages_missed, part_of_a_page, rounded_away,
        rows_for_pages,
    ];
    d10_index_use in "d10-index-use": check::index_use(index_use), wrong: [
        after_the_range, any_column, first_column_only, fixed_columns_stay, order_as_a_set, output_forgotten,
        range_not_counted, whole_order,
    ];
    d10_b_plus_tree in "d10-b-plus-tree": check::b_plus_tree::<Tree>(), wrong: [
        asks_for_each_key, child_before, cuts_off_one, forgets_the_link, inner_pages_grow, keeps_inner_separator,
        moves_leaf_separator, stops_with_a_leaf, stores_twice, wrong_side_of_equal,
    ];
    d11_range_partition in "d11-range-partition": check::range_partition(partition), wrong: [
        below_the_first, inclusive_upper, lower_missed, null_is_zero, off_by_one, open_ended,
    ];
    d11_prune in "d11-prune": check::prune(prune), wrong: [
        and_as_or, default_always, default_forgotten, function_loses_rows, inclusive_upper, or_as_and,
        partitions_for_values, wrong_column,
    ];
    d11_rolling_window in "d11-rolling-window": check::rolling_window(plan), wrong: [
        by_count, gaps_stay, makes_them_again, one_month_too_many, only_the_last, takes_the_future, wrong_order,
    ];
    d12_hash_slot in "d12-hash-slot": check::hash_tag(tag), wrong: [
        braces_included, closing_before, empty_tag, last_closing, last_opening, never_closed, second_chance,
        whole_key,
    ];
    d12_rebalance in "d12-rebalance": check::rebalance(rebalance), wrong: [
        modulo, nobody_gives, node_is_gone, remainder_in_one_place, remainder_to_the_first, rounded_up,
    ];
    d12_move_a_shard in "d12-move-a-shard": check::move_a_shard::<Move>(), wrong: [
        all_at_once, cuts_over_early, deletes_forgotten, no_log, reads_too_early, writes_to_the_old,
    ];
    d13_version_vectors in "d13-version-vectors": check::version_vectors(compare, merge), wrong: [
        keeps_one, lexicographic, maxima, merge_adds, no_conflict, strict, sums, swapped, zip,
    ];
    d13_read_routing in "d13-read-routing": check::read_routing(route, observe), wrong: [
        always_the_leader, fastest_only, forgets_reads, freshest, overwrites, strictly_newer,
    ];
    d13_or_set in "d13-or-set": check::or_set::<CartSet>(), wrong: [
        intersection, last_writer, one_tag_each, same_tags, two_phase, union,
    ];
    d14_delivery in "d14-delivery": check::delivery(delivery), wrong: [
        a_threshold, deadline_forgotten, exactly_in_time, followers_of_one_side, posts_forgotten,
        posts_in_the_deadline, prices_forgotten,
    ];
    d14_feed_page in "d14-feed-page": check::feed_page(page), wrong: [
        by_time_only, cursor_again, cursor_looked_up, hidden_too_late, oldest_first, one_list_after_another,
        too_long, twice,
    ];
}

/// What `exercise.toml` says of a planted wrong solution.
struct Planted {
    diagnosis: String,
    why: String,
}

fn folder_of_exercises() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../book/exercises")
}

fn manifest(folder: &str) -> toml::Table {
    let path = folder_of_exercises().join(folder).join("exercise.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(table: &toml::Table, key: &str) -> String {
    table.get(key).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no {key} in {table}")).to_owned()
}

fn planted(manifest: &toml::Table) -> BTreeMap<String, Planted> {
    let entries = manifest["wrong"].as_array().expect("wrong is a list");
    let entry = |value: &toml::Value| {
        let table = value.as_table().expect("a table for each wrong solution");
        let file = text(table, "file");
        let name = file.trim_start_matches("wrong/").trim_end_matches(".rs").to_owned();
        (name, Planted { diagnosis: text(table, "diagnosis"), why: text(table, "why") })
    };
    entries.iter().map(entry).collect()
}

fn is_checked_rightly(exercise: &Exercise) {
    let manifest = manifest(exercise.folder);
    assert_eq!(text(&manifest, "check"), exercise.check.replace(":: <", "::<").replace("> ()", ">()"));
    assert_eq!(manifest["hints"].as_array().map(Vec::len), Some(3), "three hints");
    assert!(manifest["minutes"].as_integer().is_some_and(|minutes| (5..=60).contains(&minutes)));
    assert!(["warm-up", "core", "stretch"].contains(&text(&manifest, "level").as_str()));
    assert!(!text(&manifest, "title").is_empty());

    let solution = (exercise.solution)();
    assert!(solution.passed(), "the solution does not pass:\n{solution}");
    assert_eq!(solution.diagnosis, None);
    let visible = solution.properties.iter().filter(|property| property.visible).count();
    let hidden = solution.properties.len() - visible;
    assert!(visible >= 3 && hidden >= 2, "{visible} visible and {hidden} hidden properties");

    let starter = (exercise.starter)();
    assert!(!starter.passed(), "the starter passes");

    let planted = planted(&manifest);
    let in_list: Vec<String> = exercise.wrong.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(planted.keys().cloned().collect::<Vec<_>>(), in_list, "exercise.toml and this list");
    assert!(in_list.len() >= 3, "at least three planted wrong solutions");
    for (name, report) in &exercise.wrong {
        let (report, planted) = (report(), &planted[*name]);
        println!("--- {name}: {}\n{report}\n", planted.why);
        assert!(!report.passed(), "{name} passes");
        assert_eq!(report.diagnosis_key(), Some(planted.diagnosis.as_str()), "{name} is caught as\n{report}");
        assert!(!planted.why.is_empty());
    }
}

#[test]
fn every_folder_is_listed_and_complete() {
    let on_disk: BTreeSet<String> = std::fs::read_dir(folder_of_exercises())
        .expect("the folder of exercises")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let listed: BTreeSet<String> = exercises().keys().map(|folder| (*folder).to_owned()).collect();
    assert_eq!(on_disk, listed, "folders of book/exercises, and this list");
    for (folder, exercise) in exercises() {
        let wrong = folder_of_exercises().join(folder).join("wrong");
        let files: BTreeSet<String> = std::fs::read_dir(&wrong)
            .unwrap_or_else(|error| panic!("{}: {error}", wrong.display()))
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        let listed: BTreeSet<String> = exercise.wrong.iter().map(|(name, _)| format!("{name}.rs")).collect();
        assert_eq!(files, listed, "files of {folder}/wrong, and this list");
    }
}
