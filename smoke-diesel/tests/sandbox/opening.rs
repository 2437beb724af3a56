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

mod on_sqlite {
    use std::fmt;

    use diesel::SqliteConnection;
    use diesel::connection::SimpleConnection;
    use diesel::r2d2::{CustomizeConnection, Error};
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
    async fn a_database_that_cannot_roll_back_is_refused() {
        let subject = Sqlite::new().await;
        let backend = subject
            .rollback()
            .setup(|connection| connection.batch_execute("PRAGMA journal_mode = OFF"));
        let error = open(&backend).await.unwrap_err();
        assert!(error.message().contains("journal_mode = OFF"), "{error:?}");
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
        let backend = Rollback::new(subject.url())
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

    #[tokio::test(flavor = "multi_thread")]
    async fn a_setup_that_panics_is_an_error() {
        let subject = Sqlite::new().await;
        let backend = Rollback::new(subject.url()).setup(|_| panic!("the till is empty"));
        let error = open(&backend).await.unwrap_err();
        assert!(error.message().contains("panicked"), "{error:?}");
        open(&subject.backend()).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_setup_that_meets_a_writer_is_contention() {
        let subject = Sqlite::new().await;
        let mut writer = subject.connect();
        writer.batch_execute("BEGIN IMMEDIATE").unwrap();
        let backend = Rollback::new(subject.url())
            .setup(|connection| connection.batch_execute("INSERT INTO t VALUES (1)"));
        let error = open(&backend).await.unwrap_err();
        assert!(error.downcast_ref::<RollbackVerdict>().is_some());
    }

    #[test]
    fn it_says_what_it_is_and_what_it_bears() {
        let backend = Rollback::new("app.db").capacity(3);
        assert_eq!(backend.describe(), "diesel r2d2 on SQLite");
        assert_eq!(Backend::capacity(&backend), 1);
        assert_eq!(Backend::limit(&backend).as_secs(), 1);
    }
}

mod on_postgres {
    use diesel::dsl::sql;
    use diesel::sql_types::Text;
    use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
    use smoke_core::Backend;
    use smoke_diesel::deadpool::Rollback;

    use super::*;
    use crate::subject::Sandbox;
    use crate::subject::postgres::Postgres;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_limits_are_set_on_the_server() {
        let sandbox = Sandbox::<Postgres>::open_with_its_limit().await;
        let mut connection = sandbox.pool.get().await.unwrap();
        for (setting, value) in [
            ("statement_timeout", "2s"),
            ("lock_timeout", "100ms"),
            ("tcp_user_timeout", "2000"),
            ("idle_in_transaction_session_timeout", "2s"),
            ("application_name", "smoke shop::a_test"),
        ] {
            let set = sql::<Text>(&format!("SELECT current_setting('{setting}')"))
                .get_result::<String>(&mut connection)
                .await
                .unwrap();
            assert_eq!(set, value, "{setting}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_application_that_only_reads_gets_a_sandbox_that_only_reads() {
        let subject = Postgres::new().await;
        let backend = subject.rollback().setup(|connection| {
            Box::pin(async {
                connection
                    .batch_execute("SET default_transaction_read_only = on")
                    .await
            })
        });
        let opened = open(&backend).await.unwrap();
        let error = Postgres::run(&opened.pool, "CREATE TABLE u (x INTEGER)").await;
        assert!(error.unwrap_err().contains("read-only"));
        drop(opened.pool);
        assert!(opened.session.finish().await.is_rolled_back());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_role_that_may_not_even_make_temporary_tables_is_refused_its_commit() {
        let admin = std::env::var("SMOKE_TEST_POSTGRES_ADMIN_URL").expect(
            "SMOKE_TEST_POSTGRES_ADMIN_URL is not set: it has to name a role that may create roles and databases",
        );
        let name = format!("s{}", uuid::Uuid::new_v4().simple());
        let mut connection = diesel_async::AsyncPgConnection::establish(&admin)
            .await
            .unwrap();
        for sql in [
            format!("CREATE DATABASE {name}"),
            format!("REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC"),
            format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'"),
        ] {
            connection.batch_execute(&sql).await.unwrap();
        }
        let (_, server) = admin.rsplit_once('@').unwrap();
        let (server, _) = server.split_once('/').unwrap();
        let url = format!("postgres://{name}:secret@{server}/{name}");
        let opened = open(&Rollback::postgres(url)).await.unwrap();
        let escaping = async {
            opened.session.enter().await.unwrap();
            let refused = Postgres::run(&opened.pool, "COMMIT").await.unwrap_err();
            assert!(refused.contains("refuses_to_commit"), "{refused}");
            opened.session.leave().await.unwrap_err()
        };
        let verdict = escaping.await.to_string();
        assert!(
            verdict.contains("DATA MAY HAVE BEEN COMMITTED"),
            "{verdict}"
        );
        assert!(verdict.contains("its COMMIT was refused"), "{verdict}");
        drop(opened.pool);
        opened.session.finish().await;
        for sql in [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("DROP ROLE {name}"),
        ] {
            connection.batch_execute(&sql).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_lock_of_production_is_not_waited_for() {
        let sandbox = Sandbox::<Postgres>::open().await;
        let mut production = sandbox.subject.connect().await;
        production
            .batch_execute("BEGIN; LOCK TABLE t")
            .await
            .unwrap();
        let error = sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
        assert!(error.contains("due to lock timeout"), "{error}");
        production.batch_execute("ROLLBACK").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_is_not_said() {
        for url in [
            "postgres://app:secret@127.0.0.1:1/app",
            "postgres://app:secret@127.0.0.1:port/app",
            "host=127.0.0.1 port=1 user=app password=secret dbname",
        ] {
            let error = open(&Rollback::new(url)).await.unwrap_err();
            assert!(!format!("{error:#}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn it_says_what_it_is_and_what_it_bears() {
        let backend = Rollback::new("postgres://localhost").capacity(3);
        assert_eq!(backend.describe(), "diesel-async deadpool on PostgreSQL");
        assert_eq!(Backend::capacity(&backend), 3);
        assert_eq!(Backend::limit(&backend).as_secs(), 2);
    }
}
