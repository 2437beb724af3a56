//! What a gRPC application says of a call beside a status of 200.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;

/// Whether the application refused a gRPC call: its head says so, or what comes after its body
/// ([gRPC]).
///
/// [gRPC]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#[derive(Clone, Debug, Default)]
pub(super) struct Refused(Arc<AtomicBool>);

impl Refused {
    /// Reads the headers of an answer, or its trailers.
    pub(super) fn note(&self, headers: &HeaderMap) {
        let status = headers.get("grpc-status");
        if status.is_some_and(|status| status != "0") {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
