//! The WebDriver that a browser is driven by: found and started, or one that runs already.

use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ChildStdout;
use std::thread;

use smoke_core::{Error, Result, Skip};
use tokio::sync::oneshot;
use url::{Host, Url};

use crate::Browsers;
use crate::guard::Guarded;

/// Names a WebDriver that runs already.
const URL: &str = "SMOKE_WEBDRIVER_URL";
/// How often a driver is started that ends because its port is taken.
const TRIES: usize = 10;

/// Which browsers a driver drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Chromium,
    Firefox,
}

/// A WebDriver, and where it is.
pub(crate) struct Driver {
    pub(crate) url: Url,
    /// None where it is not known.
    pub(crate) family: Option<Family>,
    process: Option<Process>,
}

/// A driver that was started. It ends with this, and its browser with it.
struct Process {
    /// Dropped to end it.
    end: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Driver {
    /// The driver that the environment names, or else one that is started.
    ///
    /// # Errors
    ///
    /// A skip where there is none and none is required.
    pub(crate) async fn obtain(browsers: &Browsers) -> Result<Self> {
        match std::env::var(URL) {
            Ok(url) if !url.is_empty() => Ok(Self {
                url: at_loopback(&url)?,
                family: None,
                process: None,
            }),
            _ => start(&found(browsers)?).await,
        }
    }

    /// Whether it ran already, and goes on after the test.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.process.is_none()
    }

    /// Ends the driver and its browser, where it was started, and waits for that.
    pub(crate) async fn end(self) {
        if let Some(Process { end, ended }) = self.process {
            drop(end);
            let _ = ended.await;
        }
    }
}

/// The URL of a driver, where nobody else can reach it.
fn at_loopback(said: &str) -> Result<Url> {
    let refused = |why: &str| Err(Error::msg(format_args!("{URL} {why}")));
    let Ok(mut url) = Url::parse(said) else {
        return refused("is no URL");
    };
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() != "http" || !is_loopback {
        return refused(
            "has to begin with http://127.0.0.1, http://[::1] or http://localhost: a WebDriver elsewhere is none of this machine's",
        );
    }
    // What is asked of it is joined to this.
    if !url.path().ends_with('/') {
        let folder = format!("{}/", url.path());
        url.set_path(&folder);
    }
    Ok(url)
}

/// The program of a driver.
fn found(browsers: &Browsers) -> Result<PathBuf> {
    let names = match &browsers.driver {
        Some(program) => vec![program.clone()],
        None => ["chromedriver", "geckodriver"].map(PathBuf::from).into(),
    };
    let program = names.iter().find_map(|name| which::which(name).ok());
    program.ok_or_else(|| {
        let names: Vec<_> = names
            .iter()
            .map(|name| name.display().to_string())
            .collect();
        let missing = format!("no WebDriver was found: {}", names.join(" or "));
        if browsers.required {
            Error::msg(format_args!("{missing}; .require_browser() was said"))
        } else {
            Skip::new(missing).into()
        }
    })
}

/// Starts a driver. Chromium's takes a free port of IPv6, and ends where another program has the same of IPv4:
/// then the next one is luckier.
async fn start(program: &Path) -> Result<Driver> {
    let mut begun = begin(program).await;
    for _ in 1..TRIES {
        match &begun {
            Err(why) if why.contains("port not available") => begun = begin(program).await,
            _ => break,
        }
    }
    begun.map_err(|why| {
        Error::msg(format_args!(
            "{} could not be started: {why}",
            program.display()
        ))
    })
}

/// Starts a driver once, or says why it does not listen.
async fn begin(program: &Path) -> std::result::Result<Driver, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let (family, arguments): (_, &[&str]) = if name.contains("geckodriver") {
        (Family::Firefox, &["--port", "0"])
    } else {
        (Family::Chromium, &["--port=0"])
    };
    let (end, ending) = oneshot::channel::<()>();
    let (ended, has_ended) = oneshot::channel();
    let (told, hears) = oneshot::channel();
    let program = program.to_owned();
    let work = move || {
        match Guarded::start(&program, arguments) {
            Ok((guarded, said)) => {
                // What it says is read to its end, lest it waits for somebody who does.
                let listening = thread::Builder::new()
                    .name("smoke-browser-said".to_owned())
                    .spawn(move || listen(said, told));
                let _ = ending.blocking_recv();
                guarded.end().wait();
                drop(listening);
            }
            Err(error) => drop(told.send(Err(error.to_string()))),
        }
        let _ = ended.send(());
    };
    thread::Builder::new()
        .name("smoke-browser".to_owned())
        .spawn(work)
        .map_err(|error| error.to_string())?;
    let process = Process {
        end,
        ended: has_ended,
    };
    let heard = hears.await;
    let port = heard.unwrap_or_else(|_| Err("it ended without a word".to_owned()))?;
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    Ok(Driver {
        url: Url::parse(&format!("http://{address}/")).map_err(|error| error.to_string())?,
        family: Some(family),
        process: Some(process),
    })
}

/// Tells the port that the driver says it has, or the last that it said instead.
fn listen(said: ChildStdout, told: oneshot::Sender<std::result::Result<u16, String>>) {
    let mut said = BufReader::new(said);
    let mut last = "it said nothing".to_owned();
    let found = loop {
        let mut line = String::new();
        // A line is not kept however long it is.
        let read = (&mut said).take(4096).read_line(&mut line);
        match read {
            Ok(0) | Err(_) => break Err(last),
            Ok(_) => match port(&line) {
                Some(port) => break Ok(port),
                None => last = line.trim().to_owned(),
            },
        }
    };
    let _ = told.send(found);
    let _ = std::io::copy(&mut said, &mut std::io::sink());
}

/// The port in `ChromeDriver was started successfully on port 39411.`, or in geckodriver's
/// `Listening on 127.0.0.1:39411`.
fn port(line: &str) -> Option<u16> {
    let (_, behind) = line
        .split_once("started successfully on port ")
        .or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
    behind.trim_end().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_tells_its_port() {
        let chromium = "ChromeDriver was started successfully on port 39411.\n";
        assert_eq!(port(chromium), Some(39411));
        let firefox = "1764263320000\tgeckodriver\tINFO\tListening on 127.0.0.1:4444\n";
        assert_eq!(port(firefox), Some(4444));
        let starting = "Starting ChromeDriver 156.0 (7304-refs/heads@{#2244}) on port 0\n";
        assert_eq!(port(starting), None);
    }

    #[test]
    fn a_driver_elsewhere_is_refused() {
        for near in [
            "http://127.0.0.1:4444",
            "http://[::1]:4444/wd/hub",
            "http://localhost:9515/",
        ] {
            assert!(at_loopback(near).unwrap().path().ends_with('/'), "{near}");
        }
        for (far, why) in [
            ("http://10.0.0.7:4444", "has to begin with http://127.0.0.1"),
            ("http://grid.example.com", "has to begin with"),
            ("http://localhost.example.com", "has to begin with"),
            ("https://127.0.0.1:4444", "has to begin with"),
            ("file:///127.0.0.1", "has to begin with"),
            ("4444", "is no URL"),
        ] {
            let said = at_loopback(far).unwrap_err().to_string();
            assert!(said.starts_with(&format!("{URL} {why}")), "{said}");
        }
    }
}
