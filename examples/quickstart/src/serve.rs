//! The service at its port.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, anyhow};
use smoke_axum::{Runner, SmokeLayer};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::mail::Mailer;
use crate::router::{AppState, router};
use crate::shutdown::Stop;
use crate::{db, smoke, worker};

/// Serves until the process is told to end.
///
/// # Errors
///
/// What the environment says cannot be used: a port, a database.
pub async fn serve() -> Result<()> {
    let config = Config::from_env()?;
    let pool = db::open(&config)?;
    let listener = listen(config.port).await?;
    let address = listener.local_addr()?;
    let (rounds, worker) = worker::start(pool.clone());
    let runner = Runner::new(smoke::registry(&config, &pool, rounds));

    let state = AppState {
        pool,
        mailer: Mailer::Log.unless_broken(&config),
    };
    // Last: a route or a fallback that is added later would not be behind the layer.
    let app = router(state).layer(SmokeLayer::new(&runner));

    welcome(address, &config);
    // After migrations and the port: scheduled runs are what the probe paths answer from.
    runner.start();
    let stop = Stop::listen()?;
    let server = axum::serve(listener, app)
        .with_graceful_shutdown(stop.graceful(runner))
        .into_future();
    tokio::select! {
        served = server => served.context("failed to serve")?,
        () = stop.too_late() => {}
    }
    worker.abort();
    Ok(())
}

/// Listens on this machine alone, as the smoke tests are open to everybody.
async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
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
         {at}/smoketest/page                                   # for people, in a browser\n  \
         curl -i {at}/smoketest/ready                          # for load balancers; also live, startup, status\n  \
         curl {at}/users                                       # still as empty as before\n  \
         {at}/sign-up                                          # the service itself, in a browser\n\n\
         To see a FAIL: QUICKSTART_BREAK=writes cargo run -p quickstart",
        database = config.database_url
    );
}
