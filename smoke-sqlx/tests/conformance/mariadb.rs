//! MariaDB.

use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::{MySql, MySqlPool};

#[derive(Clone)]
struct OnMariadb {
    url: String,
}

impl Database for OnMariadb {
    type Pool = MySqlPool;

    fn backend(&self) -> impl Backend<Pool = MySqlPool> {
        Rollback::like(&self.production()).accept_implicit_commits()
    }

    fn unreachable(&self) -> impl Backend<Pool = MySqlPool> {
        Rollback::<MySql>::new("mysql://app:secret@127.0.0.1:1/app")
    }

    fn production(&self) -> MySqlPool {
        let options = sqlx::pool::PoolOptions::new().max_connections(2);
        options.connect_lazy(&self.url).unwrap()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    crate::through_sqlx!(MySql);
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_conforms() {
    let url = std::env::var("SMOKE_TEST_MARIADB_URL").expect(
        "SMOKE_TEST_MARIADB_URL is not set: `cargo xtask test` starts a server and sets it",
    );
    smoke_conformance::backend::check(OnMariadb { url }).await;
}
