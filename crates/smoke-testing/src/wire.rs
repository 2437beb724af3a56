//! Requests that are written out, at a server's socket.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::PATIENCE;

/// Sends bytes and reads what comes until the server closes the connection.
///
/// # Errors
///
/// When the connection fails, and when the server takes more than [`PATIENCE`].
pub async fn exchange(server: SocketAddr, request: &str) -> io::Result<String> {
    patiently(async {
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(request.as_bytes()).await?;
        rest(&mut stream).await
    })
    .await
}

/// Reads what still comes until the other side closes the connection.
///
/// # Errors
///
/// When the connection fails, and when the other side takes more than [`PATIENCE`].
pub async fn rest(stream: &mut TcpStream) -> io::Result<String> {
    let mut rest = String::new();
    patiently(stream.read_to_string(&mut rest)).await?;
    Ok(rest)
}

/// Reads until that text has come.
///
/// # Errors
///
/// When the connection fails or ends before, and when the server takes more than [`PATIENCE`].
pub async fn read_until(stream: &mut TcpStream, text: &str) -> io::Result<String> {
    let mut seen = Vec::new();
    let reading = patiently(async {
        while !seen.ends_with(text.as_bytes()) {
            seen.push(stream.read_u8().await?);
        }
        Ok(())
    });
    let read = reading.await;
    let seen = String::from_utf8_lossy(&seen).into_owned();
    match read {
        Ok(()) => Ok(seen),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("{error} before {text:?} came, after {seen:?}"),
        )),
    }
}

async fn patiently<T>(waiting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|elapsed| Err(io::Error::new(io::ErrorKind::TimedOut, elapsed)))
}
