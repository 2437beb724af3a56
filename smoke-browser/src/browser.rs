//! The fixture.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::CmdError;
use smoke_core::__private::Listening;
use smoke_core::{Context, Fixture, Kind, LiveServer, Providers, Result};
use tokio::time::timeout;

use crate::artifacts::Artifacts;
use crate::driver::Driver;
use crate::{Browsers, console, session};

/// How long a tear-down may take. The runner gives up on a browser's after five seconds, and says so beside the
/// test.
const TEAR_DOWN: Duration = Duration::from_millis(4700);
/// How much of that the end of the browser has. It goes on without that.
const ENDING: Duration = Duration::from_millis(400);
/// How much of that a page that failed has, to be shown.
const SHOWING: Duration = TEAR_DOWN.saturating_sub(ENDING);

/// A browser of the test's own, for the application under test.
///
/// It is a [`Client`] of WebDriver: find elements with [`Client::find`], fill in forms with
/// [`Client::form`], and wait with [`Client::wait`]. What a page does with the application is rolled back
/// with the test's sandbox.
///
/// The application is served by a [`LiveServer`], whose rules are those of the browser's requests:
/// one request at a time, each in a savepoint of its own.
///
/// # Examples
///
/// ```
/// use smoke_browser::{Browser, Locator};
/// use smoke_core::{Result, ensure_contains};
///
/// async fn the_shop_is_open(browser: Browser) -> Result {
///     browser.open("/").await?;
///     let sign = browser.wait().for_element(Locator::Id("sign")).await?;
///     ensure_contains!(sign.text().await?, "open");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Browser {
    client: Client,
    live: LiveServer,
}

impl Browser {
    /// Opens a path of the application, and waits until the page is loaded.
    ///
    /// # Errors
    ///
    /// When the browser cannot load it. An answer such as 404 or 500 is no error: the page is shown.
    pub async fn open(&self, path: impl AsRef<str>) -> Result {
        Ok(self.client.goto(&self.live.url(path)).await?)
    }

    /// The application under test, at its socket.
    #[must_use]
    pub fn live(&self) -> &LiveServer {
        &self.live
    }

    /// What the page's console said since this was asked before, a line each, behind its level:
    /// `SEVERE ..` is an error.
    ///
    /// # Errors
    ///
    /// When the driver cannot tell: geckodriver does not.
    pub async fn console(&self) -> Result<Vec<String>, CmdError> {
        console::said(&self.client).await
    }
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Browser({})", self.live.addr())
    }
}

impl Fixture for Browser {
    const KIND: Kind = Kind::Browser;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<LiveServer>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let browsers = cx.providers().value::<Browsers>().unwrap_or_default();
        let artifacts = Artifacts::of(cx, &browsers);
        // It takes its time to start, and no sandbox is to be open meanwhile.
        let driver = Driver::obtain(&browsers).await?;
        let app = cx.get::<Listening>().await?.addr();
        let client = session::begin(&driver, &browsers, app).await?;
        let live = match cx.get().await {
            Ok(live) => live,
            Err(error) => {
                end(client, driver).await;
                return Err(error);
            }
        };
        // The last that is registered is the first to run: the application is still served.
        let (over, shown) = (cx.clone(), client.clone());
        cx.on_finish(async move {
            if let Some(artifacts) = artifacts.filter(|_| over.has_failed()) {
                let _ = timeout(SHOWING, artifacts.write(&shown)).await;
            }
            end(shown, driver).await;
        });
        Ok(Self { client, live })
    }
}

/// Ends a session, or its driver where that was started for it, and waits for that a bounded time.
async fn end(client: Client, driver: Driver) {
    let ending = async {
        if driver.is_elsewhere() {
            let _ = client.close().await;
        }
        driver.end().await;
    };
    let _ = timeout(ENDING, ending).await;
}
