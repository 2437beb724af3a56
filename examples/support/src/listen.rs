//! The beginning and the end of a service.

use std::env::{self, VarError};
use std::future::Future;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long a load balancer may take to notice that a service is about to end: twice five seconds
/// between its probes. A second signal ends it.
pub const DRAIN: Duration = Duration::from_secs(10);

/// Listens on this machine alone, at the port that `PORT` says, and prints where. 3000 unless
/// set; 0 is any free one.
///
/// # Errors
///
/// When `PORT` is no port, or cannot be listened on: the message says what to do.
pub async fn listen() -> Result<TcpListener> {
    let port = port()?;
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use: stop what listens there, or set PORT to another one")
        }
        Err(error) => bail!("failed to listen on port {port} ({error}): set PORT to another one"),
    };
    let address = listener
        .local_addr()
        .context("failed to learn the own address")?;
    println!("listening on http://{address}: ask with curl -i http://{address}/smoketest/");
    Ok(listener)
}

fn port() -> Result<u16> {
    match env::var("PORT") {
        Ok(said) => said.parse().map_err(|_| {
            anyhow!(
                "PORT is {said:?}: set it to a number from 1 to 65535, to 0 for any free port, or unset it to get 3000"
            )
        }),
        Err(VarError::NotPresent) => Ok(3000),
        Err(VarError::NotUnicode(_)) => bail!("PORT is not UTF-8: set it anew"),
    }
}

/// Ends at SIGTERM and at Ctrl-C. Both are listened for from the call on.
///
/// # Errors
///
/// When signals cannot be listened for.
pub fn told_to_end() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for Ctrl-C")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
