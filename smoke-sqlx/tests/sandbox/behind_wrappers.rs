//! What an error means is known whatever the application has put around it.

use futures_util::future::join_all;
use smoke_conformance::Wrapper;
use smoke_core::{Backend, Error, Sandbox};
use smoke_sqlx::Rollback;
use sqlx::{Pool, Postgres};

use crate::subject::{Subject, on_every_subject};
use crate::version::ADDS_LINES;

on_every_subject! {
    a_second_connection_is_a_limit_behind_any_wrapper,
    a_write_in_a_sandbox_for_reading_is_a_limit_behind_any_wrapper,
}

/// A database for each wrapper: a file has one sandbox.
async fn productions<S: Subject>() -> Vec<(S::Kept, Pool<S>)> {
    join_all(Wrapper::ALL.map(|_| S::production())).await
}

/// The message and the causes of a test that ends in an error, once for each wrapper.
async fn each<B: Backend, Fut>(
    backend: impl Fn(Wrapper) -> B,
    ends: fn(Sandbox<B::Pool>, Wrapper) -> Fut,
) -> Vec<(Wrapper, String, Vec<String>)>
where
    Fut: Future<Output = Error> + Send + 'static,
{
    let tests = Wrapper::each(backend, ends).await.into_iter();
    let said = tests.map(|(wrapper, test)| (wrapper, test.message.unwrap(), test.causes));
    said.collect()
}

async fn a_second_connection_is_a_limit_behind_any_wrapper<S: Subject>() {
    async fn takes_two<S: Subject>(Sandbox(pool): Sandbox<Pool<S>>, wrapper: Wrapper) -> Error {
        let _first = pool.acquire().await.unwrap();
        wrapper.wrap(pool.acquire().await.unwrap_err())
    }
    let productions = productions::<S>().await;
    let backend = |of: Wrapper| S::backend(&productions[of as usize].1);
    for (wrapper, said, _) in each(backend, takes_two::<S>).await {
        let limit = "limit of the sandbox: a second connection";
        assert!(said.contains(limit), "{wrapper:?}: {said}");
    }
}

async fn a_write_in_a_sandbox_for_reading_is_a_limit_behind_any_wrapper<S: Subject>()
where
    Rollback<S>: Backend<Pool = Pool<S>>,
{
    async fn writes<S: Subject>(Sandbox(pool): Sandbox<Pool<S>>, wrapper: Wrapper) -> Error {
        wrapper.wrap(S::run(&pool, "INSERT INTO t VALUES (1)").await.unwrap_err())
    }
    let productions = productions::<S>().await;
    let backend = |of: Wrapper| Rollback::like(&productions[of as usize].1).read_only();
    for (wrapper, said, _) in each(backend, writes::<S>).await {
        let limit = "limit of the sandbox: the sandbox is read-only";
        assert!(said.contains(limit), "{wrapper:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_contention_behind_any_wrapper() {
    async fn inserts(Sandbox(pool): Sandbox<Pool<Postgres>>, wrapper: Wrapper) -> Error {
        wrapper.wrap(
            Postgres::run(&pool, "INSERT INTO t VALUES (1)")
                .await
                .unwrap_err(),
        )
    }
    let ((), production) = Postgres::production().await;
    let mut holder = production.begin().await.unwrap();
    Postgres::run_on(&mut holder, "LOCK TABLE t").await.unwrap();
    for (wrapper, said, causes) in each(|_| Postgres::backend(&production), inserts).await {
        assert!(
            said.contains("the database was busy"),
            "{wrapper:?}: {said}"
        );
        let all = format!("{said} {}", causes.join(" "));
        let times = all.matches("due to lock timeout").count();
        assert_eq!(times, 1, "{wrapper:?}: {all}");
    }
    holder.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_after_an_error_is_a_limit_behind_any_wrapper() {
    async fn goes_on(Sandbox(pool): Sandbox<Pool<Postgres>>, wrapper: Wrapper) -> Error {
        let mut connection = pool.acquire().await.unwrap();
        let _ = Postgres::run_on(&mut connection, "nonsense").await;
        wrapper.wrap(
            Postgres::run_on(&mut connection, "SELECT 1")
                .await
                .unwrap_err(),
        )
    }
    let ((), production) = Postgres::production().await;
    for (wrapper, said, _) in each(|_| Postgres::backend(&production), goes_on).await {
        let limit = "limit of the sandbox: the application went on after an SQL error";
        assert!(said.contains(limit), "{wrapper:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_the_servers_source_is_left_out() {
    async fn asks(Sandbox(pool): Sandbox<Pool<Postgres>>, wrapper: Wrapper) -> Error {
        wrapper.wrap(
            Postgres::run(&pool, "SELECT license FROM t")
                .await
                .unwrap_err(),
        )
    }
    let ((), production) = Postgres::production().await;
    for (wrapper, said, causes) in each(|_| Postgres::backend(&production), asks).await {
        let all = format!("{said} {}", causes.join(" "));
        assert!(
            all.contains("column \"license\" does not exist"),
            "{wrapper:?}: {all}"
        );
        assert_eq!(all.matches("license").count(), 1, "{wrapper:?}: {all}");
        // A text that has lost its type keeps what sqlx has added.
        let has_line = all.contains(" at line ");
        let keeps = ADDS_LINES && wrapper == Wrapper::Text;
        assert_eq!(has_line, keeps, "{wrapper:?}: {all}");
    }
}
