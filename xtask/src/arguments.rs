//! What was asked for on the command line.

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::server::{Kind, NEEDED};

/// One command and what it was given.
#[derive(Debug, PartialEq)]
pub(crate) enum Task {
    Help,
    Test {
        with: Vec<Kind>,
        extra: Vec<OsString>,
    },
    WithServers {
        with: Vec<Kind>,
        program: OsString,
        arguments: Vec<OsString>,
    },
    Bench {
        with: Vec<Kind>,
        extra: Vec<OsString>,
    },
    Ci {
        with: Vec<Kind>,
    },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("unknown command `{0}`")]
    UnknownCommand(String),
    #[error("unknown server `{0}`; there are: {known}", known = names(&Kind::ALL))]
    UnknownServer(String),
    #[error("`ci` takes nothing after `--`")]
    NothingToPassOn,
    #[error("which command? `cargo xtask with-servers -- COMMAND...`")]
    NoCommand,
    #[error(transparent)]
    Other(#[from] lexopt::Error),
}

pub(crate) fn help() -> String {
    format!(
        "\
Usage: cargo xtask COMMAND

  test [-- ARGS]              run all tests; ARGS go to `cargo test`
  with-servers -- COMMAND...  run any command beside the same database servers
  ci                          what a change must pass: format, lints, docs, tests, benchmarks, examples
  bench [-- ARGS]             run the benchmarks; ARGS go to `cargo bench`
  help                        this text

Options:
  --with SERVER               start this server too; there are: {known}. Started anyway: {needed}

The servers are throw-away ones on free ports of 127.0.0.1. SMOKE_TEST_POSTGRES_URL and
SMOKE_TEST_MARIADB_URL hold the URL of an ordinary role, SMOKE_TEST_POSTGRES_ADMIN_URL and
SMOKE_TEST_MARIADB_ADMIN_URL that of a superuser. What is missing is installed from Debian's
packages where this runs as root.",
        known = names(&Kind::ALL),
        needed = names(NEEDED),
    )
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut arguments = arguments.into_iter();
    let ours: Vec<_> = arguments.by_ref().take_while(|word| word != "--").collect();
    let extra: Vec<_> = arguments.collect();

    let mut parser = Parser::from_args(ours);
    let mut command = None;
    let mut with = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
            Arg::Long("with") => with.push(server_named(&parser.value()?)?),
            Arg::Value(value) if command.is_none() => command = Some(value),
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(command) = command else {
        return Ok(Task::Help);
    };
    match command.to_str() {
        Some("help") => Ok(Task::Help),
        Some("test") => Ok(Task::Test { with, extra }),
        Some("bench") => Ok(Task::Bench { with, extra }),
        Some("with-servers") => {
            let mut words = extra.into_iter();
            let program = words.next().ok_or(UsageError::NoCommand)?;
            let arguments = words.collect();
            Ok(Task::WithServers {
                with,
                program,
                arguments,
            })
        }
        Some("ci") if extra.is_empty() => Ok(Task::Ci { with }),
        Some("ci") => Err(UsageError::NothingToPassOn),
        _ => Err(UsageError::UnknownCommand(
            command.to_string_lossy().into_owned(),
        )),
    }
}

fn server_named(name: &OsString) -> Result<Kind, UsageError> {
    let known = Kind::ALL.into_iter().find(|kind| name == kind.name());
    known.ok_or_else(|| UsageError::UnknownServer(name.to_string_lossy().into_owned()))
}

fn names(kinds: &[Kind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn nothing_and_help_ask_for_the_help() {
        for line in ["", "help", "--help", "-h", "test --help"] {
            assert_eq!(parsed(line).unwrap(), Task::Help, "{line:?}");
        }
    }

    #[test]
    fn what_stands_after_the_dashes_is_passed_on_unread() {
        let expected = Task::Test {
            with: vec![],
            extra: words("-p smoke-core --with x -- --nocapture"),
        };
        let line = "test -- -p smoke-core --with x -- --nocapture";
        assert_eq!(parsed(line).unwrap(), expected);
    }

    #[test]
    fn a_server_is_asked_for_by_name() {
        for line in [
            "with-servers --with mariadb -- sh -c true",
            "--with=mariadb with-servers -- sh -c true",
        ] {
            let expected = Task::WithServers {
                with: vec![Kind::Mariadb],
                program: "sh".into(),
                arguments: words("-c true"),
            };
            assert_eq!(parsed(line).unwrap(), expected, "{line:?}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (line, message) in [
            ("tset", "unknown command `tset`"),
            (
                "test --with oracle",
                "unknown server `oracle`; there are: postgres, mariadb",
            ),
            ("test --fast", "invalid option '--fast'"),
            ("test smoke-core", "unexpected argument \"smoke-core\""),
            (
                "with-servers",
                "which command? `cargo xtask with-servers -- COMMAND...`",
            ),
            ("ci -- -p smoke-core", "`ci` takes nothing after `--`"),
        ] {
            assert_eq!(parsed(line).unwrap_err().to_string(), message, "{line:?}");
        }
    }
}
