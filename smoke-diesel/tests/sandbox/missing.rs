//! A SQLite database whose file is not there, or is none: through every pool.

use std::fs;
use std::path::Path;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use smoke_core::{Backend, RollbackVerdict};
use smoke_diesel::{bb8, deadpool, deadpool_diesel, r2d2};
use tempfile::TempDir;

use crate::subject::open;
#[cfg(feature = "bundled")]
use crate::version::ATTACHES_WHAT_IS_THERE;

type Async = SyncConnectionWrapper<SqliteConnection>;

/// What comes of opening a sandbox of that database: nothing, or an error.
async fn opened<B: Backend>(backend: &B) -> Result<(), smoke_core::Error> {
    let opened = open(backend).await?;
    drop(opened.pool);
    assert!(opened.session.finish().await.is_rolled_back());
    Ok(())
}

/// The same through every pool.
async fn everywhere(url: &str) -> [(&'static str, Result<(), smoke_core::Error>); 4] {
    [
        ("r2d2", opened(&r2d2::Rollback::sqlite(url)).await),
        (
            "deadpool-diesel",
            opened(&deadpool_diesel::Rollback::sqlite(url)).await,
        ),
        (
            "deadpool",
            opened(&deadpool::Rollback::<Async>::sqlite(url)).await,
        ),
        ("bb8", opened(&bb8::Rollback::<Async>::sqlite(url)).await),
    ]
}

/// What SQLite and its older bindings have in common when they say so.
const UNOPENED: &str = "nable to open";

/// Has every pool answer with that, and nothing be made in the folder.
async fn assert_unreachable(url: &str, said: &str, folder: &Path) {
    let before = names(folder);
    for (pool, opened) in everywhere(url).await {
        let error = opened.unwrap_err();
        let verdict = error.downcast_ref::<RollbackVerdict>();
        assert!(
            matches!(verdict, Some(RollbackVerdict::Unreachable { cause }) if cause.contains(said)),
            "{pool}, {url}: {error:?}"
        );
        assert_eq!(names(folder), before, "{pool}, {url}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_named_and_not_made() {
    let (folder, path) = folder();
    for (url, file) in [
        (format!("{path}/app.db"), "app.db"),
        (format!("{path}/50%41#1?mode=rwc"), "50%41#1?mode=rwc"),
        (format!("file:{path}/app.db"), "app.db"),
        (format!("file:{path}/a%20b.db?mode=rwc"), "a b.db"),
        (
            format!("file://{path}/app.db?cache=private&mode=rwc#x"),
            "app.db",
        ),
        (format!("sqlite://{path}/app.db?mode=rwc"), "app.db"),
        (format!("{path}/nowhere/app.db"), "nowhere/app.db"),
    ] {
        let said = format!("the database file is not there: {path}/{file} (");
        assert_unreachable(&url, &said, folder.path()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_nowhere_is_not_followed_to_a_new_file() {
    let (folder, path) = folder();
    let (link, target) = (format!("{path}/link.db"), format!("{path}/app.db"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let said = "the database file is not there: ";
    assert_unreachable(&link, said, folder.path()).await;
    fs::write(&target, "").unwrap();
    for (pool, opened) in everywhere(&link).await {
        opened.unwrap_or_else(|error| panic!("{pool}: {error:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_is_opened_whatever_its_name() {
    let (_folder, path) = folder();
    for (name, url) in [
        ("app.db", format!("sqlite://{path}/app.db?mode=rwc")),
        ("app.db", format!("file:{path}/app.db?cache=private#x")),
        ("50%41 #1?mode=ro&x", format!("{path}/50%41 #1?mode=ro&x")),
        ("50%41 #1?mode=ro&x", {
            format!("file:{path}/50%2541%20%231%3fmode=ro&x")
        }),
        ("smörgås.db", format!("{path}//smörgås.db")),
    ] {
        let made = SqliteConnection::establish(&format!("{path}/{name}"));
        made.unwrap()
            .batch_execute("CREATE TABLE IF NOT EXISTS t (x INTEGER)")
            .unwrap();
        let backend = r2d2::Rollback::sqlite(&url)
            .setup(|connection| connection.batch_execute("SELECT * FROM t"));
        let seen = opened(&backend).await;
        seen.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        for (pool, opened) in everywhere(&url).await {
            opened.unwrap_or_else(|error| panic!("{pool}, {url}: {error:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_is_said_in_the_words_of_sqlite() {
    let (_folder, path) = folder();
    let file = format!("{path}/app.db");
    fs::write(&file, "garbage".repeat(1_000)).unwrap();
    for (pool, opened) in everywhere(&file).await {
        let error = opened.unwrap_err();
        assert_eq!(error.message(), "file is not a database", "{pool}");
    }
}

/// As where the process has no descriptor left.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_is_said_in_the_words_of_sqlite() {
    let (folder, path) = folder();
    let file = format!("{path}/app.db");
    let mut production = SqliteConnection::establish(&file).unwrap();
    production
        .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER)")
        .unwrap();
    drop(production);
    fs::create_dir(format!("{file}-wal")).unwrap();
    assert_unreachable(&file, UNOPENED, folder.path()).await;
    for (pool, opened) in everywhere(&file).await {
        let error = opened.unwrap_err();
        assert!(!error.message().contains("not there"), "{pool}: {error:?}");
    }
    assert_unreachable(&path, UNOPENED, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_that_may_make_the_file_is_refused() {
    let (folder, path) = folder();
    let url = format!("{path}/app.db");
    let managed = {
        let url = url.clone();
        r2d2::Rollback::with_manager(move || {
            ConnectionManager::<SqliteConnection>::new(url.clone())
        })
    };
    let error = opened(&managed).await.unwrap_err();
    assert!(error.message().contains("sqlite(url)"), "{error:?}");
    let managed = bb8::Rollback::<Async>::with_manager(move || {
        AsyncDieselConnectionManager::new(url.clone())
    });
    let error = opened(&managed).await.unwrap_err();
    assert!(error.message().contains("sqlite(url)"), "{error:?}");
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Needs SQLite 3.49, which is the one that is bundled.
#[cfg(feature = "bundled")]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_where_a_set_up_attaches_a_file_that_is_not_there() {
    let (folder, path) = folder();
    let url = format!("{path}/app.db");
    fs::write(&url, "").unwrap();
    let attach = format!("ATTACH '{path}/log.db' AS log; CREATE TABLE log.t (x)");
    let attaching = attach.clone();
    let blocking = r2d2::Rollback::sqlite(&url).setup(move |c| c.batch_execute(&attaching));
    let attaching = attach.clone();
    let behind = deadpool_diesel::Rollback::sqlite(&url);
    let behind = behind.setup(move |c: &mut SqliteConnection| c.batch_execute(&attaching));
    let asynchronous = deadpool::Rollback::<Async>::sqlite(&url).setup(move |connection| {
        let attaching = attach.clone();
        Box::pin(async move {
            connection
                .spawn_blocking(move |connection| connection.batch_execute(&attaching))
                .await
        })
    });
    for opened in [
        opened(&blocking).await,
        opened(&behind).await,
        opened(&asynchronous).await,
    ] {
        let made = if ATTACHES_WHAT_IS_THERE {
            let error = opened.unwrap_err();
            assert!(error.message().contains(UNOPENED), "{error:?}");
            &["app.db"][..]
        } else {
            &["app.db", "log.db"]
        };
        assert_eq!(names(folder.path()), made);
    }
}
