//! The page for people, in a real browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod axe;
mod browser;
mod shop;

use axe::Axe;
use browser::{Browser, in_browser};
use fantoccini::key::Key;
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
    complains_of(browser, &[]).await;
}

/// Nothing was asked from elsewhere. What was complained of since it was looked at last says these.
async fn complains_of(browser: &Browser, wanted: &[&str]) {
    let elsewhere = "performance.getEntriesByType('resource').map((entry) => entry.name)
        .filter((name) => new URL(name).host !== location.host)";
    assert_eq!(browser.find(elsewhere).await, json!([]));
    let complaints = browser.complaints().await;
    let are_known = complaints
        .iter()
        .zip(wanted)
        .all(|(said, wanted)| said.contains(wanted));
    assert!(
        complaints.len() == wanted.len() && are_known,
        "{complaints:?}"
    );
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
        is_quiet(browser).await;
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
            .shows("document.querySelectorAll('.tests li.failed').length", 3)
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
    // What it says is there, word by word: in the first test's message, and wherever else it says it.
    let text = browser
        .find("document.querySelector('.message').textContent")
        .await;
    assert_eq!(text, shop::HARM);
    let said = "[...document.querySelectorAll('.message, .note, .causes li, pre, dd, title')]
        .map((element) => element.textContent).filter((text) => text.includes('window.harmed = 1')).length";
    // Of three tests the message, of one the description, of two the cause, of one a line of its log, of one why it
    // was skipped, and the instance.
    assert_eq!(browser.find(said).await, 9 + 1, "the title says the instance, too");
    let asked = "[...document.querySelectorAll('.requests code')].map((element) => element.textContent)";
    let request = format!("GET {}", shop::ASKED);
    assert_eq!(browser.find(asked).await, json!([request, request]));
    is_quiet(browser).await;

    // Nor could anything be run, asked, sent or shown that came into it otherwise.
    let elsewhere = Shop::evil(shop.address()).await;
    let elsewhere = format!("http://localhost:{}/", elsewhere.address().port());
    let inject = format!("
        window.refused = [];
        document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
        const add = (name, parts) => document.body.appendChild(Object.assign(document.createElement(name), parts));
        add('script', {{ textContent: 'window.harmed = 1' }});
        add('iframe', {{ src: '{elsewhere}' }});
        add('form', {{ action: '{elsewhere}', method: 'post' }}).submit();
        return fetch('{elsewhere}', {{ mode: 'no-cors' }}).then(() => 'answered', () => 'refused');");
    assert_eq!(browser.run(&inject).await, "refused");
    let refused = "window.refused?.sort().join(' ')";
    browser.shows(refused, "connect-src form-action frame-src script-src-elem").await;
    assert_eq!(browser.find("window.harmed ?? null").await, Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_says_so_and_what_became_of_a_test_is_drawn() {
    let shop = Shop::changing().await;
    in_browser(1280, true, async |browser| {
        log_in(browser, &shop).await;
        browser.shows(LIVE, "").await;
        for verdict in ["FAIL", "PASS"] {
            browser.click("form[action$='fast'] button").await;
            browser.shows(VERDICT, verdict).await;
            let title = "document.title.split(' ')[0]";
            browser.shows(title, verdict).await;
        }
        assert_eq!(browser.find(STATES).await, json!({ "changes": "passed", "opens": "passed" }));
        let source = "fetch('page').then((answer) => answer.text())";
        let source = browser.find(source).await;
        let source = source.as_str().unwrap();
        assert!(source.contains("PASS") && !source.contains("FAIL"), "{source}");

        // It is drawn: a line, and a piece of each outcome in a colour of its own.
        let drawn = "[...document.querySelectorAll(\"[data-test$='changes'] path\")].map((path) =>
            [path.getAttribute('class'), path.getTotalLength() > 0, getComputedStyle(path).stroke])";
        let drawn = browser.find(drawn).await;
        let parts: Vec<_> = drawn.as_array().unwrap().iter().collect();
        let [line, failed, passed] = parts[..] else {
            panic!("{drawn}")
        };
        for (part, class) in [(line, "line"), (failed, "failed"), (passed, "passed")] {
            assert_eq!((&part[0], &part[1]), (&json!(class), &json!(true)), "{drawn}");
            assert!(part[2].as_str().unwrap().starts_with("rgb("), "{drawn}");
        }
        assert_ne!(failed[2], passed[2]);
        is_quiet(browser).await;
    })
    .await;
}

/// Presses Tab until that has the focus.
async fn tab_to(browser: &Browser, css: &str) {
    for _ in 0..30 {
        browser.press(Key::Tab).await;
        if has_focus(browser, css).await {
            return;
        }
    }
    panic!("the keyboard does not come to {css}");
}

async fn has_focus(browser: &Browser, css: &str) -> bool {
    let focused = format!("document.activeElement.matches(\"{css}\")");
    browser.find(&focused).await == true
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_uses_the_keyboard_keeps_their_place() {
    let shop = Shop::changing().await;
    in_browser(1280, true, async |browser| {
        log_in(browser, &shop).await;
        browser.shows(LIVE, "").await;
        let ended = |verdict: &str| format!("A run ended: {verdict}.");
        let announced = "document.getElementById('announced').textContent";
        let runs = "document.querySelectorAll('.runs li').length";

        let button = "form[action$='fast'] button";
        tab_to(browser, button).await;
        browser.press(Key::Enter).await;
        browser.shows(announced, ended("fail")).await;
        browser.shows(runs, 1).await;
        assert!(has_focus(browser, button).await);
        browser
            .shows("document.querySelectorAll('[aria-disabled]').length", 0)
            .await;

        // It passes now: there is nothing to be opened any more.
        tab_to(browser, "[data-test$='changes'] summary").await;
        let elsewhere =
            "fetch('page?run=fast', { method: 'POST' }).then((answer) => answer.status)";
        assert_eq!(browser.find(elsewhere).await, 200);
        browser.shows(runs, 2).await;
        browser.shows(announced, ended("pass")).await;
        assert!(has_focus(browser, "[data-test$='changes']").await);

        // It fails again, above.
        tab_to(browser, ".probes a[href$='ready']").await;
        assert_eq!(browser.find(elsewhere).await, 200);
        browser.shows(runs, 3).await;
        browser.shows(announced, ended("fail")).await;
        browser
            .shows("document.querySelectorAll('summary').length", 1)
            .await;
        assert!(has_focus(browser, ".probes a[href$='ready']").await);
        is_quiet(browser).await;
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
        complains_of(browser, &["503"]).await;

        // Somebody who has logged in visits another page, which sends a form in their name.
        log_in(browser, &shop).await;
        browser
            .shows("document.querySelectorAll('.runs li').length", 1)
            .await;
        is_quiet(browser).await;
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

        complains_of(browser, &["503"]).await;

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
