//! `PoolConnection` and `PoolUse`.

use std::time::Duration;

use smoke_checks::database::Pool;
use smoke_checks::{PoolConnection, PoolUse};
use smoke_conformance::eventually;
use smoke_core::{Outcome, Scope};
use smoke_testing::PATIENCE;

use crate::libraries::{Library, everywhere};
use crate::servers::{Database, Server};
use crate::support::{run, said};

everywhere! {
    a_pool_gives_a_connection_unless_all_are_in_use = exhausted;
    a_database_that_lets_nobody_in_fails = unreachable;
}

async fn exhausted<L: Library<S>, S: Server>() {
    let database: Database<S> = S::new().await;
    let pool = L::pool(&database.url, 1).await;
    let connection = || PoolConnection::of(&pool).within(PATIENCE);

    let test = run(connection()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.name, "checks::pool_connection");
    assert_eq!(test.scope, Scope::Shared);
    // It was given back.
    let look = async || pool.occupancy().percent();
    eventually(PATIENCE, look, |percent| *percent == 0)
        .await
        .unwrap();
    let test = run(PoolUse::of(&pool)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");

    let kept = L::keep(&pool).await;
    let test = run(connection().within(Duration::from_millis(20))).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    for words in [
        "the pool gave no connection",
        "1 of at most 1 connections are in use",
        "Find out who keeps",
    ] {
        assert!(said(&test).contains(words), "{test:?}");
    }
    let test = run(PoolUse::of(&pool)).await;
    assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
    assert!(
        said(&test).contains("the pool is 100 % full, above 80 %"),
        "{test:?}"
    );
    let test = run(PoolUse::of(&pool).above(100)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");

    // Whoever gave up stands in nobody's way.
    drop(kept);
    let test = run(connection()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
}

async fn unreachable<L: Library<S>, S: Server>() {
    let database: Database<S> = S::new().await;
    let url = match database.url.split_once("://") {
        // Nobody listens on that port.
        Some((scheme, _)) => format!("{scheme}://app:secret@127.0.0.1:1/app"),
        None => "file:/nowhere/app.db?mode=rw".to_owned(),
    };
    let pool = L::pool(&url, 3).await;
    let test = run(PoolConnection::of(&pool).within(Duration::from_millis(200))).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    for words in [
        "the pool gave no connection",
        "of at most 3",
        "It could have opened another",
    ] {
        assert!(said(&test).contains(words), "{test:?}");
    }
    assert!(!format!("{test:?}").contains("secret"), "{test:?}");
}
