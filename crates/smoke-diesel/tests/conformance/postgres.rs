//! The PostgreSQL server.

use tokio::sync::{Mutex, MutexGuard};

/// The database of the tests. The suite has one table and counts the connections: it is run for
/// one pool at a time.
pub(crate) async fn url() -> (String, MutexGuard<'static, ()>) {
    at("SMOKE_TEST_POSTGRES_URL").await
}

/// The same, through a transaction pooler.
pub(crate) async fn pooled_url() -> (String, MutexGuard<'static, ()>) {
    at("SMOKE_TEST_PGBOUNCER_URL").await
}

async fn at(variable: &str) -> (String, MutexGuard<'static, ()>) {
    static IN_USE: Mutex<()> = Mutex::const_new(());
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    });
    (url, IN_USE.lock().await)
}
