//! Databases on a server, which ends a connection when another one asks for it.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::absent::GONE;
use sqlx::{ConnectOptions, Error};

use super::{Database, Ended, Options};

/// A database on a server.
pub(super) trait Server: Database {
    /// Whether the server shows the connection to another one.
    fn is_listed<'c>(
        other: &'c mut Self::Connection,
        outside: &'c Self::Outside,
    ) -> BoxFuture<'c, Result<bool, Error>>;

    /// Tells the server to end the connection, from another one; whether it was there.
    fn tell_to_end<'c>(
        other: &'c mut Self::Connection,
        outside: &'c Self::Outside,
    ) -> BoxFuture<'c, Result<bool, Error>>;
}

/// Ends the connection, whatever it is doing. Waits until `closing` has passed for one that is
/// about to be closed anyway.
pub(super) fn end<'o, DB: Server>(
    outside: &'o DB::Outside,
    options: &'o Options<DB>,
    closing: Duration,
) -> BoxFuture<'o, Result<Ended, String>> {
    let ending = async move {
        let mut other = options.connect().await?;
        let (times, pause) = GONE;
        let patience = closing.as_millis() / pause.as_millis().max(1);
        for _ in 0..patience {
            if !DB::is_listed(&mut other, outside).await? {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        let mut ended = Ended::Before;
        for _ in 0..times {
            if !DB::tell_to_end(&mut other, outside).await? {
                return Ok(Some(ended));
            }
            ended = Ended::Now;
            tokio::time::sleep(pause).await;
        }
        Ok::<_, Error>(None)
    };
    async move {
        match ending.await {
            Ok(Some(ended)) => Ok(ended),
            Ok(None) => Err("it was told to end and is still there".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
    .boxed()
}
