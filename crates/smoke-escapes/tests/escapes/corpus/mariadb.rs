//! MariaDB.

use std::sync::atomic::AtomicBool;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, MysqlConnection};
use diesel_async::AsyncMysqlConnection;

use super::common::COMMON;
use super::{Tried, url};
use crate::library::ROW;
use crate::library::deadpool::Deadpool;
use crate::library::r2d2::R2d2;
use crate::outside::Ground;
use crate::way::{Way, sql};

const NUMBERS: &str = "numbers are handed out outside of transactions, by design: they are skipped";

const MARIADB: &[Way] = &[
    sql(
        "`COMMIT AND CHAIN`, then a write",
        &["COMMIT AND CHAIN", ROW],
    ),
    sql(
        "`ROLLBACK AND CHAIN`, then a write",
        &["ROLLBACK AND CHAIN", ROW],
    ),
    sql(
        "`ROLLBACK`, then `START TRANSACTION READ WRITE`, a write and `COMMIT`",
        &["ROLLBACK", "START TRANSACTION READ WRITE", ROW, "COMMIT"],
    ),
    sql(
        "a nested `START TRANSACTION`, then a write",
        &["START TRANSACTION", ROW],
    ),
    sql(
        "a nested `START TRANSACTION READ WRITE`, a write, `COMMIT`",
        &["START TRANSACTION READ WRITE", ROW, "COMMIT"],
    ),
    sql(
        "`SET TRANSACTION READ WRITE`, then a write",
        &["SET TRANSACTION READ WRITE", ROW],
    ),
    sql(
        "`SET SESSION TRANSACTION READ WRITE`, then a write",
        &["SET SESSION TRANSACTION READ WRITE", ROW],
    ),
    sql(
        "`SET SESSION TRANSACTION READ WRITE`, `COMMIT`, a write",
        &["SET SESSION TRANSACTION READ WRITE", "COMMIT", ROW],
    ),
    sql(
        "`SET SESSION TRANSACTION READ WRITE`, then `CREATE TABLE`",
        &[
            "SET SESSION TRANSACTION READ WRITE",
            "CREATE TABLE escape_made (id INTEGER)",
        ],
    ),
    sql(
        "`SET autocommit = 1`, then a write",
        &["SET autocommit = 1", ROW],
    ),
    sql(
        "`SET autocommit = 0`, then a write",
        &["SET autocommit = 0", ROW],
    ),
    sql(
        "`SET autocommit = 0`, then 1, then a write",
        &["SET autocommit = 0", "SET autocommit = 1", ROW],
    ),
    sql("`TRUNCATE`", &["TRUNCATE TABLE escapes"]),
    sql(
        "`LOCK TABLES`, then a write",
        &["LOCK TABLES escapes WRITE", ROW],
    ),
    sql(
        "`RENAME TABLE`",
        &["RENAME TABLE escape_spare TO escape_made"],
    ),
    sql(
        "`ANALYZE TABLE`, then a write",
        &["ANALYZE TABLE escapes", ROW],
    ),
    sql(
        "`CREATE VIEW`",
        &["CREATE VIEW escape_made AS SELECT * FROM escapes"],
    ),
    sql(
        "`CREATE OR REPLACE TEMPORARY TABLE ... AS SELECT`",
        &["CREATE OR REPLACE TEMPORARY TABLE escape_passing AS SELECT * FROM escapes"],
    ),
    sql(
        "a temporary table, made, written to and dropped",
        &[
            "CREATE TEMPORARY TABLE escape_passing (id INTEGER)",
            "INSERT INTO escape_passing VALUES (1)",
            "DROP TEMPORARY TABLE escape_passing",
        ],
    ),
    sql(
        "a procedure that commits, then a write",
        &["CALL escape_commits()", ROW],
    ),
    sql(
        "a procedure that begins a transaction, writes and commits",
        &["CALL escape_writes()"],
    ),
    sql(
        "a compound statement that commits, then a write",
        &["BEGIN NOT ATOMIC COMMIT; END", ROW],
    ),
    sql(
        "`XA START`, a write, `XA END`, `XA PREPARE`",
        &[
            "XA START 'escapes'",
            ROW,
            "XA END 'escapes'",
            "XA PREPARE 'escapes'",
        ],
    ),
    sql(
        "`ROLLBACK`, then `XA START`, a write, `XA END`, `XA PREPARE`",
        &[
            "ROLLBACK",
            "XA START 'escapes'",
            ROW,
            "XA END 'escapes'",
            "XA PREPARE 'escapes'",
        ],
    ),
    sql(
        "`ROLLBACK`, `SET SESSION TRANSACTION READ WRITE`, then the same",
        &[
            "ROLLBACK",
            "SET SESSION TRANSACTION READ WRITE",
            "XA START 'escapes'",
            ROW,
            "XA END 'escapes'",
            "XA PREPARE 'escapes'",
        ],
    ),
    sql(
        "a write to a MyISAM table",
        &["INSERT INTO escape_myisam VALUES (1)"],
    ),
    sql(
        "a write to a MyISAM table, and to no other",
        &["INSERT INTO escape_myisam VALUES (1)"],
    )
    .alone(),
    sql(
        "a write to an Aria table",
        &["INSERT INTO escape_aria VALUES (1)"],
    ),
    sql("a look at an Aria table", &["SELECT * FROM escape_aria"]),
    sql(
        "a write to a MEMORY table",
        &["INSERT INTO escape_memory VALUES (1)"],
    ),
    sql(
        "a trigger that writes to a MyISAM table",
        &["INSERT INTO escape_triggers VALUES (1)"],
    ),
    sql(
        "a write to a MyISAM table, within a savepoint that is rolled back",
        &[
            "SAVEPOINT of_the_application",
            "INSERT INTO escape_myisam VALUES (1)",
            "ROLLBACK TO SAVEPOINT of_the_application",
        ],
    ),
    sql(
        "an error in the midst of a write to a MyISAM table",
        &["INSERT INTO escape_myisam VALUES (1), (1)"],
    ),
    sql(
        "a write to a MyISAM table, after `SET @smoke_warning`",
        &[
            "SET @smoke_warning = 0",
            "INSERT INTO escape_myisam VALUES (1)",
        ],
    ),
    sql(
        "`NEXTVAL()` of a sequence",
        &["SELECT NEXTVAL(escape_numbers)"],
    )
    .unseen(NUMBERS),
    sql(
        "`SETVAL()` of a sequence",
        &["SELECT SETVAL(escape_numbers, 4711)"],
    )
    .unseen(NUMBERS),
    sql(
        "a row with an `AUTO_INCREMENT`",
        &["INSERT INTO escape_counted (note) VALUES ('of a way out')"],
    )
    .unseen(NUMBERS),
    sql("`GET_LOCK()`", &["SELECT GET_LOCK('escapes', 0)"]),
    sql(
        "`SELECT ... INTO OUTFILE`",
        &["SELECT * FROM escapes INTO OUTFILE '/tmp/smoke_escape'"],
    ),
    sql("`SET GLOBAL`", &["SET GLOBAL autocommit = 1"]),
    sql("`FLUSH TABLES`", &["FLUSH TABLES"]),
    sql(
        "`CREATE EVENT`",
        &["CREATE EVENT escape_made ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM escapes"],
    ),
    sql(
        "the limits set to none, a write",
        &[
            "SET SESSION max_statement_time = 0",
            "SET SESSION idle_transaction_timeout = 0",
            ROW,
        ],
    ),
    sql(
        "`KILL` of the own connection",
        &["KILL CONNECTION_ID()", ROW],
    ),
    sql(
        "`COMMIT`, then `KILL` of the own connection",
        &["COMMIT", "KILL CONNECTION_ID()"],
    ),
    sql(
        "`KILL QUERY` of the own statement",
        &["KILL QUERY CONNECTION_ID()", ROW],
    ),
];

const PREPARE: &str = "
    SET SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10;
    DROP VIEW IF EXISTS escape_made;
    DROP TABLE IF EXISTS escape_made;
    DROP EVENT IF EXISTS escape_made;
    CREATE OR REPLACE TABLE escapes (id INTEGER PRIMARY KEY, note VARCHAR(200)) ENGINE = InnoDB;
    INSERT INTO escapes VALUES (1, 'of production');
    CREATE OR REPLACE TABLE escape_spare (id INTEGER) ENGINE = InnoDB;
    CREATE OR REPLACE TABLE escape_counted (id INTEGER AUTO_INCREMENT PRIMARY KEY, note VARCHAR(200)) ENGINE = InnoDB;
    CREATE OR REPLACE TABLE escape_myisam (id INTEGER UNIQUE) ENGINE = MyISAM;
    CREATE OR REPLACE TABLE escape_aria (id INTEGER) ENGINE = Aria;
    CREATE OR REPLACE TABLE escape_memory (id INTEGER) ENGINE = MEMORY;
    CREATE OR REPLACE TABLE escape_triggers (id INTEGER) ENGINE = InnoDB;
    CREATE TRIGGER escape_trigger AFTER INSERT ON escape_triggers FOR EACH ROW INSERT INTO escape_myisam VALUES (NEW.id);
    CREATE OR REPLACE SEQUENCE escape_numbers;
    CREATE OR REPLACE PROCEDURE escape_commits() COMMIT;
    CREATE OR REPLACE PROCEDURE escape_writes() BEGIN
        START TRANSACTION READ WRITE;
        INSERT INTO escapes VALUES (10, 'of a way out');
        COMMIT;
    END;
";

const TRACES: &str = "
    SELECT CAST((SELECT COUNT(*) FROM escapes WHERE id <> 1)
        + (SELECT COUNT(*) = 0 FROM escapes WHERE id = 1)
        + (SELECT COUNT(*) FROM escape_myisam)
        + (SELECT COUNT(*) FROM escape_aria)
        + (SELECT COUNT(*) FROM escape_memory)
        + (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'escape_made')
        + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = DATABASE())
        + (SELECT COUNT(*) = 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'escape_spare')
        + (SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'escapes' AND column_name = 'more')
        + (SELECT next_not_cached_value <> 1 FROM escape_numbers)
        + (SELECT auto_increment <> 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'escape_counted')
        + (IS_FREE_LOCK('escapes') = 0)
    AS SIGNED)
";

/// Other tests ask which tables without transactions there are.
const CLEAR: &str = "DROP TABLE escape_triggers, escape_myisam, escape_aria, escape_memory";

pub(crate) async fn tried() -> Tried {
    let url = url("SMOKE_TEST_MARIADB_URL");
    let ground = Ground {
        prepare: PREPARE.to_owned(),
        traces: TRACES.to_owned(),
        sweep: vec!["XA ROLLBACK 'escapes'".to_owned()],
        sessions: "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
        dirty: AtomicBool::new(true),
    };
    let ways = [COMMON, MARIADB].concat();
    let outside = &mut MysqlConnection::establish(&url).unwrap();
    let mut tried = Tried::new("MariaDB", &ways);
    let r2d2 = R2d2::<MysqlConnection>::new(&url);
    let deadpool = Deadpool::<AsyncMysqlConnection>::new(&url);
    tried
        .through(r2d2.clone().read_only(), &ways, &ground, outside, "")
        .await;
    tried
        .through(deadpool.clone().read_only(), &ways, &ground, outside, "")
        .await;
    tried.through(r2d2, &ways, &ground, outside, "").await;
    tried.through(deadpool, &ways, &ground, outside, "").await;
    outside.batch_execute(CLEAR).unwrap();
    tried
}
