//! The suite finds a backend out that rolls nothing back.

use std::any::Any;

use diesel::r2d2::ConnectionManager;
use futures_util::future::BoxFuture;
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::{Backend, OpenRequest, Opened, Result, RollbackVerdict, Session};

use crate::sqlite::{Pool, Sqlite};

/// Hands out production's own pool and calls everything rolled back.
struct Careless(Pool);

struct Carefree;

impl Backend for Careless {
    type Pool = Pool;

    fn describe(&self) -> String {
        "nothing".to_owned()
    }

    fn open(&self, _: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        let session: std::sync::Arc<dyn Session> = std::sync::Arc::new(Carefree);
        let pool = self.0.clone();
        Box::pin(async { Ok(Opened { pool, session }) })
    }
}

impl Session for Carefree {
    fn checkouts(&self) -> u64 {
        0
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async { Ok(()) })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async { Ok(()) })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async { RollbackVerdict::RolledBack })
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

#[derive(Clone)]
struct Trusting(Sqlite);

impl Database for Trusting {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        Careless(self.0.production())
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        Careless(
            Pool::builder()
                .min_idle(Some(0))
                .build_unchecked(ConnectionManager::new("/nonexistent")),
        )
    }

    fn production(&self) -> Pool {
        self.0.production()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn seals(&self) -> bool {
        false
    }

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        Sqlite::execute(pool, sql).await
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        Sqlite::transaction(pool, sql).await
    }

    async fn number(pool: &Pool, sql: &str) -> Result<i64, String> {
        Sqlite::number(pool, sql).await
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        Sqlite::hold(pool).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_rolls_nothing_back_is_found_out() {
    let database = Trusting(Sqlite::new());
    let checking = tokio::spawn(smoke_conformance::backend::check(database));
    let panic = checking.await.unwrap_err().into_panic();
    let found = panic.downcast::<String>().unwrap();
    // It counts no check-outs, so all it does look bypassed: that check is content, and so are
    // that of a seal, which it does not claim to have, and those of another database.
    let checks = found.lines().skip(1).collect::<Vec<_>>();
    assert_eq!(
        checks.len(),
        smoke_conformance::backend::CHECKS - 4,
        "{found}"
    );
}
