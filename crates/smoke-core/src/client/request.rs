//! A request in the making.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use serde::Serialize;

#[cfg(feature = "cookies")]
use super::jar::Jar;
#[cfg(feature = "cookies")]
use super::site::Site;
#[cfg(feature = "html")]
use super::visit::Visit;
use super::{Response, target};
use crate::{AppBody, AppUnderTest, CallOptions, RequestError};

/// A request that [`send`](Self::send) or [`send_blocking`](Self::send_blocking) sends.
///
/// An error in building it is returned by `send`. The first one counts.
///
/// # Examples
///
/// ```
/// use smoke_core::{Client, Result};
///
/// async fn the_newest_orders_are_listed(client: Client) -> Result {
///     let orders: Vec<String> = client
///         .get("/orders")
///         .query(&[("sort", "newest"), ("limit", "10")])
///         .header("accept-language", "en")
///         .bearer("a token of a test account")
///         .send()
///         .await?
///         .ensure_status(200)?
///         .json()?;
///     drop(orders);
///     Ok(())
/// }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    app: AppUnderTest,
    name: String,
    request: Result<Request<Content>, Source>,
    options: CallOptions,
    #[cfg(feature = "cookies")]
    jar: Option<Jar>,
}

type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Default)]
struct Content {
    bytes: Option<Bytes>,
    /// Used where the test sets no `Content-Type` of its own.
    media_type: Option<HeaderValue>,
}

impl RequestBuilder {
    pub(super) fn new(app: AppUnderTest, method: Method, path: &str) -> Self {
        let name = format!("{method} {}", target::name(path));
        let request = target::parse(path).map(|target| {
            let mut request = Request::new(Content::default());
            *request.method_mut() = method;
            *request.uri_mut() = target;
            request
        });
        Self {
            app,
            name,
            request: request.map_err(Into::into),
            options: CallOptions {
                as_arrived: true,
                ..CallOptions::default()
            },
            #[cfg(feature = "cookies")]
            jar: None,
        }
    }

    /// Sends the cookies in a jar, and keeps those of the answer there.
    #[cfg(feature = "cookies")]
    pub(super) fn keeping(self, jar: Option<Jar>) -> Self {
        Self { jar, ..self }
    }

    /// A request that cannot be sent, for a reason.
    #[cfg(feature = "html")]
    pub(super) fn refused(self, reason: String) -> Self {
        self.with(|_| Err(reason.into()))
    }

    /// Adds a header, beside those of the same name.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        N::Error: Into<http::Error>,
        V: TryInto<HeaderValue>,
        V::Error: Into<http::Error>,
    {
        self.with(|request| {
            let name: HeaderName = name
                .try_into()
                .map_err(|error| format!("a header's name cannot be used: {}", error.into()))?;
            let value = value
                .try_into()
                .map_err(|error| unusable(&name, error.into()))?;
            request.headers_mut().append(name, value);
            Ok(())
        })
    }

    /// Sets headers, and replaces those of the same names.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.with(|request| {
            for name in headers.keys() {
                request.headers_mut().remove(name);
            }
            // A name comes with the first of its values alone.
            let mut last = None;
            for (name, value) in headers {
                last = name.or(last);
                if let Some(name) = &last {
                    request.headers_mut().append(name, value);
                }
            }
            Ok(())
        })
    }

    /// Sets `Authorization` to a bearer token.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.with(|request| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|error| unusable(&AUTHORIZATION, error.into()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Adds a cookie. Its value is sent as it is, so a `;` in it has to be encoded.
    pub fn cookie(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        self.with(|request| {
            // The syntax of a name is that of a header's name: a token of RFC 9110.
            HeaderName::try_from(name).map_err(|_| {
                format!("a cookie cannot have the name {name:?}: letters, digits, - and _ are safe")
            })?;
            if value.contains(';') || value.trim() != value {
                return Err(unfit(name));
            }
            let before = request.headers().get_all(COOKIE).iter();
            let mut cookies: Vec<&[u8]> = before.map(HeaderValue::as_bytes).collect();
            let cookie = format!("{name}={value}");
            cookies.push(cookie.as_bytes());
            let mut cookies =
                HeaderValue::try_from(cookies.join(&b"; "[..])).map_err(|_| unfit(name))?;
            cookies.set_sensitive(true);
            request.headers_mut().insert(COOKIE, cookies);
            Ok(())
        })
    }

    /// Adds parameters to the query. They come from a struct, a map or a list of pairs, and are
    /// encoded like a form.
    pub fn query(self, query: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| {
            let more = serde_urlencoded::to_string(query)
                .map_err(|error| format!("the query cannot be encoded: {error}"))?;
            if !more.is_empty() {
                *request.uri_mut() = target::with_query(request.uri(), &more)?;
            }
            Ok(())
        })
    }

    /// Sets the body to a value as JSON. Sets `Content-Type` unless it is set already.
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| {
            let json = serde_json::to_vec(body)
                .map_err(|error| format!("the body cannot be written as JSON: {error}"))?;
            *request.body_mut() = Content {
                bytes: Some(json.into()),
                media_type: Some(HeaderValue::from_static("application/json")),
            };
            Ok(())
        })
    }

    /// Sets the body to a form. Sets `Content-Type` unless it is set already.
    pub fn form(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.with(|request| {
            let form = serde_urlencoded::to_string(body)
                .map_err(|error| format!("the form cannot be encoded: {error}"))?;
            *request.body_mut() = Content {
                bytes: Some(form.into()),
                media_type: Some(HeaderValue::from_static(
                    "application/x-www-form-urlencoded",
                )),
            };
            Ok(())
        })
    }

    /// Sets the body to one of `multipart/form-data`. Sets `Content-Type` unless it is set already.
    #[cfg(feature = "html")]
    pub(super) fn multipart(self, body: Vec<u8>, boundary: &str) -> Self {
        self.with(|request| {
            let media_type = format!("multipart/form-data; boundary={boundary}");
            *request.body_mut() = Content {
                bytes: Some(body.into()),
                media_type: Some(media_type.try_into()?),
            };
            Ok(())
        })
    }

    /// Sets the body, as it is.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.with(|request| {
            *request.body_mut() = Content {
                bytes: Some(body.into()),
                media_type: None,
            };
            Ok(())
        })
    }

    /// Adds an extension to the request, as a server or middleware in front of the application does:
    /// for example the client's address.
    pub fn extension<T: Clone + Send + Sync + 'static>(self, extension: T) -> Self {
        self.with(|request| {
            request.extensions_mut().insert(extension);
            Ok(())
        })
    }

    /// Says that the request touches no database. Without this, a request that is meant to write and
    /// takes no connection from the sandbox is an error.
    ///
    /// Use it too for a request that is expected to be refused, if the application answers errors
    /// with 200: a refusal is recognised by a 4xx or a gRPC status. Use it only for requests that
    /// leave nothing behind: what they write elsewhere is not rolled back.
    pub fn without_database(mut self) -> Self {
        self.options.without_database = true;
        self
    }

    /// Sets the upper bound of the answer's body, in bytes. 1 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// Sends the request and collects the answer, whatever its status.
    ///
    /// `Host` is `localhost` unless set, here or with [`AppFactory::header`](crate::AppFactory::header).
    /// The version of HTTP is that of the request that asked for the run ([`Arrival`](crate::Arrival)).
    /// From HTTP/2 on, the host is in the request's target, as with a server.
    ///
    /// # Errors
    ///
    /// When the request is invalid, when there is no answer, and when it is not certain that the
    /// request's writes can be rolled back.
    pub async fn send(self) -> Result<Response, RequestError> {
        let request = self.request.map_err(|source| RequestError::Invalid {
            request: self.name.clone(),
            source,
        });
        #[cfg_attr(
            not(feature = "cookies"),
            expect(unused_mut, reason = "cookies are added")
        )]
        let mut request = finished(request?);
        #[cfg(feature = "html")]
        let visit = Visit::of(
            &request,
            &self.app,
            #[cfg(feature = "cookies")]
            self.jar.clone(),
        );
        #[cfg(feature = "cookies")]
        let kept = self.jar.map(|jar| {
            let site = Site::of(&request, self.app.default_headers());
            jar.add_to(request.headers_mut(), &site);
            (jar, site)
        });
        let answer = self.app.call(request, self.options).await?;
        #[cfg(feature = "cookies")]
        if let Some((jar, site)) = kept {
            jar.keep(answer.headers(), &site);
        }
        Ok(Response::new(
            self.name,
            answer,
            #[cfg(feature = "html")]
            visit,
        ))
    }

    /// [`send`](Self::send) for blocking tests.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). When called from asynchronous code, whose thread it would
    /// block.
    pub fn send_blocking(self) -> Result<Response, RequestError> {
        let (app, name) = (self.app.clone(), self.name.clone());
        app.block_on(self.send()).unwrap_or_else(|error| {
            Err(RequestError::Blocking {
                request: name,
                message: error.message().to_owned(),
            })
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Request<Content>) -> Result<(), Source>) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(error) = change(request)
        {
            self.request = Err(error);
        }
        self
    }
}

/// The request as it is sent, with the headers that say what its body is.
fn finished(request: Request<Content>) -> Request<AppBody> {
    let (mut head, Content { bytes, media_type }) = request.into_parts();
    if let Some(media_type) = media_type {
        head.headers.entry(CONTENT_TYPE).or_insert(media_type);
    }
    // RFC 9110, 8.6: these methods say so also where there is no body.
    let expects_body = matches!(head.method, Method::POST | Method::PUT | Method::PATCH);
    if bytes.is_some() || expects_body {
        let length = bytes.as_ref().map_or(0, Bytes::len);
        head.headers
            .entry(CONTENT_LENGTH)
            .or_insert(HeaderValue::from(length));
    }
    let body = Full::new(bytes.unwrap_or_default());
    Request::from_parts(head, body.map_err(|never| match never {}).boxed_unsync())
}

/// Values may be secrets: the message names the header alone.
fn unusable(name: &HeaderName, error: http::Error) -> Source {
    format!("the value of the header {name} cannot be used: {error}").into()
}

fn unfit(name: &str) -> Source {
    format!("the value of the cookie {name} cannot be sent as it is: percent-encode it").into()
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("request", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
