//! `Heartbeat` and `LastSeen` with workers that live, and with others.

use std::time::{Duration, SystemTime};

use smoke_checks::{Heartbeat, LastSeen};
use smoke_core::{Error, Outcome, Result, Scope};

use crate::support::run;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_worker_that_beats_passes_and_one_that_was_never_started_fails() {
    let heartbeat = Heartbeat::new("mailer");
    let test = run(heartbeat.is_within(HOUR)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert_eq!(test.scope, Scope::Instance);
    let worker = heartbeat.clone();
    std::thread::spawn(move || worker.beat()).join().unwrap();
    let test = run(heartbeat.is_within(HOUR)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert!(heartbeat.age().unwrap() < HOUR);
}

#[tokio::test]
async fn what_was_seen_lately_passes_and_what_was_not_fails() {
    let now = SystemTime::now();
    let cases: [(Result<Option<SystemTime>>, _, _); 5] = [
        (Ok(Some(now)), Outcome::Passed, ""),
        (
            Ok(Some(now - 3 * HOUR)),
            Outcome::Failed,
            "the backup was last seen 3h",
        ),
        (
            Ok(Some(now + 3 * HOUR)),
            Outcome::Failed,
            "which of the two clocks",
        ),
        (Ok(None), Outcome::Failed, "the backup was never seen"),
        (Err(Error::msg("no table")), Outcome::Errored, "no table"),
    ];
    for (read, outcome, said) in cases {
        let check = LastSeen::within(HOUR, "the backup", move || {
            let read = read.clone();
            async move { read }
        });
        let test = run(check).await;
        assert_eq!(test.outcome, outcome, "{test:?}");
        assert_eq!(test.scope, Scope::Shared);
        let message = test.message.unwrap_or_default();
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn who_was_made_outside_of_a_runtime_says_so() {
    let made = || LastSeen::within(HOUR, "the backup", || async { Ok(Some(SystemTime::now())) });
    let check = std::thread::spawn(made).join().unwrap();
    let test = run(check).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("outside of the application's runtime"),
        "{message}"
    );
    let test = run(made()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
}
