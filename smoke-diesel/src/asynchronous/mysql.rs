//! MariaDB and MySQL connections.

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::{Integer, Nullable, Text, Unsigned};
use diesel_async::{
    AnsiTransactionManager, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_core::rollback::redact;
use smoke_rollback::Fault;
use smoke_rollback::dialect::mysql::{self, Mysql};

use super::connection::{Connection, keep};

impl Connection for AsyncMysqlConnection {
    type Dialect = Mysql;
    type Line = ();

    async fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self).await
    }

    async fn begin(&mut self, batch: &str) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, batch).await?;
        keep(self);
        Ok(())
    }

    /// diesel-async tells nobody of an error that comes with rows.
    async fn last_error(&mut self) -> Option<(Fault, String)> {
        let asked = sql::<(Text, Unsigned<Integer>, Text)>(mysql::LAST_ERROR);
        let shown = asked.get_result::<(String, u32, String)>(self).await;
        let (_level, number, said) = shown.ok()?;
        // Without it an error of the test itself may be taken for one of the request.
        let _ = self.batch_execute(mysql::FORGET_ERROR).await;
        let fault = mysql::read(u16::try_from(number).ok()?);
        Some((fault, redact(&said).into_owned()))
    }
}
