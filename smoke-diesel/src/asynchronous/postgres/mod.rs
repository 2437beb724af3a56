//! PostgreSQL connections.

mod overheard;
mod process;

use std::sync::Arc;

use diesel::connection::CacheSize;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{ConnectionResult, QueryResult};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection as _, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection,
};
use smoke_core::RollbackVerdict;
use tokio_postgres::{CancelToken, NoTls};

use overheard::Listening;

use super::Connect;
use super::connection::{Connection, Remote, end_by_another, keep};
use smoke_core::rollback::absent::GONE;
use smoke_core::rollback::postgres::{self, AS_LOGIN, FACTS, Fate, NUMBER};
use smoke_core::rollback::redact;

use crate::dialect::{Dialect, FactsRow, FactsSql, PostgresDialect, Terms, facts};
use crate::gate::{Gate, Refusal};
use crate::verdict::{met_no_transaction, text};

/// The server's side of a sandbox's connection.
pub(crate) struct ServerSide {
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    /// Asks what became of the transaction, where it can be committed.
    fate: Option<String>,
    /// None behind what may be a pooler: PgBouncer 1.18 ends itself where a client goes just as a
    /// cancellation of its statement has been passed on.
    cancel: Option<CancelToken>,
    /// Whether the connection is listened to. A cancellation goes the way that the connection went.
    is_overheard: bool,
}

impl Connection for AsyncPgConnection {
    type Dialect = PostgresDialect;
    type ServerSide = ServerSide;

    async fn overheard(url: &str, gate: &Arc<Gate>) -> Option<ConnectionResult<Self>> {
        overheard::connect(url, Arc::clone(gate)).await
    }

    /// In one batch, so that diesel counts the transaction; a `begin_test_transaction` would take
    /// a round trip of its own, with the limits not yet set.
    async fn begin(&mut self, terms: &Terms, gate: &Gate) -> QueryResult<ServerSide> {
        self.batch_execute(&postgres::before_facts(terms)).await?;
        let facts = facts(sql::<FactsSql>(FACTS).get_result::<FactsRow>(self).await?);
        let cancel = self.cancel_token();
        let own_process = process::number(&cancel).await == Some(facts.process);
        facts.say_whose(terms.application_user.as_deref());
        if terms.writes && facts.seals(own_process) {
            gate.seal();
        }
        if !own_process {
            // They would stay on the server, for its next client.
            self.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        let begin = PostgresDialect::begin(terms, gate.is_sealed());
        let before = postgres::before_begin(terms, own_process);
        let begin = format!("ROLLBACK; {before}{begin}");
        AnsiTransactionManager::begin_transaction_sql(self, &begin).await?;
        keep(self);
        let fate = if terms.writes && facts.writes && !gate.is_sealed() {
            let number = sql::<BigInt>(NUMBER).get_result(self).await?;
            Some(facts.fate_of(number))
        } else {
            None
        };
        Ok(ServerSide {
            who: facts.who(own_process, &terms.guard),
            fate,
            cancel: own_process.then_some(cancel),
            is_overheard: gate.witness().overhears(),
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

    async fn settle(
        server_side: &ServerSide,
        connect: &Connect<Self>,
        verdict: RollbackVerdict,
    ) -> RollbackVerdict {
        let Some(ask) = &server_side.fate else {
            return verdict;
        };
        let fate = match connect().await {
            Ok(mut other) => fate(&mut other, ask).await.map_err(|error| text(&error)),
            Err(error) => Err(redact(&error.to_string()).into_owned()),
        };
        fate.unwrap_or_else(Fate::Unknown).settles(verdict)
    }
}

impl Remote for AsyncPgConnection {
    async fn end_by(server_side: &ServerSide, other: Option<Self>) -> QueryResult<bool> {
        let ServerSide {
            who,
            cancel,
            is_overheard,
            ..
        } = server_side;
        let Some(mut other) = other else {
            // The server may be full; it takes a cancellation all the same. What is then left are
            // its own limits.
            return Ok(match cancel {
                Some(cancel) if *is_overheard => {
                    cancel.cancel_query(Listening::to_nobody()).await.is_ok()
                }
                // Of one that is encrypted nothing is sent: it is nobody else's to read.
                Some(cancel) => cancel.cancel_query(NoTls).await.is_ok(),
                None => false,
            });
        };
        other.batch_execute(&postgres::terminate(who)).await?;
        let (times, pause) = GONE;
        for _ in 0..times {
            let left = other
                .transaction(async |other| {
                    other.batch_execute(AS_LOGIN).await?;
                    let count = sql::<BigInt>(&postgres::count(who));
                    count.get_result::<i64>(other).await
                })
                .await?;
            if left == 0 {
                return Ok(true);
            }
            tokio::time::sleep(pause).await;
        }
        Ok(false)
    }
}

/// Asks what became of a transaction, until that is settled.
async fn fate(other: &mut AsyncPgConnection, ask: &str) -> QueryResult<Fate> {
    let (times, pause) = GONE;
    for _ in 0..times {
        // In a transaction, for a transaction pooler's sake.
        let status = other.transaction(async |other| {
            let status = sql::<Nullable<Text>>(ask);
            status.get_result::<Option<String>>(other).await
        });
        match Fate::read(status.await?.as_deref()) {
            Fate::InProgress => tokio::time::sleep(pause).await,
            settled => return Ok(settled),
        }
    }
    Ok(Fate::InProgress)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_postgres::Config;

    use super::*;

    /// The side of a server that agrees to TLS.
    async fn accept(listener: &TcpListener) -> TcpStream {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(b"S").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn an_encrypted_connection_is_not_cancelled_in_plain_text() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("host=localhost hostaddr=127.0.0.1 port={port} user=a sslmode=require");
        let config: Config = url.parse().unwrap();
        let serving = async {
            let mut stream = accept(&listener).await;
            let length = stream.read_u32().await.unwrap() as usize;
            let mut greeting = vec![0; length - 4];
            stream.read_exact(&mut greeting).await.unwrap();
            // It lets everybody in, names its process and the key to it, and is ready.
            let answer = b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x07\0\0\0\x09Z\0\0\0\x05I";
            stream.write_all(answer).await.unwrap();
            stream
        };
        // In the place of what encrypts the application's connections.
        let connecting = config.connect(Listening::to_nobody());
        let (connected, _stream) = tokio::join!(connecting, serving);
        let (client, _connection) = connected.unwrap();
        let server_side = ServerSide {
            who: String::new(),
            fate: None,
            cancel: Some(client.cancel_token()),
            is_overheard: false,
        };
        let serving = async {
            let mut streams = Vec::new();
            loop {
                streams.push(accept(&listener).await);
            }
        };
        let was_sent = tokio::select! {
            sent = AsyncPgConnection::end_by(&server_side, None) => sent.unwrap(),
            () = serving => unreachable!(),
        };
        assert!(!was_sent);
    }
}
