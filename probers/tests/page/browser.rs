//! A headless Chromium.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::Command;

use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use futures_util::FutureExt;
use probers::{Process, program};
use serde_json::{Value, json};
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use tempfile::TempDir;
use url::{ParseError, Url};

/// A browser at work, until this is dropped.
pub(crate) struct Browser {
    client: Client,
    _driver: Process,
    _folder: TempDir,
}

/// What only Chromium's driver knows.
#[derive(Debug)]
struct OfChromium(&'static str, Value);

impl WebDriverCompatibleCommand for OfChromium {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

/// Where the driver listens, once it says so.
fn port(log: &str) -> Option<&str> {
    let (_, said) = log.split_once("started successfully on port ")?;
    let (port, _) = said.split_once('.')?;
    Some(port)
}

/// A driver that listens, and where. Chromium's takes a free port of IPv6, and ends where another program has the
/// same of IPv4: then the next one is luckier.
async fn driver(folder: &Path) -> (Process, String) {
    const ENDS: &str = "Exiting";
    for _ in 0..10 {
        let mut command = Command::new(program("chromedriver"));
        let driver = Process::start(command.arg("--port=0"), folder.join("log"));
        let knows = |log: &String| port(log).is_some() || log.contains(ENDS);
        let log = eventually(PATIENCE, async || driver.log(), knows).await;
        if let Some(port) = port(&log.unwrap()) {
            return (driver, port.to_owned());
        }
    }
    panic!("no port was free, again and again")
}

/// What happens in a window of that many pixels' width; `scripts` says whether pages may run any. The browser is
/// ended then, also where that panics: none outlives its driver in order.
pub(crate) async fn in_browser(width: u32, scripts: bool, test: impl AsyncFnOnce(&Browser)) {
    let browser = Browser::start(width, scripts).await;
    let ended = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    browser.client.clone().close().await.unwrap();
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
}

impl Browser {
    async fn start(width: u32, scripts: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (driver, port) = driver(folder.path()).await;
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"];
        let mut options = json!({ "args": arguments });
        if !scripts {
            let forbidden = json!({ "profile.managed_default_content_settings.javascript": 2 });
            options["prefs"] = forbidden;
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is written as one")
        };
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let browser = Self {
            client,
            _driver: driver,
            _folder: folder,
        };
        browser.is_wide(width).await;
        browser
    }

    /// Gives the window that many pixels' width.
    pub(crate) async fn is_wide(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.emulate("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Has whoever looks prefer that: `dark` or `light`.
    pub(crate) async fn prefers(&self, scheme: &str) {
        let scheme = json!({ "name": "prefers-color-scheme", "value": scheme });
        let media = json!({ "features": [scheme] });
        self.emulate("Emulation.setEmulatedMedia", media).await;
    }

    async fn emulate(&self, what: &str, parameters: Value) {
        let parameters = json!({ "cmd": what, "params": parameters });
        self.of_chromium("goog/cdp/execute", parameters).await;
    }

    async fn of_chromium(&self, path: &'static str, parameters: Value) -> Value {
        let answer = self.client.issue_cmd(OfChromium(path, parameters)).await;
        answer.unwrap()
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// What a script of ours finds, whatever the page may run.
    pub(crate) async fn find(&self, script: &str) -> Value {
        self.run(&format!("return {script}")).await
    }

    /// Runs a script of ours, whatever the page may run.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script of ours finds that.
    pub(crate) async fn shows(&self, script: &str, wanted: impl Into<Value> + Debug) {
        let wanted = wanted.into();
        // A page that is being left has no answer.
        let asked = format!("return {script}");
        let look = async || self.client.execute(&asked, Vec::new()).await.ok();
        let seen = eventually(PATIENCE, look, |found| *found == Some(wanted.clone()));
        if let Err(unseen) = seen.await {
            let source = self.client.source().await.unwrap_or_default();
            panic!("{script} is to be {wanted}: {unseen}\n{source}");
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press(&self, key: Key) {
        let focused = self.client.active_element().await.unwrap();
        focused
            .send_keys(&String::from(char::from(key)))
            .await
            .unwrap();
    }

    /// What it complains of: errors of scripts, what a policy forbids, and what cannot be loaded.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self
            .of_chromium("se/log", json!({ "type": "browser" }))
            .await;
        let lines = log.as_array().into_iter().flatten();
        lines.map(|line| line["message"].to_string()).collect()
    }
}
