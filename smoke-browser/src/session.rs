//! A session of a browser that reaches the application and nothing else.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;

use fantoccini::error::NewSessionError;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use smoke_core::{Error, Result};

use crate::Browsers;
use crate::driver::{Driver, Family};

/// A proxy that is nowhere: `.invalid` is no name of anybody (RFC 6761). What is not on the way around it
/// fails.
const NOWHERE: (&str, u16) = ("smoke.invalid", 9);

/// Begins a session for the application at that address.
pub(crate) async fn begin(driver: &Driver, browsers: &Browsers, app: SocketAddr) -> Result<Client> {
    let families = match driver.family {
        Some(family) => vec![family],
        // One that runs already says by what it takes which it is.
        None => vec![Family::Chromium, Family::Firefox],
    };
    let mut said = Vec::new();
    for family in families {
        match connect(driver, capabilities(family, browsers, app)).await {
            Ok(client) => return Ok(client),
            Err(error) => said.push(format!("{family:?}: {error}")),
        }
    }
    Err(Error::msg(format_args!(
        "no browser could be started: {}",
        said.join("; ")
    )))
}

async fn connect(
    driver: &Driver,
    capabilities: Capabilities,
) -> std::result::Result<Client, NewSessionError> {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(driver.url.as_str()).await
}

fn capabilities(family: Family, browsers: &Browsers, app: SocketAddr) -> Capabilities {
    let wanted = match family {
        Family::Chromium => chromium(browsers, app),
        Family::Firefox => firefox(browsers, app),
    };
    match wanted {
        Value::Object(wanted) => wanted,
        _ => Capabilities::new(),
    }
}

fn chromium(browsers: &Browsers, app: SocketAddr) -> Value {
    // Loopback is on the way around a proxy by itself, and so would be everything else on this machine.
    let mut around = vec!["<-loopback>".to_owned(), app.to_string()];
    let mut resolved = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned();
    for host in &browsers.allowed {
        around.push(host.clone());
        resolved.push_str(", EXCLUDE ");
        resolved.push_str(host);
    }
    let (host, port) = NOWHERE;
    let mut arguments = vec![
        "--headless=new".to_owned(),
        // In containers it is small.
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        format!("--proxy-server=http://{host}:{port}"),
        format!("--proxy-bypass-list={}", around.join(";")),
        format!("--host-resolver-rules={resolved}"),
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp".to_owned(),
        // What the browser asks for by itself.
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-first-run".to_owned(),
        // Its handlers would leave the group of processes that is ended.
        "--disable-breakpad".to_owned(),
        "--disable-crash-reporter".to_owned(),
    ];
    if is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.extend(browsers.arguments.iter().cloned());
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "args": arguments },
    })
}

fn firefox(browsers: &Browsers, app: SocketAddr) -> Value {
    let mut around = vec![app.to_string()];
    around.extend(browsers.allowed.iter().map(|host| host.replace('*', "")));
    let (host, port) = NOWHERE;
    let mut arguments = vec!["-headless".to_owned()];
    arguments.extend(browsers.arguments.iter().cloned());
    json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "args": arguments,
            "prefs": {
                "network.proxy.type": 1,
                "network.proxy.http": host,
                "network.proxy.http_port": port,
                "network.proxy.ssl": host,
                "network.proxy.ssl_port": port,
                "network.proxy.allow_hijacking_localhost": true,
                "network.proxy.no_proxies_on": around.join(", "),
                "network.dns.disablePrefetch": true,
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
                "media.peerconnection.enabled": false,
            },
        },
    })
}

/// Whether this process is root's, for whom Chromium starts without its own sandbox alone.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
