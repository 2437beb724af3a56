//! A small shop on PostgreSQL that carries its own smoke tests.

mod config;
mod db;
mod error;
mod orders;
mod products;
mod router;
mod schema;
mod shutdown;
mod smoke;

use std::io::{ErrorKind, IsTerminal as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use smoke_axum::{Runner, SmokeLayer};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use config::Config;
use router::{AppState, router};
use shutdown::Stop;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<()> {
    let config = Config::from_env()?;
    let pool = db::open(&config).await?;
    let listener = listen(config.port).await?;
    let address = listener.local_addr()?;
    let runner = Runner::new(smoke::registry(&config, &pool));

    // Last: a route or a fallback that is added later would not be behind the layer.
    let app = router(AppState { pool }).layer(SmokeLayer::new(&runner));

    welcome(address);
    let stop = Stop::listen()?;
    let server = axum::serve(listener, app)
        .with_graceful_shutdown(stop.graceful(runner))
        .into_future();
    tokio::select! {
        served = server => served.context("failed to serve")?,
        () = stop.too_late() => {}
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(anyhow!(
            "port {port} is in use: stop what listens there, or set PORT to another one"
        )),
        Err(error) => Err(anyhow!(
            "failed to listen on port {port} ({error}): set PORT to another one"
        )),
    }
}

fn welcome(address: SocketAddr) {
    let at = format!("http://127.0.0.1:{}", address.port());
    println!(
        "listening on {at}\n\n  \
         curl -i {at}/smoketest/                                               # what strangers see\n  \
         curl -i -H \"Authorization: Bearer $SMOKE_TOKEN\" {at}/smoketest/slow/   # all of it"
    );
}
