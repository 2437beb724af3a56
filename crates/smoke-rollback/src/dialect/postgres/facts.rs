//! What a server says of a connection.

use super::shared::who_is_inside;
use super::socket;

/// What a server says of a connection.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A condition that picks its process from `pg_stat_activity`, and none that comes after it
    /// with the same number.
    pub who: String,
    /// Its number.
    pub process: i32,
    /// Whether transactions may write, unless they say otherwise.
    pub writes: bool,
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

/// Asks for [`Facts`]: a row each, in the order of its fields.
pub const FACTS: &str = "SELECT unnest(ARRAY[\
    format('pid = %s AND (backend_start <= to_timestamp(%s)) IS NOT FALSE', pg_backend_pid(), extract(epoch from clock_timestamp())), \
    pg_backend_pid()::text, \
    (NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::boolean)::text, \
    host(inet_client_addr()), inet_client_port()::text, inet_server_port()::text, \
    current_user::text, \
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)::text, \
    (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text])";

/// The last of [`FACTS`]: which server it is.
const SERVER: &str = "(extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text";

impl Facts {
    /// The facts in the answer to [`FACTS`]; none where that is something else.
    #[must_use]
    pub fn read(rows: Vec<Option<String>>) -> Option<Self> {
        let [
            who,
            process,
            writes,
            client,
            client_port,
            server_port,
            user,
            bypasses_row_security,
            server,
        ] = <[Option<String>; 9]>::try_from(rows).ok()?;
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let is_true = |text: Option<String>| text.as_deref() == Some("true");
        Some(Self {
            who: who?,
            process: number(process)?,
            writes: is_true(writes),
            client,
            client_port: number(client_port),
            server_port: number(server_port),
            user: user?,
            bypasses_row_security: is_true(bypasses_row_security),
            server: server?,
        })
    }

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

    /// The condition that picks the process of a sandbox with that mark. It fails on another
    /// server, where the same number is somebody else's.
    #[must_use]
    pub fn who(&self, own_process: bool, mark: &str) -> String {
        let who = if own_process {
            self.who.clone()
        } else {
            who_is_inside(mark)
        };
        let Self { server, .. } = self;
        format!(
            "CASE WHEN {SERVER} = '{server}' THEN {who} \
             ELSE ('another server answered, which runs since ' || {SERVER})::boolean END"
        )
    }

    /// Asks what became of the transaction with that number: a [`Fate`](crate::fate::Fate), as a text or
    /// NULL.
    #[must_use]
    pub fn fate_of(&self, number: &str) -> String {
        let Self { server, .. } = self;
        format!("SELECT CASE WHEN {SERVER} = '{server}' THEN txid_status({number}) END")
    }
}

#[cfg(test)]
impl Facts {
    pub(super) fn for_tests() -> Self {
        Self {
            who: String::new(),
            process: 1,
            writes: true,
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
        assert!(FACTS.ends_with(&format!("{SERVER}])")));
    }

    #[test]
    fn an_answer_of_something_else_is_none() {
        assert!(Facts::read(vec![Some("1".to_owned())]).is_none());
    }
}
