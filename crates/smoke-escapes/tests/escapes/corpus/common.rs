//! Ways out that every database has.

use crate::library::ROW;
use crate::way::{Act, Way, act, sql};

pub(super) const COMMON: &[Way] = &[
    sql("`COMMIT`, then a write", &["COMMIT", ROW]),
    sql("`COMMIT`, then `BEGIN` and a write", &["COMMIT", "BEGIN", ROW]),
    sql("`COMMIT; BEGIN` as one batch, then a write", &["COMMIT; BEGIN", ROW]),
    sql(
        "`COMMIT`, then `BEGIN`, a write and `COMMIT`",
        &["COMMIT", "BEGIN", ROW, "COMMIT"],
    ),
    sql("`ROLLBACK`, then a write", &["ROLLBACK", ROW]),
    sql(
        "`ROLLBACK`, then `BEGIN`, a write and `COMMIT`",
        &["ROLLBACK", "BEGIN", ROW, "COMMIT"],
    ),
    sql("`ROLLBACK; BEGIN` as one batch, then a write", &["ROLLBACK; BEGIN", ROW]),
    sql("a nested `BEGIN`, a write, `COMMIT`", &["BEGIN", ROW, "COMMIT"]),
    sql(
        "`RELEASE` of a guard whose name is guessed",
        &["RELEASE SAVEPOINT smoke_guard", ROW],
    ),
    sql(
        "`RELEASE` of the library's outermost savepoint",
        &[
            ROW,
            "RELEASE SAVEPOINT _sqlx_savepoint_1",
            "RELEASE SAVEPOINT diesel_savepoint_1",
        ],
    ),
    sql(
        "`ROLLBACK TO` the library's outermost savepoint",
        &[
            ROW,
            "ROLLBACK TO SAVEPOINT _sqlx_savepoint_1",
            "ROLLBACK TO SAVEPOINT diesel_savepoint_1",
        ],
    ),
    sql(
        "`CREATE TABLE`, then a write",
        &["CREATE TABLE escape_made (id INTEGER)", ROW],
    ),
    sql(
        "`CREATE TABLE ... AS SELECT`",
        &["CREATE TABLE escape_made AS SELECT * FROM escapes"],
    ),
    sql(
        "`CREATE TEMPORARY TABLE`, then a write",
        &["CREATE TEMPORARY TABLE escape_passing (id INTEGER)", ROW],
    ),
    sql(
        "`ALTER TABLE`, then a write",
        &["ALTER TABLE escapes ADD COLUMN more INTEGER", ROW],
    ),
    sql("`DROP TABLE`, then a write", &["DROP TABLE escape_spare", ROW]),
    sql("`CREATE INDEX`", &["CREATE INDEX escape_made ON escapes (note)"]),
    act("a write through a static pool", Act::StaticPool).unseen(
        "a test that writes through another connection by itself asks nobody, and no request tells of it; \
         in a request it is seen",
    ),
    act("a write through a static pool, in a `GET`", Act::StaticPoolInGet).unseen(
        "many a `GET` uses no database, so that it may take no connection from the sandbox",
    ),
    act("a write through a static pool, beside the sandbox", Act::StaticPoolBeside).unseen(
        "the request took a connection from the sandbox, as it should, and nothing tells of another one",
    ),
    act("a write through a pool made on the spot", Act::PoolOfItsOwn)
        .unseen("the same as with a static pool"),
    act("a task that writes after the test", Act::Later),
    act(
        "a task that keeps the connection, writes and commits after the test",
        Act::LaterOnAHeldConnection,
    ),
    act("a panic with the connection in hand", Act::Panic),
    act(
        "`COMMIT`, then a panic with the connection in hand",
        Act::CommitAndPanic,
    ),
    act("a second connection at once: the pool times out", Act::TwoAtOnce),
    act("a transaction whose future is dropped", Act::GivenUp),
    act("a test that never returns", Act::Never),
];
