//! A shop that carries its own smoke tests: `cargo run -p actix-sqlx-redis`.

mod app;
mod config;
mod db;
mod error;
mod idempotency;
mod mail;
mod orders;
mod outbox;
mod password;
mod sessions;
mod smoke;
mod users;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use actix_web::HttpServer;
use anyhow::{Context as _, Result};
use smoke_actix::{Runner, Smoke};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use app::{AppState, app};
use config::Config;
use mail::Mailer;
use sessions::Sessions;

/// How long requests may take to end once the service was told to, in seconds.
const GRACE: u64 = 5;

#[actix_web::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .finish()
        // What handlers logged in a test that did not pass is in the test's report.
        .with(smoke_actix::smoke_core::logs::layer())
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
    let pool = db::open(&config.database_url).await?;
    let sessions = Sessions::open(&config).await?;
    let mailer = Mailer::http(&config.mail_url)?;
    // One for all workers.
    let runner = Runner::new(smoke::registry(config, &pool));

    let listener = examples_support::listen().await?.into_std()?;
    let told_to_end = examples_support::told_to_end()?;
    // Started here and not by `app`: the application under test sends no mail.
    actix_web::rt::spawn(outbox::deliver(pool.clone(), mailer.clone()));
    let state = AppState {
        pool,
        sessions,
        mailer,
    };
    let smoke = Smoke::new(&runner);
    // Last: what is wrapped around it afterwards would see its answers.
    let server = HttpServer::new(move || app(state.clone()).wrap(smoke.clone()))
        .listen(listener)
        .context("failed to listen")?
        .disable_signals()
        .shutdown_timeout(GRACE)
        .run();
    let handle = server.handle();
    runner.start();
    actix_web::rt::spawn(async move {
        told_to_end.await;
        runner.drain(examples_support::DRAIN).await;
        runner.shutdown().await;
        handle.stop(true).await;
    });
    server.await.context("failed to serve")
}
