//! Closing a connection that somebody else holds.

use std::io;
use std::net::Shutdown;

use socket2::SockRef;
use tokio::net::TcpStream;

/// Ends both directions: whoever reads sees the end, whoever writes gets an error.
pub(super) fn shut(stream: &TcpStream, how: Shutdown) -> io::Result<()> {
    match SockRef::from(stream).shutdown(how) {
        Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
        _ => Ok(()),
    }
}
