//! Which paths are the endpoint's.

use std::fmt;

/// What a path under the prefix asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// The tests that are not slow: `{prefix}` and `{prefix}/`.
    Fast,
    /// All tests: `{prefix}/slow` and `{prefix}/slow/`.
    Slow,
    /// Whether the process can answer: `{prefix}/live`.
    Live,
    /// Whether its beginning is over: `{prefix}/startup`.
    Startup,
    /// Whether it is to get traffic: `{prefix}/ready`.
    Ready,
    /// Whether its scheduled runs pass: `{prefix}/status`.
    Status,
    /// What is known, as OpenMetrics: `{prefix}/metrics`. Needs the feature `metrics`.
    Metrics,
    /// What happens in the runs, as server-sent events: `{prefix}/events`.
    Events,
    /// What is known of the tests, for people: `{prefix}/page`. Needs the feature `page`, as its parts do.
    Page,
    /// How the page looks: `{prefix}/page/style.css`.
    PageStyle,
    /// What makes the page live: `{prefix}/page/script.js`.
    PageScript,
    /// What stands beside the page's title: `{prefix}/page/icon.svg`.
    PageIcon,
    /// A path that does not exist.
    Unknown,
}

/// A path of whole segments under which the endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix(Box<str>);

/// The error for a prefix under which nothing could be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixError(String);

impl Prefix {
    pub(crate) fn parse(path: &str) -> Result<Self, PrefixError> {
        let error = || PrefixError(path.to_owned());
        let trimmed = path.strip_suffix('/').unwrap_or(path);
        let segments = trimmed.strip_prefix('/').ok_or_else(error)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
        // Routers take a segment that begins with a colon or an asterisk for a parameter.
        let good = |segment: &str| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && !segment.starts_with([':', '*'])
                && segment.bytes().all(plain)
        };
        if segments.split('/').all(good) {
            Ok(Self(trimmed.into()))
        } else {
            Err(error())
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    #[inline]
    pub(crate) fn route(&self, path: &str) -> Option<Route> {
        // Nearly every path is the application's: that is told by a byte, before strings are compared.
        if !matches!(path.as_bytes().get(self.0.len()), None | Some(b'/')) {
            return None;
        }
        path.strip_prefix(&*self.0).map(route)
    }
}

#[cold]
fn route(rest: &str) -> Route {
    match rest.strip_suffix('/').unwrap_or(rest) {
        "" => Route::Fast,
        "/slow" => Route::Slow,
        "/live" => Route::Live,
        "/startup" => Route::Startup,
        "/ready" => Route::Ready,
        "/status" => Route::Status,
        "/events" => Route::Events,
        #[cfg(feature = "page")]
        "/page" => Route::Page,
        #[cfg(feature = "page")]
        "/page/style.css" => Route::PageStyle,
        #[cfg(feature = "page")]
        "/page/script.js" => Route::PageScript,
        #[cfg(feature = "page")]
        "/page/icon.svg" => Route::PageIcon,
        "/metrics" if cfg!(feature = "metrics") => Route::Metrics,
        _ => Route::Unknown,
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("/smoketest".into())
    }
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} cannot be a prefix: write a path of plain segments like \"/smoketest\" or \"/internal/smoke\"",
            self.0
        )
    }
}

impl std::error::Error for PrefixError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_of_whole_segments() {
        let prefix = Prefix::default();
        for (path, route) in [
            ("/smoketest", Some(Route::Fast)),
            ("/smoketest/", Some(Route::Fast)),
            ("/smoketest/slow", Some(Route::Slow)),
            ("/smoketest/slow/", Some(Route::Slow)),
            ("/smoketest/live", Some(Route::Live)),
            ("/smoketest/startup/", Some(Route::Startup)),
            ("/smoketest/ready", Some(Route::Ready)),
            ("/smoketest/ready/", Some(Route::Ready)),
            ("/smoketest/status/", Some(Route::Status)),
            ("/smoketest/events", Some(Route::Events)),
            ("/smoketest/ready//", Some(Route::Unknown)),
            ("/smoketest/ready/x", Some(Route::Unknown)),
            ("/smoketest//", Some(Route::Unknown)),
            ("/smoketest/slower", Some(Route::Unknown)),
            ("/smoketests", None),
            ("/smoketest%2F", None),
            ("/Smoketest", None),
            ("/", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(prefix.route(path), route, "{path}");
        }
    }

    #[test]
    fn a_prefix_that_cannot_be_reached_is_refused() {
        assert_eq!(
            Prefix::parse("/internal/smoke/").unwrap().as_str(),
            "/internal/smoke"
        );
        for path in [
            "", "/", "smoke", "//", "/a//b", "/a?b", "/a#b", "/a b", "/../a", "/é", "/a%20b",
            "/:a", "/a/*b",
        ] {
            assert!(
                Prefix::parse(path)
                    .unwrap_err()
                    .to_string()
                    .contains(&format!("{path:?}")),
                "{path}"
            );
        }
    }
}
