//! The commands as a person, a pipe and `cargo test` meet them: processes, on a pseudo-terminal and
//! without one. This file is those processes, too.

#![allow(clippy::unwrap_used, reason = "tests")]

mod ask;
mod codes;
mod deploys;
mod dns;
mod fleet;
mod formats;
mod gate;
mod harness;
mod labels;
mod many;
mod postgres;
mod process;
mod programs;
mod progress;
mod redact;
mod signals;
mod smoke;
mod terminal;
mod trust;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(programs::PROGRAM) {
        return programs::run(&program);
    }
    let tests = [
        ask::tests(),
        codes::tests(),
        deploys::tests(),
        dns::tests(),
        formats::tests(),
        gate::tests(),
        harness::tests(),
        labels::tests(),
        many::tests(),
        postgres::tests(),
        progress::tests(),
        signals::tests(),
        trust::tests(),
    ];
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, tests.into_iter().flatten().collect()).exit_code()
}

/// A test for each function, of the function's name.
macro_rules! tests {
    ($($test:ident),* $(,)?) => {
        pub(crate) fn tests() -> Vec<$crate::Trial> {
            vec![$($crate::trial(concat!(module_path!(), "::", stringify!($test)), $test)),*]
        }
    };
}
use tests;

fn trial(name: &str, test: fn()) -> Trial {
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
