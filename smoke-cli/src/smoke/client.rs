//! One request to one replica, on a connection of its own: what is asked for goes nowhere else, whatever
//! is answered and whatever the environment says of proxies.

use std::io;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Host;

use super::replica::{Place, Replica};

/// How long it may take to be connected, with TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// Longer than the report of ten thousand tests.
const LONGEST: usize = 8 << 20;
/// For the head of an answer.
const BUFFER: usize = 64 << 10;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("smoke/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Asks replicas.
pub(crate) struct Client {
    /// Where a target needs it.
    pub(crate) tls: Option<TlsConnector>,
    pub(crate) token: Option<HeaderValue>,
    /// Instead of the target's own.
    pub(crate) host: Option<Authority>,
}

/// A host and a port, for `Host` and for the certificate.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    host: Host,
    written: HeaderValue,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Authority {
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        let failed = || format!("{written:?} is not HOST or HOST:PORT");
        let url = url::Url::parse(&format!("http://{written}/")).map_err(|_| failed())?;
        let is_bare = url.path() == "/" && url.username().is_empty() && url.password().is_none();
        if !is_bare || url.query().is_some() || url.fragment().is_some() {
            return Err(failed());
        }
        Ok(Self {
            host: url.host().ok_or_else(failed)?.to_owned(),
            written: written.parse().map_err(|_| failed())?,
        })
    }
}

impl Client {
    /// Asks for a path under the replica's prefix. Why there is no answer, where there is none.
    pub(crate) async fn ask(
        &self,
        replica: &Replica,
        method: Method,
        path: &str,
        limit: Duration,
    ) -> Result<Reply, String> {
        match timeout(limit, self.exchange(replica, method, path)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!(
                "no answer within {}",
                humantime::format_duration(limit)
            )),
        }
    }

    async fn exchange(
        &self,
        replica: &Replica,
        method: Method,
        path: &str,
    ) -> Result<Reply, String> {
        let request = self.request(replica, method, path)?;
        let name = match &self.host {
            Some(host) => &host.host,
            None => &replica.host,
        };
        let connecting = async {
            let stream = connect(&replica.place).await?;
            // A request is one packet and waits for no other.
            stream.set_nodelay(true)?;
            Ok::<_, io::Error>(match (&self.tls, replica.secure) {
                (Some(tls), true) => {
                    let name = server_name(name).map_err(io::Error::other)?;
                    Stream::Tls(Box::new(tls.connect(name, stream).await?))
                }
                (None, true) => return Err(io::Error::other("TLS was not set up")),
                (_, false) => Stream::Plain(stream),
            })
        };
        let stream = timeout(CONNECT, connecting).await.map_err(|_| {
            format!(
                "no connection within {}",
                humantime::format_duration(CONNECT)
            )
        })?;
        match stream.map_err(|error| format!("no connection: {error}"))? {
            Stream::Plain(stream) => send(stream, request).await,
            Stream::Tls(stream) => send(*stream, request).await,
        }
    }

    fn request(
        &self,
        replica: &Replica,
        method: Method,
        path: &str,
    ) -> Result<Request<Empty<Bytes>>, String> {
        let host = match &self.host {
            Some(host) => host.written.clone(),
            None => {
                HeaderValue::from_str(&replica.authority()).map_err(|error| error.to_string())?
            }
        };
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", replica.prefix))
            .header(HOST, host)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, JSON)
            .header(CONNECTION, HeaderValue::from_static("close"));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        if method == Method::POST {
            request = request.header(CONTENT_LENGTH, 0);
        }
        request
            .body(Empty::new())
            .map_err(|error| error.to_string())
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn connect(place: &Place) -> io::Result<TcpStream> {
    match place {
        Place::Address(address) => TcpStream::connect(address).await,
        Place::Name(name, port) => TcpStream::connect((name.as_str(), *port)).await,
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, String> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| format!("{name:?} cannot be the name of a certificate")),
        Host::Ipv4(ip) => Ok(ServerName::from(std::net::IpAddr::from(*ip))),
        Host::Ipv6(ip) => Ok(ServerName::from(std::net::IpAddr::from(*ip))),
    }
}

async fn send<S>(stream: S, request: Request<Empty<Bytes>>) -> Result<Reply, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| chain(&error))?;
    // A set, so that the connection ends with the question.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let answer = sender.send_request(request).await;
    let (head, body) = answer.map_err(|error| chain(&error))?.into_parts();
    if head.status.is_redirection() {
        let to = head.headers.get(LOCATION);
        let to = to.map_or(String::new(), |to| {
            format!(" to {:?}", String::from_utf8_lossy(to.as_bytes()))
        });
        return Err(format!("{}{to}: redirects are not followed", head.status));
    }
    let body = Limited::new(body, LONGEST).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<hyper::Error>() {
        Some(error) => chain(error),
        None => format!("the answer is longer than {} MiB", LONGEST >> 20),
    })?;
    Ok(Reply {
        status: head.status,
        headers: head.headers,
        body: body.to_bytes(),
    })
}

/// The error with what caused it: hyper's own says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said += &format!(": {error}");
        cause = error.source();
    }
    format!("no answer: {said}")
}
