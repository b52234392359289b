//! The record: what is kept, what counts, and what a broken file or a wrong clock does to it.

use std::fs;

use super::*;

fn progress(entries: &[(&str, u64, &str)]) -> Progress {
    let entry = |(name, at, state): &(&str, u64, &str)| {
        let fields = Map::from_iter([("state".to_owned(), Value::from(*state))]);
        ((*name).to_owned(), Entry { at: *at, fields })
    };
    Progress { deleted: 0, records: entries.iter().map(entry).collect() }
}

fn store(folder: &tempfile::TempDir) -> Store {
    Store::new(Some(folder.path().join("deep/progress.jsonl")))
}

#[test]
fn the_later_entry_counts_and_passed_stays_passed() {
    let mut record = progress(&[("a", 5, "x"), ("b", 5, "passed"), ("c", 9, "x")]);
    let changed = record.merge(&progress(&[("a", 6, "y"), ("b", 7, "seen"), ("c", 8, "y"), ("d", 1, "z")]));
    assert_eq!(changed, ["a", "d"]);
    assert_eq!(record, progress(&[("a", 6, "y"), ("b", 5, "passed"), ("c", 9, "x"), ("d", 1, "z")]));
    record.merge(&progress(&[("c", 1, "passed")]));
    assert!(record.records["c"].passed());
}

/// The page's script is tested with the same cases.
#[test]
fn records_are_merged_as_on_the_page() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        mine: Progress,
        theirs: Progress,
        merged: Progress,
        changed: Vec<String>,
    }
    let cases = include_str!("../../../book/theme/tests/record.json");
    for case in serde_json::from_str::<Vec<Case>>(cases).expect("a table of cases") {
        let mut record = case.mine;
        assert_eq!(record.merge(&case.theirs), case.changed, "{}", case.name);
        assert_eq!(record, case.merged, "{}", case.name);
    }
}

#[test]
fn an_exercise_passed_under_its_old_name_stays_passed() {
    let old = [
        "d01-requests-in-flight",
        "d01-servers-needed",
        "d01-usl-fit",
        "d02-gcra",
        "d02-route-values",
        "d02-verify-token",
        "d03-hash-ring",
        "d03-smooth-wrr",
        "d03-two-choices",
        "d04-lru",
        "d04-needed-hit-ratio",
        "d04-sieve",
        "d04-single-flight",
        "d05-atomic-register",
        "d05-linearizability",
        "d05-quorum-sizes",
        "d06-bloom-filter",
        "d06-cuckoo-filter",
        "d06-filter-size",
        "d06-growing-filter",
        "d07-bottleneck",
        "d07-predict-p99",
        "d07-read-path",
        "d08-serial-order",
        "d08-visible",
        "d08-within",
        "d09-candidate-keys",
        "d09-closure",
        "d09-synthesis",
        "d10-b-plus-tree",
        "d10-index-use",
        "d10-pages-touched",
        "d11-prune",
        "d11-range-partition",
        "d11-rolling-window",
        "d12-hash-slot",
        "d12-move-a-shard",
        "d12-rebalance",
        "d13-or-set",
        "d13-read-routing",
        "d13-version-vectors",
        "d14-delivery",
        "d14-feed-page",
    ];
    let book = book::Book::load(&crate::paths::root().join("book")).expect("the book");
    let exercises: Vec<String> = book
        .days
        .iter()
        .flat_map(|day| day.chapter.exercises())
        .map(|e| format!("exercise:{}", e.id))
        .collect();
    assert_eq!(RENAMED.keys().collect::<Vec<_>>(), old);
    for old in old {
        let record = Progress::read(
            &json!({ "records": { format!("exercise:{old}"): { "at": 5, "state": "passed" } } }).to_string(),
        );
        let (name, entry) = record.records.first_key_value().expect("an entry");
        assert!(exercises.contains(name) && entry.passed(), "{old} is now {name}");
    }
}

#[test]
fn several_writers_share_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, kernel) = (store(&folder), store(&folder));
    assert_eq!(page.load().expect("empty"), Progress::default());
    page.add(&progress(&[("quiz:a", now(), "x")])).expect("written");
    kernel.pass("d03-a").expect("written");
    let all = page.load().expect("read");
    assert_eq!(all.records.keys().collect::<Vec<_>>(), ["exercise:d03-a", "quiz:a"]);
    assert!(all.records["exercise:d03-a"].passed());
    assert_eq!(kernel.load().expect("read"), all);
}

#[test]
fn deleted_is_gone_also_for_a_page_that_still_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    let old = progress(&[("quiz:secret", now() - 1, "x")]);
    store.add(&old).expect("written");
    let left = store.delete().expect("deleted");
    assert!(left.deleted > 0 && left.records.is_empty());
    let text = fs::read_to_string(folder.path().join("deep/progress.jsonl")).expect("a file");
    assert!(!text.contains("secret") && text.lines().count() == 1, "{text}");
    assert!(store.add(&old).expect("nothing new").records.is_empty());
}

#[test]
fn a_long_file_is_written_anew_and_broken_lines_are_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    for at in 1..200 {
        store.add(&progress(&[("card:a", at, "x")])).expect("written");
    }
    let file = folder.path().join("deep/progress.jsonl");
    let lines = fs::read_to_string(&file).expect("a file").lines().count();
    assert!(lines < 60, "{lines} lines for one entry");
    fs::write(&file, "{\"deleted\":0,\"rec\n").expect("written");
    assert_eq!(store.load().expect("read"), Progress::default());
}

#[test]
fn a_clock_from_the_future_neither_keeps_nor_drops_anything_for_good() {
    const YEAR_2099: u64 = 4_070_908_800_000;
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    let ahead = progress(&[("card:a", YEAR_2099, "x")]);
    store.add(&ahead).expect("written");
    let later = store.add(&progress(&[("card:a", now(), "y")])).expect("written");
    assert_eq!(later.records["card:a"].fields["state"], "y", "what is done later counts");
    assert!(store.delete().expect("deleted").records.is_empty());
    assert!(store.add(&ahead).expect("nothing new").records.is_empty(), "it came back from a page");
    let to_come = Progress { deleted: YEAR_2099, ..Progress::default() };
    store.add(&to_come).expect("written");
    let after = store.add(&progress(&[("card:b", now() + 1, "x")])).expect("written");
    assert!(after.records.contains_key("card:b"));
    // Also when it is in the file already, from a time when this was not looked at.
    let file = folder.path().join("deep/progress.jsonl");
    fs::write(&file, format!("{{\"deleted\":{YEAR_2099},\"records\":{{}}}}\n")).expect("written");
    let after = store.add(&progress(&[("card:c", now(), "x")])).expect("written");
    assert!(after.records.contains_key("card:c") && after.deleted == 0);
}

#[test]
fn a_cut_line_and_an_odd_byte_cost_no_other_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    store.add(&progress(&[("card:a", 1, "x"), ("card:b", 2, "x")])).expect("written");
    let file = folder.path().join("deep/progress.jsonl");
    let mut bytes = fs::read(&file).expect("there");
    bytes.extend(b"{\"records\":{\"card:c\":{\"at\":3,\"state\":\"\xc3");
    fs::write(&file, bytes).expect("written");
    let told = store.add(&progress(&[("card:d", 4, "x")])).expect("written");
    assert_eq!(told.records.keys().collect::<Vec<_>>(), ["card:a", "card:b", "card:d"]);
    assert_eq!(store.load().expect("read"), told, "the file has what the answer said");
}

#[test]
fn absurd_entries_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    let name = "n".repeat(LONGEST_NAME + 1);
    assert!(store.add(&progress(&[(&name, 1, "x")])).is_err());
    let text = "x".repeat(LONGEST_ENTRY);
    assert!(store.add(&progress(&[("a", 1, &text)])).is_err());
    assert!(Store::new(Some("/proc/none/progress".into())).pass("a").is_err());
    assert!(Store::new(None).pass("a").is_ok());
}
