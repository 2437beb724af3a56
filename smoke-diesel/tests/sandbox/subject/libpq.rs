//! PostgreSQL, diesel, r2d2.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::ConnectionManager;
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;

use super::postgres::{OnPostgres, Postgres, url};
use super::{Held, Subject, r2d2};

type Pool = diesel::r2d2::Pool<ConnectionManager<PgConnection>>;

/// The same database, through libpq.
pub(crate) struct Libpq(Postgres);

impl Libpq {
    pub(crate) fn rollback_at(&self, url: String) -> Rollback<ConnectionManager<PgConnection>> {
        let sql = self.0.search_path();
        Rollback::postgres(url).setup(move |connection| connection.batch_execute(&sql))
    }
}

impl OnPostgres for Libpq {
    fn postgres(&self) -> &Postgres {
        &self.0
    }

    fn at(&self, url: String) -> impl Backend<Pool = Pool> {
        self.rollback_at(url)
    }
}

impl Subject for Libpq {
    type Pool = Pool;

    const LONG: &str = Postgres::LONG;

    async fn new() -> Self {
        Self(Postgres::new().await)
    }

    fn backend(&self) -> impl Backend<Pool = Pool> {
        let sql = self.0.search_path();
        Rollback::with_manager(|| ConnectionManager::<PgConnection>::new(url()))
            .setup(move |connection| connection.batch_execute(&sql))
    }

    fn unreachable() -> (impl Backend<Pool = Pool>, &'static str) {
        (
            Rollback::postgres("postgres://app:secret@127.0.0.1:1/app"),
            "Connection refused",
        )
    }

    async fn run(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::run(pool, sql).await
    }

    async fn transaction(pool: &Pool, sql: &str, commit: bool) {
        r2d2::transaction(pool, sql, commit).await;
    }

    async fn hold(pool: &Pool) -> Held {
        r2d2::hold(pool).await
    }

    async fn run_on(held: &mut Held, sql: &str) -> Result<(), String> {
        r2d2::run_on::<PgConnection>(held, sql).await
    }

    async fn panic(pool: &Pool) {
        r2d2::panic(pool).await;
    }

    fn survives_a_panic() -> bool {
        false
    }

    fn deferred(&self) -> &'static str {
        self.0.deferred()
    }

    async fn rows(&self) -> i64 {
        self.0.rows().await
    }

    async fn can_write(&self) -> Result<(), String> {
        self.0.can_write().await
    }
}
