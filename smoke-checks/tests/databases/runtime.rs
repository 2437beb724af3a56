//! Where a check asks the pool, and for how long.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use smoke_checks::PoolConnection;
use smoke_checks::database::{Occupancy, Pool};
use smoke_conformance::eventually;
use smoke_core::{Outcome, Result};
use smoke_testing::PATIENCE;
use sqlx::Postgres;

use crate::libraries::{Deadpool, Library};
use crate::servers::{Database, Server};
use crate::support::run;

/// A pool of another library: it takes down on which threads it is used.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl Noted {
    fn note(&self, what: &str) {
        let thread = thread::current().name().unwrap_or("nameless").to_owned();
        self.0.lock().unwrap().push(format!("{what} on {thread}"));
    }
}

struct Connection(Noted);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.note("given back");
    }
}

impl Pool for Noted {
    type Connection = Connection;

    async fn acquire(&self, _: Duration) -> Result<Connection> {
        self.note("taken");
        Ok(Connection(self.clone()))
    }

    async fn ping(connection: &mut Connection) -> Result {
        connection.0.note("asked");
        Ok(())
    }

    fn occupancy(&self) -> Occupancy {
        Occupancy::new(1, 1, 1)
    }
}

#[test]
fn a_pool_is_used_on_the_runtime_on_which_the_check_was_made() {
    let production = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("production")
        .build()
        .unwrap();
    let pool = Noted::default();
    let check = {
        let _inside = production.enter();
        PoolConnection::of(&pool).within(PATIENCE)
    };
    let elsewhere = tokio::runtime::Runtime::new().unwrap();
    let test = elsewhere.block_on(run(check));
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    let noted = ["taken", "asked", "given back"].map(|what| format!("{what} on production"));
    assert_eq!(*pool.0.lock().unwrap(), noted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_check_that_gave_up_waits_no_longer() {
    let database: Database<Postgres> = Postgres::new().await;
    let pool = <Deadpool as Library<Postgres>>::pool(&database.url, 1).await;
    let _kept = pool.get().await.unwrap();
    let test = run(PoolConnection::of(&pool).within(Duration::from_millis(20))).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let waiting = async || pool.status().waiting;
    eventually(PATIENCE, waiting, |waiting| *waiting == 0)
        .await
        .unwrap();
}
