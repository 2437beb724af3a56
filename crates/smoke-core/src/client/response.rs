//! The answer to a request.

use std::fmt;

use bytes::Bytes;
use http::header::LOCATION;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;

use super::excerpt;
#[cfg(feature = "html")]
use super::visit::Visit;
use crate::{Failure, Trailers};

/// The application's answer, with its whole body.
///
/// The `ensure_` functions are assertions. They return the answer, or a [`Failure`] that names the
/// request and shows the answer. A `Failure` is a standard error, so `?` works in functions that
/// return [`Result`](crate::Result), `anyhow::Result` or a boxed error.
///
/// # Examples
///
/// ```
/// use smoke_core::Client;
///
/// async fn the_start_page_is_there(client: Client) -> anyhow::Result<()> {
///     let page = client.get("/").send().await?;
///     let page = page.ensure_status(200)?.ensure_header("content-type", "text/html; charset=utf-8")?;
///     anyhow::ensure!(page.text()?.starts_with("<!doctype html>"));
///     Ok(())
/// }
/// ```
pub struct Response {
    pub(super) request: String,
    answer: http::Response<Bytes>,
    #[cfg(feature = "html")]
    pub(super) visit: Visit,
}

impl Response {
    pub(super) fn new(
        request: String,
        answer: http::Response<Bytes>,
        #[cfg(feature = "html")] visit: Visit,
    ) -> Self {
        Self {
            request,
            answer,
            #[cfg(feature = "html")]
            visit,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The first value of a header. None if the header is missing or its value is not text.
    #[must_use]
    pub fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers().get(name.as_ref())?.to_str().ok()
    }

    /// The extensions that the application added to the answer. They exist only in process.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        self.answer.extensions()
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        self.answer.body()
    }

    /// The trailers after the body, if there were any.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        let trailers = self.extensions().get::<Trailers>()?;
        Some(&trailers.0)
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// When it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> Result<String, Failure> {
        match std::str::from_utf8(self.bytes()) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(self.failure("answered with a body that is not UTF-8 text", error)),
        }
    }

    /// The value that the body holds as JSON, whatever its `Content-Type`.
    ///
    /// # Errors
    ///
    /// When the body is not JSON, or not the JSON of a `T`.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        match serde_json::from_slice(self.bytes()) {
            Ok(value) => Ok(value),
            Err(error) => {
                Err(self.failure("answered with a body that is not the JSON expected", error))
            }
        }
    }

    /// Asserts the status: a number, or a [`StatusCode`].
    ///
    /// # Errors
    ///
    /// When the status is another one.
    #[track_caller]
    pub fn ensure_status<S>(self, wanted: S) -> Result<Self, Failure>
    where
        StatusCode: PartialEq<S>,
        S: fmt::Display,
    {
        if self.status() == wanted {
            return Ok(self);
        }
        Err(self.unwanted(wanted))
    }

    /// Asserts a status from 200 to 299.
    ///
    /// # Errors
    ///
    /// When the status is another one.
    #[track_caller]
    pub fn ensure_success(self) -> Result<Self, Failure> {
        if self.status().is_success() {
            return Ok(self);
        }
        Err(self.unwanted("a success"))
    }

    /// Asserts a redirect whose `Location` is exactly this text.
    ///
    /// # Errors
    ///
    /// When the status is not from 300 to 399, or `Location` differs.
    #[track_caller]
    pub fn ensure_redirect_to(self, location: impl AsRef<str>) -> Result<Self, Failure> {
        let location = location.as_ref();
        if !self.status().is_redirection() {
            return Err(self.unwanted(format_args!("a redirect to {location}")));
        }
        self.ensure_header(LOCATION, location)
    }

    /// Asserts that a header has a value. If the header occurs several times, one of its values has to
    /// match.
    ///
    /// # Errors
    ///
    /// When the header is missing or has other values.
    #[track_caller]
    pub fn ensure_header(
        self,
        name: impl AsRef<str>,
        value: impl AsRef<str>,
    ) -> Result<Self, Failure> {
        let (name, value) = (name.as_ref(), value.as_ref());
        let mut values = self.headers().get_all(name).iter().peekable();
        let message = if values.peek().is_none() {
            format!(
                "{} answered without the header {name}, wanted {value:?}",
                self.request
            )
        } else if values.any(|found| found == value) {
            return Ok(self);
        } else {
            let found: Vec<_> = self.headers().get_all(name).iter().map(shown).collect();
            format!(
                "{} answered with the header {name} {}, wanted {value:?}",
                self.request,
                found.join(" and ")
            )
        };
        Err(Failure::new(message))
    }

    /// Converts the answer into the types of the `http` crate.
    #[must_use]
    pub fn into_http(self) -> http::Response<Bytes> {
        self.answer
    }

    #[track_caller]
    pub(super) fn unwanted(&self, wanted: impl fmt::Display) -> Failure {
        Failure::new(format!(
            "{} answered {}, wanted {wanted}; body: {}",
            self.request,
            self.status(),
            excerpt::of_body(self.bytes())
        ))
    }

    #[track_caller]
    fn failure(&self, what: &str, error: impl fmt::Display) -> Failure {
        Failure::new(format!(
            "{} {what}: {error}; body: {}",
            self.request,
            excerpt::of_body(self.bytes())
        ))
    }
}

fn shown(value: &HeaderValue) -> String {
    match value.to_str() {
        Ok(text) => format!("\"{}\"", excerpt::of_text(text)),
        Err(_) => format!("(binary, {} bytes)", value.len()),
    }
}

impl fmt::Debug for Response {
    /// The request, the status and the size of the body: headers and bodies hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("request", &self.request)
            .field("status", &self.status())
            .field("body_bytes", &self.bytes().len())
            .finish_non_exhaustive()
    }
}
