//! Throw-away servers.

mod daemon;
mod home;
mod mariadb;
mod pgbouncer;
mod postgres;
mod redis;

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::install;
use crate::signals::Signals;
use crate::terminal::say;
use daemon::Daemon;

/// The servers that the tests need now.
pub(crate) const NEEDED: &[Kind] = &[Kind::Postgres, Kind::Pgbouncer, Kind::Mariadb, Kind::Redis];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Postgres,
    /// A pooler in front of it.
    Pgbouncer,
    Mariadb,
    /// Where an example keeps its sessions.
    Redis,
}

impl Kind {
    /// Each after the one that it stands in front of.
    pub(crate) const ALL: [Self; 4] = [Self::Postgres, Self::Pgbouncer, Self::Mariadb, Self::Redis];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Pgbouncer => "pgbouncer",
            Self::Mariadb => "mariadb",
            Self::Redis => "redis",
        }
    }

    /// Debian's package of it.
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Pgbouncer => "pgbouncer",
            Self::Mariadb => "mariadb-server",
            Self::Redis => "redis-server",
        }
    }

    fn is_installed(self) -> bool {
        match self {
            Self::Postgres => postgres::Programs::find().is_ok(),
            Self::Pgbouncer => pgbouncer::program().is_ok(),
            Self::Mariadb => mariadb::Programs::find().is_ok(),
            Self::Redis => redis::program().is_ok(),
        }
    }

    fn start<'s>(self, started: &[Server<'s>], signals: &'s Signals) -> Result<Server<'s>> {
        match self {
            Self::Postgres => postgres::start(signals),
            Self::Pgbouncer => {
                let postgres = started.iter().find(|server| server.kind == Self::Postgres);
                let postgres =
                    postgres.context("it stands in front of PostgreSQL, which is not started")?;
                pgbouncer::start(postgres, signals)
            }
            Self::Mariadb => mariadb::start(signals),
            Self::Redis => redis::start(signals),
        }
    }
}

/// A server that takes connections, until this is dropped.
struct Server<'s> {
    kind: Kind,
    port: u16,
    /// The URL of an ordinary role, which owns a database.
    url: String,
    /// The URL of a superuser, where that is another one.
    admin_url: Option<String>,
    /// The password of both.
    secret: String,
    #[expect(dead_code, reason = "is held for its drop")]
    daemon: Daemon<'s>,
}

/// The servers of one command, until this is dropped.
pub(crate) struct Servers<'s>(Vec<Server<'s>>);

impl Drop for Servers<'_> {
    /// The last one first: it may stand in front of another.
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

impl<'s> Servers<'s> {
    /// Starts what the tests need and what was asked for besides, and installs it before where it is missing.
    pub(crate) fn start(with: &[Kind], signals: &'s Signals) -> Result<Self> {
        let wanted = Kind::ALL
            .into_iter()
            .filter(|kind| NEEDED.contains(kind) || with.contains(kind));
        let missing: Vec<_> = wanted
            .clone()
            .filter(|kind| !kind.is_installed())
            .map(Kind::package)
            .collect();
        if !missing.is_empty() {
            install::install("servers", &missing)?;
        }
        let mut servers = Self(Vec::new());
        for kind in wanted {
            let server = kind
                .start(&servers.0, signals)
                .with_context(|| format!("failed to start {}", kind.name()))?;
            say!("{} listens on 127.0.0.1:{}", kind.name(), server.port);
            servers.0.push(server);
        }
        Ok(servers)
    }

    /// Tells the command where the servers are.
    pub(crate) fn beside<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for server in &self.0 {
            let name = server.kind.name().to_uppercase();
            command.env(format!("SMOKE_TEST_{name}_URL"), &server.url);
            if let Some(url) = &server.admin_url {
                command.env(format!("SMOKE_TEST_{name}_ADMIN_URL"), url);
            }
        }
        command
    }
}

/// A port that is none of those that connections are given, which may take it before the server does.
fn free_port() -> Result<u16> {
    const PORTS: std::ops::Range<u16> = 10_000..32_000;
    loop {
        let random = u16::from_le_bytes(random()?);
        let port = PORTS.start + random % (PORTS.end - PORTS.start);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).context("failed to find a port"),
        }
    }
}

/// A password that needs no escaping in a URL or in SQL.
fn password() -> Result<String> {
    let bytes: [u8; 16] = random()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("failed to read random bytes")?;
    Ok(bytes)
}
