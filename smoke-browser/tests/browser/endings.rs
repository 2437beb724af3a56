//! A browser ends with its test, however that ends.

use std::sync::{Arc, Mutex};

use smoke_browser::Browser;
use smoke_core::{Provided, Registry, Result, Test};

use crate::processes;
use crate::shop::{pages, run};

/// The folder of the last browser.
type Seen = Arc<Mutex<String>>;

fn see(seen: &Provided<Seen>, browser: &Browser) {
    let folder = processes::folder(browser);
    // The driver, the browser, and more.
    assert!(processes::of(&folder).len() > 3);
    *seen.lock().unwrap() = folder;
}

async fn is_gone_after(test: Test) {
    let seen = Seen::default();
    let registry: Registry = pages(&[("/", "open".to_owned())]).provide(Arc::clone(&seen));
    let test = run(registry.test(test)).await;
    let folder = seen.lock().unwrap().clone();
    assert!(!folder.is_empty(), "{test:?}");
    processes::are_gone(&folder).await;
}

#[tokio::test]
async fn after_a_test_that_passes() {
    let passes = async |seen: Provided<Seen>, browser: Browser| -> Result {
        see(&seen, &browser);
        browser.open("/").await
    };
    is_gone_after(Test::new("shop::opens", passes)).await;
}

#[tokio::test]
async fn after_a_panic() {
    let panics = |seen: Provided<Seen>, browser: Browser| -> Result {
        see(&seen, &browser);
        panic!("the till fell")
    };
    is_gone_after(Test::new("shop::falls", panics)).await;
}
