//! Every exercise, compiled as in a cell: its starter fails, its solution and other right programs pass, and each planted
//! mistake is caught with its own diagnosis. `build.rs` finds them and writes a test for each, as `cache::lru::...`.

use lessons::check::Report;

/// Runs the check of one program.
type Check = fn() -> Report;

/// A planted mistake.
struct Mistake {
    name: &'static str,
    key: &'static str,
    message: Option<&'static str>,
    report: Check,
}

fn is_checked_rightly(
    id: &str,
    starter: Check,
    solution: Check,
    right: &[(&str, Check)],
    mistakes: &[Mistake],
) {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, who: &str, what: &str, report: &Report| {
        if !holds {
            problems
                .push(format!("{id}, {who}: {what}\n{report}\n(diagnosis: {:?})", report.diagnosis_key()));
        }
    };
    let report = solution();
    expect(report.passed(), "solution", "does not pass", &report);
    expect(report.diagnosis.is_none(), "solution", "is taken for a mistake", &report);
    expect(report.exercise.id == id, "solution", "is checked as another exercise", &report);
    let visible = report.properties.iter().filter(|property| property.visible).count();
    let hidden = report.properties.len() - visible;
    expect(
        visible >= 3 && hidden >= 2,
        "check",
        "needs three visible properties and two hidden ones",
        &report,
    );

    for (name, report) in right {
        let report = report();
        expect(report.passed(), name, "is right, and does not pass", &report);
    }

    let report = starter();
    expect(!report.passed(), "starter", "passes", &report);

    for Mistake { name, key, message, report } in mistakes {
        let report = report();
        let found = report.diagnosis.as_ref();
        expect(!report.passed(), name, "passes", &report);
        expect(found.map(|found| found.key) == Some(*key), name, &format!("is not caught as {key}"), &report);
        let said = message.is_none() || found.map(|found| found.message.as_str()) == *message;
        expect(said, name, "is told something else than exercise.toml says", &report);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

include!(concat!(env!("OUT_DIR"), "/suite.rs"));
