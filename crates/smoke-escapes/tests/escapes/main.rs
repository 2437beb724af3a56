//! Tries to get out of sandboxes, and compares what becomes of it with `docs/escapes.md`.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod attempt;
mod corpus;
mod library;
mod outside;
mod page;
mod scene;
mod version;
mod way;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_becomes_of_each_way_out_is_as_documented() {
    let (postgres, mariadb, sqlite) = tokio::join!(
        tokio::spawn(corpus::postgres::tried()),
        tokio::spawn(corpus::mariadb::tried()),
        tokio::spawn(corpus::sqlite::tried()),
    );
    page::compare(&[postgres.unwrap(), mariadb.unwrap(), sqlite.unwrap()]);
}
