//! The program `smoke`, which asks services for their smoke tests from outside.

use std::process::ExitCode;

fn main() -> ExitCode {
    smoke_cli::smoke()
}
