//! What an application does with an r2d2 pool, whatever the database.

use diesel::QueryResult;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection, R2D2Connection};
use diesel::result::Error;
use smoke_diesel::r2d2::Interact;

use super::Held;

pub(super) async fn run<C>(pool: &Pool<ConnectionManager<C>>, sql: &str) -> Result<(), String>
where
    C: R2D2Connection + Send + 'static,
{
    let sql = sql.to_owned();
    pool.interact(move |connection| connection.batch_execute(&sql))
        .await
        .map_err(|error| error.to_string())
}

pub(super) async fn transaction<C>(pool: &Pool<ConnectionManager<C>>, sql: &str, commit: bool)
where
    C: R2D2Connection + Send + 'static,
{
    let sql = sql.to_owned();
    let ended = pool.interact(move |connection| {
        connection.transaction(|connection| {
            connection.batch_execute(&sql)?;
            if commit {
                Ok(())
            } else {
                Err(Error::RollbackTransaction)
            }
        })
    });
    assert_eq!(ended.await.is_ok(), commit);
}

pub(super) async fn hold<C>(pool: &Pool<ConnectionManager<C>>) -> Held
where
    C: R2D2Connection + Send + 'static,
{
    let pool = pool.clone();
    let held = tokio::task::spawn_blocking(move || pool.get().unwrap());
    Box::new(held.await.unwrap())
}

pub(super) async fn run_on<C>(held: &mut Held, sql: &str) -> Result<(), String>
where
    C: R2D2Connection + Send + 'static,
{
    let held: &mut PooledConnection<ConnectionManager<C>> = held.downcast_mut().unwrap();
    held.batch_execute(sql).map_err(|error| error.to_string())
}

pub(super) async fn panic<C>(pool: &Pool<ConnectionManager<C>>)
where
    C: R2D2Connection + Send + 'static,
{
    let panicked = pool.interact(|_| -> QueryResult<()> { panic!("the till is empty") });
    let error = panicked.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the function panicked: the till is empty"
    );
}
