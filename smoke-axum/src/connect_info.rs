//! The peer's address, where `into_make_service_with_connect_info` puts it.

use std::net::SocketAddr;

#[cfg(feature = "tokio")]
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::Extensions;

/// The peer that the server has named, if any.
#[cfg(feature = "tokio")]
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map(|ConnectInfo(peer)| *peer)
}

#[cfg(not(feature = "tokio"))]
pub(crate) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

/// Names the peer of a test's request, unless the test has done so.
#[cfg(feature = "tokio")]
pub(crate) fn put(peer: Option<SocketAddr>, request: &mut Request) {
    let extensions = request.extensions_mut();
    if let (Some(peer), None) = (peer, self::peer(extensions)) {
        extensions.insert(ConnectInfo(peer));
    }
}

#[cfg(not(feature = "tokio"))]
pub(crate) fn put(_: Option<SocketAddr>, _: &mut Request) {}
