//! What the console of a page said.

use fantoccini::Client;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Asks for what the console said since that was asked before. Chromedriver's own: WebDriver has none.
#[derive(Debug)]
struct Said;

impl WebDriverCompatibleCommand for Said {
    fn endpoint(&self, driver: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        driver.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// Lines with their levels, `SEVERE ..` for errors, since that was asked before.
pub(crate) async fn said(client: &Client) -> Result<Vec<String>, CmdError> {
    let said = client.issue_cmd(Said).await?;
    let line = |entry: &Value| {
        let part = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", part("level"), part("message"))
    };
    let entries = said.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(entries.iter().map(line).collect())
}
