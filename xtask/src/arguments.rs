//! What was asked for on the command line.

use std::ffi::{OsStr, OsString};

use lexopt::{Arg, Parser};

use crate::server::{Kind, NEEDED};

/// One command and what it was given.
#[derive(Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) task: Task,
    /// Only the workspace `previous`.
    pub(crate) previous: bool,
    /// Servers to start besides those that are needed anyway.
    pub(crate) with: Vec<Kind>,
    /// What stood after `--`.
    pub(crate) extra: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Task {
    Help,
    Test,
    WithServers,
    Ci,
    Bench,
    Soak,
    Minimal,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("unknown command `{0}`")]
    UnknownCommand(String),
    #[error("unknown server `{0}`; there are: {known}", known = names(&Kind::ALL))]
    UnknownServer(String),
    #[error("`{0}` takes nothing after `--`")]
    NothingToPassOn(&'static str),
    #[error("`--previous` goes with `test` alone")]
    NothingPrevious,
    #[error("which command? `cargo xtask with-servers -- COMMAND...`")]
    NoCommand,
    #[error(transparent)]
    Other(#[from] lexopt::Error),
}

pub(crate) fn help() -> String {
    format!(
        "\
Usage: cargo xtask COMMAND

  test [-- ARGS]              run all tests; ARGS go to `cargo test`, in the first workspace alone
  test --previous [-- ARGS]   the same in the workspace `previous`
  with-servers -- COMMAND...  run any command beside the same servers
  ci                          what a change must pass: format, lints, docs, tests, benchmarks, examples
  bench [-- ARGS]             run the benchmarks and write benches/RESULTS.md; with ARGS nothing is written:
                              `--test` tries each once, a word chooses those that have it in their names
  minimal                     build and test with the lowest versions of everything, and compare them with
                              docs/adopting.md; with SMOKE_BLESS=1 that is written instead
  soak [-- ARGS]              end, load and repeat smoke tests at length; ARGS go to `cargo test`
  help                        this text

Options:
  --with SERVER               start this server too; there are: {known}. Started anyway: {needed}

The servers are throw-away ones on free ports of 127.0.0.1. SMOKE_TEST_POSTGRES_URL and
SMOKE_TEST_MARIADB_URL hold the URL of an ordinary role, SMOKE_TEST_POSTGRES_ADMIN_URL and
SMOKE_TEST_MARIADB_ADMIN_URL that of a superuser. SMOKE_TEST_PGBOUNCER_URL and
SMOKE_TEST_PGBOUNCER_ADMIN_URL reach the same PostgreSQL through a transaction pooler.
SMOKE_TEST_REDIS_URL is that of a Redis, which keeps nothing. SMOKE_TEST_AXE is the path of axe-core's
axe.min.js, which is fetched by npm once, unless it is set. What is missing is installed from Debian's
packages where this runs as root.",
        known = names(&Kind::ALL),
        needed = names(NEEDED),
    )
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Order, UsageError> {
    let mut arguments = arguments.into_iter();
    let ours: Vec<_> = arguments.by_ref().take_while(|word| word != "--").collect();
    let extra: Vec<_> = arguments.collect();

    let mut parser = Parser::from_args(ours);
    let (mut task, mut with, mut previous) = (None, Vec::new(), false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => task = Some(Task::Help),
            Arg::Long("previous") => previous = true,
            Arg::Long("with") => with.push(server_named(&parser.value()?)?),
            Arg::Value(name) if task.is_none() => task = Some(task_named(&name)?),
            other => return Err(other.unexpected().into()),
        }
    }
    let task = task.unwrap_or(Task::Help);
    match task {
        Task::WithServers if extra.is_empty() => Err(UsageError::NoCommand),
        Task::Ci if !extra.is_empty() => Err(UsageError::NothingToPassOn("ci")),
        Task::Minimal if !extra.is_empty() => Err(UsageError::NothingToPassOn("minimal")),
        _ if previous && task != Task::Test => Err(UsageError::NothingPrevious),
        _ => Ok(Order {
            task,
            previous,
            with,
            extra,
        }),
    }
}

fn task_named(name: &OsStr) -> Result<Task, UsageError> {
    match name.to_str() {
        Some("help") => Ok(Task::Help),
        Some("test") => Ok(Task::Test),
        Some("with-servers") => Ok(Task::WithServers),
        Some("ci") => Ok(Task::Ci),
        Some("bench") => Ok(Task::Bench),
        Some("soak") => Ok(Task::Soak),
        Some("minimal") => Ok(Task::Minimal),
        _ => Err(UsageError::UnknownCommand(
            name.to_string_lossy().into_owned(),
        )),
    }
}

fn server_named(name: &OsStr) -> Result<Kind, UsageError> {
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

    fn parsed(line: &str) -> Result<Order, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn order(task: Task, with: &[Kind], extra: &str) -> Order {
        Order {
            task,
            previous: false,
            with: with.to_vec(),
            extra: extra.split_whitespace().map(OsString::from).collect(),
        }
    }

    #[test]
    fn nothing_and_help_ask_for_the_help() {
        for line in ["", "help", "--help", "-h", "test --help"] {
            assert_eq!(parsed(line).unwrap().task, Task::Help, "{line:?}");
        }
    }

    #[test]
    fn what_stands_after_the_dashes_is_passed_on_unread() {
        let given = parsed("test -- -p smoke-core --with x -- --nocapture").unwrap();
        let extra = "-p smoke-core --with x -- --nocapture";
        assert_eq!(given, order(Task::Test, &[], extra));
    }

    #[test]
    fn the_workspace_of_the_last_major_versions_is_tested_alone_where_that_is_asked_for() {
        let expected = Order {
            previous: true,
            ..order(Task::Test, &[], "-p smoke-sqlx-08")
        };
        let line = "test --previous -- -p smoke-sqlx-08";
        assert_eq!(parsed(line).unwrap(), expected);
    }

    #[test]
    fn a_part_of_the_soak_can_be_asked_for() {
        let expected = order(Task::Soak, &[], "--test kill");
        assert_eq!(parsed("soak -- --test kill").unwrap(), expected);
    }

    #[test]
    fn a_server_is_asked_for_by_name() {
        let expected = order(Task::WithServers, &[Kind::Mariadb], "sh -c true");
        for line in [
            "with-servers --with mariadb -- sh -c true",
            "--with=mariadb with-servers -- sh -c true",
        ] {
            assert_eq!(parsed(line).unwrap(), expected, "{line:?}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (line, message) in [
            ("tset", "unknown command `tset`"),
            (
                "test --with oracle",
                "unknown server `oracle`; there are: postgres, pgbouncer, mariadb, redis",
            ),
            ("test --fast", "invalid option '--fast'"),
            ("test smoke-core", "unexpected argument \"smoke-core\""),
            (
                "with-servers",
                "which command? `cargo xtask with-servers -- COMMAND...`",
            ),
            ("soak --previous", "`--previous` goes with `test` alone"),
            ("ci -- -p smoke-core", "`ci` takes nothing after `--`"),
            ("minimal -- -v", "`minimal` takes nothing after `--`"),
        ] {
            assert_eq!(parsed(line).unwrap_err().to_string(), message, "{line:?}");
        }
    }
}
