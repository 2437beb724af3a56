//! What a driver of Firefox is asked for, which a driver of this process shows: no Firefox is started.

use std::sync::{Arc, Mutex};

use smoke_browser::{Browser, Browsers};
use smoke_core::{Outcome, Provided, Result, Test, fail};

use crate::children;
use crate::fake::{Fake, PICTURE};
use crate::processes;
use crate::shop::{ask, asked, pages};

#[tokio::test]
async fn geckodriver_alone_is_asked_for_a_firefox_that_reaches_the_application_alone() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::of("firefox").await;
    let program = fake.program(folder.path(), "geckodriver");
    let at = Arc::new(Mutex::new(String::new()));
    let fails = async |at: Provided<Arc<Mutex<String>>>, browser: Browser| -> Result {
        *at.lock().unwrap() = browser.live().addr().to_string();
        browser.open("/till").await?;
        fail!("the till is closed");
    };
    let browsers = Browsers::new()
        .driver(program)
        .arg("-private")
        .allow("*.example.com");
    let registry = pages(&[]).provide(browsers).provide(Arc::clone(&at));
    let registry = registry.test(Test::new("shop::till", fails));
    let kept = folder.path().join("kept");
    let report = asked(registry, ask().artifacts(&kept)).await;
    let test = &report.tests[0];
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert_eq!(test.message.as_deref(), Some("the till is closed"));

    let wanted = fake.asked.lock().unwrap().clone();
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert_eq!(wanted[0]["browserName"], "firefox");
    let options = &wanted[0]["moz:firefoxOptions"];
    assert_eq!(
        options["args"],
        serde_json::json!(["-headless", "-private"])
    );
    let prefs = &options["prefs"];
    assert_eq!(prefs["network.proxy.http"], "smoke.invalid");
    assert_eq!(prefs["network.proxy.ssl"], "smoke.invalid");
    assert_eq!(prefs["network.proxy.allow_hijacking_localhost"], true);
    let around = format!("{}, .example.com", at.lock().unwrap());
    assert_eq!(prefs["network.proxy.no_proxies_on"], around);

    let text = std::fs::read_to_string(kept.join("shop.till.txt")).unwrap();
    assert!(text.starts_with("URL: http://127.0.0.1/till\n"), "{text}");
    assert!(text.contains("the console cannot be read: "), "{text}");
    let picture = std::fs::read(kept.join("shop.till.png")).unwrap();
    assert_eq!(picture, PICTURE);
    // The driver that was started has ended, and its browser with it.
    let given = std::fs::read_to_string(folder.path().join("geckodriver.folder")).unwrap();
    processes::are_gone(given.trim()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_driver_that_runs_already_and_has_a_firefox_is_used_and_its_session_ended() {
    let fake = Fake::of("firefox").await;
    let told = children::guest_of(fake.port).await;
    assert!(told.status.success(), "{told:?}");
    let asked = fake.asked.lock().unwrap().clone();
    let names: Vec<_> = asked.iter().map(|wanted| &wanted["browserName"]).collect();
    assert_eq!(names, ["chrome", "firefox"]);
    assert_eq!(*fake.open.lock().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_driver_that_runs_already_and_starts_no_browser_says_why_of_each() {
    let fake = Fake::of("nothing").await;
    let told = children::guest_of(fake.port).await;
    assert!(!told.status.success(), "{told:?}");
    let said = String::from_utf8_lossy(&told.stdout);
    for words in [
        "no browser could be started: Chromium: ",
        "there is no chrome here",
        "; Firefox: ",
        "there is no firefox here",
    ] {
        assert!(said.contains(words), "{said}");
    }
}
