//! MariaDB and MySQL.

use std::sync::Arc;
use std::time::Duration;

use smoke_core::RollbackVerdict;

use super::server::{self, Server};
use super::{Dialect, Ended, NOT_UNDERSTOOD};
use crate::savepoints::{Attempt, Ending, Savepoints};
use crate::terms::Terms;
use crate::verdict::met_no_transaction;
use crate::{Fault, Link, Sandbox};

/// MariaDB and MySQL.
#[derive(Debug)]
pub enum Mysql {}

/// How long a sandbox waits for somebody else's lock, in the unit of the setting: the shortest
/// that there is everywhere. MariaDB can do without waiting for a row, and who waits for none is in
/// no deadlock, of which InnoDB may well pick production as the victim.
const LOCK_TIMEOUT_S: u32 = 1;

/// The locks that REPEATABLE READ takes on gaps block production's unrelated inserts. Where
/// the application has set a level itself it stays, and with statement-based replication.
/// Each of the two databases skips the other's comment.
const ISOLATION: &str = "SET SESSION \
    /*M! tx_isolation = IF(@@SESSION.tx_isolation = @@GLOBAL.tx_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.tx_isolation) */ \
    /*!80000 transaction_isolation = IF(@@SESSION.transaction_isolation = @@GLOBAL.transaction_isolation AND @@SESSION.binlog_format <> 'STATEMENT', 'READ-COMMITTED', @@SESSION.transaction_isolation) */";

/// Its place.
const PLACE: &str = "HEX(CONCAT_WS(' ', CURRENT_USER(), @@hostname, @@port, @@server_id))";

/// Its port. A host is cut where it is longer than can be shown.
const PORT: &str =
    "HEX(IF(CHAR_LENGTH(host) < 63 AND LOCATE(':', host), SUBSTRING_INDEX(host, ':', -1), ''))";

/// A connection, as others see it: what [`Who::ask`] is answered.
#[derive(Clone, Debug)]
pub struct Who {
    /// Its number.
    pub number: i64,
    /// Which server knows it by that, and which user sees it there: an address may lead to several.
    pub place: String,
    /// Which port it comes from, where that is known: a Unix socket has none. A server that was
    /// started anew gives the same numbers again.
    pub port: String,
}

/// What the server shows of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is listed.
    Listed,
    /// Nothing: while it runs what another user has defined, it is shown to nobody without the privilege
    /// for that. What [ending it](Who::kill) is answered counts.
    Unlisted,
    /// Somebody else has its number.
    Gone,
}

/// MariaDB says whether there is a transaction; MySQL does not know the question.
const IN_TRANSACTION: &str = "SELECT CAST(@@in_transaction AS CHAR)";

/// Asks whether the rollback gave one of the warnings that something was not rolled back.
const WARNED: &str = "SELECT CAST(COALESCE(@smoke_warning, 0) IN (1196, 1751, 1752) AS CHAR)";

/// Asks which tables may have been meant by it; the warning names none.
const WITHOUT_TRANSACTIONS: &str = "SELECT table_name \
    FROM information_schema.tables JOIN information_schema.engines USING (engine) \
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND transactions <> 'YES' \
    ORDER BY table_name LIMIT 20";

/// Rolls back, and keeps what [`WARNED`] asks for. A statement without warnings leaves those of an
/// earlier one in place.
const ROLL_BACK: &str =
    "SET @smoke_warning = 0; ROLLBACK; GET DIAGNOSTICS CONDITION 1 @smoke_warning = MYSQL_ERRNO";

impl Who {
    /// Asks a connection for its own.
    #[must_use]
    pub fn ask() -> String {
        format!(
            "SELECT CONCAT_WS(' ', CONNECTION_ID(), {PLACE}, COALESCE(\
             (SELECT {PORT} FROM information_schema.processlist WHERE id = CONNECTION_ID()), ''))"
        )
    }

    /// What is answered to [`ask`](Self::ask); none where that is something else.
    #[must_use]
    pub fn read(answer: &str) -> Option<Self> {
        let mut words = answer.split(' ');
        Some(Self {
            number: words.next()?.parse().ok()?,
            place: words.next()?.to_owned(),
            port: words.next()?.to_owned(),
        })
    }

    /// Asks for its [`Sight`], from another connection.
    #[must_use]
    pub fn sight(&self) -> String {
        let Self {
            number,
            place,
            port,
        } = self;
        // While a trigger or a procedure runs the host is that of its definer.
        let is_it =
            format!("'{port}' = '' OR {PORT} = '{port}' OR {PORT} = '' AND host <> 'localhost'");
        format!(
            "SELECT CAST(IF({PLACE} = '{place}', COALESCE(\
             (SELECT IF({is_it}, 1, 2) FROM information_schema.processlist WHERE id = {number}), 0), -1) AS CHAR)"
        )
    }

    /// Ends it, from another connection that is not elsewhere.
    #[must_use]
    pub fn kill(&self) -> String {
        let Self { number, place, .. } = self;
        format!(
            "SET SESSION lc_messages = 'en_US'; KILL CONNECTION IF({PLACE} = '{place}', {number}, 0)"
        )
    }

    /// Whether this message says that there was nothing left to [end](Self::kill).
    #[must_use]
    pub fn was_gone(&self, said: &str) -> bool {
        said.ends_with(&format!("Unknown thread id: {}", self.number))
    }
}

impl Sight {
    /// What the server's answer says.
    ///
    /// # Errors
    ///
    /// When it is elsewhere, where nothing may be ended.
    pub fn read(answer: &str) -> Result<Self, &'static str> {
        match answer {
            "0" => Ok(Self::Unlisted),
            "1" => Ok(Self::Listed),
            "2" => Ok(Self::Gone),
            _ => Err("another server answered, or for another user"),
        }
    }
}

/// Begins the transaction, sets the limits on the server and the guard.
///
/// Only `net_write_timeout` stops a statement whose answer nobody reads.
///
/// Whatever comes after the end of the transaction is read-only: neither a statement that has
/// committed it on its own (CREATE, TRUNCATE) is then carried out nor one after a COMMIT.
fn begin(terms: &Terms, savepoints: &Savepoints) -> String {
    // Some of them take whole seconds.
    let limit = terms.limit.as_millis().div_ceil(1000).max(1);
    let access = if terms.writes {
        "READ WRITE"
    } else {
        "READ ONLY"
    };
    format!(
        "SET SESSION innodb_lock_wait_timeout = {LOCK_TIMEOUT_S}, \
         SESSION lock_wait_timeout = {LOCK_TIMEOUT_S}, \
         SESSION net_write_timeout = {limit} \
         /*M!100300 , SESSION innodb_lock_wait_timeout = 0 */ \
         /*M! , SESSION max_statement_time = {limit}, SESSION idle_transaction_timeout = {limit} */; \
         SET SESSION TRANSACTION READ ONLY; \
         START TRANSACTION {access}; \
         {}",
        savepoints.set()
    )
}

impl Dialect for Mysql {
    type Outside = Who;

    const NAME: &'static str = "MariaDB or MySQL";

    const LIMIT: Duration = Duration::from_secs(2);

    /// What is written before a statement that commits on its own stays in the database.
    const WRITES: bool = false;

    const ENDS_ON_ITS_OWN: bool = true;

    async fn prepare<L: Link<Dialect = Self>>(
        connection: &mut L::Connection,
    ) -> Result<(), L::Error> {
        L::run(connection, ISOLATION).await
    }

    async fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        known: Option<Arc<Who>>,
    ) -> Result<Arc<Who>, L::Error> {
        let who = match known {
            Some(known) => known,
            None => {
                let answer = text(L::texts(connection, &Who::ask()).await?);
                Arc::new(Who::read(&answer).ok_or_else(|| L::failure(NOT_UNDERSTOOD))?)
            }
        };
        let batch = begin(sandbox.terms(), &sandbox.savepoints());
        sandbox.link().begin(connection, &batch).await?;
        Ok(who)
    }

    async fn look_inside<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
    ) {
        match L::texts(connection, IN_TRANSACTION).await {
            Ok(rows) => {
                if text(rows) == "0" {
                    sandbox.gate().find(met_no_transaction());
                }
            }
            Err(error) if L::read(&error) == Fault::Lost => sandbox.gate().lose(L::said(&error)),
            Err(_) => {}
        }
    }

    fn end<L: Link<Dialect = Self>>(_: &Sandbox<L>, _: &Savepoints) -> Vec<Attempt<Ending>> {
        vec![Attempt {
            // Not set anew: some engines know no savepoints.
            sql: format!("{}; {ROLL_BACK}", Savepoints::release()),
            means: Ending::RolledBack,
        }]
    }

    async fn look_back<L: Link<Dialect = Self>>(
        connection: &mut L::Connection,
    ) -> Result<RollbackVerdict, L::Error> {
        if text(L::texts(connection, WARNED).await?) == "0" {
            return Ok(RollbackVerdict::RolledBack);
        }
        let tables = L::texts(connection, WITHOUT_TRANSACTIONS).await?;
        Ok(non_transactional(tables.into_iter().flatten().collect()))
    }

    async fn without_savepoints<L: Link<Dialect = Self>>(
        connection: &mut L::Connection,
        said: String,
    ) -> Result<RollbackVerdict, L::Error> {
        L::run(connection, ROLL_BACK).await?;
        Ok(match Self::look_back::<L>(connection).await? {
            RollbackVerdict::RolledBack => without_savepoints(&said),
            verdict => verdict,
        })
    }

    async fn bar<L: Link<Dialect = Self>>(connection: &mut L::Connection) -> Result<(), L::Error> {
        L::run(connection, "START TRANSACTION READ ONLY").await
    }

    async fn end_from_outside<L: Link<Dialect = Self>>(
        link: &L,
        who: &Who,
        closing: Duration,
    ) -> Result<Ended, String> {
        server::end::<L>(link.other().await?, who, closing).await
    }

    fn read_message(said: &str) -> Fault {
        read_message(said)
    }
}

/// The only text of an answer.
fn text(rows: Vec<Option<String>>) -> String {
    rows.into_iter().flatten().next().unwrap_or_default()
}

impl<L: Link<Dialect = Mysql>> Server<L> for Who {
    async fn is_listed(&self, other: &mut L::Connection) -> Result<bool, L::Error> {
        match Sight::read(&text(L::texts(other, &self.sight()).await?)) {
            Ok(sight) => Ok(sight != Sight::Gone),
            Err(why) => Err(L::failure(why)),
        }
    }

    async fn tell_to_end(&self, other: &mut L::Connection) -> Result<(), L::Error> {
        L::run(other, &self.kill()).await
    }

    fn was_gone(&self, said: &L::Error) -> bool {
        Who::was_gone(self, &L::said(said))
    }
}

/// The verdict where the database says that not everything was rolled back. It names no tables:
/// these are those that may be meant.
fn non_transactional(candidates: Vec<String>) -> RollbackVerdict {
    let tables = match candidates.len() {
        0 => vec!["tables that the database does not name".to_owned()],
        1 => candidates,
        _ => vec![format!("one or more of {}", candidates.join(", "))],
    };
    RollbackVerdict::NonTransactional { tables }
}

/// The verdict where such a table was used, and no more than read: the guard cannot be set anew.
fn without_savepoints(cause: &str) -> RollbackVerdict {
    RollbackVerdict::Limit {
        cause: format!(
            "a table whose engine knows no savepoints (Aria) was used ({cause}), and nobody can say any more what \
             is done after that; make it an InnoDB table, or keep the handler out of the smoke tests"
        ),
    }
}

/// What the number of an error means.
#[must_use]
pub fn read(number: u16) -> Fault {
    match number {
        1305 => Fault::Ended,
        1178 => Fault::NoSavepoints,
        1205 => Fault::Busy,
        1213 => Fault::Deadlock,
        1040 | 1203 | 1226 => Fault::Full,
        1044 | 1045 | 1049 | 1698 => Fault::Denied,
        1290 | 1792 | 1836 => Fault::ReadOnly,
        // Of a prepared statement, or of a table that another connection has altered.
        1412 | 1615 => Fault::SchemaChanged,
        // The server is shutting down, or has ended the connection; 3169 and 4031 are MySQL's.
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031 => {
            Fault::Lost
        }
        _ => Fault::Other,
    }
}

/// Asks what went wrong in the statement before this one, whatever the driver has shown of it.
pub const LAST_ERROR: &str = "SHOW ERRORS LIMIT 1";

/// Puts a warning in the place of what [`LAST_ERROR`] asks for, which else stays until the next
/// statement that uses a table.
pub const FORGET_ERROR: &str = "SIGNAL SQLSTATE '01000'";

/// The same, where the message has to do because a driver keeps the number to itself: on servers
/// that speak English.
#[must_use]
pub fn read_message(said: &str) -> Fault {
    const FAULTS: &[(Fault, &[&str])] = &[
        (Fault::NoSavepoints, &["doesn't support SAVEPOINT"]),
        (Fault::Deadlock, &["Deadlock found"]),
        (Fault::Busy, &["Lock wait timeout exceeded"]),
        (
            Fault::Full,
            &[
                "Too many connections",
                "more than 'max_user_connections'",
                "'max_user_connections' resource",
            ],
        ),
        (
            Fault::Denied,
            &["Access denied for user", "Unknown database"],
        ),
        (
            Fault::ReadOnly,
            &["in a READ ONLY transaction", "--read-only option"],
        ),
        (
            Fault::SchemaChanged,
            &[
                "Table definition has changed",
                "Prepared statement needs to be re-prepared",
            ],
        ),
        // The drivers' own messages come in English only.
        (
            Fault::Lost,
            &[
                "Input/output error",
                "Connection to the server is closed",
                "Connection was killed",
                "erver has gone away",
                "Lost connection to ",
            ],
        ),
    ];
    let found = FAULTS
        .iter()
        .find(|(_, texts)| texts.iter().any(|text| said.contains(text)));
    found.map_or(Fault::Other, |(fault, _)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_what_was_said_of_it() {
        assert!(Who::ask().contains(PLACE));
        assert!(Who::ask().contains(PORT));
    }

    #[test]
    fn a_limit_of_the_server_is_no_shorter_than_the_sandboxes() {
        let terms = Terms::new("a", Duration::from_millis(1900));
        let sql = begin(&terms, &Savepoints::new());
        assert!(sql.contains("idle_transaction_timeout = 2 "), "{sql}");
    }
}
