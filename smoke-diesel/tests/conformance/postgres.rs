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

/// The server itself, which production connects to whatever sandboxes do: libpq and tokio-postgres
/// prepare a query in one round trip and run it in another, and outside of a transaction a pooler
/// may have given the connection to somebody else in between.
pub(crate) fn direct_url() -> String {
    variable("SMOKE_TEST_POSTGRES_URL")
}

async fn at(name: &str) -> (String, MutexGuard<'static, ()>) {
    static IN_USE: Mutex<()> = Mutex::const_new(());
    (variable(name), IN_USE.lock().await)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test` starts a server and sets it")
    })
}
