//! The suite.

use std::any::Any;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use smoke_conformance::backend::{Database, Dialect, Shows};
use smoke_core::Backend;
use smoke_sea_orm::Rollback;

use tokio::sync::Mutex;

use crate::Production;
use crate::version::first_row;

impl Database for Production {
    type Pool = DatabaseConnection;

    fn backend(&self) -> impl Backend<Pool = DatabaseConnection> {
        Rollback::like(self.pooled.as_ref().unwrap_or(&self.connection)).accept_implicit_commits()
    }

    fn unreachable(&self) -> impl Backend<Pool = DatabaseConnection> {
        Rollback::new(match self.dialect() {
            Dialect::Sqlite => "sqlite:///nonexistent/app.db",
            Dialect::Mysql => "mysql://app:secret@127.0.0.1:1/app",
            _ => "postgres://app:secret@127.0.0.1:1/app",
        })
    }

    fn production(&self) -> DatabaseConnection {
        self.connection.clone()
    }

    fn seals(&self) -> bool {
        self.pooled.is_none() && self.dialect() != Dialect::Mysql
    }

    fn shows(&self, _: bool) -> Shows {
        match self.dialect() {
            Dialect::Postgres => Shows::ThatItWas,
            _ => Shows::WhatWasSaid,
        }
    }

    fn dialect(&self) -> Dialect {
        match self.connection.get_database_backend() {
            sea_orm::DbBackend::Sqlite => Dialect::Sqlite,
            sea_orm::DbBackend::MySql => Dialect::Mysql,
            _ => Dialect::Postgres,
        }
    }

    async fn execute(pool: &DatabaseConnection, sql: &str) -> Result<(), String> {
        let ran = pool.execute_unprepared(sql).await;
        ran.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn transaction(pool: &DatabaseConnection, sql: &str) -> Result<(), String> {
        let ran = async {
            let transaction = pool.begin().await?;
            transaction.execute_unprepared(sql).await?;
            transaction.commit().await
        };
        ran.await.map_err(|error| error.to_string())
    }

    async fn number(pool: &DatabaseConnection, sql: &str) -> Result<i64, String> {
        let statement = Statement::from_string(pool.get_database_backend(), sql);
        let asked = async {
            let row = first_row(pool, statement).await?;
            row.map_or(Ok(0), |row| row.try_get_by_index(0))
        };
        asked.await.map_err(|error| error.to_string())
    }

    async fn hold(pool: &DatabaseConnection) -> Result<Box<dyn Any + Send>, String> {
        let held = pool.begin().await.map_err(|error| error.to_string())?;
        Ok(Box::new(held))
    }
}

/// The suite has one table: it is run for one way to the server at a time.
static ON_POSTGRES: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms() {
    let _turn = ON_POSTGRES.lock().await;
    smoke_conformance::backend::check(Production::on_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_a_pooler_conforms() {
    let _turn = ON_POSTGRES.lock().await;
    let production = Production::on_postgres_through_a_pooler().await;
    smoke_conformance::backend::check(production).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_conforms() {
    smoke_conformance::backend::check(Production::on_mariadb().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_conforms() {
    smoke_conformance::backend::check(Production::on_sqlite().await).await;
}
