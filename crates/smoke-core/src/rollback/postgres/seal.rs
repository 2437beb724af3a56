//! Having the server refuse to commit what a sandbox has written.
//!
//! Two equal rows in a temporary table break a constraint that is checked at COMMIT, and the
//! transaction after the sandbox's own is read-only unless it says otherwise. `ROLLBACK AND CHAIN`
//! and `BEGIN READ WRITE` remain, and the guard sees both.
//!
//! The read-only default is a setting of the server's process. Behind a transaction pooler that
//! process is another client's next: the seal needs proof that there is none.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::shared::who_is_inside;
use super::socket;
use crate::rollback::gate::lock;

/// What the server says of a connection.
#[derive(Debug)]
pub struct Facts {
    /// A condition that picks its process from `pg_stat_activity`, and none that comes after it
    /// with the same number.
    pub who: String,
    /// Its number.
    pub process: i32,
    /// Whether transactions may write, unless they say otherwise.
    pub writes: bool,
    /// Whether the role may make temporary tables.
    pub may_make_tables: bool,
    /// The other end of the process's socket, where it is no Unix socket.
    pub client: Option<String>,
    /// The port there.
    pub client_port: Option<i32>,
    /// The port of the server.
    pub server_port: Option<i32>,
    /// The role.
    pub user: String,
    /// Whether row security does not hold for it.
    pub bypasses_row_security: bool,
    /// Which server it is, since when: an address may lead to several.
    pub server: String,
}

/// Asks for [`Facts`], in the order of its fields.
pub const FACTS: &str = "SELECT \
    format('pid = %s AND (backend_start <= to_timestamp(%s)) IS NOT FALSE', pg_backend_pid(), extract(epoch from clock_timestamp())), \
    pg_backend_pid(), \
    NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::boolean, \
    has_database_privilege(current_database(), 'TEMPORARY'), \
    host(inet_client_addr()), inet_client_port(), inet_server_port(), \
    current_user::text, \
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user), \
    (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text";

/// The last of [`FACTS`]: which server it is.
const SERVER: &str = "(extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text";

/// What is known of an escape from a sandbox whose COMMIT the server refuses.
pub const REFUSED: &str =
    "its COMMIT was refused, and only a transaction begun as READ WRITE could have written since";

/// Why there is no seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unsealed {
    Pooler,
    NoRight,
}

impl Facts {
    /// Whether the process is at the other end of a socket of this process, and not of a pooler's.
    /// That is proven over TCP on Linux, and nowhere else.
    #[must_use]
    pub fn are_of_own_process(&self) -> bool {
        match (&self.client, self.client_port, self.server_port) {
            (Some(client), Some(client_port), Some(server_port)) => {
                socket::is_own(client, client_port, server_port)
            }
            _ => false,
        }
    }

    /// The condition that picks the process of a sandbox with that guard. It fails on another
    /// server, where the same number is somebody else's.
    #[must_use]
    pub fn who(&self, own_process: bool, guard: &str) -> String {
        let who = if own_process {
            self.who.clone()
        } else {
            who_is_inside(guard)
        };
        let Self { server, .. } = self;
        format!(
            "CASE WHEN {SERVER} = '{server}' THEN {who} \
             ELSE ('another server answered, which runs since ' || {SERVER})::boolean END"
        )
    }

    /// Asks what became of the transaction with that number: a [`Fate`](super::Fate), as a text or
    /// NULL.
    #[must_use]
    pub fn fate_of(&self, number: i64) -> String {
        let Self { server, .. } = self;
        format!("SELECT CASE WHEN {SERVER} = '{server}' THEN txid_status({number}) END")
    }

    /// Whether to seal. Says once why not, where there is something to refuse.
    #[must_use]
    pub fn seals(&self, own_process: bool) -> bool {
        let why = match (self.writes, own_process, self.may_make_tables) {
            (false, ..) => return false,
            (true, true, true) => return true,
            (true, false, _) => Unsealed::Pooler,
            (true, true, false) => Unsealed::NoRight,
        };
        why.say_once();
        false
    }
}

impl Unsealed {
    fn say_once(self) {
        static SAID: Mutex<BTreeSet<Unsealed>> = Mutex::new(BTreeSet::new());
        if lock(&SAID).insert(self) {
            let why = match self {
                Self::Pooler => {
                    "the connection is not proven to have a server's process of its own: is there a pooler?"
                }
                Self::NoRight => "the role has no TEMPORARY right on the database",
            };
            tracing::warn!(
                target: "smoke",
                "sandboxes are not sealed ({why}): a raw COMMIT of the application is noticed, but not prevented",
            );
        }
    }
}

/// Has all transactions after it be read-only unless they say otherwise.
pub(super) const READ_ONLY: &str = "BEGIN; SET default_transaction_read_only = on; COMMIT";

/// Begins a transaction that cannot be committed; those after it are read-only by default.
///
/// The application may be another role at the end: one that it set for a transaction of its own
/// stays until the end of the sandbox's.
pub(super) fn begin(mark: &str) -> String {
    format!(
        "{READ_ONLY}; \
         BEGIN READ WRITE; \
         CREATE TEMPORARY TABLE {table} (twice integer CONSTRAINT {mark}_refuses_to_commit UNIQUE DEFERRABLE INITIALLY DEFERRED); \
         GRANT DELETE ON {table} TO PUBLIC; \
         INSERT INTO {table} VALUES (1), (1)",
        table = table(mark)
    )
}

/// Has every constraint but that of the seal hold for itself.
pub(super) fn lift(mark: &str) -> String {
    format!("DELETE FROM {}", table(mark))
}

fn table(mark: &str) -> String {
    format!("pg_temp.{mark}_seal")
}

#[cfg(test)]
impl Facts {
    pub(super) fn for_tests() -> Self {
        Self {
            who: String::new(),
            process: 1,
            writes: true,
            may_make_tables: true,
            client: None,
            client_port: None,
            server_port: None,
            user: "shop".to_owned(),
            bypasses_row_security: false,
            server: "1".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_found_by_what_the_facts_said_of_it() {
        assert!(FACTS.ends_with(SERVER));
    }

    #[test]
    fn a_seal_needs_a_process_of_its_own_and_the_right() {
        let facts = |writes, may_make_tables| Facts {
            writes,
            may_make_tables,
            ..Facts::for_tests()
        };
        assert!(facts(true, true).seals(true));
        assert!(!facts(true, true).seals(false));
        assert!(!facts(true, false).seals(true));
        assert!(!facts(false, true).seals(true));
    }
}
