//! The pages in a real browser. The command `smoke` and `cargo test` start one, a service that runs does not.

use smoke_axum::{Result, Unique, ensure_eq, smoke_test};
use smoke_browser::{Browser, Locator};

/// A person can sign up. Skipped where there is no driver of a browser.
#[smoke_test(slow, tags("browser"))]
async fn a_person_signs_up(browser: Browser, unique: Unique) -> Result {
    browser.open("/sign-up").await?;
    let form = browser.form(Locator::Css("#sign-up")).await?;
    form.set_by_name("name", "Ada").await?;
    form.set_by_name("email", &unique.email()).await?;
    form.submit().await?;
    let welcome = Locator::XPath("//h1[starts-with(., 'Welcome')]");
    let welcome = browser.wait().for_element(welcome).await?;
    ensure_eq!(welcome.text().await?, "Welcome, Ada");
    Ok(())
}
