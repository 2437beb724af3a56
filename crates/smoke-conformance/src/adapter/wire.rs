//! Requests over real connections.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) type SentBody = BoxBody<Bytes, Infallible>;

/// The whole answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(HeaderValue::to_str);
        value.and_then(Result::ok).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Fails unless the endpoint answered with that status and that verdict, in one of its
    /// formats.
    pub(super) fn is_verdict(&self, status: u16, verdict: &str) -> Result<(), String> {
        let text = self.text();
        let line = text.lines().next().unwrap_or_default();
        let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        let said = line == verdict || json.is_some_and(|json| json["status"] == verdict);
        if self.status == status && self.header("x-smoke-status") == verdict && said {
            return Ok(());
        }
        Err(format!(
            "{status} {verdict} was expected, and this came: {self:?}"
        ))
    }

    /// Fails unless the application answered, through its middleware.
    pub(super) fn is_of_the_application(&self) -> Result<(), String> {
        if !self.headers.contains_key("x-smoke-status") && self.header("x-app") == "yes" {
            return Ok(());
        }
        Err(format!(
            "the application was expected to answer, and this came: {self:?}"
        ))
    }

    pub(super) fn contains(&self, part: &str) -> Result<(), String> {
        if self.text().contains(part) {
            return Ok(());
        }
        Err(format!("{part:?} is missing in {self:?}"))
    }
}

/// A connection over which requests are sent one after the other.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<SentBody>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// The answer, its body still to come.
    pub(super) async fn begin(
        &mut self,
        mut request: Request<SentBody>,
    ) -> Result<Response<Incoming>, String> {
        let name = format!("{} {}", request.method(), request.uri());
        self.sender
            .ready()
            .await
            .map_err(|error| format!("{name}: the connection was closed: {error}"))?;
        if request.version() == Version::HTTP_11 {
            request
                .headers_mut()
                .entry(HOST)
                .or_insert(HeaderValue::from_static("shop.example"));
        }
        let answer = self.sender.send_request(request).await;
        answer.map_err(|error| format!("{name} was not answered: {error}"))
    }

    pub(super) async fn send(&mut self, request: Request<SentBody>) -> Result<Answer, String> {
        let name = format!("{} {}", request.method(), request.uri());
        let (head, body) = self.begin(request).await?.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| format!("the answer to {name} broke off: {error}"))?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    pub(super) async fn get(&mut self, target: &str) -> Result<Answer, String> {
        self.send(request(Method::GET, target)?).await
    }
}

/// Sends one request over a connection of its own.
pub(super) async fn send(
    address: SocketAddr,
    request: Request<SentBody>,
) -> Result<Answer, String> {
    Connection::open(address).await?.send(request).await
}

pub(super) async fn get(address: SocketAddr, target: &str) -> Result<Answer, String> {
    send(address, request(Method::GET, target)?).await
}

/// A request without a body.
pub(super) fn request(method: Method, target: &str) -> Result<Request<SentBody>, String> {
    let request = Request::builder().method(method).uri(target);
    request.body(whole("")).map_err(|error| error.to_string())
}

/// A GET with a header.
pub(super) fn with_header(
    target: &str,
    name: &'static str,
    value: &str,
) -> Result<Request<SentBody>, String> {
    let request = Request::get(target).header(name, value);
    request.body(whole("")).map_err(|error| error.to_string())
}

/// A POST with a body.
pub(super) fn post(target: &str, body: SentBody) -> Result<Request<SentBody>, String> {
    Request::post(target)
        .body(body)
        .map_err(|error| error.to_string())
}

/// A body whose length is sent.
pub(super) fn whole(bytes: impl Into<Bytes>) -> SentBody {
    Full::new(bytes.into()).boxed()
}

/// A body that is sent in chunks, without its length.
pub(super) fn chunked(chunks: Vec<Bytes>) -> SentBody {
    let chunks = futures_util::stream::iter(chunks.into_iter().map(Ok));
    BodyExt::boxed(StreamBody::new(chunks.map_ok(Frame::data)))
}

/// Writes bytes and reads until the server closes the connection.
pub(super) async fn exchange(address: SocketAddr, bytes: &'static str) -> Result<String, String> {
    let exchanging = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(bytes.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    exchanging
        .await
        .map_err(|error| format!("{bytes:?}: {error}"))
}
