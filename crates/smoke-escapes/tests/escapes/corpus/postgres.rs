//! PostgreSQL.

use std::sync::atomic::AtomicBool;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::common::COMMON;
use super::{Column, Tried, url};
use crate::library::deadpool::Deadpool;
use crate::library::r2d2::R2d2;
use crate::library::sqlx::SqlxPostgres;
use crate::library::{Library, ROW};
use crate::outside::{Ground, Outside};
use crate::way::{Way, sql};

const FORGED: &str =
    "nobody writes that by accident: it copies the sandbox's own mark into another transaction";

const NUMBERS: &str = "sequences are outside of transactions, by design: numbers are skipped";

const POSTGRES: &[Way] = &[
    sql("`END`, then a write", &["END", ROW]),
    sql(
        "`COMMIT AND CHAIN`, then a write",
        &["COMMIT AND CHAIN", ROW],
    ),
    sql(
        "`COMMIT AND CHAIN`, a write, `COMMIT`",
        &["COMMIT AND CHAIN", ROW, "COMMIT"],
    ),
    sql(
        "`ROLLBACK AND CHAIN`, then a write",
        &["ROLLBACK AND CHAIN", ROW],
    ),
    sql(
        "`ROLLBACK AND CHAIN`, a write, `COMMIT`",
        &["ROLLBACK AND CHAIN", ROW, "COMMIT"],
    ),
    sql(
        "`ROLLBACK`, then `BEGIN READ WRITE`, a write and `COMMIT`",
        &["ROLLBACK", "BEGIN READ WRITE", ROW, "COMMIT"],
    ),
    sql(
        "`COMMIT`, then `BEGIN READ WRITE`, a write and `COMMIT`",
        &["COMMIT", "BEGIN READ WRITE", ROW, "COMMIT"],
    ),
    sql(
        "`SET TRANSACTION READ WRITE`, a write, `COMMIT`",
        &["SET TRANSACTION READ WRITE", ROW, "COMMIT"],
    ),
    sql(
        "`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`",
        &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", ROW],
    ),
    sql(
        "`SET SESSION default_transaction_read_only = off`, then `COMMIT` and a write",
        &[
            "SET SESSION default_transaction_read_only = off",
            "COMMIT",
            ROW,
        ],
    ),
    sql(
        "`ROLLBACK`, `SET default_transaction_read_only = off`, a write",
        &["ROLLBACK", "SET default_transaction_read_only = off", ROW],
    ),
    sql(
        "`ROLLBACK`, `SET SESSION CHARACTERISTICS ... READ WRITE`, a write",
        &[
            "ROLLBACK",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            ROW,
        ],
    ),
    sql(
        "`PREPARE TRANSACTION`",
        &[ROW, "PREPARE TRANSACTION '{database}'"],
    ),
    sql(
        "`ROLLBACK`, then `BEGIN READ WRITE`, a write, `PREPARE TRANSACTION`",
        &[
            "ROLLBACK",
            "BEGIN READ WRITE",
            ROW,
            "PREPARE TRANSACTION '{database}'",
        ],
    ),
    sql(
        "a `DO` block that commits",
        &["DO $$ BEGIN COMMIT; END $$", ROW],
    ),
    sql("a procedure that commits", &["CALL escape_commits()", ROW]),
    sql(
        "`RELEASE` of the guard, by the name that can be read",
        &["RELEASE SAVEPOINT smoke_guard", ROW],
    ),
    sql(
        "`ROLLBACK TO` the guard, by the name that can be read",
        &["ROLLBACK TO SAVEPOINT smoke_guard", ROW],
    ),
    sql(
        "`ROLLBACK`, a write that is committed, a guard forged by the name that can be read",
        &[
            "ROLLBACK",
            "BEGIN READ WRITE",
            ROW,
            "COMMIT",
            "BEGIN READ WRITE",
            "SET LOCAL smoke.mark = '{mark}'",
            "SAVEPOINT smoke_guard",
        ],
    )
    .unseen(FORGED),
    sql(
        "the same, with the cursor that refuses to commit forged, too",
        &[
            "ROLLBACK",
            "BEGIN READ WRITE",
            ROW,
            "COMMIT",
            "BEGIN READ WRITE",
            "DECLARE smoke_seal CURSOR FOR SELECT 1",
            "SET LOCAL smoke.mark = '{mark}'",
            "SAVEPOINT smoke_guard",
        ],
    )
    .unseen(FORGED),
    sql(
        "`CLOSE` of the cursor that refuses to commit, a write, `COMMIT`",
        &["CLOSE smoke_seal", ROW, "COMMIT"],
    ),
    sql(
        "`CLOSE ALL`, a write, `COMMIT`",
        &["CLOSE ALL", ROW, "COMMIT"],
    ),
    sql(
        "a savepoint, `FETCH` from the cursor that refuses to commit, `ROLLBACK TO`, a write, `COMMIT`",
        &[
            "SAVEPOINT x",
            "FETCH smoke_seal",
            "ROLLBACK TO x",
            ROW,
            "COMMIT",
        ],
    ),
    sql("`DISCARD TEMP`, a write", &["DISCARD TEMP", ROW]),
    sql(
        "`DISCARD TEMP`, a write, `COMMIT`",
        &["DISCARD TEMP", ROW, "COMMIT"],
    ),
    sql("`DISCARD ALL`, a write", &["DISCARD ALL", ROW]),
    sql("`RESET ALL`, a write", &["RESET ALL", ROW]),
    sql(
        "`RESET ALL`, a write, `COMMIT`",
        &["RESET ALL", ROW, "COMMIT"],
    ),
    sql(
        "`SET ROLE`, a write, `COMMIT`",
        &["SET ROLE NONE", ROW, "COMMIT"],
    ),
    sql(
        "`SET CONSTRAINTS ALL IMMEDIATE`, `COMMIT`",
        &["SET CONSTRAINTS ALL IMMEDIATE", ROW, "COMMIT"],
    ),
    sql(
        "the limits set to none, a write",
        &[
            "SET statement_timeout = 0",
            "SET lock_timeout = 0",
            "SET idle_in_transaction_session_timeout = 0",
            ROW,
        ],
    ),
    sql("`TRUNCATE`", &["TRUNCATE escapes"]),
    sql(
        "`TRUNCATE ... RESTART IDENTITY`",
        &["TRUNCATE escape_counted RESTART IDENTITY"],
    ),
    sql(
        "`LOCK TABLE`, a write",
        &["LOCK TABLE escapes IN ACCESS EXCLUSIVE MODE", ROW],
    ),
    sql("`VACUUM`", &["VACUUM escapes"]),
    sql(
        "`CREATE INDEX CONCURRENTLY`",
        &["CREATE INDEX CONCURRENTLY escape_made ON escapes (note)"],
    ),
    sql("`CREATE DATABASE`", &["CREATE DATABASE escape_made"]),
    sql(
        "a cursor `WITH HOLD`, `COMMIT`",
        &[
            "DECLARE held CURSOR WITH HOLD FOR SELECT * FROM escapes",
            "COMMIT",
        ],
    ),
    sql(
        "`COPY ... FROM STDIN`, as a plain statement",
        &["COPY escapes FROM STDIN"],
    ),
    sql(
        "`COPY ... TO PROGRAM`",
        &["COPY escapes TO PROGRAM 'cat > /tmp/smoke_escape'"],
    ),
    sql("a large object", &["SELECT lo_from_bytea(0, 'escaped')"]),
    sql(
        "`LISTEN` and `NOTIFY`",
        &["LISTEN escapes", "NOTIFY escapes, 'escaped'"],
    ),
    sql(
        "an advisory lock of the session",
        &["SELECT pg_advisory_lock(4711)"],
    ),
    sql(
        "an advisory lock of the session, after `ROLLBACK`",
        &["ROLLBACK", "SELECT pg_advisory_lock(4711)"],
    ),
    sql("`nextval()`", &["SELECT nextval('escape_numbers')"]).unseen(NUMBERS),
    sql("`setval()`", &["SELECT setval('escape_numbers', 4711)"]).unseen(NUMBERS),
    sql(
        "a row with an identity",
        &["INSERT INTO escape_counted (note) VALUES ('of a way out')"],
    )
    .unseen(NUMBERS),
    sql(
        "a write through `dblink`",
        &["SELECT dblink_exec(escape_other(), 'INSERT INTO escapes VALUES (11)')"],
    )
    .unseen("another connection commits, on the server's own account"),
    sql(
        "a trigger that writes through `dblink`",
        &["INSERT INTO escape_triggers VALUES (1)"],
    )
    .unseen("the same as with `dblink`"),
    sql(
        "`pg_terminate_backend` of the own connection",
        &["SELECT pg_terminate_backend(pg_backend_pid())", ROW],
    ),
    sql(
        "`pg_cancel_backend` of the own statement",
        &["SELECT pg_cancel_backend(pg_backend_pid())", ROW],
    ),
];

/// `{other}` is how the database connects to itself.
const PREPARE: &str = "
    SET lock_timeout = '10s';
    SET client_min_messages = error;
    DROP TABLE IF EXISTS escapes, escape_made, escape_spare, escape_counted, escape_triggers CASCADE;
    DROP SEQUENCE IF EXISTS escape_numbers;
    SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
    CREATE TABLE escapes (id integer PRIMARY KEY, note text);
    INSERT INTO escapes VALUES (1, 'of production');
    CREATE TABLE escape_spare (id integer);
    CREATE TABLE escape_counted (id integer GENERATED ALWAYS AS IDENTITY, note text);
    INSERT INTO escape_counted (note) VALUES ('of production');
    CREATE SEQUENCE escape_numbers;
    CREATE OR REPLACE PROCEDURE escape_commits() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
    CREATE OR REPLACE FUNCTION escape_other() RETURNS text LANGUAGE sql AS $$ SELECT '{other}' $$;
    CREATE TABLE escape_triggers (id integer);
    CREATE OR REPLACE FUNCTION escape_writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM dblink_exec(escape_other(), 'INSERT INTO escapes VALUES (11)');
        RETURN NEW;
    END $$;
    CREATE TRIGGER escape_trigger AFTER INSERT ON escape_triggers FOR EACH ROW EXECUTE FUNCTION escape_writes();
";

const TRACES: &str = "
    SELECT (SELECT count(*) FROM escapes WHERE id <> 1)
        + (SELECT abs(count(*) - 1) FROM escapes WHERE id = 1)
        + (SELECT count(*) FROM pg_class WHERE relname = 'escape_made')
        + (SELECT abs(count(*) - 1) FROM pg_class WHERE relname = 'escape_spare')
        + (SELECT count(*) FROM pg_database WHERE datname = 'escape_made')
        + (SELECT count(*) FROM information_schema.columns WHERE table_name = 'escapes' AND column_name = 'more')
        + (SELECT count(*) FROM escape_numbers WHERE is_called)
        + (SELECT abs(last_value - 1) FROM escape_counted_id_seq)
        + (SELECT abs(count(*) - 1) FROM escape_counted)
        + (SELECT count(*) FROM pg_largeobject_metadata)
        + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
";

fn ground(url: &str) -> Ground {
    let (server, database) = url.rsplit_once('/').unwrap();
    let (login, place) = server
        .trim_start_matches("postgres://")
        .split_once('@')
        .unwrap();
    let (user, password) = login.split_once(':').unwrap();
    let (host, port) = place.split_once(':').unwrap();
    let other =
        format!("host={host} port={port} dbname={database} user={user} password={password}");
    Ground {
        prepare: PREPARE.replace("{other}", &other),
        traces: TRACES.to_owned(),
        sweep: vec![format!("ROLLBACK PREPARED '{database}'")],
        sessions: "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        dirty: AtomicBool::new(true),
    }
}

/// A database of one library, so that each is tried at the same time as the others.
struct Place {
    url: String,
    admin: String,
    name: String,
}

impl Place {
    fn new() -> Self {
        let url = url("SMOKE_TEST_POSTGRES_URL");
        let admin = super::url("SMOKE_TEST_POSTGRES_ADMIN_URL");
        let name = format!("escapes_{}", Uuid::new_v4().simple());
        let (server, _) = url.rsplit_once('/').unwrap();
        let (_, login) = server.split_once("://").unwrap();
        let (user, _) = login.split_once(':').unwrap();
        let sql = format!("CREATE DATABASE {name} OWNER {user}");
        administer(&admin, &sql);
        let (admins, _) = admin.rsplit_once('/').unwrap();
        administer(&format!("{admins}/{name}"), "CREATE EXTENSION dblink");
        let url = format!("{server}/{name}");
        Self { url, admin, name }
    }

    async fn tried<L: Library>(self, library: impl FnOnce(&str) -> L, ways: Vec<Way>) -> Column {
        let ground = ground(&self.url);
        let outside = &mut PgConnection::establish(&self.url).unwrap();
        assert!(
            outside.count("SELECT current_setting('max_prepared_transactions')::bigint") > 0,
            "max_prepared_transactions is 0, so that PREPARE TRANSACTION cannot be tried"
        );
        Column::of(library(&self.url), &ways, &ground, outside, "").await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        administer(&self.admin, &sql);
    }
}

fn administer(url: &str, sql: &str) {
    let mut admin = PgConnection::establish(url).unwrap();
    admin.batch_execute(sql).unwrap();
}

pub(crate) async fn tried() -> Tried {
    let ways = [COMMON, POSTGRES].concat();
    let r2d2 = Place::new().tried(R2d2::<PgConnection>::new, ways.clone());
    let deadpool = Place::new().tried(Deadpool::<AsyncPgConnection>::new, ways.clone());
    let kept = |url: &str| Deadpool::<AsyncPgConnection>::new(url).savepoint_each_statement();
    let kept = Place::new().tried(kept, ways.clone());
    let sqlx = |url: &str| SqlxPostgres {
        url: url.to_owned(),
    };
    let sqlx = Place::new().tried(sqlx, ways.clone());
    let (r2d2, deadpool, kept, sqlx) = tokio::join!(
        tokio::spawn(r2d2),
        tokio::spawn(deadpool),
        tokio::spawn(kept),
        tokio::spawn(sqlx)
    );
    let mut tried = Tried::new("PostgreSQL", &ways);
    for column in [r2d2, deadpool, kept, sqlx] {
        tried.add(column.unwrap());
    }
    tried
}
