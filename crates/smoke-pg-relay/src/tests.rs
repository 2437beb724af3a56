//! What a client and a server hear, message by message.

use std::io::ErrorKind;

use bytes::{BufMut, Bytes, BytesMut};

use crate::conversation::Conversation;
use crate::frames;

/// The kinds of the messages that are there, and the texts of the queries among them; of the
/// relay's own statements the texts alone.
fn heard(bytes: &mut BytesMut) -> Vec<String> {
    let (mut heard, mut is_own) = (Vec::new(), false);
    while let Some(message) = frames::take(bytes).unwrap() {
        let text = |at| {
            let texts = message.texts::<2>().unwrap();
            String::from_utf8_lossy(texts[at]).into_owned()
        };
        let kind = char::from(message.kind());
        match kind {
            'C' if message.body() == b"Ssmoke_statement\0" => is_own = true,
            'P' if is_own => heard.push(text(1)),
            'S' if is_own => is_own = false,
            _ if is_own => {}
            'Q' => heard.push(String::from_utf8_lossy(message.texts::<1>().unwrap()[0]).into()),
            'Z' => heard.push(format!("Z{}", char::from(message.body()[0]))),
            kind => heard.push(kind.to_string()),
        }
    }
    assert!(bytes.is_empty() && !is_own);
    heard
}

fn message(kind: u8, body: &[u8]) -> BytesMut {
    let mut bytes = BytesMut::new();
    bytes.put_u8(kind);
    bytes.put_u32(4 + body.len() as u32);
    bytes.put_slice(body);
    bytes
}

struct Talk(Conversation);

impl Talk {
    /// In a sandbox, with its guard set.
    fn in_sandbox() -> Self {
        let packet = Bytes::from_static(b"who somebody is");
        let mut talk = Self(Conversation::begun_with(&packet));
        assert_eq!(talk.0.to_server.split(), packet);
        talk.server(b'R', &[0; 4]);
        talk.ready(b'I');
        assert_eq!(talk.client_hears(), ["R", "ZI"]);
        talk.query("ROLLBACK; BEGIN; SAVEPOINT smoke_guard");
        talk.ready(b'T');
        assert_eq!(
            talk.server_hears(),
            ["ROLLBACK; BEGIN; SAVEPOINT smoke_guard"]
        );
        assert_eq!(talk.client_hears(), ["ZT"]);
        talk
    }

    fn client(&mut self, kind: u8, body: &[u8]) {
        let message = message(kind, body);
        self.0.from_client.extend_from_slice(&message);
        self.0.go_on().unwrap();
    }

    fn server(&mut self, kind: u8, body: &[u8]) {
        let message = message(kind, body);
        self.0.from_server.extend_from_slice(&message);
        self.0.go_on().unwrap();
    }

    fn query(&mut self, sql: &str) {
        self.client(b'Q', format!("{sql}\0").as_bytes());
    }

    fn ready(&mut self, status: u8) {
        self.server(b'Z', &[status]);
    }

    /// The answer to a query of the relay's own.
    fn done(&mut self) {
        self.server(b'C', b"DONE\0");
        self.ready(b'T');
    }

    fn server_hears(&mut self) -> Vec<String> {
        heard(&mut self.0.to_server)
    }

    fn client_hears(&mut self) -> Vec<String> {
        heard(&mut self.0.to_client)
    }

    /// A query that has no savepoint of its own.
    fn passes(&mut self, sql: &str) {
        self.query(sql);
        assert_eq!(self.server_hears(), [sql]);
        self.ready(b'T');
        assert_eq!(self.client_hears(), ["ZT"], "{sql}");
        assert!(self.server_hears().is_empty());
    }

    /// A query that has one, and is released when it succeeds.
    fn is_kept(&mut self, sql: &str) {
        self.query(sql);
        assert_eq!(self.server_hears(), ["SAVEPOINT smoke_statement", sql]);
        self.done();
        self.done();
        assert_eq!(
            self.client_hears(),
            ["C"],
            "not ready before it is released"
        );
        assert_eq!(self.server_hears(), ["RELEASE SAVEPOINT smoke_statement"]);
        self.done();
        assert_eq!(self.client_hears(), ["ZT"]);
    }
}

#[test]
fn a_statement_that_fails_is_undone_and_the_transaction_goes_on() {
    let mut talk = Talk::in_sandbox();
    talk.is_kept("SELECT 1");
    talk.query("INSERT INTO t VALUES (1)");
    talk.done();
    talk.server(b'E', b"SERROR\0VERROR\0C23505\0\0");
    talk.ready(b'E');
    assert_eq!(
        talk.server_hears(),
        [
            "SAVEPOINT smoke_statement",
            "INSERT INTO t VALUES (1)",
            "ROLLBACK TO SAVEPOINT smoke_statement",
            "RELEASE SAVEPOINT smoke_statement"
        ]
    );
    assert_eq!(talk.client_hears(), ["E"]);
    talk.server(b'C', b"ROLLBACK\0");
    talk.done();
    assert_eq!(talk.client_hears(), ["ZT"]);
    talk.is_kept("SELECT 2");
}

#[test]
fn a_prepared_statement_has_one_for_each_time_it_is_prepared_and_carried_out() {
    let mut talk = Talk::in_sandbox();
    talk.client(b'P', b"s1\0INSERT INTO t VALUES ($1)\0\0\0");
    talk.client(b'D', b"Ss1\0");
    assert_eq!(talk.server_hears(), ["SAVEPOINT smoke_statement", "P", "D"]);
    talk.client(b'S', b"");
    // What the client says before it has heard the answer waits for its turn.
    talk.client(b'B', b"\0s1\0\0\0\0\0");
    talk.client(b'E', b"\0\0\0\0\0");
    talk.client(b'S', b"");
    assert_eq!(talk.server_hears(), ["S"]);
    talk.done();
    talk.server(b'1', b"");
    talk.ready(b'T');
    assert_eq!(talk.server_hears(), ["RELEASE SAVEPOINT smoke_statement"]);
    talk.done();
    assert_eq!(talk.client_hears(), ["1", "ZT"]);
    assert_eq!(
        talk.server_hears(),
        ["SAVEPOINT smoke_statement", "B", "E", "S"]
    );
    talk.done();
    talk.server(b'2', b"");
    talk.done();
    talk.done();
    assert_eq!(talk.client_hears(), ["2", "C", "ZT"]);
}

#[test]
fn in_a_transaction_of_the_applications_own_an_error_aborts_what_follows() {
    let mut talk = Talk::in_sandbox();
    talk.passes("SAVEPOINT diesel_savepoint_1");
    talk.passes("INSERT INTO t VALUES (1)");
    talk.passes("SAVEPOINT \"Inner\"");
    talk.passes("RELEASE SAVEPOINT \"Inner\"");
    talk.query("INSERT INTO t VALUES (1)");
    talk.ready(b'E');
    assert_eq!(talk.client_hears(), ["ZE"]);
    talk.server_hears();
    // A library's ROLLBACK: it leaves the savepoint there, and is done.
    talk.passes("ROLLBACK TO SAVEPOINT diesel_savepoint_1");
    talk.is_kept("SELECT 1");
}

#[test]
fn an_inner_transaction_that_is_rolled_back_leaves_the_outer_one() {
    let mut talk = Talk::in_sandbox();
    talk.passes("SAVEPOINT _sqlx_savepoint_1");
    talk.passes("SAVEPOINT _sqlx_savepoint_2");
    talk.passes("ROLLBACK TO SAVEPOINT _sqlx_savepoint_2");
    talk.passes("SELECT 1");
    talk.passes("SAVEPOINT raw");
    talk.passes("ROLLBACK TO raw");
    talk.passes("RELEASE raw");
    talk.passes("SELECT 1");
    talk.passes("RELEASE SAVEPOINT _sqlx_savepoint_1");
    talk.is_kept("SELECT 1");
}

#[test]
fn the_sandboxs_own_savepoints_are_followed() {
    let mut talk = Talk::in_sandbox();
    let enter = "RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard; \
                 SAVEPOINT _sqlx_savepoint_1; SAVEPOINT smoke_request";
    talk.passes(enter);
    talk.is_kept("SELECT 1");
    talk.passes("SAVEPOINT _sqlx_savepoint_2");
    // A request that is left in the midst of a transaction.
    talk.passes("ROLLBACK TO SAVEPOINT smoke_request; RELEASE SAVEPOINT smoke_request");
    talk.passes("SELECT 1");
    talk.passes("ROLLBACK TO SAVEPOINT smoke_guard");
    talk.is_kept("SELECT 1");
}

#[test]
fn what_ends_the_transaction_has_no_savepoint_however_it_is_sent() {
    for sql in ["COMMIT", "ROLLBACK AND CHAIN", "SELECT 1; COMMIT"] {
        let mut talk = Talk::in_sandbox();
        talk.passes(sql);
        talk.passes("SELECT 'in whose transaction?'");
    }
    let mut talk = Talk::in_sandbox();
    talk.client(b'P', b"s1\0COMMIT\0\0\0");
    talk.client(b'S', b"");
    assert_eq!(talk.server_hears(), ["P", "S"]);
    talk.ready(b'T');
    assert_eq!(talk.client_hears(), ["ZT"]);
    // It is only prepared.
    talk.is_kept("SELECT 1");
    talk.client(b'B', b"\0s1\0\0\0\0\0");
    talk.client(b'E', b"\0\0\0\0\0");
    talk.client(b'S', b"");
    assert_eq!(talk.server_hears(), ["B", "E", "S"]);
    talk.ready(b'I');
    assert_eq!(talk.client_hears(), ["ZI"]);
    talk.query("BEGIN");
    talk.ready(b'T');
    talk.server_hears();
    talk.client_hears();
    talk.passes("INSERT INTO t VALUES (1)");
}

#[test]
fn a_begin_within_the_transaction_is_the_applications_own() {
    let mut talk = Talk::in_sandbox();
    talk.passes("BEGIN");
    talk.passes("INSERT INTO t VALUES (1)");
}

#[test]
fn an_aborted_transaction_gets_no_savepoint() {
    let mut talk = Talk::in_sandbox();
    talk.query("SAVEPOINT a; bogus");
    talk.ready(b'E');
    talk.query("SELECT 1");
    talk.ready(b'E');
    assert_eq!(talk.server_hears(), ["SAVEPOINT a; bogus", "SELECT 1"]);
    assert_eq!(talk.client_hears(), ["ZE", "ZE"]);
}

#[test]
fn a_savepoint_that_cannot_be_set_changes_nothing() {
    let mut talk = Talk::in_sandbox();
    talk.query("SELECT 1");
    talk.server(b'E', b"SFEHLER\0VERROR\0C25P02\0\0");
    talk.ready(b'E');
    talk.server(b'E', b"SFEHLER\0VERROR\0C25P02\0\0");
    talk.ready(b'E');
    assert_eq!(
        talk.server_hears(),
        ["SAVEPOINT smoke_statement", "SELECT 1"]
    );
    assert_eq!(talk.client_hears(), ["E", "ZE"]);
}

#[test]
fn a_servers_last_words_are_heard_at_any_time() {
    let mut talk = Talk::in_sandbox();
    talk.query("SELECT 1");
    talk.server(b'N', b"a notice");
    talk.server(b'E', b"SFATAL\0VFATAL\0C57P01\0\0");
    assert_eq!(talk.client_hears(), ["N", "E"]);
}

#[test]
fn a_copy_is_one_statement() {
    // Of the simple protocol.
    let mut talk = Talk::in_sandbox();
    talk.query("COPY t FROM STDIN");
    talk.done();
    talk.server(b'G', b"\0\0\0");
    talk.client(b'd', b"1\n");
    talk.client(b'c', b"");
    assert_eq!(
        talk.server_hears(),
        ["SAVEPOINT smoke_statement", "COPY t FROM STDIN", "d", "c"]
    );
    talk.done();
    talk.done();
    assert_eq!(talk.client_hears(), ["G", "C", "ZT"]);
    talk.server_hears();
    // Of the extended protocol: the server passes over the first Sync.
    talk.client(b'P', b"\0COPY t FROM STDIN\0\0\0");
    talk.client(b'B', b"\0\0\0\0\0\0");
    talk.client(b'E', b"\0\0\0\0\0");
    talk.client(b'S', b"");
    talk.client(b'd', b"1\n");
    assert_eq!(
        talk.server_hears(),
        ["SAVEPOINT smoke_statement", "P", "B", "E", "S"]
    );
    talk.done();
    talk.server(b'G', b"\0\0\0");
    talk.client(b'c', b"");
    talk.client(b'S', b"");
    assert_eq!(talk.server_hears(), ["d", "c", "S"]);
    talk.done();
    assert_eq!(talk.server_hears(), ["RELEASE SAVEPOINT smoke_statement"]);
    talk.done();
    assert_eq!(talk.client_hears(), ["G", "C", "ZT"]);
    talk.is_kept("SELECT 1");
}

#[test]
fn whoever_does_not_know_of_a_copy_does_not_wait_for_ever() {
    let mut talk = Talk::in_sandbox();
    talk.query("COPY t FROM STDIN");
    talk.done();
    talk.server(b'G', b"\0\0\0");
    talk.server_hears();
    talk.query("SELECT 1");
    assert_eq!(talk.server_hears(), ["SELECT 1"]);
}

#[test]
fn what_is_not_the_protocol_ends_the_conversation() {
    let mut talk = Talk::in_sandbox();
    for garbled in [&b"Q\0\0\0\x03"[..], b"Q\0\0\0\x05a", b"P\0\0\0\x06a\0"] {
        talk.0.from_client.clear();
        talk.0.from_client.extend_from_slice(garbled);
        let error = talk.0.go_on().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}

#[test]
fn a_message_is_passed_on_however_it_is_cut() {
    let mut talk = Talk::in_sandbox();
    for byte in message(b'Q', b"SELECT 1\0") {
        talk.0.from_client.put_u8(byte);
        talk.0.go_on().unwrap();
    }
    assert_eq!(
        talk.server_hears(),
        ["SAVEPOINT smoke_statement", "SELECT 1"]
    );
}

#[test]
fn a_client_that_goes_on_and_on_is_held_up() {
    let mut talk = Talk::in_sandbox();
    talk.query("SELECT 1");
    while talk.0.hears_client() {
        talk.query(&"-".repeat(10_000));
        assert!(talk.0.from_client.len() < 1 << 20);
    }
    assert!(talk.0.hears_server());
}

#[test]
fn a_copy_that_goes_on_and_on_is_held_up() {
    let mut talk = Talk::in_sandbox();
    talk.query("COPY t FROM STDIN");
    talk.done();
    talk.server(b'G', b"\0\0\0");
    while talk.0.hears_client() {
        talk.client(b'd', &[b'x'; 10_000]);
        assert!(talk.0.to_server.len() < 1 << 20);
    }
}

#[test]
fn a_savepoint_that_is_only_called_like_ours_is_the_applications() {
    let mut talk = Talk::in_sandbox();
    talk.passes("SAVEPOINT diesel_savepoint_1");
    talk.passes("SAVEPOINT smoke_guard_x");
    talk.passes("INSERT INTO t VALUES (1)");
}

proptest::proptest! {
    #[test]
    fn nothing_that_is_said_panics(
        heard in proptest::collection::vec((proptest::bool::ANY, proptest::collection::vec(0_u8.., 0..60)), 0..20)
    ) {
        let mut talk = Talk::in_sandbox();
        for (is_client, bytes) in heard {
            let from = if is_client {
                &mut talk.0.from_client
            } else {
                &mut talk.0.from_server
            };
            from.extend_from_slice(&bytes);
            if talk.0.go_on().is_err() {
                break;
            }
        }
    }

    /// As a transaction would, whatever order it is told things in.
    #[test]
    fn every_answer_of_a_server_that_obeys_is_heard_once(
        queries in proptest::collection::vec((0..6_usize, proptest::bool::ANY), 0..40)
    ) {
        const SQL: [&str; 6] = [
            "SELECT 1",
            "INSERT INTO t VALUES (1)",
            "SAVEPOINT a",
            "RELEASE SAVEPOINT a",
            "ROLLBACK TO SAVEPOINT a",
            "ROLLBACK TO SAVEPOINT smoke_guard",
        ];
        let mut talk = Talk::in_sandbox();
        let asked = queries.len();
        let mut fails: std::collections::VecDeque<bool> =
            queries.iter().map(|(_, fails)| *fails).collect();
        for (at, _) in queries {
            talk.query(SQL[at]);
        }
        let (mut heard, mut status) = (0, b'T');
        loop {
            let told = talk.server_hears();
            if told.is_empty() {
                break;
            }
            for sql in told {
                let is_own = sql.contains("smoke_statement");
                if sql == "ROLLBACK TO SAVEPOINT smoke_statement" {
                    // The next one is of the same unit.
                    status = b'T';
                    continue;
                }
                let goes_back = sql.starts_with("ROLLBACK TO");
                let fails = if is_own { false } else { fails.pop_front().unwrap() };
                if status == b'E' {
                    assert!(!sql.starts_with("SAVEPOINT smoke"), "there would be none");
                }
                status = match (fails, status) {
                    (true, _) => b'E',
                    (false, b'E') if !goes_back => b'E',
                    _ => b'T',
                };
                talk.ready(status);
            }
            heard += talk.client_hears().len();
        }
        assert_eq!(heard, asked);
    }
}
