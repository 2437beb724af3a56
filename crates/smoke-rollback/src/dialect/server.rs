//! Databases on a server, which ends a connection when another one asks for it.

use std::future::Future;
use std::time::Duration;

use super::Ended;
use crate::Link;

/// How often to look whether a connection that was ended is gone, and the pause between.
pub(super) const GONE: (u32, Duration) = (60, Duration::from_millis(5));

/// A connection as its server knows it.
pub(super) trait Server<L: Link>: Sync {
    /// Whether the server shows the connection to another one, or may hide it.
    fn is_listed(
        &self,
        other: &mut L::Connection,
    ) -> impl Future<Output = Result<bool, L::Error>> + Send;

    /// Tells the server to end the connection, from another one.
    fn tell_to_end(
        &self,
        other: &mut L::Connection,
    ) -> impl Future<Output = Result<(), L::Error>> + Send;

    /// Whether what was said then means that there was nothing left to end.
    fn was_gone(&self, _said: &L::Error) -> bool {
        false
    }
}

/// Ends the connection by way of another one, whatever it is doing. Waits until `closing` has passed
/// for one that is about to be closed anyway.
pub(super) async fn end<L: Link>(
    mut other: L::Connection,
    server: &impl Server<L>,
    closing: Duration,
) -> Result<Ended, String> {
    let said = |error: L::Error| L::said(&error);
    let (times, pause) = GONE;
    let patience = closing.as_millis() / pause.as_millis().max(1);
    for _ in 0..patience {
        if !server.is_listed(&mut other).await.map_err(said)? {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    let mut ended = Ended::Before;
    for _ in 0..times {
        if !server.is_listed(&mut other).await.map_err(said)? {
            return Ok(ended);
        }
        match server.tell_to_end(&mut other).await {
            Err(error) if server.was_gone(&error) => return Ok(ended),
            told => told.map_err(said)?,
        }
        ended = Ended::Now;
        tokio::time::sleep(pause).await;
    }
    Err("it was told to end and is still there".to_owned())
}
