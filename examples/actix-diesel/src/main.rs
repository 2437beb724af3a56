//! A small service that carries its own smoke tests: `cargo run -p actix-diesel`.

mod app;
mod config;
mod db;
mod error;
mod mail;
mod notes;
mod schema;
mod smoke;
mod users;

use std::io::{ErrorKind, IsTerminal as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use anyhow::{Context as _, Result, anyhow};
use smoke_actix::{Runner, Smoke};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use app::{AppState, app};
use config::Config;
use mail::Mailer;

/// How long a load balancer may take to notice that the service ends: twice five seconds between its
/// probes. A second signal ends it.
const DRAIN: Duration = Duration::from_secs(10);
/// How long requests may take to end after that, in seconds.
const GRACE: u64 = 5;

#[actix_web::main]
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
    let pool = db::open(&config)?;
    let listener = listen(config.port)?;
    let address = listener.local_addr()?;
    // One for all workers.
    let runner = Runner::new(smoke::registry(&config, &pool));

    let state = AppState {
        pool,
        mailer: Mailer::Log,
    };
    let smoke = Smoke::new(&runner);
    // Last: what is wrapped around it afterwards would see its answers.
    let server = HttpServer::new(move || app(state.clone()).wrap(smoke.clone()))
        .listen(listener)
        .context("failed to listen")?
        .disable_signals()
        .shutdown_timeout(GRACE)
        .run();

    let stop = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let [terminate, interrupt] = stop;
    let (terminate, interrupt) = (terminate?, interrupt?);
    actix_web::rt::spawn(shut_down(
        terminate,
        interrupt,
        runner.clone(),
        server.handle(),
    ));
    welcome(address, &config);
    runner.start();
    server.await.context("failed to serve")
}

/// Listens on this machine alone, as the smoke tests are open to everybody.
fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(anyhow!(
            "port {port} is in use: stop what listens there, or set PORT to another one"
        )),
        Err(error) => Err(anyhow!(
            "failed to listen on port {port} ({error}): set PORT to another one"
        )),
    }
}

fn welcome(address: SocketAddr, config: &Config) {
    let at = format!("http://{address}");
    println!(
        "listening on {at} with {database}\n\n  \
         curl -i {at}/smoketest/                               # the smoke tests: PASS or FAIL\n  \
         curl -i {at}/smoketest/slow/                          # the slow ones too\n  \
         curl -H 'Accept: application/json' {at}/smoketest/    # the same for programs\n  \
         curl {at}/users                                       # still as empty as before\n\n\
         To see a FAIL: ACTIX_DIESEL_BREAK=writes cargo run -p actix-diesel",
        database = config.file().unwrap_or("PostgreSQL")
    );
}

/// Ends the server at SIGTERM or Ctrl-C. Smoke tests that run are stopped, rolled back and
/// answered before, which takes two seconds at most.
async fn shut_down(
    mut terminate: Signal,
    mut interrupt: Signal,
    runner: Runner,
    server: ServerHandle,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("shutting down");
    runner.drain(DRAIN).await;
    runner.shutdown().await;
    server.stop(true).await;
}
