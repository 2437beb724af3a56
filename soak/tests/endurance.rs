//! What very many smoke tests leave in a process, and on the server.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::time::Duration;

use soak::database::{Database, MariadbDatabase, PostgresDatabase, SqliteDatabase};
use soak::figures::Figures;
use soak::scale::of;
use soak::stack::Stack;
use soak::victim::Victim;

const PROGRAM: &str = env!("CARGO_BIN_EXE_victim");

/// In KiB. An allocator keeps some of what it was given back; a kilobyte of each test would be 10,000.
const MEMORY: u64 = 6 * 1024;
/// For a server to see that a client has gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// A pool's own threads come and go.
const THREADS: u64 = 4;

async fn leaves_nothing_behind<D: Database>() {
    let (database, tests) = (D::new().await, of(200, 10_000));
    let mut victim = Victim::start::<D::Stack>(PROGRAM, database.url(), 1, Some(tests));
    let mut figures = async || {
        let line = victim.line().await.expect("its smoke tests passed");
        line.parse::<Figures>().unwrap()
    };
    let (warm, end) = (figures().await, figures().await);
    assert!(victim.end().await.success());
    let name = D::Stack::NAME;
    println!("{name}: after a warm-up {warm}; after {tests} tests more {end}");
    assert!(end.threads <= warm.threads + THREADS, "{name}");
    assert!(end.descriptors <= warm.descriptors + 2, "{name}");
    assert!(end.memory <= warm.memory + MEMORY, "{name}");
    database.until_nothing_is_left(PATIENCE).await.unwrap();
    database.until_nobody_is_connected(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    leaves_nothing_behind::<PostgresDatabase>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    leaves_nothing_behind::<MariadbDatabase>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    leaves_nothing_behind::<SqliteDatabase>().await;
}
