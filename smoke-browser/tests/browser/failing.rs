//! What a test leaves that failed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use smoke_browser::{Browser, Browsers};
use smoke_core::{Error, Outcome, Provided, Registry, Result, Test, fail};
use tokio::sync::Notify;

use crate::processes;
use crate::shop::{ask, asked, pages};

/// Long enough for a browser to start on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(10);

fn registry(name: &str, fails: bool) -> Registry {
    let broken = "<title>Till</title><h1>Closed</h1><script>missing()</script>";
    let test = move |browser: Browser| async move {
        browser.open("/till?number=7").await?;
        if fails {
            fail!("the till is closed");
        }
        Ok::<_, Error>(())
    };
    pages(&[("/till", broken.to_owned())]).test(Test::new(name, test))
}

#[tokio::test]
async fn a_failure_leaves_a_screenshot_the_console_and_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let run = async |fails| {
        let report = asked(registry("shop::till", fails), ask().artifacts(&kept)).await;
        report.tests[0].outcome
    };
    assert_eq!(run(true).await, Outcome::Failed);
    let text = std::fs::read_to_string(kept.join("shop.till.txt")).unwrap();
    let (url, console) = text.split_once('\n').unwrap();
    assert!(url.starts_with("URL: http://127.0.0.1:"), "{text}");
    assert!(url.ends_with("/till?number=7"), "{text}");
    assert!(console.contains("SEVERE"), "{text}");
    assert!(console.contains("missing is not defined"), "{text}");
    let picture = std::fs::read(kept.join("shop.till.png")).unwrap();
    assert!(
        picture.starts_with(b"\x89PNG\r\n"),
        "{} bytes",
        picture.len()
    );
    // One that passes leaves nothing, and nothing of an earlier run.
    assert_eq!(run(true).await, Outcome::Failed);
    assert_eq!(run(false).await, Outcome::Passed);
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
}

#[tokio::test]
async fn a_page_that_is_still_loading_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let asked_for = Arc::new(Notify::new());
    let loads = {
        let asked_for = Arc::clone(&asked_for);
        move |browser: Browser| {
            let asked_for = Arc::clone(&asked_for);
            async move {
                tokio::select! {
                    loaded = browser.open("/slow") => loaded?,
                    () = asked_for.notified() => fail!("it is too slow"),
                }
                Ok::<_, Error>(())
            }
        }
    };
    let page = move || {
        asked_for.notify_one();
        std::future::pending::<&str>()
    };
    let slow = move || Router::new().route("/slow", get(page.clone()));
    let registry = Registry::new()
        .app(smoke_axum::app(slow))
        .provide(Browsers::new().require_browser().artifacts(folder.path()));
    let report = asked(registry.test(Test::new("shop::loads", loads)), ask()).await;
    assert_eq!(report.tests[0].outcome, Outcome::Failed, "{report:?}");
    let text = std::fs::read_to_string(folder.path().join("shop.loads.txt")).unwrap();
    assert_eq!(text, "URL: unknown: the browser did not answer in time\n");
}

#[tokio::test]
async fn a_test_past_its_limit_leaves_them_too_and_no_browser() {
    let folder = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(String::new()));
    let endless = async |seen: Provided<Arc<Mutex<String>>>, browser: Browser| -> Result {
        *seen.lock().unwrap() = processes::folder(&browser);
        browser.open("/").await?;
        std::future::pending().await
    };
    let test = Test::new("shop::waits", endless).timeout(LIMIT);
    let browsers = Browsers::new().artifacts(folder.path());
    let registry = pages(&[("/", "<h1>Wait</h1>".to_owned())])
        .provide(browsers)
        .provide(Arc::clone(&seen));
    let report = asked(registry.test(test), ask()).await;
    let said = report.tests[0].message.as_deref().unwrap_or_default();
    assert!(said.contains("took longer than its limit"), "{said}");
    assert!(folder.path().join("shop.waits.txt").exists());
    let browser = seen.lock().unwrap().clone();
    processes::are_gone(&browser).await;
}
