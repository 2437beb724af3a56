//! A real browser as a fixture of smoke tests: what is clicked in it is rolled back.
//!
//! A test that asks for a [`Browser`] gets a headless Chromium of its own, or a Firefox, driven by
//! WebDriver. It opens the application under test, which is served on the test's sandbox: the test sees in
//! its `Sandbox<Pool>` what the page has written, and nothing of it stays.
//!
//! # Examples
//!
//! ```no_run
//! use smoke_browser::{Browser, Locator};
//! use smoke_core::{Registry, Result, Test, Unique, ensure_eq};
//!
//! async fn a_person_can_sign_up(browser: Browser, unique: Unique) -> Result {
//!     browser.open("/sign-up").await?;
//!     let form = browser.form(Locator::Css("form")).await?;
//!     form.set_by_name("email", &unique.email()).await?.submit().await?;
//!     let title = browser.find(Locator::Css("h1")).await?;
//!     ensure_eq!(title.text().await?, "Welcome");
//!     Ok(())
//! }
//!
//! let registry = Registry::new().test(Test::new("shop::signs_up", a_person_can_sign_up));
//! ```
//!
//! # Where a browser is started, and where not
//!
//! Tests with a browser are of kind [`Browser`](smoke_core::Kind::Browser). They run from the command
//! line of the application's binary and under `cargo test` (`smoke-cli`), and wherever
//! [`Ask::with_browsers`](smoke_core::Ask::with_browsers) says so. Where a request or a schedule asked for
//! the run they are skipped with that reason: a browser can take the memory of a process that serves.
//!
//! `chromedriver` or `geckodriver` is looked for in `PATH`, and started for each test;
//! `SMOKE_WEBDRIVER_URL` names one at the loopback interface that runs already. Where there is none, the
//! test is skipped with that reason, or errored where [`Browsers::require_browser`] was said.
//!
//! # What a browser may do
//!
//! It reaches the application under test and nothing else, unless [`Browsers::allow`] names a host. It
//! ends with its test, whatever becomes of that, and with the process, even where that is killed. This
//! needs a Unix with `sh`.
//!
//! A browser test may take 20 seconds unless it or
//! [`Limits::browser_test`](smoke_core::Limits::browser_test) says otherwise, and its sandbox may hold its
//! transaction for as long. On SQLite nobody else writes meanwhile.
//!
//! # What shows why a test failed
//!
//! Where a folder is named, a failed test leaves a screenshot there (`NAME.png`) and the page's URL with
//! what its console said (`NAME.txt`). The command line names one beside the JUnit file:
//! `--junit smoke.xml` keeps them in `smoke.artifacts`. [`Browsers::artifacts`] and `SMOKE_ARTIFACTS` name
//! another. They show what the page showed: keep them where its data may be.

mod artifacts;
mod browser;
mod browsers;
mod console;
mod driver;
mod guard;
mod session;

pub use browser::Browser;
pub use browsers::Browsers;
pub use fantoccini::{self, Client, Locator};

/// The page of the repository, whose code is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/browser.md")]
struct Page;
