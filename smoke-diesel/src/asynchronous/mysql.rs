//! MariaDB and MySQL connections.

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer, Text, Unsigned};
use diesel_async::{
    AnsiTransactionManager, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_core::RollbackVerdict;

use super::Connect;
use super::connection::{Connection, Remote, end_by_another, keep};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::mysql::{self, Sight, Who};
use smoke_core::rollback::{Fault, redact};

use crate::dialect::{Dialect, MysqlDialect, Terms};
use crate::gate::{Gate, Refusal};
use crate::verdict::{met_no_transaction, text};

impl Connection for AsyncMysqlConnection {
    type Dialect = MysqlDialect;

    type ServerSide = Who;

    async fn prepare(&mut self) -> QueryResult<()> {
        self.batch_execute(mysql::ISOLATION).await
    }

    async fn begin(&mut self, terms: &Terms, gate: &Gate) -> QueryResult<Who> {
        let asked = sql::<(BigInt, Text, Text)>(&Who::ask());
        let (number, place, port) = asked.get_result(self).await?;
        let begin = MysqlDialect::begin(terms, gate.is_sealed());
        AnsiTransactionManager::begin_transaction_sql(self, &begin).await?;
        keep(self);
        Ok(Who {
            number,
            place,
            port,
        })
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

    /// diesel-async tells nobody of an error that comes with rows.
    async fn last_error(&mut self) -> Option<(Fault, String)> {
        let asked = sql::<(Text, Unsigned<Integer>, Text)>(mysql::LAST_ERROR);
        let shown = asked.get_result::<(String, u32, String)>(self).await;
        let (_level, number, said) = shown.ok()?;
        let fault = mysql::read(u16::try_from(number).ok()?);
        Some((fault, redact(&said).into_owned()))
    }

    async fn forget_error(&mut self) {
        // Without it an error of the test itself may be taken for one of the request.
        let _ = self.batch_execute(mysql::FORGET_ERROR).await;
    }

    async fn look_back(&mut self) -> QueryResult<RollbackVerdict> {
        let warned: i64 = sql::<BigInt>(mysql::WARNED).get_result(self).await?;
        if warned == 0 {
            return Ok(RollbackVerdict::RolledBack);
        }
        let tables = sql::<Text>(mysql::WITHOUT_TRANSACTIONS).load(self).await?;
        Ok(mysql::non_transactional(tables))
    }

    async fn end(who: &Who, connect: &Connect<Self>) -> Result<(), String> {
        end_by_another::<Self>(who, connect).await
    }
}

impl Remote for AsyncMysqlConnection {
    async fn end_by(who: &Who, other: Option<Self>) -> QueryResult<bool> {
        let Some(mut other) = other else {
            return Ok(false);
        };
        let (times, pause) = GONE;
        let mut refused = None;
        for _ in 0..times {
            let seen = sql::<BigInt>(&who.sight());
            let seen = Sight::read(seen.get_result(&mut other).await?);
            if seen.map_err(|why| Error::QueryBuilderError(why.into()))? == Sight::Gone {
                return Ok(true);
            }
            match other.batch_execute(&who.kill()).await {
                Err(error) if who.was_gone(&error.to_string()) => return Ok(true),
                told => refused = told.err(),
            }
            tokio::time::sleep(pause).await;
        }
        refused.map_or(Ok(false), Err)
    }
}
