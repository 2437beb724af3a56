//! MariaDB, diesel, r2d2.

use std::any::Any;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::BigInt;
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;

use crate::{mariadb, r2d2};

type Pool = diesel::r2d2::Pool<ConnectionManager<MysqlConnection>>;

#[derive(Clone)]
struct Libmariadb {
    url: String,
}

impl Database for Libmariadb {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        Rollback::mysql(&self.url).accept_implicit_commits()
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        Rollback::mysql("mysql://app:secret@127.0.0.1:1/app")
    }

    fn production(&self) -> Pool {
        let manager = ConnectionManager::new(&self.url);
        Pool::builder().max_size(2).build(manager).unwrap()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn seals(&self) -> bool {
        false
    }

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::execute(pool, sql).await
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::transaction(pool, sql).await
    }

    async fn number(pool: &Pool, query: &str) -> Result<i64, String> {
        let query = sql::<BigInt>(query);
        r2d2::number(pool, move |connection| query.get_result(connection)).await
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        r2d2::hold(pool).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_through_r2d2_conforms() {
    let (url, _turn) = mariadb::url().await;
    smoke_conformance::backend::check(Libmariadb { url }).await;
}
