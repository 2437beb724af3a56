//! Production smoke tests from the command line, and under `cargo test`.
//!
//! The program `smoke` (feature `program`, the default) asks services for their smoke tests: `smoke ask`
//! one of them, `smoke gate` a whole fleet at a deploy. It needs nothing of an application but its
//! address.
//!
//! With the feature `registry` the registry that answers at `/smoketest/` answers a deploy, a CI job and
//! a person at a terminal, too, without a server: the same tests, rolled back in the same way. An
//! application has that alone with `default-features = false, features = ["registry"]`.
//!
//! | what | how |
//! |---|---|
//! | `shop smoke` beside `shop serve` | [`Args`] in your own [`clap`] command line, and [`run()`] |
//! | a program that does nothing else | [`main()`] |
//! | tests under `cargo test` and nextest | [`harness()`] |
//!
//! # Examples
//!
//! ```no_run
//! use smoke_core::{Registry, Result, Test, ensure};
//! use std::process::ExitCode;
//!
//! async fn adds_up() -> Result {
//!     ensure!(1 + 1 == 2);
//!     Ok(())
//! }
//!
//! fn main() -> ExitCode {
//!     smoke_cli::main(Registry::new().test(Test::new("shop::till::adds_up", adds_up)))
//! }
//! ```
//!
//! ```console
//! $ shop smoke                                  # all tests that are not slow
//! $ shop smoke --slow shop::users 'tag:mail'    # labels, as in ?select=
//! $ shop smoke --list -v                        # what would run
//! $ shop smoke --format json --timeout 2m --junit smoke.xml
//! ```
//!
//! # What is written where
//!
//! The report goes to standard output, in the form that `--format` chooses. Progress goes to standard
//! error: a line a test, and on a terminal a bar that names what runs and for how long. `-q` leaves
//! it out. `NO_COLOR` turns colours off. Whoever runs the command is trusted: it shows messages,
//! causes, places and requests, and what was logged while a failed test ran, if
//! `smoke_core::logs::layer()` hears it. The rest of the application's log is the application's to send
//! somewhere else.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | PASS |
//! | 1 | FAIL: a test failed or errored; of `smoke gate`, another build at the end of the time, too |
//! | 2 | the command line cannot be followed: an unknown option, a label that matches no test |
//! | 3 | nobody could say: switched off, busy, no test ran, the registry is broken, no answer, too few replicas, or the report could not be written |
//! | 130, 143 | stopped by Ctrl-C, by SIGTERM; whatever was found until then |
//!
//! Of a run for which several hold, 1 counts for more than 3, and 3 for more than 0.
//!
//! Nagios reads 1 as a warning and 2 as critical. Its `negate` says what these codes mean:
//!
//! ```console
//! $ negate --warning=CRITICAL --critical=UNKNOWN shop smoke -q --format text
//! ```
//!
//! A Job of Kubernetes tries again what nobody could say, and not what is a FAIL:
//!
//! ```yaml
//! apiVersion: batch/v1
//! kind: Job
//! metadata:
//!   name: shop-smoke
//! spec:
//!   backoffLimit: 6
//!   podFailurePolicy:
//!     rules:
//!       - action: FailJob
//!         onExitCodes:
//!           operator: In
//!           values: [1, 2]
//!   template:
//!     spec:
//!       restartPolicy: Never
//!       containers:
//!         - name: smoke
//!           image: registry.example/shop:4f2a91c
//!           args: [smoke, --slow]
//! ```
//!
//! # Ctrl-C and SIGTERM
//!
//! After the first Ctrl-C no more tests start, and those that run go on to their end; the verdict is
//! FAIL, "stopped by Ctrl-C". The second one, and SIGTERM, stop those, too: the runner is
//! [shut down](smoke_core::Runner::shutdown), which takes two seconds at most. What the tests wrote is
//! rolled back in any case.
//!
//! # Under cargo test and nextest
//!
//! [`harness()`] makes a test target of a registry:
//!
//! ```toml
//! [[test]]
//! name = "smoke"
//! harness = false
//! ```
//!
//! Under `cargo test` all tests are one run, in one process. nextest starts a process for each test,
//! and a suite's set-up runs in each of them. Let them follow one another in `.config/nextest.toml`,
//! so that they do not meet where the runner's own limits cannot hold, which are those of one process:
//! `serial` groups, and one sandbox at a time on SQLite.
//!
//! ```toml
//! [test-groups]
//! smoke = { max-threads = 1 }
//!
//! [[profile.default.overrides]]
//! filter = 'binary(smoke)'
//! test-group = 'smoke'
//! ```

// Without either of them there is nothing.
#![cfg(any(feature = "program", feature = "registry"))]

#[cfg(feature = "registry")]
mod apart;
#[cfg(feature = "registry")]
mod args;
#[cfg(feature = "registry")]
mod course;
mod exit;
#[cfg(feature = "registry")]
mod harness;
mod human;
mod junit;
#[cfg(feature = "registry")]
mod labels;
#[cfg(feature = "registry")]
mod list;
mod output;
mod paint;
mod plain;
mod process;
#[cfg(feature = "registry")]
mod program;
#[cfg(feature = "registry")]
mod progress;
mod report;
#[cfg(feature = "registry")]
mod run;
mod show;
#[cfg(feature = "registry")]
mod shut_down;
mod signals;
#[cfg(feature = "program")]
mod smoke;

#[cfg(feature = "registry")]
pub use args::Args;
#[cfg(feature = "registry")]
pub use harness::harness;
#[cfg(feature = "registry")]
pub use program::main;
#[cfg(feature = "registry")]
pub use run::run;
#[cfg(feature = "program")]
#[doc(hidden)]
pub use smoke::smoke;
