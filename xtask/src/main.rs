//! The project's own commands: `cargo xtask help` lists them.

mod account;
mod arguments;
mod axe;
mod bench;
mod browser;
mod ci;
mod features;
mod install;
mod library;
mod minimal;
mod prober;
mod process;
mod programs;
mod project;
mod published;
mod server;
mod signals;
mod terminal;
mod tool;

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Result;
use arguments::{Order, Task};
use axe::Axe;
use server::Servers;
use signals::{Interrupted, Signals};
use terminal::say;

fn main() -> ExitCode {
    let order = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(order) => order,
        Err(error) => {
            say!("error: {error}\n\n{}", arguments::help());
            return ExitCode::from(2);
        }
    };
    match Signals::listen().and_then(|signals| run(&order, &signals)) {
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

fn run(order: &Order, signals: &Signals) -> Result<ExitStatus> {
    match order.task {
        Task::Help => {
            terminal::answer(&arguments::help());
            Ok(ExitStatus::default())
        }
        Task::Test => {
            library::ensure()?;
            prober::ensure()?;
            browser::ensure()?;
            tool::ensure()?;
            if order.previous {
                let servers = Servers::start(&order.with, signals)?;
                let mut test = project::test_previous();
                return process::run(servers.beside(test.args(&order.extra)), signals);
            }
            let axe = Axe::ensure(signals)?;
            let servers = Servers::start(&order.with, signals)?;
            let mut test = project::test();
            let test = axe.beside(servers.beside(test.args(&order.extra)));
            let status = process::run(test, signals)?;
            if !status.success() || !order.extra.is_empty() {
                return Ok(status);
            }
            process::run(servers.beside(&mut project::test_previous()), signals)
        }
        Task::WithServers => {
            library::ensure()?;
            browser::ensure()?;
            tool::ensure()?;
            let servers = Servers::start(&order.with, signals)?;
            let mut command = Command::new(&order.extra[0]);
            let command = servers.beside(command.args(&order.extra[1..]));
            process::run_in_front(command, signals)
        }
        Task::Bench => bench::run(order, signals),
        Task::Soak => {
            library::ensure()?;
            let servers = Servers::start(&order.with, signals)?;
            let mut soak = project::soak(&order.extra);
            process::run(servers.beside(&mut soak), signals)
        }
        Task::Minimal => {
            library::ensure()?;
            tool::ensure()?;
            for mut command in minimal::prepare()? {
                say!("\n=== {}", process::shown(&command));
                let status = process::run(&mut command, signals)?;
                process::succeeded(&command, status)?;
            }
            Ok(ExitStatus::default())
        }
        Task::Ci => ci::run(&order.with, signals),
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
