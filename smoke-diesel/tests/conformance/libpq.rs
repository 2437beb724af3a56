//! PostgreSQL, diesel, r2d2.

use std::any::Any;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::BigInt;
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;

use crate::{postgres, r2d2};

type Pool = diesel::r2d2::Pool<ConnectionManager<PgConnection>>;

#[derive(Clone)]
struct Libpq {
    url: String,
    seals: bool,
    each_statement: bool,
}

impl Libpq {
    fn rollback(&self, url: &str) -> Rollback<ConnectionManager<PgConnection>> {
        if self.each_statement {
            Rollback::postgres(format!("{url}?sslmode=disable")).savepoint_each_statement()
        } else {
            Rollback::postgres(url)
        }
    }
}

impl Database for Libpq {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        self.rollback(&self.url)
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        self.rollback("postgres://app:secret@127.0.0.1:1/app")
    }

    fn production(&self) -> Pool {
        let manager = ConnectionManager::new(postgres::direct_url());
        Pool::builder().max_size(2).build(manager).unwrap()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn seals(&self) -> bool {
        self.seals
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
async fn postgres_through_r2d2_conforms() {
    let (url, _turn) = postgres::url().await;
    for each_statement in [false, true] {
        let libpq = Libpq {
            url: url.clone(),
            seals: true,
            each_statement,
        };
        smoke_conformance::backend::check(libpq).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_r2d2_and_a_pooler_conforms() {
    let (url, _turn) = postgres::pooled_url().await;
    let libpq = Libpq {
        url,
        seals: false,
        each_statement: false,
    };
    smoke_conformance::backend::check(libpq).await;
}
