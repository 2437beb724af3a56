//! Who has `Commit` write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use smoke_checks::Commit;
use smoke_conformance::eventually;
use smoke_core::{Endpoint, Registry, Runner, Schedule, Test};
use smoke_testing::PATIENCE;
use sqlx::Sqlite;

use crate::libraries::{Library, Sqlx};
use crate::servers::{Database, Server};

async fn asked(endpoint: &Endpoint, path: &str, token: Option<&str>) -> StatusCode {
    let mut request = Request::builder().uri(path);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let head = request.body(()).unwrap().into_parts().0;
    let route = endpoint.route(path).unwrap();
    endpoint.answer(route, &head).await.status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn only_who_is_trusted_and_asks_has_a_row_committed() {
    let database: Database<Sqlite> = Sqlite::new().await;
    database.run(Sqlite::COMMIT_TABLE).await;
    let rows = async || database.number("SELECT count(*) FROM smoke_commit").await;
    let pool = <Sqlx as Library<Sqlite>>::pool(&database.url, 1).await;
    let scheduled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&scheduled);
    let another = Test::new("shop::opens", move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let registry = Registry::new()
        .test(another)
        .test(Commit::of(&pool).within(PATIENCE))
        .schedule(Schedule::every(Duration::from_millis(100)).slow())
        .token("t0ken");
    let runner = Runner::new(registry);
    let endpoint = Endpoint::new(&runner);

    runner.start();
    let runs = async || scheduled.load(Ordering::SeqCst);
    eventually(PATIENCE, runs, |runs| *runs >= 3).await.unwrap();
    assert_eq!(rows().await, 0);

    // A stranger.
    let status = asked(&endpoint, "/smoketest/", None).await;
    assert_eq!(status, StatusCode::OK);
    let status = asked(&endpoint, "/smoketest/slow/", None).await;
    assert_ne!(status, StatusCode::OK);
    assert_eq!(rows().await, 0);

    let status = asked(&endpoint, "/smoketest/slow/", Some("Bearer t0ken")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(rows().await, 1);
}
