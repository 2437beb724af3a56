//! The real listener answers.

use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use smoke_core::{Result, Test, fail};

use super::exchange::Exchange;
use crate::check;

/// The real listener: the socket that users come in by, and all that stands behind it.
///
/// The client of a test calls the application's handlers in process, on a router of its own. What it
/// passes by is seen here: the bound port, TLS and its certificate, the peer's address, limits and load
/// shedding as they are at this moment.
///
/// Give the URL at which this process is reached, such as `https://127.0.0.1:8443/`, with
/// [`host`](Self::host) where users call it otherwise. With the URL of a load balancer the answer may
/// be another replica's. The path should be one that is cheap and changes nothing. Do not give the path
/// that starts smoke tests: one run would start the next.
///
/// It is *shared*, although it is about this process: one that sheds load must not be taken out of
/// traffic, which the others would have to take over. Where nothing listens at all, the load balancer's
/// own probe does not come in, either, and nothing here has to say so.
///
/// The body of the answer is not read: a path that streams passes, too.
///
/// # Fails when
///
/// There is no connection, no TLS, or no answer within 5 seconds ([`within`](Self::within)), or the
/// answer has a status below 200 or above 399, unless [`status`](Self::status) says it.
///
/// # Errors
///
/// It errs where the URL or the file of certificates cannot be read.
///
/// # Examples
///
/// ```
/// use smoke_checks::Listener;
/// use smoke_core::Registry;
///
/// let listener = Listener::at("https://127.0.0.1:8443/health").host("shop.example");
/// let registry = Registry::new().test(listener);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Listener {
    exchange: Exchange,
    status: Option<u16>,
}

impl Listener {
    /// The check of the listener at a URL. One that cannot be read errs when it runs.
    pub fn at(url: impl AsRef<str>) -> Self {
        Self {
            exchange: Exchange::get(url.as_ref()),
            status: None,
        }
    }

    /// Sets the name by which users call it: for `Host`, and for the certificate.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.exchange.host(host.into());
        self
    }

    /// Sets the only status that passes.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Believes the certificates in a PEM file, too, beside the system's.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.exchange.roots(file.into());
        self
    }

    /// Sets how long the answer may take, with connecting. 5 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.exchange.within(limit);
        self
    }

    async fn look(self) -> Result {
        let reply = self.exchange.make().await?;
        let status = reply.status;
        let (is_good, wanted) = match self.status {
            Some(wanted) => (status == wanted, wanted.to_string()),
            None => (
                status.is_success() || status.is_redirection(),
                "2xx or 3xx".to_owned(),
            ),
        };
        if !is_good {
            let remedy = match status {
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                    "it sheds load, so users are turned away. Add replicas, or raise its limits"
                }
                _ => "users are answered so, too. See the log of the application",
            };
            fail!(
                "the listener at {} answered {}, and should answer {wanted}: {remedy}",
                self.exchange.shown(),
                reply.shown()
            );
        }
        Ok(())
    }
}

impl From<Listener> for Test {
    fn from(check: Listener) -> Self {
        let description = format!("the listener at {} answers", check.exchange.shown());
        let within = check.exchange.limit();
        check::test("listener", description, within, move || {
            check.clone().look()
        })
    }
}
