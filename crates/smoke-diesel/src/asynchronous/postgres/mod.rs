//! PostgreSQL connections.

mod process;

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_core::RollbackVerdict;
use tokio_postgres::{CancelToken, NoTls};

use super::Connect;
use super::connection::{Connection, Remote, end_by_another, keep};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{self, FACTS};

use crate::dialect::{Dialect, FactsRow, FactsSql, PostgresDialect, Terms, facts};
use crate::gate::{Gate, Refusal};
use crate::verdict::{met_no_transaction, text};

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    cancel: CancelToken,
}

impl Connection for AsyncPgConnection {
    type Dialect = PostgresDialect;
    type ServerSide = ServerSide;

    /// In one batch, so that diesel counts the transaction; a `begin_test_transaction` would take
    /// a round trip of its own, with the limits not yet set.
    async fn begin(&mut self, terms: &Terms, gate: &Gate) -> QueryResult<ServerSide> {
        let facts = facts(sql::<FactsSql>(FACTS).get_result::<FactsRow>(self).await?);
        let cancel = self.cancel_token();
        let own_process = process::number(&cancel).await == Some(facts.process);
        if facts.seals(own_process) {
            gate.seal();
        }
        let begin = PostgresDialect::begin(terms, gate.is_sealed());
        AnsiTransactionManager::begin_transaction_sql(self, &begin).await?;
        keep(self);
        Ok(ServerSide {
            who: facts.who,
            cancel,
        })
    }

    async fn inside(&mut self, terms: &Terms, gate: &Gate) -> Result<(), Refusal> {
        match self.batch_execute(&postgres::still_inside(terms)).await {
            Err(error) if postgres::has_ended(terms, &text(&error)) => {
                // RESET ALL too takes the mark away that was looked for; the guard knows better.
                let guard = format!("ROLLBACK TO SAVEPOINT {}", terms.guard);
                gate.find(match self.batch_execute(&guard).await {
                    Ok(()) => RollbackVerdict::Unknown {
                        cause: "the application has reset the settings of the sandbox's transaction (RESET ALL)"
                            .to_owned(),
                    },
                    Err(_) => met_no_transaction(),
                });
                Err(Refusal::Closed)
            }
            Err(error) if PostgresDialect::is_lost(&error) => {
                gate.lose(text(&error));
                Err(Refusal::Lost)
            }
            // An SQL error has aborted the transaction, and whoever uses it will hear of that.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn end(server_side: &ServerSide, connect: &Connect<Self>) -> Result<(), String> {
        end_by_another::<Self>(server_side, connect).await
    }
}

impl Remote for AsyncPgConnection {
    async fn end_by(server_side: &ServerSide, other: Option<Self>) -> QueryResult<bool> {
        let ServerSide { who, cancel } = server_side;
        let Some(mut other) = other else {
            // The server may be full; it takes a cancellation all the same. What is then left are
            // its own limits.
            return Ok(cancel.cancel_query(NoTls).await.is_ok());
        };
        other.batch_execute(&postgres::terminate(who)).await?;
        let (times, pause) = GONE;
        for _ in 0..times {
            let left: i64 = sql::<BigInt>(&postgres::count(who))
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
