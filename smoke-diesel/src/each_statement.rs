//! A savepoint for each statement, where that is asked for.

use smoke_core::rollback::postgres::each_statement::{self, Relay};
use smoke_core::{Error, Result};

/// The URL that a sandbox connects with instead of that one, and what goes with its pool.
pub(crate) async fn by_way_of_relay(
    wanted: bool,
    url: Option<&str>,
) -> Result<Option<(String, Relay)>> {
    if !wanted {
        return Ok(None);
    }
    let url = url.ok_or_else(|| {
        Error::msg(
            "savepoint_each_statement() has to know the database's URL: \
             make the Rollback with postgres(url) instead of with_manager(..)",
        )
    })?;
    each_statement::by_way_of_relay(url).await.map(Some)
}
