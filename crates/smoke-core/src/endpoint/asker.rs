//! Who asks, for the log.

use std::net::SocketAddr;

use http::header::USER_AGENT;
use http::request::Parts;

use crate::Asker;
use crate::access::Viewer;

/// Whoever sent the request with this head from there, as the server says: no header is believed.
/// The query is left out: tokens are in queries.
pub(crate) fn of(head: &Parts, peer: Option<SocketAddr>, viewer: Viewer) -> Asker {
    let trusted = viewer == Viewer::Trusted;
    let who = if trusted { "trusted" } else { "stranger" };
    let mut asker = Asker::new(format!("{} {} ({who})", head.method, head.uri.path()));
    if let Some(address) = peer {
        asker = asker.peer(address);
    }
    if let Some(name) = head.headers.get(USER_AGENT) {
        asker = asker.user_agent(name);
    }
    if trusted { asker } else { asker.stranger() }
}
