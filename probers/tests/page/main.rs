//! The page for people, in a real browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod axe;
mod browser;
mod shop;

use axe::Axe;
use browser::{Browser, in_browser};
use serde_json::{Value, json};
use shop::{Shop, TOKEN};

/// The word of each test's state, by the test's last name.
const STATES: &str = "Object.fromEntries([...document.querySelectorAll('.tests > li')].map(
    (item) => [item.dataset.test.split('::').pop(), item.querySelector('.state').textContent]))";
const LIVE: &str = "document.body.dataset.live ?? null";
const VERDICT: &str = "document.querySelector('#verdict strong')?.textContent ?? null";

/// Opens the page of somebody whom the browser has asked for the token.
async fn log_in(browser: &Browser, shop: &Shop) {
    let address = shop.address();
    let login = format!("http://ops:{TOKEN}@{address}/smoketest/page?login");
    browser.open(&login).await;
    browser
        .open(&format!("http://{address}/smoketest/page"))
        .await;
}

/// Nothing was asked from elsewhere, and nothing was complained of.
async fn is_quiet(browser: &Browser) {
    let elsewhere = "performance.getEntriesByType('resource').map((entry) => entry.name)
        .filter((name) => new URL(name).host !== location.host)";
    assert_eq!(browser.find(elsewhere).await, json!([]));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_button_began_is_seen_as_it_happens() {
    let shop = Shop::open().await;
    in_browser(1280, true, async |browser| {
    log_in(browser, &shop).await;
    let none =
        json!({ "counts": "not run", "opens": "not run", "sells": "not run", "waits": "not run" });
    assert_eq!(browser.find(STATES).await, none);
    // What happened before it follows is not told.
    browser.shows(LIVE, "").await;

    browser.click("form[action$='fast'] button").await;
    let now =
        json!({ "counts": "not run", "opens": "passed", "sells": "errored", "waits": "running" });
    browser.shows(STATES, now).await;
    browser
        .shows("document.getElementById('now').hidden", false)
        .await;
    shop.go_on();
    browser.shows(VERDICT, "FAIL").await;
    let ended =
        json!({ "counts": "not run", "opens": "passed", "sells": "errored", "waits": "passed" });
    browser.shows(STATES, ended).await;
    browser
        .shows("document.getElementById('now').hidden", true)
        .await;

    // What failed stands first, with everything that is known of it.
    let first = "document.querySelector('.tests li').innerText";
    let first = browser.find(first).await.as_str().unwrap().to_owned();
    for detail in [
        "shop::",
        "sells",
        "the till is shut",
        "no key",
        "POST /orders",
        "404",
        "at probers",
    ] {
        assert!(first.contains(detail), "{detail}: {first}");
    }
    browser.click("summary").await;
    let open = "document.querySelector('details').open";
    assert_eq!(browser.find(open).await, false);
    browser.click("form[action$='fast'] button").await;
    let points = "document.querySelector(\"[data-test$='opens'] svg\").getAttribute('aria-label').split(',')[0]";
    browser.shows(points, "2 of 2 passed").await;
    // Replaced, and not loaded anew: what somebody closed stays so.
    assert_eq!(browser.find(open).await, false);
    assert_eq!(
        browser
            .find("performance.getEntriesByType('navigation').length")
            .await,
        1
    );
    is_quiet(browser).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_a_button_loads_the_page_with_what_was_found() {
    let shop = Shop::open().await;
    shop.go_on();
    in_browser(320, false, async |browser| {
        log_in(browser, &shop).await;
        browser.click("form[action$='slow'] button").await;
        browser.shows(VERDICT, "FAIL").await;
        let found =
            json!({ "counts": "passed", "opens": "passed", "sells": "errored", "waits": "passed" });
        assert_eq!(browser.find(STATES).await, found);
        browser
            .shows("location.pathname + location.search", "/smoketest/page")
            .await;
        // Nothing is wider than a narrow screen.
        let fits = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.find(fits).await, true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_application_says_is_text_and_nothing_else() {
    let shop = Shop::malicious().await;
    in_browser(1280, true, async |browser| {
    log_in(browser, &shop).await;
    browser.shows(LIVE, "").await;
    // Once as the page has it, and once as the script replaces it.
    for _ in 0..2 {
        browser.click("form[action$='fast'] button").await;
        browser.shows(VERDICT, "FAIL").await;
        browser
            .shows("document.querySelectorAll('.tests li.failed').length", 1)
            .await;
        log_in(browser, &shop).await;
        browser.shows(LIVE, "").await;
    }
    let made =
        "[...document.querySelectorAll('script, img, iframe, object, [onerror], [onload], style')]
        .map((element) => element.outerHTML)";
    let made = browser.find(made).await;
    let Value::Array(made) = made else {
        panic!("{made}")
    };
    assert_eq!(made.len(), 1, "its own script alone: {made:?}");
    assert_eq!(browser.find("window.harmed ?? null").await, Value::Null);
    // What it says is there, word by word.
    let text = browser
        .find("document.querySelector('.message').textContent")
        .await;
    assert_eq!(text, shop::HARM);

    // Nor could a script run that came into it otherwise.
    let inject = "(() => { const script = document.createElement('script');
        script.textContent = 'window.harmed = 1'; document.body.append(script); return window.harmed ?? null; })()";
    assert_eq!(browser.find(inject).await, Value::Null);
    let complaints = browser.complaints().await;
    assert!(
        complaints
            .iter()
            .any(|said| said.contains("Content Security Policy")),
        "{complaints:?}"
    );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_sees_no_details_and_another_page_starts_no_run() {
    let shop = Shop::open().await;
    shop.go_on();
    in_browser(1280, true, async |browser| {
        browser
            .open(&format!("http://{}/smoketest/?format=html", shop.address()))
            .await;
        browser.shows(VERDICT, "FAIL").await;
        let source = browser.find("document.documentElement.outerHTML").await;
        let source = source.as_str().unwrap();
        assert!(
            source.contains("shop::orders::sells") && !source.contains("the till is shut"),
            "{source}"
        );

        // Somebody who has logged in visits another page, which sends a form in their name.
        log_in(browser, &shop).await;
        browser
            .shows("document.querySelectorAll('.runs li').length", 1)
            .await;
        let elsewhere = Shop::evil(shop.address()).await;
        browser
            .open(&format!("http://localhost:{}/", elsewhere.address().port()))
            .await;
        browser.click("button").await;
        browser
            .shows("location.port", shop.address().port().to_string())
            .await;
        let refused = "/authorization|Authorization/.test(document.body.textContent)";
        browser.shows(refused, true).await;
        log_in(browser, &shop).await;
        browser
            .shows("document.querySelectorAll('.runs li').length", 1)
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shuts_nobody_out() {
    let axe = Axe::read();
    let (shop, sound) = (Shop::open().await, Shop::sound().await);
    let malicious = Shop::malicious().await;
    in_browser(1280, true, async |browser| {
        // As long as the browser has no token.
        for (shop, path, seen) in [
            (&shop, "page", "no run, as a stranger"),
            (&sound, "?format=html", "a PASS, as a stranger"),
            (&malicious, "?format=html", "a FAIL, as a stranger"),
        ] {
            let address = format!("http://{}/smoketest/{path}", shop.address());
            browser.open(&address).await;
            let login = "document.querySelector('a[href$=login]').textContent";
            assert_eq!(browser.find(login).await, "Log in", "{seen}");
            axe.finds_nothing(browser, seen).await;
        }

        log_in(browser, &sound).await;
        browser.click("form[action$='slow'] button").await;
        browser.shows(VERDICT, "PASS").await;
        axe.finds_nothing(browser, "a PASS").await;

        log_in(browser, &shop).await;
        browser.shows(LIVE, "").await;
        browser.click("form[action$='fast'] button").await;
        let running = "document.querySelectorAll('.running-now').length";
        browser.shows(running, 1).await;
        axe.finds_nothing(browser, "a run under way").await;
        shop.go_on();
        browser.shows(VERDICT, "FAIL").await;
        let opened = "document.querySelectorAll('details[open]').length";
        browser.shows(opened, 1).await;
        axe.finds_nothing(browser, "a FAIL with its details").await;

        // Nobody answers any more.
        browser
            .run("window.fetch = async () => { throw new Error('gone') }")
            .await;
        browser.click("form[action$='fast'] button").await;
        browser
            .shows("document.getElementById('problem').hidden", false)
            .await;
        browser
            .shows("'stale' in document.body.dataset", true)
            .await;
        axe.finds_nothing(browser, "what is old").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shuts_somebody_out_is_found() {
    let axe = Axe::read();
    in_browser(320, true, async |browser| {
        browser
            .open("data:text/html,<html lang=en><title>Shop</title><main><h1>Shop</h1><img id=cup src=x></main>")
            .await;
        let found = axe.found(browser).await;
        let [found] = &found[..] else {
            panic!("{found:?}")
        };
        for part in ["critical", "image-alt", "alternative text", "#cup"] {
            assert!(found.contains(part), "{part}: {found}");
        }
    })
    .await;
}
