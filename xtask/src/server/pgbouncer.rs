//! A transaction pooler in front of the PostgreSQL server.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

use super::daemon::Daemon;
use super::home::Home;
use super::{Kind, Server, free_port};
use crate::programs;
use crate::signals::Signals;

/// How many connections of the server its clients share: few, so that each is handed around.
const SHARED: u32 = 3;

pub(super) fn program() -> Result<PathBuf> {
    programs::in_path(&["pgbouncer"]).context("there is no pgbouncer")
}

pub(super) fn start<'s>(postgres: &Server<'s>, signals: &'s Signals) -> Result<Server<'s>> {
    let program = program()?;
    let home = Home::new(Kind::Pgbouncer, "postgres")?;
    let port = free_port()?;

    let accounts = home.write("accounts", &accounts(&postgres.secret))?;
    let settings = format!(
        "\
[databases]
; With one connection of the server for all clients.
alone = host=127.0.0.1 port={server} dbname=smoke pool_size=1
; Where a client has a process of the server for as long as it is connected.
kept = host=127.0.0.1 port={server} dbname=smoke pool_mode=session
* = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {accounts}
pool_mode = transaction
default_pool_size = {SHARED}
max_client_conn = 200
server_connect_timeout = 5
; sqlx says this at start-up.
ignore_startup_parameters = extra_float_digits
",
        server = postgres.port,
        accounts = accounts.display(),
    );
    let settings = home.write("pgbouncer.ini", &settings)?;
    let arguments = [settings.display().to_string()];
    // This signal is PgBouncer's "immediate shutdown"; at SIGINT it would wait for its clients' queries.
    let mut daemon = Daemon::spawn(&program, &arguments, Signal::SIGTERM, home, signals)?;
    daemon.wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;

    let secret = postgres.secret.clone();
    let url = |role: &str| format!("postgres://{role}:{secret}@127.0.0.1:{port}/{role}");
    Ok(Server {
        kind: Kind::Pgbouncer,
        port,
        url: url("smoke"),
        admin_url: Some(url("postgres")),
        secret,
        daemon,
    })
}

/// Who may connect, as in the server itself.
fn accounts(secret: &str) -> String {
    ["smoke", "postgres"]
        .map(|role| format!("\"{role}\" \"{secret}\"\n"))
        .concat()
}
