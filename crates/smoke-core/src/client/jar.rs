//! The cookies that a client keeps, as a browser keeps them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cookie_store::CookieStore;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::site::Site;

/// A jar of cookies. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Jar(Arc<Mutex<CookieStore>>);

impl Jar {
    /// Adds the cookies for that site which the request does not set itself.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, site: &Site) {
        let Site(Some(url)) = site else { return };
        let mut cookies: Vec<Vec<u8>> = headers
            .get_all(COOKIE)
            .iter()
            .map(|set| set.as_bytes().to_vec())
            .collect();
        let set: Vec<Vec<u8>> = cookies.iter().flat_map(|set| names(set)).collect();
        let store = self.store();
        let kept = store
            .get_request_values(url)
            .filter(|(name, _)| set.iter().all(|set| set != name.as_bytes()))
            .map(|(name, value)| format!("{name}={value}").into_bytes());
        cookies.extend(kept);
        // What came in a header can go in one.
        if let Ok(mut cookies) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
            && !cookies.is_empty()
        {
            cookies.set_sensitive(true);
            headers.insert(COOKIE, cookies);
        }
    }

    /// Keeps the cookies of an answer, and forgets those that it takes back.
    pub(super) fn keep(&self, headers: &HeaderMap, site: &Site) {
        let Site(Some(url)) = site else { return };
        let mut store = self.store();
        for cookie in headers.get_all(SET_COOKIE) {
            // Like a browser, ignores what is not a cookie, and cookies for other sites.
            if let Ok(cookie) = cookie.to_str() {
                let _ = store.parse(cookie, url);
            }
        }
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names in a `Cookie` header.
fn names(cookies: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    cookies.split(|byte| *byte == b';').filter_map(|cookie| {
        let name = cookie.split(|byte| *byte == b'=').next()?;
        Some(name.trim_ascii().to_vec())
    })
}

impl fmt::Debug for Jar {
    /// Without values: they are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies = self.store().iter_any().count();
        f.debug_struct("Jar").field("cookies", &cookies).finish()
    }
}
