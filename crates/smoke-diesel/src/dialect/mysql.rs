//! MariaDB and MySQL.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

/// How long a sandbox waits for somebody else's lock, in the unit of the setting: the shortest.
const LOCK_TIMEOUT_S: u32 = 1;

pub(crate) struct MysqlDialect;

impl MysqlDialect {
    /// The locks that REPEATABLE READ takes on gaps block production's unrelated inserts. Where
    /// the application has set a level itself it stays, and with statement-based replication.
    /// Each of the two databases skips the other's comment.
    pub(crate) const ISOLATION: &str = "SET SESSION \
        /*M! tx_isolation = IF(@@SESSION.tx_isolation = @@GLOBAL.tx_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.tx_isolation) */ \
        /*!80000 transaction_isolation = IF(@@SESSION.transaction_isolation = @@GLOBAL.transaction_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.transaction_isolation) */";

    /// Asks for the number that [`kill`](Self::kill) takes.
    pub(crate) const WHO: &str = "SELECT CAST(CONNECTION_ID() AS SIGNED)";

    /// MariaDB says whether there is a transaction; MySQL does not know the question.
    pub(crate) const IN_TRANSACTION: &str = "SELECT CAST(@@in_transaction AS SIGNED)";

    /// Asks whether the rollback gave one of the warnings that something was not rolled back.
    pub(crate) const WARNED: &str =
        "SELECT CAST(COALESCE(@smoke_warning, 0) IN (1196, 1751, 1752) AS SIGNED)";

    /// Asks which tables may have been meant by it; the warning names none.
    pub(crate) const WITHOUT_TRANSACTIONS: &str = "SELECT table_name \
        FROM information_schema.tables JOIN information_schema.engines USING (engine) \
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND transactions <> 'YES' \
        ORDER BY table_name LIMIT 20";

    /// Ends a connection, from another one.
    pub(crate) fn kill(who: i64) -> String {
        format!("KILL CONNECTION {who}")
    }

    /// Counts the connections with that number.
    pub(crate) fn count(who: i64) -> String {
        format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {who}")
    }
}

impl Dialect for MysqlDialect {
    const NAME: &'static str = "MariaDB or MySQL";

    const LIMIT: Duration = Duration::from_secs(2);

    /// What is written before a statement that commits on its own stays in the database.
    const WRITES: bool = false;

    /// Whatever comes after the end of the transaction is read-only: neither a statement that has
    /// committed it on its own (CREATE, TRUNCATE) is then carried out nor one after a COMMIT.
    fn begin(terms: &Terms, _: bool) -> String {
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

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        vec![Attempt {
            sql: format!(
                // A statement without warnings leaves those of an earlier one in place.
                "{}; SET @smoke_warning = 0; ROLLBACK; GET DIAGNOSTICS CONDITION 1 @smoke_warning = MYSQL_ERRNO",
                savepoints.prove()
            ),
            means: Ending::RolledBack,
        }]
    }

    /// diesel keeps the codes to itself, so that this sees it on servers that speak English.
    fn is_busy(error: &Error) -> bool {
        says(error, &["Lock wait timeout exceeded", "Deadlock found"])
    }

    /// The drivers' own messages come in English only.
    fn is_lost(error: &Error) -> bool {
        matches!(
            error,
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _
            )
        ) || says(
            error,
            &[
                "Input/output error",
                "Connection to the server is closed",
                "Connection was killed",
                "erver has gone away",
                "Lost connection to ",
            ],
        )
    }
}

fn says(error: &Error, one_of: &[&str]) -> bool {
    matches!(error, Error::DatabaseError(_, said) if one_of.iter().any(|text| said.message().contains(text)))
}
