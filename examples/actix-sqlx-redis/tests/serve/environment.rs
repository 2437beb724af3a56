//! What the service stands on: a schema, a database of redis, a mail service.

use std::sync::atomic::{AtomicU8, Ordering};

use examples_support::Service;
use redis::FromRedisValue;
use smoke_conformance::Line;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::BINARY;
use crate::mail_service::MailService;

/// Of one test alone.
pub(crate) struct Environment {
    runtime: Runtime,
    postgres: String,
    schema: String,
    redis: redis::Client,
    redis_line: Line,
    redis_url: String,
    pub(crate) mails: MailService,
}

/// The URL of a server that the tests share.
fn server(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test` starts a server and sets it")
    })
}

impl Environment {
    pub(crate) fn new() -> Self {
        // Redis has 16 databases, and each test of this process its own.
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let database = NEXT.fetch_add(1, Ordering::Relaxed);

        let runtime = Runtime::new().unwrap();
        let server_url = server("SMOKE_TEST_REDIS_URL");
        let (start, address) = server_url.rsplit_once('@').unwrap();
        let redis_line = runtime
            .block_on(Line::to(address.parse().unwrap()))
            .unwrap();
        let redis_url = format!("{start}@{}/{database}", redis_line.address());
        let redis = redis::Client::open(format!("{server_url}/{database}")).unwrap();

        let environment = Self {
            runtime,
            postgres: server("SMOKE_TEST_POSTGRES_URL"),
            schema: format!("actix_sqlx_redis_{}", Uuid::new_v4().simple()),
            redis,
            redis_line,
            redis_url,
            mails: MailService::start(),
        };
        environment.redis::<()>(&["FLUSHDB"]);
        environment.change("CREATE SCHEMA {}");
        environment
    }

    /// The variables that the service reads.
    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        let joint = if self.postgres.contains('?') {
            '&'
        } else {
            '?'
        };
        let Self {
            postgres, schema, ..
        } = self;
        [
            (
                "DATABASE_URL",
                format!("{postgres}{joint}options=-csearch_path%3D{schema}"),
            ),
            ("REDIS_URL", self.redis_url.clone()),
            ("MAIL_URL", self.mails.url()),
        ]
    }

    pub(crate) fn start(&self) -> Service {
        self.start_on(&self.redis_url)
    }

    /// Starts the service with another URL of redis. It runs smoke tests when it is asked to, and
    /// not by a schedule.
    pub(crate) fn start_on(&self, redis_url: &str) -> Service {
        let variables = self.variables();
        let [database, _, mail] = variables.each_ref().map(|(name, value)| (*name, &**value));
        let redis = ("REDIS_URL", redis_url);
        Service::start_with(BINARY, &[database, redis, mail, ("SMOKE_SCHEDULE", "off")])
    }

    /// The rows of users, orders, keys and mails.
    pub(crate) fn rows(&self) -> [i64; 4] {
        ["users", "orders", "idempotency", "mails"].map(|table| {
            let count = format!("SELECT count(*) FROM {}.{table}", self.schema);
            self.runtime.block_on(async {
                let mut connection = PgConnection::connect(&self.postgres).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(count))
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            })
        })
    }

    /// What redis holds.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.redis(&["KEYS", "*"])
    }

    /// What redis answers to a command.
    pub(crate) fn redis<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = self.redis.get_connection().unwrap();
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name)
            .arg(arguments)
            .query(&mut connection)
            .unwrap()
    }

    /// The URL of redis for another of its users.
    pub(crate) fn redis_url_of(&self, user: &str, password: &str) -> String {
        let (_, address) = self.redis_url.rsplit_once('@').unwrap();
        format!("redis://{user}:{password}@{address}")
    }

    pub(crate) fn cut_redis(&self) {
        self.runtime.block_on(self.redis_line.cut());
    }

    pub(crate) fn mend_redis(&self) {
        self.runtime.block_on(self.redis_line.mend()).unwrap();
    }

    /// Changes the schema, `{}` in the statement.
    pub(crate) fn change(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.replace("{}", &self.schema));
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.postgres).await.unwrap();
            connection.execute(statement).await.unwrap();
        });
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.change("DROP SCHEMA {} CASCADE");
    }
}
