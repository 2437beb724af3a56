//! A service that tells a webhook when its smoke tests are down: `cargo run -p webhook-example`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::{Router, routing::get};
use smoke_axum::smoke_core::Change;
use smoke_axum::{Provided, Registry, Runner, Schedule, SmokeLayer, ensure, smoke_test};

/// Longer is no post waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the service keeps what it sells.
struct Shelf(PathBuf);

/// The shelf is this host's own: if it is gone, another replica may well have it.
#[smoke_test(instance)]
async fn the_shelf_is_there(shelf: Provided<Shelf>) -> smoke_axum::Result {
    ensure!(shelf.0.is_dir(), "{} is not there", shelf.0.display());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let shelf = std::env::var_os("SHELF").context("SHELF is not set: set it to a folder")?;
    let registry = Registry::discover()
        .expect_at_least(1)
        .provide(Shelf(shelf.into()))
        .schedule(Schedule::every(Duration::from_secs(60)))
        // Everybody may see everything, since the service listens on this machine alone.
        .open();
    let runner = Runner::new(registry);
    let url = std::env::var("WEBHOOK_URL").context("WEBHOOK_URL is not set: set it to a URL")?;
    runner.on_change(move |change| post(&url, &change))?;
    let app = Router::new()
        .route("/", get(async || "the shop is open\n"))
        .layer(SmokeLayer::new(&runner));

    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    runner.start();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            told_to_end.await;
            runner.drain(examples_support::DRAIN).await;
            runner.shutdown().await;
        })
        .await?;
    Ok(())
}

/// Blocks, which holds up nothing: this is called on a thread of its own.
fn post(url: &str, change: &Change) {
    tracing::warn!("{change}");
    let sending = ureq::post(url)
        .config()
        .timeout_global(Some(PATIENCE))
        .build();
    if let Err(error) = sending.send_json(change) {
        // The URL may hold a secret.
        tracing::error!(
            "the webhook was not told: {}",
            error.to_string().replace(url, "...")
        );
    }
}
