//! A MariaDB server.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

use super::daemon::Daemon;
use super::home::Home;
use super::{Kind, Server, free_port, password};
use crate::programs;
use crate::signals::Signals;

pub(super) struct Programs {
    install_db: PathBuf,
    mariadbd: PathBuf,
}

impl Programs {
    pub(super) fn find() -> Result<Self> {
        Ok(Self {
            install_db: programs::in_path(&["mariadb-install-db", "mysql_install_db"])
                .context("there is no mariadb-install-db")?,
            mariadbd: programs::in_path(&["mariadbd", "mysqld"]).context("there is no mariadbd")?,
        })
    }
}

pub(super) fn start(signals: &Signals) -> Result<Server<'_>> {
    let programs = Programs::find()?;
    let home = Home::new(Kind::Mariadb, "mysql")?;
    let (secret, data, port) = (password()?, home.path().join("data"), free_port()?);

    let data = format!("--datadir={}", data.display());
    let mut install_db = Command::new(&programs.install_db);
    install_db
        // The machine's own configuration is for its own server. This must be the first argument.
        .arg("--no-defaults")
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(&data);
    home.prepare(&mut install_db, signals)?;

    let accounts = home.write("accounts.sql", &accounts(&secret))?;
    let arguments = [
        "--no-defaults".to_owned(),
        data,
        format!("--init-file={}", accounts.display()),
        format!("--socket={}/socket", home.path().display()),
        format!("--pid-file={}/pid", home.path().display()),
        // In a folder that servers share, one that starts removes the other's temporary tables.
        format!("--tmpdir={}", home.path().display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--character-set-server=utf8mb4".to_owned(),
        // What a crash of the machine would take may be taken.
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        // Keeps statistics of statements, which the benchmarks read.
        "--performance-schema=ON".to_owned(),
    ];
    let stop = Signal::SIGTERM;
    let mut daemon = Daemon::spawn(&programs.mariadbd, &arguments, stop, home, signals)?;
    daemon.wait_until(|| greets(port))?;

    let url =
        |user: &str, database: &str| format!("mysql://{user}:{secret}@127.0.0.1:{port}/{database}");
    Ok(Server {
        kind: Kind::Mariadb,
        port,
        url: url("smoke", "smoke"),
        admin_url: Some(url("root", "mysql")),
        secret,
        daemon,
    })
}

/// What the server runs before it takes connections, a statement a line.
fn accounts(secret: &str) -> String {
    format!(
        "\
ALTER USER root@localhost IDENTIFIED BY '{secret}';
CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY '{secret}';
GRANT ALL ON *.* TO root@127.0.0.1 WITH GRANT OPTION;
CREATE USER smoke@127.0.0.1 IDENTIFIED BY '{secret}';
CREATE DATABASE smoke;
GRANT ALL ON smoke.* TO smoke@127.0.0.1;
"
    )
}

/// Whether the server speaks, which in MySQL's protocol it does first.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return false;
    };
    let patient = stream.set_read_timeout(Some(Duration::from_secs(1)));
    patient.is_ok() && stream.read_exact(&mut [0]).is_ok()
}
