//! A savepoint for each statement, where that is asked for.

use smoke_core::Result;

#[cfg(feature = "savepoint-each-statement")]
pub(crate) use smoke_pg_relay::Relay;

/// Nothing, where the feature is not chosen.
#[cfg(not(feature = "savepoint-each-statement"))]
pub(crate) enum Relay {}

/// The URL that a sandbox connects with instead of that one, and what goes with its pool.
#[cfg(feature = "savepoint-each-statement")]
pub(crate) async fn by_way_of_relay(
    wanted: bool,
    url: Option<&str>,
) -> Result<Option<(String, Relay)>> {
    if !wanted {
        return Ok(None);
    }
    let url = url.ok_or_else(|| {
        smoke_core::Error::msg(
            "savepoint_each_statement() has to know the database's URL: \
             make the Rollback with postgres(url) instead of with_manager(..)",
        )
    })?;
    smoke_pg_relay::by_way_of_relay(url).await.map(Some)
}

#[cfg(not(feature = "savepoint-each-statement"))]
pub(crate) async fn by_way_of_relay(_: bool, _: Option<&str>) -> Result<Option<(String, Relay)>> {
    Ok(None)
}
