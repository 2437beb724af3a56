//! One request over HTTP/1.1, on a connection of its own: it goes nowhere else, whatever is answered and
//! whatever the environment says of proxies.

use std::path::PathBuf;
use std::time::Duration;

use http::header::{CONNECTION, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use smoke_core::{Error, Failure, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::chain::chain;
use crate::check::shown;
use crate::connect::connect;
use crate::trust::{handshake, host_of};

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("smoke-checks/", env!("CARGO_PKG_VERSION")));
/// Of a body, in bytes.
const MOST: usize = 1 << 20;

/// A request that is made each time.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    url: Result<Url, String>,
    /// Instead of the URL's.
    host: Option<String>,
    headers: Result<HeaderMap, String>,
    roots: Option<PathBuf>,
    within: Duration,
}

/// What came back. Nobody has read the body yet: it may have no end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    to: Option<String>,
    body: Incoming,
    /// How long reading it may take.
    left: Duration,
    /// Ends with this, and the connection with it.
    _driving: JoinSet<hyper::Result<()>>,
}

impl Exchange {
    pub(crate) fn get(url: &str) -> Self {
        Self {
            url: parse(url),
            host: None,
            headers: Ok(HeaderMap::new()),
            roots: None,
            within: Duration::from_secs(5),
        }
    }

    pub(crate) fn host(&mut self, host: String) {
        self.host = Some(host);
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        // The error must not have the value in it.
        let problem = || format!("the header {name:?} or its value cannot be sent");
        let parsed = HeaderName::try_from(name)
            .ok()
            .zip(HeaderValue::try_from(value).ok());
        match (&mut self.headers, parsed) {
            (Ok(headers), Some((name, mut value))) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            (headers, None) => *headers = Err(problem()),
            (Err(_), _) => {}
        }
    }

    pub(crate) fn roots(&mut self, file: PathBuf) {
        self.roots = Some(file);
    }

    pub(crate) fn within(&mut self, limit: Duration) {
        self.within = limit;
    }

    pub(crate) fn limit(&self) -> Duration {
        self.within
    }

    /// What is asked, without a query, in which there may be secrets.
    pub(crate) fn shown(&self) -> String {
        match &self.url {
            Ok(url) => {
                let mut bare = url.clone();
                bare.set_query(None);
                bare.set_fragment(None);
                bare.to_string()
            }
            Err(_) => "what is no URL".to_owned(),
        }
    }

    /// Makes the request, and waits for the head of the answer.
    ///
    /// # Errors
    ///
    /// A failure when there is no answer; an error when the request cannot be made.
    pub(crate) async fn make(&self) -> Result<Reply> {
        let url = self.url.as_ref().map_err(Error::msg)?;
        let headers = self.headers.as_ref().map_err(Error::msg)?;
        let request = self.request(url, headers)?;
        let began = Instant::now();
        match timeout(self.within, self.send(url, request)).await {
            Ok(ended) => ended.map(|reply| Reply {
                left: self.within.saturating_sub(began.elapsed()),
                ..reply
            }),
            Err(_) => Err(self.unanswered(format!("nothing came within {}", shown(self.within)))),
        }
    }

    fn request(&self, url: &Url, headers: &HeaderMap) -> Result<Request<Empty<Bytes>>> {
        let host = match &self.host {
            Some(host) => host.clone(),
            // The port is left out where it is the scheme's own.
            None => url[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
        };
        let mut request = Request::get(&url[url::Position::BeforePath..url::Position::AfterQuery])
            .header(HOST, host)
            .header(USER_AGENT, AGENT)
            .header(CONNECTION, HeaderValue::from_static("close"))
            .body(Empty::new())?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }

    async fn send(&self, url: &Url, request: Request<Empty<Bytes>>) -> Result<Reply> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let stream = connect(&format!("{host}:{port}"), self.within).await?;
        if url.scheme() == "http" {
            return self.over(stream, request).await;
        }
        let name = match &self.host {
            Some(host) => host_of(host),
            None => host,
        };
        let stream = handshake(name, self.roots.as_deref(), &["http/1.1"], stream).await?;
        self.over(stream, request).await
    }

    async fn over<S>(&self, stream: S, request: Request<Empty<Bytes>>) -> Result<Reply>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let unanswered = |error: hyper::Error| self.unanswered(chain(&error));
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(unanswered)?;
        // A set, so that the connection ends with the reply.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(unanswered)?
            .into_parts();
        let to = head.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        Ok(Reply {
            status: head.status,
            to: to.map(|to| to.split(['?', '#']).next().unwrap_or_default().to_owned()),
            body,
            left: self.within,
            _driving: driving,
        })
    }

    fn unanswered(&self, why: String) -> Error {
        Failure::new(format!("{} does not answer: {why}", self.shown())).into()
    }
}

impl Reply {
    /// `302 Found to "/login"`.
    pub(crate) fn shown(&self) -> String {
        match &self.to {
            Some(to) if self.status.is_redirection() => format!("{} to {to:?}", self.status),
            _ => self.status.to_string(),
        }
    }

    /// Whether the text is in the beginning of the body. No more is read than that takes.
    ///
    /// # Errors
    ///
    /// What kept the rest from coming.
    pub(crate) async fn contains(&mut self, text: &str) -> Result<bool, String> {
        match timeout(self.left, contains(&mut self.body, text.as_bytes())).await {
            Ok(ended) => ended.map_err(|error| chain(&error)),
            Err(_) => Err("no more of it came in time".to_owned()),
        }
    }
}

fn parse(url: &str) -> Result<Url, String> {
    // There may be a password in it, which has to be said nowhere.
    let url = Url::parse(url).map_err(|error| format!("the URL cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the URL is neither http:// nor https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL has a user in it: write .header(\"authorization\", ..)".to_owned());
    }
    Ok(url)
}

async fn contains(body: &mut Incoming, text: &[u8]) -> hyper::Result<bool> {
    if text.is_empty() {
        return Ok(true);
    }
    let mut read = Vec::new();
    while read.len() < MOST
        && let Some(frame) = body.frame().await
    {
        let frame = frame?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        // It may have begun in what came before.
        let from = (read.len() + 1).saturating_sub(text.len());
        let most = data.len().min(MOST - read.len());
        read.extend_from_slice(&data[..most]);
        let mut places = read[from..].windows(text.len());
        if places.any(|place| place == text) {
            return Ok(true);
        }
    }
    Ok(false)
}
