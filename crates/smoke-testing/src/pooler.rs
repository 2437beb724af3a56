//! Production: it reaches the same PostgreSQL through the same pooler.
//!
//! For tests alone: all of it panics where the server does not do what it is to do.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;

use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage, SimpleQueryRow};
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

/// Production, which has a table of its own.
#[derive(Debug)]
pub struct Production {
    /// The URL through the pooler.
    pub pooled: String,
    /// The URL of the server.
    pub direct: String,
    table: String,
    /// Who holds some of the pooler's connections waits for the others in vain where two do so.
    _turn: MutexGuard<'static, ()>,
}

impl Production {
    /// At the server and the pooler that the environment names.
    pub async fn new() -> Self {
        static IN_USE: Mutex<()> = Mutex::const_new(());
        let turn = IN_USE.lock().await;
        let production = Self {
            pooled: variable("SMOKE_TEST_PGBOUNCER_URL"),
            direct: variable("SMOKE_TEST_POSTGRES_URL"),
            table: format!("pooled_{}", Uuid::new_v4().simple()),
            _turn: turn,
        };
        let sql = format!("CREATE TABLE {} (x INTEGER UNIQUE)", production.table);
        let client = connect(&production.direct).await;
        client.batch_execute(&sql).await.unwrap();
        production
    }

    /// Where the pooler has one connection of the server for all its clients.
    pub async fn through_one_connection() -> Self {
        Self::through("alone").await
    }

    /// Where a client of the pooler has a process of the server for as long as it is connected.
    pub async fn through_sessions() -> Self {
        Self::through("kept").await
    }

    async fn through(database: &str) -> Self {
        let mut production = Self::new().await;
        let (pooler, _) = production.pooled.rsplit_once('/').unwrap();
        production.pooled = format!("{pooler}/{database}");
        production
    }

    /// The statement that inserts a row into the table.
    #[must_use]
    pub fn insert(&self, key: i32) -> String {
        format!("INSERT INTO {} VALUES ({key})", self.table)
    }

    /// How many rows the table has.
    pub async fn rows(&self) -> i64 {
        let client = connect(&self.direct).await;
        let count = format!("SELECT count(*) FROM {}", self.table);
        let row = ask(&client, &count).await;
        row.get(0).unwrap().parse().unwrap()
    }

    /// Whether the server has that process.
    pub async fn has(&self, process: i32) -> bool {
        let client = connect(&self.direct).await;
        let count = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {process}");
        ask(&client, &count).await.get(0) == Some("1")
    }

    /// Whether that process is in the midst of a `pg_sleep()`.
    pub async fn sleeps(&self, process: i32) -> bool {
        let client = connect(&self.direct).await;
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {process} AND wait_event = 'PgSleep'"
        );
        ask(&client, &count).await.get(0) == Some("1")
    }

    /// Has every process that the pooler hands around do something, and says what it keeps.
    pub async fn sessions(&self, first: &str) -> BTreeMap<i32, String> {
        let mut clients = Vec::new();
        let mut sessions = BTreeMap::new();
        for _ in 0..SHARED {
            let client = connect(&self.pooled).await;
            // As long as it is in a transaction, no other client gets the same process.
            let begin = format!("BEGIN; SELECT {first}");
            client.batch_execute(&begin).await.unwrap();
            let row = ask(&client, &format!("SELECT pg_backend_pid(), ({SESSION})")).await;
            let process = row.get(0).unwrap().parse().unwrap();
            sessions.insert(process, row.get(1).unwrap().to_owned());
            clients.push(client);
        }
        for client in clients {
            client.batch_execute("COMMIT").await.unwrap();
        }
        assert_eq!(sessions.len(), SHARED);
        sessions
    }
}

/// Ends a process of the server, as an administrator does.
pub async fn end(process: i32) {
    let admin = connect(&variable("SMOKE_TEST_POSTGRES_ADMIN_URL")).await;
    let end = format!("SELECT pg_terminate_backend({process}, 5000)");
    assert_eq!(ask(&admin, &end).await.get(0), Some("t"));
}

/// The first row of the answer.
pub async fn ask(client: &Client, sql: &str) -> SimpleQueryRow {
    let answer = client.simple_query(sql).await.unwrap();
    let row = answer.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap()
}

/// A connection, for as long as the runtime is there.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A variable that `cargo xtask test` sets.
#[must_use]
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test` starts a server and sets it")
    })
}
