use proptest::prelude::*;

use super::*;

const LEVELS: [Level; 3] = [Level::ReadCommitted, Level::Snapshot, Level::Serializable];

/// Both read the balance, then take 80 if there is that much.
fn withdrawals() -> [Program; 2] {
    [(), ()].map(|()| {
        Program::new().read("ada").write("ada", |seen| (seen["ada"] >= 80).then(|| seen["ada"] - 80))
    })
}

/// Each goes off call if both are on.
fn doctors() -> [Program; 2] {
    ["alice", "bob"].map(|me| {
        let off = |seen: &Seen| (seen["alice"] + seen["bob"] == 2).then_some(0);
        Program::new().read("alice").read("bob").write(me, off)
    })
}

/// Berenson et al. 1995, table 4: what each level lets through.
#[test]
fn each_level_lets_through_what_the_critique_says() {
    let lost = LEVELS.map(|level| explore(level, &[("ada", 100)], &withdrawals()));
    assert_eq!(lost.each_ref().map(|e| e.interleavings), [20; 3]);
    assert_eq!(lost.each_ref().map(|e| e.wrong > 0), [true, false, false]);
    let skew = LEVELS.map(|level| explore(level, &[("alice", 1), ("bob", 1)], &doctors()));
    assert_eq!(skew.each_ref().map(|e| e.interleavings), [70; 3]);
    assert_eq!(skew.each_ref().map(|e| e.wrong > 0), [true, true, false]);
    // Whoever reads twice sees one value only from a snapshot on.
    let twice = || {
        [
            Program::new().read("x").read("x").write("y", |seen| Some(seen["x"])),
            Program::new().write("x", |_| Some(1)),
        ]
    };
    let run_with = |level| run(level, &[("x", 0)], &twice(), &[0, 1, 1, 0, 0, 0]).values["y"];
    assert_eq!(LEVELS.map(run_with), [1, 0, 0]);
}

/// The read-only anomaly of Fekete, O'Neil and O'Neil (2004): a report that only reads makes the history wrong.
#[test]
fn a_report_that_only_reads_can_be_what_is_wrong() {
    let programs = || {
        [
            // Takes 10 from checking, and a fine of 1 if the sum goes below 0.
            Program::new().read("saving").read("checking").write("checking", |seen| {
                Some(seen["checking"] - if seen["saving"] + seen["checking"] < 10 { 11 } else { 10 })
            }),
            Program::new().read("saving").write("saving", |seen| Some(seen["saving"] + 20)),
            Program::new().read("saving").read("checking"),
        ]
    };
    // The withdrawal looks, the deposit is made, the report runs, the withdrawal goes on.
    let order = [0, 0, 1, 1, 1, 2, 2, 2, 0, 0];
    let values = [("saving", 0), ("checking", 0)];
    let snapshot = run(Level::Snapshot, &values, &programs(), &order);
    assert_eq!(snapshot.committed, [true; 3]);
    assert_eq!((snapshot.values["checking"], snapshot.seen[2]["saving"]), (-11, 20));
    let serializable = run(Level::Serializable, &values, &programs(), &order);
    assert!(serializable.committed.contains(&false));
    let [withdrawal, deposit, _] = programs();
    assert_eq!(explore(Level::Snapshot, &values, &[withdrawal, deposit]).wrong, 0);
}

/// A random transaction of up to three steps on three values; what it writes tells what it read.
fn random_program(rng: &mut crate::rng::Rng, salt: i64) -> Program {
    let name = |rng: &mut crate::rng::Rng| ["x", "y", "z"][rng.index(3)];
    (0..1 + rng.index(3)).fold(Program::new(), |program, step| {
        let name = name(rng);
        if rng.chance(0.5) {
            program.read(name)
        } else {
            program.write(name, move |seen| Some(salt + step as i64 + 3 * seen.values().sum::<i64>()))
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn serializable_is_serializable(seed in any::<u64>(), three in any::<bool>()) {
        let mut rng = crate::rng::Rng::new(seed);
        let count = if three { 3 } else { 2 };
        let mut programs: Vec<Program> =
            (0..count).map(|number| random_program(&mut rng, 100 * (number + 1))).collect();
        if programs.iter().map(Program::len).sum::<usize>() > 9 {
            programs.truncate(2);
        }
        let explored = explore(Level::Serializable, &[("x", 1), ("y", 2)], &programs);
        prop_assert_eq!(explored.wrong, 0, "{:?} {:?}", programs, explored.example);
    }

    /// Under snapshots nobody's change of a value that it read is lost: each sum counts.
    #[test]
    fn snapshots_lose_no_update(seed in any::<u64>()) {
        let mut rng = crate::rng::Rng::new(seed);
        let add = |amount: i64| Program::new().read("x").write("x", move |seen| Some(seen["x"] + amount));
        let programs = [add(1), add(10), add(100)];
        let mut order = [0, 0, 0, 1, 1, 1, 2, 2, 2];
        rng.shuffle(&mut order);
        for level in [Level::Snapshot, Level::Serializable] {
            let outcome = run(level, &[("x", 0)], &programs, &order);
            let sum: i64 = (0..3).filter(|i| outcome.committed[*i]).map(|i| [1, 10, 100][i]).sum();
            prop_assert_eq!(outcome.values["x"], sum);
            prop_assert!(outcome.committed.contains(&true));
        }
    }

    /// Against trying every order of the transactions.
    #[test]
    fn a_serial_order_is_found_exactly_when_there_is_one(
        steps in prop::collection::vec((0..4u32, any::<bool>(), 0..3usize), 0..10),
    ) {
        let schedule: Vec<Access> = steps.iter()
            .map(|(transaction, writes, name)| Access { transaction: *transaction, writes: *writes, name: ["x", "y", "z"][*name] })
            .collect();
        let mut ids: Vec<u32> = schedule.iter().map(|step| step.transaction).collect();
        ids.sort_unstable();
        ids.dedup();
        let respects = |order: &[u32]| {
            let place = |id: u32| order.iter().position(|other| *other == id);
            (0..schedule.len()).all(|i| (i + 1..schedule.len()).all(|j| {
                !schedule[i].conflicts_with(&schedule[j]) || place(schedule[i].transaction) < place(schedule[j].transaction)
            }))
        };
        let orders = interleavings(&vec![1; ids.len()]);
        let exists = orders.iter().any(|order| respects(&order.iter().map(|i| ids[*i]).collect::<Vec<_>>()));
        match serial_order(&schedule) {
            Some(order) => prop_assert!(respects(&order) && order.len() == ids.len()),
            None => prop_assert!(!exists),
        }
    }
}

#[test]
fn interleavings_are_counted_by_the_binomial() {
    assert_eq!(interleavings(&[3, 3]).len(), 20);
    assert_eq!(interleavings(&[4, 4]).len(), 70);
    assert_eq!(interleavings(&[2, 2, 2]).len(), 90);
    assert_eq!(interleavings(&[]), [Vec::<usize>::new()]);
}

#[test]
fn what_has_ended_cannot_go_on() {
    let mut database = Versioned::new([("x", 1)]);
    let one = database.begin(Level::ReadCommitted);
    database.write(one, "x", 2).expect("running");
    assert_eq!((database.read(one, "x"), database.value("x")), (Ok(2), 1));
    database.abort(one).expect("running");
    assert_eq!(database.value("x"), 1);
    assert_eq!(database.commit(one), Err(TransactionError::Ended(one)));
    assert_eq!(database.read(7, "x"), Err(TransactionError::Ended(7)));
}
