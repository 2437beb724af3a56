use std::time::Duration;

use smoke_report::Kind;
use smoke_testing::Log;

use super::*;
use crate::{Registry, Test};

/// What is written meanwhile.
fn written(writing: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, writing);
    log.lines()
}

fn refused() -> Report {
    Report::refused("run-1", "busy")
}

#[test]
fn what_was_left_out_is_counted_in_the_next_line() {
    let (trail, start) = (Trail::default(), Instant::now());
    let stranger = Asker::new("somebody").stranger();
    let lines = written(|| {
        for second in 0..90 {
            let now = start + Duration::from_secs(second);
            trail.refused(&stranger, Denial::Credentials, &refused(), now);
            trail.forged(Unproven::Signature, now);
        }
    });
    assert_eq!(lines.len(), 4, "{lines:#?}");
    for (line, left_out) in lines.iter().zip([None, None, Some(59), Some(59)]) {
        let counted = left_out.map(|count| format!("left_out={count}"));
        let said = counted.as_deref().unwrap_or("left_out=");
        assert_eq!(line.contains(said), left_out.is_some(), "{line}");
    }
}

#[test]
fn nobody_keeps_the_lines_of_another_kind_back() {
    let (trail, now) = (Trail::default(), Instant::now());
    let lines = written(|| {
        for _ in 0..2 {
            for why in [Denial::Busy, Denial::Credentials, Denial::Request] {
                trail.refused(&Asker::new("stranger").stranger(), why, &refused(), now);
                trail.refused(&Asker::new("trusted"), why, &refused(), now);
            }
        }
    });
    assert_eq!(lines.len(), 6, "{lines:#?}");
}

#[test]
fn a_test_has_a_line_a_minute_in_which_the_others_are_counted() {
    let test = |name: &str, outcome| {
        TestReport::new(name, "shop", Kind::Unit, outcome, Duration::ZERO).with_message("stuck")
    };
    let registry = Registry::new()
        .test(Test::new("shop::sells", || {}))
        .test(Test::new("shop::buys", || {}));
    let catalogue = Catalogue::new(registry);
    let (start, asker) = (Instant::now(), Asker::new("a timer"));
    let mut report = Report::new("run-1");
    report.tests = vec![
        test("shop::buys", Outcome::Skipped),
        test("shop::sells", Outcome::Errored),
    ];
    let lines = written(|| {
        for seconds in [0, 10, 59, 60, 61] {
            let now = start + Duration::from_secs(seconds);
            Trail::causes(&asker, &report, &catalogue, now);
            report.tests[0].outcome = Outcome::Failed;
        }
    });
    let of = |test: &str| -> Vec<_> {
        let named = format!("test=\"{test}\"");
        let lines = lines.iter().filter(|line| line.contains(&named));
        lines.map(|line| line.contains("left_out=2")).collect()
    };
    assert_eq!(of("shop::sells"), [false, true]);
    // Its first was ten seconds later.
    assert_eq!(of("shop::buys"), [false]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
}
