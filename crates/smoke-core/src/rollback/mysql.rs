//! What is said to MariaDB and MySQL, whatever the library.

use std::time::Duration;

use super::savepoints::{Attempt, Ending, Savepoints};
use super::terms::Terms;
use super::verdict::RollbackVerdict;

/// How long a sandbox may hold its transaction unless the application says otherwise.
pub const LIMIT: Duration = Duration::from_secs(2);

/// Whether sandboxes may write unless the application says otherwise: what is written before a
/// statement that commits on its own stays in the database.
pub const WRITES: bool = false;

/// How long a sandbox waits for somebody else's lock, in the unit of the setting: the shortest.
const LOCK_TIMEOUT_S: u32 = 1;

/// The locks that REPEATABLE READ takes on gaps block production's unrelated inserts. Where
/// the application has set a level itself it stays, and with statement-based replication.
/// Each of the two databases skips the other's comment.
pub const ISOLATION: &str = "SET SESSION \
    /*M! tx_isolation = IF(@@SESSION.tx_isolation = @@GLOBAL.tx_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.tx_isolation) */ \
    /*!80000 transaction_isolation = IF(@@SESSION.transaction_isolation = @@GLOBAL.transaction_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.transaction_isolation) */";

/// Asks for the number that [`kill`] takes.
pub const WHO: &str = "SELECT CAST(CONNECTION_ID() AS SIGNED)";

/// MariaDB says whether there is a transaction; MySQL does not know the question.
pub const IN_TRANSACTION: &str = "SELECT CAST(@@in_transaction AS SIGNED)";

/// Asks whether the rollback gave one of the warnings that something was not rolled back.
pub const WARNED: &str = "SELECT CAST(COALESCE(@smoke_warning, 0) IN (1196, 1751, 1752) AS SIGNED)";

/// Asks which tables may have been meant by it; the warning names none.
pub const WITHOUT_TRANSACTIONS: &str = "SELECT table_name \
    FROM information_schema.tables JOIN information_schema.engines USING (engine) \
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND transactions <> 'YES' \
    ORDER BY table_name LIMIT 20";

/// Ends a connection, from another one.
#[must_use]
pub fn kill(who: i64) -> String {
    format!("KILL CONNECTION {who}")
}

/// Counts the connections with that number.
#[must_use]
pub fn count(who: i64) -> String {
    format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {who}")
}

/// Begins the transaction, sets the limits on the server and the guard.
///
/// Whatever comes after the end of the transaction is read-only: neither a statement that has
/// committed it on its own (CREATE, TRUNCATE) is then carried out nor one after a COMMIT.
#[must_use]
pub fn begin(terms: &Terms) -> String {
    let limit = terms.limit.as_secs().max(1);
    let access = if terms.writes {
        "READ WRITE"
    } else {
        "READ ONLY"
    };
    format!(
        "SET SESSION innodb_lock_wait_timeout = {LOCK_TIMEOUT_S}, \
         SESSION lock_wait_timeout = {LOCK_TIMEOUT_S} \
         /*M! , SESSION max_statement_time = {limit}, SESSION idle_transaction_timeout = {limit} */; \
         SET SESSION TRANSACTION READ ONLY; \
         START TRANSACTION {access}; \
         SAVEPOINT {}",
        terms.guard
    )
}

/// The ways to end the transaction.
#[must_use]
pub fn end(savepoints: &Savepoints) -> Vec<Attempt<Ending>> {
    vec![Attempt {
        sql: format!(
            // A statement without warnings leaves those of an earlier one in place.
            "{}; SET @smoke_warning = 0; ROLLBACK; GET DIAGNOSTICS CONDITION 1 @smoke_warning = MYSQL_ERRNO",
            savepoints.prove()
        ),
        means: Ending::RolledBack,
    }]
}

/// The verdict where the database says that not everything was rolled back. It names no tables:
/// these are those that may be meant.
#[must_use]
pub fn non_transactional(candidates: Vec<String>) -> RollbackVerdict {
    let tables = match candidates.len() {
        0 => vec!["tables that the database does not name".to_owned()],
        1 => candidates,
        _ => vec![format!("one or more of {}", candidates.join(", "))],
    };
    RollbackVerdict::NonTransactional { tables }
}

/// Whether the number of an error says that the transaction, and with it the guard, has ended:
/// "savepoint does not exist".
#[must_use]
pub fn is_ended(number: u16) -> bool {
    number == 1305
}

/// Whether the number of an error says that the database was busy: a lock or a deadlock stood in
/// the way.
#[must_use]
pub fn is_busy(number: u16) -> bool {
    matches!(number, 1205 | 1213)
}

/// Whether the number of an error says that the connection is gone: the server has ended it, or
/// is about to.
#[must_use]
pub fn is_lost(number: u16) -> bool {
    // The last three are "killed" of MariaDB and of MySQL, and "disconnected because of inactivity".
    matches!(
        number,
        1053 | 1152 | 1158..=1161 | 1184 | 1927 | 3169 | 4031
    )
}

/// Whether the number of an error says that the server has no connection to give.
#[must_use]
pub fn is_full(number: u16) -> bool {
    matches!(number, 1040 | 1203 | 1226)
}
