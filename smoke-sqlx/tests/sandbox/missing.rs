//! A SQLite database whose file is not there, or is none.

use std::fs;
use std::path::Path;

use smoke_core::{Error, RollbackVerdict};
use smoke_sqlx::Rollback;
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::subject::{Subject, open};

/// What comes of opening a sandbox: nothing, or an error.
async fn opened(backend: Rollback<Sqlite>) -> Result<(), Error> {
    let opened = open(&backend).await?;
    drop(opened.pool);
    assert!(opened.session.finish().await.is_rolled_back());
    Ok(())
}

/// The ways to name a database that an application may have made with.
fn ways(file: &Path) -> [Rollback<Sqlite>; 5] {
    let options = || SqliteConnectOptions::new().create_if_missing(true);
    let path = file.to_str().unwrap();
    let made = options()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().connect_lazy_with(made.clone());
    [
        Rollback::new(format!("sqlite://{path}?mode=rwc")),
        Rollback::new(format!("sqlite:{path}?mode=rwc&cache=shared")),
        Rollback::with_options(made),
        Rollback::with_options(options().filename(format!("file://{path}?mode=rwc"))),
        Rollback::like(&pool),
    ]
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let said = format!("the database file is not there: {} (", file.display());
    for backend in ways(&file) {
        let error = opened(backend).await.unwrap_err();
        let verdict = error.downcast_ref::<RollbackVerdict>();
        assert!(
            matches!(verdict, Some(RollbackVerdict::Unreachable { cause }) if cause.contains(&said)),
            "{error:?}"
        );
        assert_eq!(names(folder.path()), [""; 0]);
    }
    // As production makes it.
    let options = SqliteConnectOptions::new().filename(&file);
    let pool = SqlitePoolOptions::new().connect_lazy_with(options.create_if_missing(true));
    Sqlite::run(&pool, "CREATE TABLE t (x INTEGER)")
        .await
        .unwrap();
    pool.close().await;
    for backend in ways(&file) {
        opened(backend).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_or_cannot_be_opened_is_said_in_the_words_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    fs::write(&file, "garbage".repeat(1_000)).unwrap();
    for backend in ways(&file) {
        let error = opened(backend).await.unwrap_err();
        assert!(
            error.message().contains("file is not a database"),
            "{error:?}"
        );
    }
    fs::remove_file(&file).unwrap();
    // As where the process has no descriptor left.
    fs::create_dir(&file).unwrap();
    for backend in ways(&file) {
        let error = opened(backend).await.unwrap_err();
        assert!(
            error.message().contains("unable to open database file"),
            "{error:?}"
        );
        assert!(!error.message().contains("not there"), "{error:?}");
    }
}
