//! `Descriptors` and `Memory` in processes with limits of their own.

use std::fs::File;
use std::process::Command;

use smoke_checks::{Descriptors, Memory};
use smoke_core::{Limits, Outcome, Registry, Runner, Scope};

use crate::alone::alone;
use crate::support::{again, blocking, run};

/// Starts a process with a limit that `ulimit` sets.
fn with(limit: &str, arguments: Vec<String>) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit {limit} && exec \"$@\""), "sh"]);
    shell.args(arguments);
    shell
}

#[test]
fn few_descriptors_and_none_are_warned_of() {
    alone(
        "limits::few_descriptors_and_none_are_warned_of",
        |arguments| with("-n 256", arguments),
        || blocking(opened()),
    );
}

async fn opened() {
    let limits = Limits::default().reuse(std::time::Duration::ZERO);
    let registry = Registry::new().test(Descriptors::default()).limits(limits);
    let runner = Runner::new(registry);
    let test = again(&runner).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Instance);

    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    let test = again(&runner).await;
    assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("has 0 of 256 (0 %) descriptors left, and should have 10 %"),
        "{message}"
    );
    files.truncate(files.len() - 20);
    let test = again(&runner).await;
    assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains("has 20 of 256 (7 %)"), "{message}");
    files.clear();
    let test = again(&runner).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
}

#[test]
fn memory_is_warned_of_where_less_is_left_of_the_limit() {
    alone(
        "limits::memory_is_warned_of_where_less_is_left_of_the_limit",
        // 8 GiB, in KiB.
        |arguments| with("-v 8388608", arguments),
        || {
            let test = blocking(run(Memory::free_at_least(1 << 20)));
            assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
            assert_eq!(test.scope, Scope::Instance);
            let test = blocking(run(Memory::free_at_least(8 << 30)));
            assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
            let message = test.message.unwrap();
            assert!(
                message.starts_with("the address space of this process (ulimit -v) has "),
                "{message}"
            );
            assert!(message.contains(" of 8.0 GiB ("), "{message}");
        },
    );
}
