//! Databases on a server, which ends a connection when another one asks for it.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::absent::GONE;
use sqlx::{ConnectOptions, Error};

use super::{Database, Ended, Options};

/// A database on a server.
pub(super) trait Server: Database {
    /// Counts the connections that are this one, from another one.
    fn count<'c>(
        other: &'c mut Self::Connection,
        outside: &'c Self::Outside,
    ) -> BoxFuture<'c, Result<i64, Error>>;

    /// Tells the server to end a connection, from another one; whether it was there.
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
        let patience = u32::try_from(closing.as_millis() / pause.as_millis().max(1));
        // At least once: where another server answered, that says so.
        let patience = patience.unwrap_or(times).max(1);
        if is_gone::<DB>(&mut other, outside, (patience, pause)).await? {
            return Ok(Some(Ended::Before));
        }
        if !DB::tell_to_end(&mut other, outside).await? {
            return Ok(Some(Ended::Before));
        }
        let gone = is_gone::<DB>(&mut other, outside, GONE).await?;
        Ok::<_, Error>(gone.then_some(Ended::Now))
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

/// Whether the server no longer has the connection, at last.
async fn is_gone<DB: Server>(
    other: &mut DB::Connection,
    outside: &DB::Outside,
    (times, pause): (u32, Duration),
) -> Result<bool, Error> {
    for at in 0..times {
        if DB::count(other, outside).await? == 0 {
            return Ok(true);
        }
        if at + 1 < times {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(false)
}
