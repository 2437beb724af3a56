//! What is known of an error that a handler keeps to itself: sqlx tells nobody but the caller.

use smoke_core::rollback::LastError;
use sqlx::{MySql, Postgres, Sqlite};

use crate::subject::{Sandbox, Subject, on_every_subject};

on_every_subject! {
    it_is_of_its_request_alone,
}

const INSERT: &str = "INSERT INTO t VALUES (1)";

trait Shows: Subject {
    /// Whether that is what is known of a duplicate key.
    fn is_duplicate(error: &LastError) -> bool;
}

fn said(error: &LastError, part: &str) -> bool {
    matches!(error, LastError::Said(said) if said.contains(part))
}

impl Shows for MySql {
    fn is_duplicate(error: &LastError) -> bool {
        said(error, "Duplicate entry")
    }
}

impl Shows for Postgres {
    fn is_duplicate(error: &LastError) -> bool {
        *error == LastError::Unseen
    }
}

impl Shows for Sqlite {
    fn is_duplicate(error: &LastError) -> bool {
        said(error, "UNIQUE constraint failed")
    }
}

/// What is known of the error of a request that does this.
async fn request<S: Shows>(sandbox: &Sandbox<S>, statements: &[&str]) -> Option<LastError> {
    // What was said before is not the request's.
    sandbox.session.enter().await.unwrap();
    sandbox.session.take_last_error();
    for sql in statements {
        let _ = sandbox.run(sql).await;
    }
    sandbox.session.leave().await.unwrap();
    sandbox.session.take_last_error()
}

async fn it_is_of_its_request_alone<S: Shows>() {
    let sandbox = Sandbox::<S>::open().await;
    let error = request(&sandbox, &[INSERT, INSERT]).await.unwrap();
    assert!(S::is_duplicate(&error), "{error:?}");
    let _ = sandbox.run(INSERT).await;
    assert_eq!(request(&sandbox, &[]).await, None);
    assert_eq!(request(&sandbox, &["SELECT 1"]).await, None);
    assert_eq!(request(&sandbox, &["SELECT * FROM t"]).await, None);
    let error = request(&sandbox, &[INSERT, INSERT, "SELECT 1"]).await;
    assert!(S::is_duplicate(&error.unwrap()));
    // Nobody knows of an error that a request before has met, nor of one of the test itself.
    let _ = sandbox.run(INSERT).await;
    let _ = sandbox.run(INSERT).await;
    assert_eq!(request(&sandbox, &["SELECT 1", "SELECT 1"]).await, None);
    assert!(sandbox.finish().await.is_rolled_back());
}

/// What is known of an error within a transaction that is then rolled back.
async fn rolled_back<S: Shows>() -> Option<LastError>
where
    for<'c> &'c mut S::Connection: Send,
{
    let sandbox = Sandbox::<S>::open().await;
    sandbox.session.enter().await.unwrap();
    sandbox.run(INSERT).await.unwrap();
    let mut transaction = sandbox.pool.begin().await.unwrap();
    S::run_on(&mut transaction, INSERT).await.unwrap_err();
    drop(transaction);
    sandbox.session.leave().await.unwrap();
    let found = sandbox.session.take_last_error();
    assert!(sandbox.finish().await.is_rolled_back());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_rolled_back_hides_it_but_on_mariadb() {
    assert_eq!(rolled_back::<Sqlite>().await, None);
    assert_eq!(rolled_back::<Postgres>().await, None);
    let error = rolled_back::<MySql>().await.unwrap();
    assert!(MySql::is_duplicate(&error), "{error:?}");
}
