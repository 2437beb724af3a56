//! The project's own commands: `cargo xtask help` lists them.

mod account;
mod arguments;
mod ci;
mod install;
mod process;
mod project;
mod server;
mod signals;
mod terminal;

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Result;
use arguments::Task;
use server::Servers;
use signals::{Interrupted, Signals};
use terminal::say;

fn main() -> ExitCode {
    let task = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(task) => task,
        Err(error) => {
            say!("error: {error}\n\n{}", arguments::help());
            return ExitCode::from(2);
        }
    };
    match Signals::listen().and_then(|signals| run(task, &signals)) {
        Ok(status) => exit_code(status),
        Err(error) => match error.downcast_ref::<Interrupted>() {
            Some(Interrupted(signal)) => exit_code(ExitStatus::from_raw(*signal as i32)),
            None => {
                say!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run(task: Task, signals: &Signals) -> Result<ExitStatus> {
    match task {
        Task::Help => {
            terminal::answer(&arguments::help());
            Ok(ExitStatus::default())
        }
        Task::Test { with, extra } => {
            let servers = Servers::start(&with, signals)?;
            process::run(servers.beside(project::test().args(extra)), signals)
        }
        Task::WithServers {
            with,
            program,
            arguments,
        } => {
            let servers = Servers::start(&with, signals)?;
            let mut command = Command::new(program);
            process::run_in_front(servers.beside(command.args(arguments)), signals)
        }
        Task::Bench { with, extra } => {
            let servers = Servers::start(&with, signals)?;
            process::run(servers.beside(project::bench().args(extra)), signals)
        }
        Task::Ci { with } => ci::run(&with, signals),
    }
}

/// The code a shell would show: 128 and the signal's number for a process that a signal ended.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}
