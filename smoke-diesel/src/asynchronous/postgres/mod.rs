//! PostgreSQL connections.

mod overheard;
mod placeholder;
mod process;

use std::sync::{Arc, OnceLock};

use diesel::connection::CacheSize;
use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use diesel::{ConnectionResult, QueryResult};
use diesel_async::{AnsiTransactionManager, AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use smoke_rollback::dialect::postgres::Postgres;
use smoke_rollback::gate::Gate;
use tokio_postgres::{CancelToken, NoTls};

use overheard::Listening;

use super::connection::{Connection, Line, keep};

/// The way to the server of one connection.
#[derive(Clone, Default)]
pub(crate) struct PgLine {
    listening: Listening,
    /// Whether the connection goes that way. A cancellation goes the way that the connection went.
    is_overheard: Arc<OnceLock<()>>,
    /// None behind what may be a pooler: PgBouncer 1.18 ends itself where a client goes just as a
    /// cancellation of its statement has been passed on.
    cancel: Arc<OnceLock<CancelToken>>,
}

impl PgLine {
    /// Whether a cancellation was sent.
    async fn send_cancellation(&self) -> bool {
        match self.cancel.get() {
            Some(cancel) if self.is_overheard.get().is_some() => {
                cancel.cancel_query(Listening::default()).await.is_ok()
            }
            // Of one that is encrypted nothing is sent: it is nobody else's to read.
            Some(cancel) => cancel.cancel_query(NoTls).await.is_ok(),
            None => false,
        }
    }
}

impl Line<AsyncPgConnection> for PgLine {
    async fn overheard(&self, url: &str) -> Option<ConnectionResult<AsyncPgConnection>> {
        let connected = overheard::connect(url, self.listening.clone()).await?;
        let _ = self.is_overheard.set(());
        Some(connected)
    }

    fn tell(&self, gate: &Arc<Gate>) {
        self.listening.tell(gate);
    }

    async fn is_own_process(&self, connection: &AsyncPgConnection, process: i32) -> Option<bool> {
        let cancel = connection.cancel_token();
        let is_own = process::number(&cancel).await == Some(process);
        if is_own {
            let _ = self.cancel.set(cancel);
        }
        Some(is_own)
    }

    async fn cancel(&self) {
        self.send_cancellation().await;
    }
}

impl Connection for AsyncPgConnection {
    type Dialect = Postgres;
    type Line = PgLine;

    const HAS_PLACEHOLDER: bool = true;

    async fn placeholder() -> Option<Self> {
        placeholder::placeholder().await
    }

    async fn texts(&mut self, query: &str) -> QueryResult<Vec<Option<String>>> {
        sql::<Nullable<Text>>(query).load(self).await
    }

    /// In one batch, so that diesel counts the transaction; a `begin_test_transaction` would take
    /// a round trip of its own, with the limits not yet set.
    async fn begin(&mut self, batch: &str) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, batch).await?;
        keep(self);
        Ok(())
    }

    fn keep_no_statements(&mut self) {
        self.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
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
        let connecting = config.connect(Listening::default());
        let (connected, _stream) = tokio::join!(connecting, serving);
        let (client, _connection) = connected.unwrap();
        let line = PgLine::default();
        line.cancel.set(client.cancel_token()).ok().unwrap();
        let serving = async {
            let mut streams = Vec::new();
            loop {
                streams.push(accept(&listener).await);
            }
        };
        let was_sent = tokio::select! {
            sent = line.send_cancellation() => sent,
            () = serving => unreachable!(),
        };
        assert!(!was_sent);
    }
}
