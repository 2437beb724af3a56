//! From where an answer came, for the requests that it leads to.

use http::header::HOST;
use http::{HeaderValue, Request};
use url::Url;

#[cfg(feature = "cookies")]
use super::jar::Jar;
use super::site::Site;
use crate::{AppBody, AppUnderTest};

/// The request before, and who sent it.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) app: AppUnderTest,
    #[cfg(feature = "cookies")]
    pub(super) jar: Option<Jar>,
    /// None where the request's `Host` cannot be read.
    pub(super) url: Option<Url>,
    /// The `Host` that the request set itself.
    pub(super) host: Option<HeaderValue>,
}

impl Visit {
    pub(super) fn of(
        request: &Request<AppBody>,
        app: &AppUnderTest,
        #[cfg(feature = "cookies")] jar: Option<Jar>,
    ) -> Self {
        let Site(url) = Site::of(request, app.default_headers());
        Self {
            app: app.clone(),
            #[cfg(feature = "cookies")]
            jar,
            url,
            host: request.headers().get(HOST).cloned(),
        }
    }
}
