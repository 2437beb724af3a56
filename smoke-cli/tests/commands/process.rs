//! The programs as processes in a pipe.

use std::process::{Command, Output};

use smoke_testing::{PATIENCE, output};

use crate::programs::PROGRAM;

pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(PROGRAM, program).args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "SMOKE_OFF", "SMOKE_BUILD"] {
        command.env_remove(variable);
    }
    command
}

/// What a program says, and how it ends.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(program: &str, arguments: &[&str]) -> Ended {
    ended(&mut command(program, arguments))
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = output(command, PATIENCE);
    Ended {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
