//! PostgreSQL.

use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::{PgPool, Postgres};

#[derive(Clone)]
struct OnPostgres {
    url: String,
}

impl Database for OnPostgres {
    type Pool = PgPool;

    fn backend(&self) -> impl Backend<Pool = PgPool> {
        Rollback::like(&self.production())
    }

    fn unreachable(&self) -> impl Backend<Pool = PgPool> {
        Rollback::<Postgres>::new("postgres://app:secret@127.0.0.1:1/app")
    }

    fn production(&self) -> PgPool {
        let options = sqlx::pool::PoolOptions::new().max_connections(2);
        options.connect_lazy(&self.url).unwrap()
    }

    fn seals(&self) -> bool {
        true
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    crate::through_sqlx!(Postgres);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms() {
    let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
        "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
    );
    smoke_conformance::backend::check(OnPostgres { url }).await;
}
