//! Production: it reaches the same server through the same pooler.

use std::collections::BTreeMap;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// How many connections of the server the pooler's clients share.
const SHARED: usize = 3;

/// All that a session keeps between transactions, as a text.
const SESSION: &str = "SELECT concat_ws('; ', \
    (SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_settings), \
    (SELECT string_agg(format('advisory %s %s', classid, objid), ', ' ORDER BY objid) FROM pg_locks \
        WHERE pid = pg_backend_pid() AND locktype = 'advisory'), \
    (SELECT string_agg('prepared ' || name, ', ' ORDER BY name) FROM pg_prepared_statements), \
    (SELECT string_agg('temporary ' || relname, ', ' ORDER BY relname) FROM pg_class \
        WHERE relnamespace = pg_my_temp_schema()), \
    (SELECT string_agg('cursor ' || name, ', ') FROM pg_cursors WHERE is_holdable), \
    (SELECT string_agg('listens to ' || channel, ', ') FROM pg_listening_channels() AS channel))";

pub(crate) struct Production {
    pub(crate) pooled: PgConnectOptions,
    direct: PgConnectOptions,
    table: String,
    /// Who holds some of the pooler's connections waits for the others in vain where two do so.
    _turn: MutexGuard<'static, ()>,
}

impl Production {
    pub(crate) async fn new() -> Self {
        static IN_USE: Mutex<()> = Mutex::const_new(());
        let turn = IN_USE.lock().await;
        let table = format!("pooled_{}", Uuid::new_v4().simple());
        let production = Self {
            pooled: options("SMOKE_TEST_PGBOUNCER_URL"),
            direct: options("SMOKE_TEST_POSTGRES_URL"),
            table,
            _turn: turn,
        };
        let sql = format!("CREATE TABLE {} (x INTEGER UNIQUE)", production.table);
        let mut connection = production.direct.connect().await.unwrap();
        let created = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection);
        created.await.unwrap();
        production
    }

    pub(crate) fn insert(&self, key: i32) -> String {
        format!("INSERT INTO {} VALUES ({key})", self.table)
    }

    pub(crate) async fn rows(&self) -> i64 {
        let sql = format!("SELECT count(*) FROM {}", self.table);
        let mut connection = self.direct.connect().await.unwrap();
        let asked = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection);
        asked.await.unwrap()
    }

    /// Whether the server has that process.
    pub(crate) async fn has(&self, process: i32) -> bool {
        let mut connection = self.direct.connect().await.unwrap();
        let asked = sqlx::query("SELECT 1 FROM pg_stat_activity WHERE pid = $1").bind(process);
        asked
            .fetch_optional(&mut connection)
            .await
            .unwrap()
            .is_some()
    }

    /// Has every process that the pooler hands around do something, and says what it keeps.
    pub(crate) async fn sessions(&self, first: &str) -> BTreeMap<i32, String> {
        let mut clients = Vec::new();
        let mut sessions = BTreeMap::new();
        for _ in 0..SHARED {
            let mut client = self.pooled.connect().await.unwrap();
            // As long as it is in a transaction, no other client gets the same process.
            ask(&mut client, &format!("BEGIN; SELECT {first}")).await;
            let rows = ask(
                &mut client,
                &format!("SELECT pg_backend_pid(), ({SESSION})"),
            )
            .await;
            sessions.insert(rows[0].get(0), rows[0].get(1));
            clients.push(client);
        }
        for mut client in clients {
            ask(&mut client, "COMMIT").await;
            client.close().await.unwrap();
        }
        assert_eq!(sessions.len(), SHARED);
        sessions
    }
}

async fn ask(client: &mut PgConnection, sql: &str) -> Vec<sqlx::postgres::PgRow> {
    let asked = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(client);
    asked.await.unwrap()
}

fn options(variable: &str) -> PgConnectOptions {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    });
    url.parse().unwrap()
}
