//! What a test logged is heard behind a filter that knows nothing of smoke tests.
#![cfg(feature = "logs")]

mod support;

use smoke_core::{Result, Test, fail};
use support::run_one;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::test]
async fn a_filter_of_the_applications_leaves_out_what_it_leaves_out() {
    tracing_subscriber::fmt()
        .with_env_filter("filtered_logs=info")
        .with_test_writer()
        .finish()
        .with(smoke_core::logs::layer().level(LevelFilter::DEBUG))
        .init();
    let charges = async || -> Result {
        info!("charging");
        info!(target: "driver", "connected");
        tracing::debug!("not of interest");
        let work = async { info!("in its own span") }.instrument(info_span!("till"));
        tokio::spawn(work).await?;
        fail!("no money")
    };
    let test = run_one(Test::new("shop::charges", charges)).await;
    let lines = [
        "INFO filtered_logs: charging",
        "INFO filtered_logs: in its own span",
    ];
    assert_eq!(test.log, lines);
}
