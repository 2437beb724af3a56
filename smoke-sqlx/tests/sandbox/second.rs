//! A second connection at once, of which a handler tells nobody: sqlx does not either.

use std::time::Duration;

use smoke_core::{
    Backend, Error, OpenRequest, Opened, Outcome, Registry, Result, Runner, Sandbox, Selection,
    Test,
};
use sqlx::{Sqlite, SqlitePool};

use crate::subject::Subject;

/// Of which the pool's patience is half.
const LIMIT: Duration = Duration::from_millis(400);

const REMARK: &str = "the sandbox's only connection was in use for ";

async fn takes_two(pool: &SqlitePool) {
    let first = pool.acquire().await.unwrap();
    pool.acquire().await.map(drop).unwrap_err();
    drop(first);
}

/// What a sandbox remarks on a test that has failed, of whose request this was the handler.
async fn remarked(
    limit: Duration,
    handler: impl AsyncFnOnce(&SqlitePool),
    error: Error,
) -> Option<String> {
    let (_kept, production) = Sqlite::production().await;
    let backend = Sqlite::backend(&production);
    let opened = backend.open(OpenRequest::new("shop::a_test", limit)).await;
    let Opened { pool, session } = opened.unwrap();
    session.enter().await.unwrap();
    handler(&pool).await;
    session.leave().await.unwrap();
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
    session.remark(&error)
}

fn answered() -> Error {
    Error::msg("POST /users answered 500")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_held_for_as_long_as_the_pool_waits_is_remarked_on() {
    let mut remark = None;
    // Nobody may have had the time to look, on a machine that is busy.
    for _ in 0..5 {
        remark = remarked(LIMIT, takes_two, answered()).await;
        if remark.is_some() {
            break;
        }
    }
    let remark = remark.unwrap();
    assert!(remark.starts_with(REMARK), "{remark}");
    // The database has said why.
    let error = Error::from(sqlx::Error::RowNotFound);
    assert_eq!(remarked(LIMIT, takes_two, error).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_given_back_in_between_is_not_remarked_on() {
    let remark = remarked(
        5 * LIMIT,
        async |pool| {
            for _ in 0..8 {
                let object = pool.acquire().await.unwrap();
                tokio::time::sleep(LIMIT / 4).await;
                drop(object);
            }
            tokio::time::sleep(LIMIT).await;
        },
        answered(),
    );
    assert_eq!(remark.await, None);
}

/// As that of a second database is, which is down.
#[tokio::test(flavor = "multi_thread")]
async fn another_pool_that_has_nothing_to_give_explains_nothing() {
    let (_kept, production) = Sqlite::production().await;
    let request = OpenRequest::new("shop::a_test", 5 * LIMIT);
    let opened = Sqlite::backend(&production).open(request).await;
    let Opened { pool, session } = opened.unwrap();
    session.enter().await.unwrap();
    drop(pool.acquire().await.unwrap());
    session.leave().await.unwrap();
    let timed_out = || sqlx::Error::PoolTimedOut;
    for error in [timed_out().into(), Error::msg(timed_out())] {
        assert_eq!(session.explain(&error), None, "{error:?}");
    }
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}

/// With the outcome that it has without the remark.
#[tokio::test(flavor = "multi_thread")]
async fn a_remark_stands_beside_what_the_test_said() {
    async fn fails(Sandbox(pool): Sandbox<SqlitePool>) -> Result {
        takes_two(&pool).await;
        smoke_core::ensure!(false, "POST /users answered 500");
        Ok(())
    }
    let (_kept, production) = Sqlite::production().await;
    let backend = smoke_sqlx::Rollback::like(&production).limit(Duration::from_secs(8));
    let registry = Registry::new()
        .rollback(backend)
        .test(Test::new("a", fails));
    let report = Runner::new(registry).run(Selection::fast()).await;
    let [test] = &report.tests[..] else {
        panic!("{report:?}")
    };
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let said = test.message.as_deref().unwrap();
    assert!(said.starts_with("POST /users answered 500"), "{said}");
    assert!(said.contains(REMARK), "{said}");
}
