//! Where a request goes, as the rules for cookies and links see it.

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request};
use url::Url;

/// The site of a request; none where its `Host` cannot be read.
#[derive(Clone)]
pub(super) struct Site(pub(super) Option<Url>);

impl Site {
    /// The site of a request: of its own `Host`, or of the default headers'. The scheme is `https`, so
    /// that the test gets what an application sends over TLS alone. No network lies between the two.
    pub(super) fn of<B>(request: &Request<B>, defaults: &HeaderMap) -> Self {
        let host = [request.headers(), defaults]
            .into_iter()
            .find_map(|headers| headers.get(HOST));
        let host = host.map_or(Ok("localhost"), HeaderValue::to_str);
        let target = request.uri().path_and_query();
        let target = target.map_or(request.uri().path(), |target| target.as_str());
        let url = |host| Url::parse(&format!("https://{host}{target}"));
        Self(host.ok().and_then(|host| url(host).ok()))
    }
}
