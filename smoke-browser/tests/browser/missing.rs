//! Where there is no driver, and where there is not to be a browser.

use smoke_axum::SmokeLayer;
use smoke_browser::Browsers;
use smoke_core::{Outcome, Runner};
use tower::ServiceExt as _;

use crate::program;
use crate::shop::{opens, pages, run};

fn registry(browsers: Browsers) -> smoke_core::Registry {
    pages(&[("/", "open".to_owned())])
        .test(opens())
        .provide(browsers)
}

#[tokio::test]
async fn without_a_driver_the_test_is_skipped_with_the_reason() {
    let test = run(registry(Browsers::new().driver("/no/chromedriver"))).await;
    assert_eq!(test.outcome, Outcome::Skipped, "{test:?}");
    let said = "no WebDriver was found: /no/chromedriver";
    assert_eq!(test.message.as_deref(), Some(said));
}

#[tokio::test]
async fn without_a_driver_that_is_required_the_test_is_errored() {
    let browsers = Browsers::new().driver("/no/chromedriver");
    let test = run(registry(browsers.require_browser())).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let said = test.message.unwrap();
    assert!(said.contains(".require_browser() was said"), "{said}");
}

#[tokio::test]
async fn a_driver_that_does_not_start_is_no_reason_to_skip() {
    let test = run(registry(Browsers::new().driver("true"))).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let said = test.message.unwrap();
    assert!(
        said.contains("could not be started: it said nothing"),
        "{said}"
    );
}

#[tokio::test]
async fn the_endpoint_never_starts_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("started");
    // Whatever starts it leaves a mark.
    let program = folder.path().join("chromedriver");
    program::write(&program, &format!("#!/bin/sh\ntouch {}\n", mark.display()));
    let registry = || registry(Browsers::new().driver(&program).require_browser()).open();
    let runner = Runner::new(registry());
    assert_eq!(runner.check(), Vec::<String>::new());
    let app = axum::Router::new().layer(SmokeLayer::new(&runner));
    for method in ["GET", "POST"] {
        let request = http::Request::builder().method(method).uri("/smoketest/");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 503);
        let body = axum::body::to_bytes(answer.into_body(), 10_000)
            .await
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let said = "shop::opens skipped: a browser is started by the command line";
        assert!(body.contains(said), "{body}");
    }
    assert!(!mark.exists());
    // Had it been started, that would have been seen.
    run(registry()).await;
    assert!(mark.exists());
}
