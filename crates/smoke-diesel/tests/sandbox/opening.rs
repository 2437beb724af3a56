//! Opening a sandbox, and what can stand in its way.

use crate::subject::{Subject, on_every_subject, open};

on_every_subject! {
    a_database_that_is_down_is_an_error,
    sandboxes_are_opened_one_after_the_other,
}

async fn a_database_that_is_down_is_an_error<S: Subject>() {
    let (backend, said) = S::unreachable();
    let error = open(&backend).await.unwrap_err();
    assert!(error.message().contains(said), "{error:?}");
}

async fn sandboxes_are_opened_one_after_the_other<S: Subject>() {
    let subject = S::new().await;
    let backend = subject.backend();
    for _ in 0..20 {
        let opened = open(&backend).await.unwrap();
        S::run(&opened.pool, "INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        drop(opened.pool);
        assert!(opened.session.finish().await.is_rolled_back());
    }
    assert_eq!(subject.rows().await, 0);
}

#[cfg(feature = "sqlite")]
mod on_sqlite {
    use std::fmt;

    use diesel::SqliteConnection;
    use diesel::connection::SimpleConnection;
    use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error};
    use smoke_core::{Backend, RollbackVerdict};
    use smoke_diesel::r2d2::Rollback;

    use super::*;
    use crate::subject::sqlite::Sqlite;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_in_memory_database_is_refused() {
        for url in [":memory:", "", "file::memory:?cache=shared"] {
            let error = open(&Rollback::new(url)).await.unwrap_err();
            assert!(error.message().contains("in-memory"), "{url}: {error:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_elsewhere_is_contention() {
        let subject = Sqlite::new().await;
        let mut writer = subject.connect();
        writer.batch_execute("BEGIN IMMEDIATE").unwrap();
        let error = open(&subject.backend()).await.unwrap_err();
        let verdict = error.downcast_ref::<RollbackVerdict>();
        assert!(
            matches!(verdict, Some(RollbackVerdict::Contended { .. })),
            "{error:?}"
        );
        writer.batch_execute("ROLLBACK").unwrap();
        open(&subject.backend()).await.unwrap();
    }

    struct ForeignKeys;

    impl fmt::Debug for ForeignKeys {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("ForeignKeys")
        }
    }

    impl CustomizeConnection<SqliteConnection, Error> for ForeignKeys {
        fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), Error> {
            connection
                .batch_execute("PRAGMA foreign_keys = ON; CREATE TABLE IF NOT EXISTS u (x)")
                .map_err(Error::QueryError)
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_connection_is_set_up_as_the_applications() {
        let subject = Sqlite::new().await;
        let url = subject.url();
        let backend = Rollback::with_manager(move || ConnectionManager::new(url.clone()))
            .customizer(ForeignKeys)
            .setup(|connection| connection.batch_execute("CREATE TABLE IF NOT EXISTS w (x)"));
        let opened = open(&backend).await.unwrap();
        let sql = "CREATE TABLE child (x REFERENCES t (x)); INSERT INTO u VALUES (1);
                   INSERT INTO w VALUES (1)";
        Sqlite::run(&opened.pool, sql).await.unwrap();
        Sqlite::run(&opened.pool, "INSERT INTO child VALUES (3)")
            .await
            .expect_err("a foreign key");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_setup_that_fails_is_an_error() {
        let subject = Sqlite::new().await;
        let backend = Rollback::new(subject.url())
            .setup(|connection| connection.batch_execute("SELECT nonsense"));
        let error = open(&backend).await.unwrap_err();
        assert!(error.message().contains("nonsense"), "{error:?}");
    }

    #[test]
    fn it_says_what_it_is_and_what_it_bears() {
        let backend = Rollback::new("app.db");
        assert_eq!(backend.describe(), "diesel r2d2 on SQLite");
        assert_eq!(backend.capacity(), 1);
        assert_eq!(Backend::limit(&backend).as_secs(), 1);
    }
}
