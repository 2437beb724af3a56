//! A service answers as it should.

use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use smoke_core::{Result, Test, fail};

use super::exchange::Exchange;
use crate::check;

/// A service that answers a GET as it should: an API that the application calls, a page behind a CDN.
///
/// The body is read only where a text is looked for, and up to that text: a path that streams passes, too.
/// The request is HTTP/1.1 on a connection of its own, no redirect is followed, and no proxy of the
/// environment is used. Its `User-Agent` is `smoke-checks/` and the version, so that logs can leave it
/// out. With `https://` this system has to trust the certificate. Messages leave out the query and the
/// headers, so that keys in them are not shown.
///
/// It is *shared*: what does not answer this process mostly answers no replica.
///
/// # Fails when
///
/// There is no connection, no TLS, or no answer within 5 seconds ([`within`](Self::within)), or the
/// answer has another status than it should (any from 200 to 299 unless [`status`](Self::status) says
/// it) or not the text.
///
/// # Errors
///
/// It errs where the URL, a header or the file of certificates cannot be read.
///
/// # Examples
///
/// ```
/// use smoke_checks::Http;
/// use smoke_core::{Registry, Test};
///
/// let payments = Http::get("https://api.payments.example/v1/status")
///     .header("authorization", "Bearer k3y")
///     .body_contains("\"operational\"");
/// let registry = Registry::new().test(Test::from(payments).named("shop::payments::are_operational"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Http {
    exchange: Exchange,
    status: Option<u16>,
    text: Option<String>,
}

impl Http {
    /// The check of a URL. One that cannot be read errs when it runs.
    pub fn get(url: impl AsRef<str>) -> Self {
        Self {
            exchange: Exchange::get(url.as_ref()),
            status: None,
            text: None,
        }
    }

    /// Sets a header of the request. It is shown nowhere.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.exchange.header(name.as_ref(), value.as_ref());
        self
    }

    /// Sets the only status that passes, such as 204 or 401.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets a text that has to be in the first MiB of the body.
    pub fn body_contains(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
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
        let mut reply = self.exchange.make().await?;
        let asked = self.exchange.shown();
        let (is_good, wanted) = match self.status {
            Some(status) => (reply.status == status, status.to_string()),
            None => (reply.status.is_success(), "2xx".to_owned()),
        };
        if !is_good {
            let remedy = match reply.status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "is the key still valid?",
                StatusCode::NOT_FOUND => "was it moved?",
                StatusCode::TOO_MANY_REQUESTS => "it is asked too often",
                status if status.is_redirection() => "redirects are not followed",
                status if status.is_server_error() => "it is broken, overloaded or stopping",
                _ => "has it changed?",
            };
            fail!(
                "{asked} answered {}, and should answer {wanted}: {remedy}",
                reply.shown()
            );
        }
        if let Some(text) = &self.text {
            match reply.contains(text).await {
                Ok(true) => {}
                Ok(false) => fail!("{asked} answered without {text:?}: has it changed?"),
                Err(why) => fail!("{asked} answered, and {text:?} was not in what came: {why}"),
            }
        }
        Ok(())
    }
}

impl From<Http> for Test {
    fn from(check: Http) -> Self {
        let description = format!("{} answers as it should", check.exchange.shown());
        let within = check.exchange.limit();
        check::test("http", description, within, move || check.clone().look())
    }
}
