//! A second connection at once.

use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use smoke_core::{Backend, Error, OpenRequest, Opened};
use smoke_sea_orm::Rollback;

use crate::Production;

/// Of which the pool's patience is half.
const LIMIT: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_at_once_is_a_limit_of_the_sandbox() {
    let production = Production::on_sqlite().await;
    let backend = Rollback::like(&production.connection);
    let opened = backend.open(OpenRequest::new("shop::a_test", LIMIT)).await;
    let Opened { pool, session } = opened.unwrap();
    let first = pool.begin().await.unwrap();
    let error = pool.execute_unprepared("SELECT 1").await.unwrap_err();
    drop(first);
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
    let said = session.explain(&Error::from(error)).unwrap().to_string();
    let wanted = "limit of the sandbox: a second connection was asked for";
    assert!(said.starts_with(wanted), "{said}");
}
