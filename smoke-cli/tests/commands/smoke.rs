//! The program `smoke` as a process.

use std::path::Path;
use std::process::Command;

use smoke_testing::Running;

use crate::process::{Ended, ended};

pub(crate) const TOKEN: &str = "sec\"ret";
pub(crate) const BUILD: &str = "4f2a91c";

pub(crate) fn file() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_smoke"))
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(file());
    command.args(arguments).env("SMOKE_TOKEN", TOKEN);
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn smoke(arguments: &[&str]) -> Ended {
    ended(&mut command(arguments))
}

/// `smoke gate` of the build, which loses no time between two rounds.
pub(crate) fn gate(arguments: &[&str]) -> Ended {
    smoke(&gate_arguments(arguments))
}

/// A gate with little time, or with more where it has not come to what is wanted in that: the machine may
/// be busy.
pub(crate) fn gate_until(wanted: &str, gate: impl Fn(&str) -> Ended) -> Ended {
    let mut tries = ["2s", "10s"].into_iter().map(&gate);
    let came = tries.find(|ended| ended.out.contains(wanted));
    came.unwrap_or_else(|| gate("50s"))
}

pub(crate) fn gate_arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["gate", "--build", BUILD, "--pause", "0s"], arguments].concat()
}

/// The program, which goes on while the test changes what it finds.
pub(crate) fn running(arguments: &[&str]) -> Running {
    Running::start(&mut command(arguments))
}

/// A gate that does.
pub(crate) fn running_gate(arguments: &[&str]) -> Running {
    running(&gate_arguments(arguments))
}
