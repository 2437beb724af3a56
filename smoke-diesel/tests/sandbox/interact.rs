//! Using a sandbox from an asynchronous test.

use std::error::Error;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use smoke_diesel::r2d2::Interact;

use crate::subject::sqlite::Sqlite;
use crate::subject::{Sandbox, Subject};

#[tokio::test(flavor = "multi_thread")]
async fn a_value_comes_back() {
    let sandbox = Sandbox::<Sqlite>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let db = smoke_core::Sandbox(sandbox.pool.clone());
    let rows = db
        .interact(|connection| {
            sql::<BigInt>("SELECT count(*) FROM t").get_result::<i64>(connection)
        })
        .await
        .unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_the_functions_own() {
    let sandbox = Sandbox::<Sqlite>::open().await;
    let error = sandbox
        .pool
        .interact(|_| Err::<(), _>(smoke_core::Failure::new("the till is empty")))
        .await
        .unwrap_err();
    let error = smoke_core::Error::from(error);
    assert_eq!(error.kind(), smoke_core::ErrorKind::Failed);
    assert_eq!(error.message(), "the till is empty");
    assert!(error.causes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_in_use_is_named() {
    let sandbox = Sandbox::<Sqlite>::open().await;
    let _held = Sqlite::hold(&sandbox.pool).await;
    let asked = sandbox.pool.interact(|_| QueryResult::Ok(()));
    let error = asked.await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the sandbox's one connection is not free"),
        "{error}"
    );
    assert!(error.source().is_some());
}
