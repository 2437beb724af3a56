//! A Redis server.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

use super::daemon::Daemon;
use super::home::Home;
use super::{Kind, Server, free_port, password};
use crate::programs;
use crate::signals::Signals;

pub(super) fn program() -> Result<PathBuf> {
    programs::in_path(&["redis-server"]).context("there is no redis-server")
}

pub(super) fn start(signals: &Signals) -> Result<Server<'_>> {
    let program = program()?;
    let home = Home::new(Kind::Redis, "redis")?;
    let (secret, port) = (password()?, free_port()?);

    let settings = format!(
        "\
bind 127.0.0.1
port {port}
requirepass {secret}
dir {folder}
# Nothing is written to the disk.
save \"\"
appendonly no
",
        folder = home.path().display(),
    );
    // Not as arguments, which everybody on this machine can see.
    let settings = home.write("redis.conf", &settings)?;
    let arguments = [settings.display().to_string()];
    let mut daemon = Daemon::spawn(&program, &arguments, Signal::SIGTERM, home, signals)?;
    daemon.wait_until(|| answers(port))?;

    Ok(Server {
        kind: Kind::Redis,
        port,
        url: format!("redis://:{secret}@127.0.0.1:{port}"),
        admin_url: None,
        secret,
        daemon,
    })
}

/// Whether the server speaks, if only to ask for the password.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return false;
    };
    let patient = stream.set_read_timeout(Some(Duration::from_secs(1)));
    patient.is_ok() && stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut [0]).is_ok()
}
