//! A PostgreSQL server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

use super::daemon::Daemon;
use super::home::Home;
use super::{Kind, Server, free_port, password};
use crate::process;
use crate::programs;
use crate::signals::Signals;

/// The programs of one version.
pub(super) struct Programs {
    folder: PathBuf,
}

impl Programs {
    const NEEDED: [&str; 4] = ["initdb", "postgres", "pg_isready", "psql"];

    /// Those in `PATH`, or else the newest that Debian's packages brought.
    pub(super) fn find() -> Result<Self> {
        let in_path = which::which_all("initdb")
            .into_iter()
            .flatten()
            // The others stand beside the program itself, not beside each link to it.
            .filter_map(|initdb| Some(initdb.canonicalize().ok()?.parent()?.to_path_buf()));
        let packaged = programs::newest_first(Path::new("/usr/lib/postgresql"));
        let complete = |folder: &PathBuf| {
            let mut programs = Self::NEEDED.iter().map(|name| folder.join(name));
            programs.all(|program| program.exists())
        };
        let folder = in_path.chain(packaged).find(complete);
        let folder = folder.with_context(|| format!("there is no {}", Self::NEEDED.join(", ")))?;
        Ok(Self { folder })
    }

    /// Whether the server can keep statistics of statements, which the benchmarks read.
    fn bring_statement_statistics(&self) -> bool {
        let library = Path::new("lib").join("pg_stat_statements.so");
        let version = self.folder.parent();
        version.is_some_and(|version| version.join(library).exists())
    }

    fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }
}

pub(super) fn start(signals: &Signals) -> Result<Server<'_>> {
    let programs = Programs::find()?;
    let home = Home::new(Kind::Postgres, "postgres")?;
    let (secret, data, port) = (password()?, home.path().join("data"), free_port()?);

    let mut initdb = programs.command("initdb");
    initdb
        .args(["--username=postgres", "--auth=scram-sha-256"])
        .args(["--encoding=UTF8", "--no-locale", "--no-sync"])
        .arg("--pwfile")
        .arg(home.write("password", &secret)?)
        .arg("--pgdata")
        .arg(&data);
    home.prepare(&mut initdb, signals)?;

    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", home.path().display()),
        // Off by default; the tests have to try it.
        "max_prepared_transactions=4".to_owned(),
        // What a crash of the machine would take may be taken.
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
    ];
    if programs.bring_statement_statistics() {
        settings.push("shared_preload_libraries=pg_stat_statements".to_owned());
    }
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    let postgres = programs.folder.join("postgres");
    // This signal is PostgreSQL's "fast shutdown"; at SIGTERM it would wait for its clients to leave.
    let mut daemon = Daemon::spawn(&postgres, &arguments, Signal::SIGINT, home, signals)?;

    let url = |role: &str| format!("postgres://{role}:{secret}@127.0.0.1:{port}/{role}");
    let (url, admin_url) = (url("smoke"), url("postgres"));
    daemon.wait_until(|| {
        let mut ask = programs.command("pg_isready");
        let ask = ask.args(["--quiet", "--dbname", &admin_url]);
        ask.status().is_ok_and(|status| status.success())
    })?;
    let mut psql = programs.command("psql");
    psql.args(["--no-psqlrc", "--quiet", "--dbname", &admin_url])
        .args(["--set", "ON_ERROR_STOP=1", "--command"])
        .arg(format!("CREATE ROLE smoke LOGIN PASSWORD '{secret}'"))
        .args(["--command", "CREATE DATABASE smoke OWNER smoke"]);
    process::run_quietly(&mut psql, signals)?;

    Ok(Server {
        kind: Kind::Postgres,
        port,
        url,
        admin_url: Some(admin_url),
        secret,
        daemon,
    })
}
