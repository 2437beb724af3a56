//! PostgreSQL.

use smoke_conformance::backend::{Database, Dialect, Shows};
use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::{PgPool, Postgres};
use tokio::sync::Mutex;

const SERVER: &str = "SMOKE_TEST_POSTGRES_URL";

#[derive(Clone)]
struct OnPostgres {
    /// What production connects to.
    direct: String,
    /// What sandboxes connect to.
    url: String,
    seals: bool,
    each_statement: bool,
}

impl Database for OnPostgres {
    type Pool = PgPool;

    fn backend(&self) -> impl Backend<Pool = PgPool> {
        if self.each_statement {
            let url = format!("{}?sslmode=disable", self.url);
            Rollback::<Postgres>::new(url).savepoint_each_statement()
        } else {
            Rollback::like(&pool(&self.url))
        }
    }

    fn unreachable(&self) -> impl Backend<Pool = PgPool> {
        let url = "postgres://app:secret@127.0.0.1:1/app?sslmode=disable";
        let rollback = Rollback::<Postgres>::new(url);
        if self.each_statement {
            rollback.savepoint_each_statement()
        } else {
            rollback
        }
    }

    fn production(&self) -> PgPool {
        pool(&self.direct)
    }

    fn seals(&self) -> bool {
        self.seals
    }

    fn shows(&self, _: bool) -> Shows {
        // With a savepoint for each statement nothing aborts the transaction.
        match self.each_statement {
            true => Shows::Nothing,
            false => Shows::ThatItWas,
        }
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    crate::through_sqlx!(Postgres);
}

fn pool(url: &str) -> PgPool {
    let options = sqlx::pool::PoolOptions::new().max_connections(2);
    options.connect_lazy(url).unwrap()
}

/// The suite has one table: it is run for one way to the server at a time.
async fn conforms(variable: &str, seals: bool) {
    static IN_USE: Mutex<()> = Mutex::const_new(());
    let _turn = IN_USE.lock().await;
    for each_statement in [false, true] {
        let database = OnPostgres {
            // sqlx prepares a query in one round trip and runs it in another: outside of a
            // transaction a pooler may have given the connection to somebody else in between.
            direct: url(SERVER),
            url: url(variable),
            seals,
            each_statement,
        };
        smoke_conformance::backend::check(database).await;
    }
}

fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms() {
    conforms(SERVER, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_a_pooler_conforms() {
    conforms("SMOKE_TEST_PGBOUNCER_URL", false).await;
}
