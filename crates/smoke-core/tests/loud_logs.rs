//! The layer for the logs of tests keeps nothing from the application's own log.
#![cfg(feature = "logs")]

use smoke_testing::Log;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[test]
fn what_is_below_its_level_is_logged_all_the_same() {
    let log = Log::default();
    let writer = log.clone();
    let application = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    tracing_subscriber::registry()
        .with(application)
        .with(smoke_core::logs::layer())
        .init();
    tracing::debug!("a detail");
    assert!(log.text().contains("a detail"), "{}", log.text());
}
