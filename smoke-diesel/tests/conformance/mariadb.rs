//! The MariaDB server.

use tokio::sync::{Mutex, MutexGuard};

/// The database of the tests. The suite has one table and counts the connections: it is run for
/// one pool at a time.
pub(crate) async fn url() -> (String, MutexGuard<'static, ()>) {
    static IN_USE: Mutex<()> = Mutex::const_new(());
    let url = std::env::var("SMOKE_TEST_MARIADB_URL").expect(
        "SMOKE_TEST_MARIADB_URL is not set: `cargo xtask test` starts a server and sets it",
    );
    (url, IN_USE.lock().await)
}
