//! What an application does with an r2d2 pool, whatever the database.

use std::any::Any;

use diesel::QueryResult;
use diesel::r2d2::{ConnectionManager, Pool, R2D2Connection};
use smoke_diesel::r2d2::{Interact, InteractError};

pub(crate) async fn execute<C>(pool: &Pool<ConnectionManager<C>>, sql: &str) -> Result<(), String>
where
    C: R2D2Connection + Send + 'static,
{
    let sql = sql.to_owned();
    let ran = pool
        .interact(move |connection| connection.batch_execute(&sql))
        .await;
    ran.map_err(|error| error.to_string())
}

pub(crate) async fn transaction<C>(
    pool: &Pool<ConnectionManager<C>>,
    sql: &str,
) -> Result<(), String>
where
    C: R2D2Connection + Send + 'static,
{
    let sql = sql.to_owned();
    let ran = pool.interact(move |connection| {
        connection.transaction(|connection| connection.batch_execute(&sql))
    });
    ran.await
        .map_err(|error: InteractError<diesel::result::Error>| error.to_string())
}

pub(crate) async fn hold<C>(
    pool: &Pool<ConnectionManager<C>>,
) -> Result<Box<dyn Any + Send>, String>
where
    C: R2D2Connection + Send + 'static,
{
    Ok(Box::new(pool.get().map_err(|error| error.to_string())?))
}

pub(crate) async fn number<C>(
    pool: &Pool<ConnectionManager<C>>,
    ask: impl FnOnce(&mut C) -> QueryResult<i64> + Send + 'static,
) -> Result<i64, String>
where
    C: R2D2Connection + Send + 'static,
{
    let asked = pool.interact(ask).await;
    asked.map_err(|error| error.to_string())
}
