//! What the layer makes of the header by which services tell each other of smoke tests.

use std::time::{Instant, SystemTime};

use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::Endpoint;
use crate::remote::{Unproven, verify};
use crate::{CalledBySmokeTest, SmokeRequest};

static HEADER: HeaderName = HeaderName::from_static(SmokeRequest::HEADER);

impl Endpoint {
    /// Removes the header [`SmokeRequest::HEADER`] from a request to the application. If the header is
    /// signed with a known key, puts [`CalledBySmokeTest`] into the request's extensions.
    ///
    /// Any other header is logged (`tracing`, target `smoke`), at most one line a minute.
    #[inline]
    pub fn receive<B>(&self, request: &mut Request<B>) {
        if self.wants_arrival() {
            self.look_at(request);
        }
        if let Some(called) = self.take(request.headers_mut()) {
            request.extensions_mut().insert(called);
        }
    }

    /// [`receive`](Self::receive) for frameworks with their own request type. Removes the header, and
    /// returns what the adapter has to put into the request's extensions.
    #[inline]
    pub fn take(&self, headers: &mut HeaderMap) -> Option<CalledBySmokeTest> {
        if !headers.contains_key(&HEADER) {
            return None;
        }
        let values = remove(headers);
        self.believe(values.iter().map(HeaderValue::as_bytes))
    }

    /// [`take`](Self::take) for frameworks with their own header map. Reads the values of the header,
    /// which the adapter has to remove in any case.
    pub fn believe<'v>(
        &self,
        values: impl IntoIterator<Item = &'v [u8]>,
    ) -> Option<CalledBySmokeTest> {
        let mut values = values.into_iter();
        let first = values.next()?;
        let origin = match values.next() {
            None => verify(self.runner.signing_keys(), first, SystemTime::now()),
            Some(_) => Err(Unproven::Several),
        };
        match origin {
            Ok(origin) => Some(CalledBySmokeTest::new(origin)),
            Err(refusal) => {
                self.runner.trail().forged(refusal, Instant::now());
                None
            }
        }
    }
}

#[cold]
fn remove(headers: &mut HeaderMap) -> Vec<HeaderValue> {
    match headers.entry(&HEADER) {
        Entry::Occupied(entry) => entry.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => Vec::new(),
    }
}
