//! SQLite.

use std::sync::atomic::AtomicBool;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};

use super::Tried;
use super::common::COMMON;
use crate::library::ROW;
use crate::library::r2d2::R2d2;
use crate::library::sqlx::SqlxSqlite;
use crate::outside::Ground;
use crate::way::{Way, sql};

const SQLITE: &[Way] = &[
    sql("`END`, then a write", &["END", ROW]),
    sql(
        "`ROLLBACK`, then `BEGIN IMMEDIATE`, a write and `COMMIT`",
        &["ROLLBACK", "BEGIN IMMEDIATE", ROW, "COMMIT"],
    ),
    sql(
        "`SAVEPOINT` outside of a transaction, a write, `RELEASE`",
        &["ROLLBACK", "SAVEPOINT outermost", ROW, "RELEASE outermost"],
    ),
    sql(
        "`INSERT OR ROLLBACK` of a row that is there",
        &[
            "INSERT OR ROLLBACK INTO escapes (id, note) VALUES (1, 'of a way out')",
            ROW,
        ],
    ),
    sql(
        "a write to `sqlite_schema` with `PRAGMA writable_schema`",
        &[
            "PRAGMA writable_schema = ON",
            "DELETE FROM sqlite_schema WHERE name = 'escape_spare'",
            "COMMIT",
        ],
    ),
    sql(
        "`ATTACH`, then a write to the other file",
        &[
            "ATTACH '{folder}/escape_other.db' AS other",
            "INSERT INTO other.escape_other VALUES (1)",
        ],
    ),
    sql(
        "`ATTACH`, then a write to the other file and `COMMIT`",
        &[
            "ATTACH '{folder}/escape_other.db' AS other",
            "INSERT INTO other.escape_other VALUES (1)",
            "COMMIT",
        ],
    ),
    sql(
        "`ROLLBACK`, `ATTACH`, a write to the other file",
        &[
            "ROLLBACK",
            "ATTACH '{folder}/escape_other.db' AS other",
            "INSERT INTO other.escape_other VALUES (1)",
        ],
    ),
    sql(
        "`PRAGMA journal_mode = DELETE`, a write, `COMMIT`",
        &["PRAGMA journal_mode = DELETE", ROW, "COMMIT"],
    ),
    sql(
        "`PRAGMA journal_mode = OFF`, many writes",
        &["PRAGMA journal_mode = OFF", "PRAGMA cache_size = 1", MANY],
    ),
    sql(
        "`ROLLBACK`, `PRAGMA journal_mode = OFF`, `BEGIN`, many writes, `COMMIT`",
        &[
            "ROLLBACK",
            "PRAGMA journal_mode = OFF",
            "PRAGMA cache_size = 1",
            "BEGIN",
            MANY,
            "COMMIT",
        ],
    ),
    sql(
        "`PRAGMA locking_mode = EXCLUSIVE`, a write",
        &["PRAGMA locking_mode = EXCLUSIVE", ROW],
    ),
    sql(
        "`PRAGMA query_only`, `COMMIT`",
        &["PRAGMA query_only = ON", "COMMIT"],
    ),
    sql(
        "`PRAGMA user_version`, `COMMIT`",
        &["PRAGMA user_version = 4711", "COMMIT"],
    ),
    sql(
        "`PRAGMA foreign_keys = OFF`, a row without its parent",
        &[
            "PRAGMA foreign_keys = OFF",
            "INSERT INTO escape_child VALUES (4711)",
        ],
    ),
    sql(
        "`PRAGMA defer_foreign_keys`, a row without its parent",
        &[
            "PRAGMA defer_foreign_keys = ON",
            "INSERT INTO escape_child VALUES (4711)",
        ],
    ),
    sql(
        "`PRAGMA wal_checkpoint`",
        &[ROW, "PRAGMA wal_checkpoint(TRUNCATE)"],
    ),
    sql("`VACUUM`", &["VACUUM"]),
    sql(
        "`VACUUM INTO`",
        &["VACUUM INTO '{folder}/escape_vacuumed.db'"],
    ),
    sql(
        "a row with an `AUTOINCREMENT`",
        &["INSERT INTO escape_counted (note) VALUES ('of a way out')"],
    ),
    sql("`DELETE` of all rows", &["DELETE FROM escapes"]),
];

/// More pages than the cache holds, so that they are written to the file before the end.
const MANY: &str = "WITH RECURSIVE n (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM n WHERE n < 300) \
    INSERT INTO escapes (id, note) SELECT n, hex(randomblob(1000)) FROM n";

const PREPARE: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA user_version = 1;
    DROP TABLE IF EXISTS escapes;
    DROP TABLE IF EXISTS escape_made;
    DROP TABLE IF EXISTS escape_spare;
    DROP TABLE IF EXISTS escape_child;
    DROP TABLE IF EXISTS escape_parent;
    DROP TABLE IF EXISTS escape_counted;
    CREATE TABLE escapes (id INTEGER PRIMARY KEY, note TEXT);
    INSERT INTO escapes VALUES (1, 'of production');
    CREATE TABLE escape_spare (id INTEGER);
    CREATE TABLE escape_parent (id INTEGER PRIMARY KEY);
    CREATE TABLE escape_child (parent INTEGER REFERENCES escape_parent);
    CREATE TABLE escape_counted (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT);
    CREATE TABLE IF NOT EXISTS other.escape_other (id INTEGER);
    DELETE FROM other.escape_other;
";

const TRACES: &str = "
    SELECT (SELECT COUNT(*) FROM escapes WHERE id <> 1)
        + (SELECT COUNT(*) <> 1 FROM escapes WHERE id = 1)
        + (SELECT COUNT(*) FROM other.escape_other)
        + (SELECT COUNT(*) FROM escape_child)
        + (SELECT COUNT(*) FROM main.sqlite_schema WHERE name = 'escape_made')
        + (SELECT COUNT(*) <> 1 FROM main.sqlite_schema WHERE name = 'escape_spare')
        + (SELECT COUNT(*) FROM main.sqlite_sequence)
        + (SELECT COUNT(*) FROM pragma_table_info('escapes') WHERE name = 'more')
        + (SELECT user_version <> 1 FROM pragma_user_version)
        + (SELECT journal_mode <> '{journal}' FROM pragma_journal_mode)
        + (SELECT integrity_check <> 'ok' FROM pragma_integrity_check)
";

pub(crate) async fn tried() -> Tried {
    let ways = [COMMON, SQLITE].concat();
    let mut tried = Tried::new("SQLite", &ways);
    for (journal, note) in [("wal", ", WAL"), ("delete", ", rollback journal")] {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (
            folder.path().join("app.db"),
            folder.path().join("escape_other.db"),
        );
        let url = file.to_string_lossy().into_owned();
        let outside = &mut SqliteConnection::establish(&url).unwrap();
        let setup = format!(
            "PRAGMA journal_mode = {journal}; ATTACH '{}' AS other",
            other.to_string_lossy()
        );
        outside.batch_execute(&setup).unwrap();
        let ground = Ground {
            prepare: PREPARE.to_owned(),
            traces: TRACES.replace("{journal}", journal),
            sweep: Vec::new(),
            sessions: "SELECT 0",
            dirty: AtomicBool::new(true),
        };
        let r2d2 = R2d2::<SqliteConnection>::new(&url);
        tried.through(r2d2, &ways, &ground, outside, note).await;
        let sqlx = SqlxSqlite { file };
        tried.through(sqlx, &ways, &ground, outside, note).await;
    }
    tried
}
