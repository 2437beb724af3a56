//! Between two sandboxes on SQLite production's writers are let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use smoke_core::{Registry, Runner, Sandbox, Test};

use crate::causes::run;
use crate::subject::Subject;
use crate::subject::sqlite::Sqlite;

/// So many that hardly anybody gets in between the first of them by chance.
const SANDBOXES: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn production_does_not_wait_for_more_than_its_turn() {
    let subject = Sqlite::new().await;
    let (begun, met) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let body = {
        let (begun, met, url) = (Arc::clone(&begun), Arc::clone(&met), subject.url());
        move |Sandbox(pool): Sandbox<<Sqlite as Subject>::Pool>| {
            let (begun, met, url) = (Arc::clone(&begun), Arc::clone(&met), url.clone());
            async move {
                if begun.fetch_add(1, Ordering::SeqCst) == 0 {
                    std::thread::spawn(move || {
                        let mut production = SqliteConnection::establish(&url).unwrap();
                        let sql = "PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE; ROLLBACK";
                        production.batch_execute(sql).unwrap();
                        met.store(begun.load(Ordering::SeqCst), Ordering::SeqCst);
                    });
                }
                Sqlite::run(&pool, "INSERT INTO t VALUES (1)").await?;
                // Long enough for the longest of SQLite's sleeps.
                tokio::time::sleep(Duration::from_millis(350)).await;
                Ok::<_, smoke_core::Error>(())
            }
        }
    };
    let tests =
        (0..SANDBOXES).map(|number| Test::new(format!("shop::test_{number}"), body.clone()));
    let registry = tests.fold(Registry::new().rollback(subject.backend()), Registry::test);
    let report = run(&Runner::new(registry)).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    let met = met.load(Ordering::SeqCst);
    assert!((1..=3).contains(&met), "{met} sandboxes were open before");
}
