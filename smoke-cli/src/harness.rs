//! Smoke tests as tests of `cargo test`.

mod outcomes;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use smoke_core::{Outcome, Runner, Test, TestReport};

use self::outcomes::Outcomes;
use crate::plain::one_line;
use crate::show::{details, why};
use crate::shut_down::shut_down;

/// What libtest ends with where a test failed.
const FAILED: u8 = 101;

/// The main function of a test target without libtest (`harness = false`): each smoke test is a
/// test of its own name, which `cargo test` and nextest list, select and run. Slow ones are
/// ignored: `--include-ignored` runs them, too.
///
/// The tests of one process are one run, of which the registry's limits hold but for the time that
/// it may take: [`Limits::tests_at_once`](smoke_core::Limits::tests_at_once), and not
/// `--test-threads`, is how many there are at the same time. See
/// [the crate's docs](crate#under-cargo-test-and-nextest) for nextest, which has a process for each
/// test.
///
/// # Examples
///
/// In `Cargo.toml`:
///
/// ```toml
/// [[test]]
/// name = "smoke"
/// harness = false
/// ```
///
/// In `tests/smoke.rs`:
///
/// ```no_run
/// use smoke_core::Registry;
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     smoke_cli::harness(Registry::discover().expect_at_least(5))
/// }
/// ```
pub fn harness(runner: impl Into<Runner>) -> ExitCode {
    let arguments = Arguments::from_args();
    let runner = runner.into();
    let outcomes = Arc::new(Outcomes::default());
    let trials: Vec<_> = runner.tests().map(|test| trial(test, &outcomes)).collect();
    if !arguments.list {
        let runs =
            |trial: &&Trial| !arguments.is_filtered_out(trial) && !arguments.is_ignored(trial);
        let names = trials
            .iter()
            .filter(runs)
            .map(|trial| trial.name().to_owned());
        let names: Vec<_> = names.collect();
        let problems = runner.check();
        // Of no tests none fails, and that must not look as if all were well.
        if trials.is_empty() || (names.is_empty() && !problems.is_empty()) {
            return failed(&problems);
        }
        outcomes.begin(&runner, names);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    shut_down(&runner);
    let unearned = outcomes.unearned();
    if unearned.is_empty() || conclusion.has_failed() {
        conclusion.exit_code()
    } else {
        failed(&unearned)
    }
}

fn failed(why: &[String]) -> ExitCode {
    for why in why {
        let _ = writeln!(io::stderr(), "error: {why}");
    }
    ExitCode::from(FAILED)
}

fn trial(test: &Test, outcomes: &Arc<Outcomes>) -> Trial {
    let (name, outcomes) = (test.name().to_owned(), Arc::clone(outcomes));
    let wait = move || completion(&outcomes.of(&name)?);
    Trial::ignorable_test(test.name(), wait).with_ignored_flag(test.is_slow())
}

fn completion(test: &TestReport) -> Result<Completion, Failed> {
    match test.outcome {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Skipped => Ok(match &test.message {
            Some(why) => Completion::ignored_with(one_line(why)),
            None => Completion::ignored(),
        }),
        // It is neither a success nor what breaks a build.
        Outcome::Warned => Ok(Completion::ignored_with(format!(
            "warned: {}",
            one_line(&why(test).join("; "))
        ))),
        outcome => Err(format!("{outcome}: {}", details(test).join("\n")).into()),
    }
}
