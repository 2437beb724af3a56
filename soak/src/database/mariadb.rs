//! MariaDB's census: `information_schema.innodb_trx`, metadata locks, `XA RECOVER`.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncMysqlConnection, RunQueryDsl};
use tokio::sync::Mutex;

use super::{Database, administer, at, from_environment, new_name, note};
use crate::shop;
use crate::stack::{Connection as _, Mariadb};

/// InnoDB shows what it showed last to whoever asks within 100 ms of anybody's last look.
const STALE: Duration = Duration::from_millis(120);

/// A database of the server in `SMOKE_TEST_MARIADB_ADMIN_URL`.
#[derive(Debug)]
pub struct MariadbDatabase {
    name: String,
    url: String,
    admin: String,
}

/// One of the columns of `XA RECOVER`.
#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = BigInt, column_name = "gtrid_length")]
    _length: i64,
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = Text)]
    account: String,
}

impl Database for MariadbDatabase {
    type Stack = Mariadb;

    async fn new() -> Self {
        let admin = from_environment("SMOKE_TEST_MARIADB_ADMIN_URL");
        let url = from_environment("SMOKE_TEST_MARIADB_URL");
        let name = new_name();
        let account = {
            let mut connection = AsyncMysqlConnection::connect(&url).await.unwrap();
            let asked = diesel::sql_query("SELECT CURRENT_USER() AS account");
            let found: Account = asked.get_result(&mut connection).await.unwrap();
            found.account.replace('@', "'@'")
        };
        let mut connection = AsyncMysqlConnection::connect(&admin).await.unwrap();
        for sql in [
            format!("CREATE DATABASE {name}"),
            format!("GRANT ALL ON {name}.* TO '{account}'"),
        ] {
            connection.run(&sql).await.unwrap();
        }
        let url = at(&url, &name);
        let mut connection = AsyncMysqlConnection::connect(&url).await.unwrap();
        for sql in shop::TABLES {
            connection.run(sql).await.unwrap();
        }
        Self { name, url, admin }
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn held(&self) -> Vec<String> {
        static LOOKING: Mutex<()> = Mutex::const_new(());
        let _alone = LOOKING.lock().await;
        tokio::time::sleep(STALE).await;
        let mut admin = AsyncMysqlConnection::connect(&self.admin).await.unwrap();
        let mut held = Vec::new();
        // One that has lost its connection would be in no database.
        let open = format!(
            "SELECT COUNT(*) FROM information_schema.innodb_trx \
             LEFT JOIN information_schema.processlist ON id = trx_mysql_thread_id \
             WHERE db = '{}' OR (id IS NULL AND trx_rows_modified > 0)",
            self.name
        );
        note(
            &mut held,
            "open transactions",
            admin.number(&open).await.unwrap(),
        );
        let lock = format!(
            "LOCK TABLES {name}.sales WRITE, {name}.tills WRITE NOWAIT; UNLOCK TABLES",
            name = self.name
        );
        if let Err(error) = admin.run(&lock).await {
            held.push(format!("metadata locks ({error})"));
        }
        let asked = diesel::sql_query("XA RECOVER");
        let prepared: Vec<Prepared> = asked.load(&mut admin).await.unwrap();
        note(&mut held, "prepared transactions", prepared.len() as i64);
        held
    }

    async fn connections(&self) -> i64 {
        let mut admin = AsyncMysqlConnection::connect(&self.admin).await.unwrap();
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{}'",
            self.name
        );
        admin.number(&sql).await.unwrap()
    }

    fn integer(&self) -> &'static str {
        "AS SIGNED"
    }
}

impl Drop for MariadbDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {}", self.name);
        administer::<AsyncMysqlConnection>(self.admin.clone(), sql);
    }
}
