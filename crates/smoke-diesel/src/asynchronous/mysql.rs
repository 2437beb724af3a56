//! MariaDB and MySQL connections.

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_core::RollbackVerdict;

use super::Connect;
use super::connection::{Connection, Remote, end_by_another, keep};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::mysql;

use crate::dialect::{Dialect, MysqlDialect, Terms};
use crate::gate::{Gate, Refusal};
use crate::verdict::{met_no_transaction, text};

impl Connection for AsyncMysqlConnection {
    type Dialect = MysqlDialect;

    /// The number of the connection.
    type ServerSide = i64;

    async fn prepare(&mut self) -> QueryResult<()> {
        self.batch_execute(mysql::ISOLATION).await
    }

    async fn begin(&mut self, terms: &Terms, gate: &Gate) -> QueryResult<i64> {
        let who = sql::<BigInt>(mysql::WHO).get_result(self).await?;
        let begin = MysqlDialect::begin(terms, gate.is_sealed());
        AnsiTransactionManager::begin_transaction_sql(self, &begin).await?;
        keep(self);
        Ok(who)
    }

    async fn inside(&mut self, _: &Terms, gate: &Gate) -> Result<(), Refusal> {
        let asked = sql::<BigInt>(mysql::IN_TRANSACTION);
        match asked.get_result::<i64>(self).await {
            Ok(0) => {
                gate.find(met_no_transaction());
                Err(Refusal::Closed)
            }
            Err(error) if MysqlDialect::is_lost(&error) => {
                gate.lose(text(&error));
                Err(Refusal::Lost)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn look_back(&mut self) -> QueryResult<RollbackVerdict> {
        let warned: i64 = sql::<BigInt>(mysql::WARNED).get_result(self).await?;
        if warned == 0 {
            return Ok(RollbackVerdict::RolledBack);
        }
        let tables = sql::<Text>(mysql::WITHOUT_TRANSACTIONS).load(self).await?;
        Ok(mysql::non_transactional(tables))
    }

    async fn end(who: &i64, connect: &Connect<Self>) -> Result<(), String> {
        end_by_another::<Self>(who, connect).await
    }
}

impl Remote for AsyncMysqlConnection {
    async fn end_by(who: &i64, other: Option<Self>) -> QueryResult<bool> {
        let Some(mut other) = other else {
            return Ok(false);
        };
        // Fails where the connection is gone already.
        let _ = other.batch_execute(&mysql::kill(*who)).await;
        let (times, pause) = GONE;
        for _ in 0..times {
            let left: i64 = sql::<BigInt>(&mysql::count(*who))
                .get_result(&mut other)
                .await?;
            if left == 0 {
                return Ok(true);
            }
            tokio::time::sleep(pause).await;
        }
        Ok(false)
    }
}
