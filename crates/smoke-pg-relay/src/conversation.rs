//! What a client and a server say, and what is said in between on the sandbox's behalf.

use std::collections::HashMap;
use std::io;

use bytes::{Bytes, BytesMut};

use crate::frames::{self, Message, garbled, write_own};
use crate::nesting::Nesting;
use crate::words::{Change, changes};

const SET: &[&str] = &["SAVEPOINT smoke_statement"];
const RELEASE: &[&str] = &["RELEASE SAVEPOINT smoke_statement"];
const UNDO: &[&str] = &[
    "ROLLBACK TO SAVEPOINT smoke_statement",
    "RELEASE SAVEPOINT smoke_statement",
];

/// How much is held of what one side says and the other does not take.
const ENOUGH: usize = 256 * 1024;

/// Takes what both sides say, and has what they are to hear.
///
/// What a client says up to its next wait is a *unit*: a query of the simple protocol, or the
/// messages up to a `Sync`. One unit goes to the server at a time, between statements of our own.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) from_client: BytesMut,
    pub(super) from_server: BytesMut,
    pub(super) to_client: BytesMut,
    pub(super) to_server: BytesMut,
    /// Whether the server said that it is in a transaction, and no error has aborted that.
    is_in_transaction: bool,
    unit: Option<Unit>,
    nesting: Nesting,
    /// The prepared statements that do something to the transaction.
    prepared: HashMap<Bytes, Vec<Change>>,
}

/// What is under way.
struct Unit {
    stage: Stage,
    /// Whether it has a savepoint.
    is_kept: bool,
    is_simple: bool,
    /// Whether the client has said all of it, and waits.
    is_complete: bool,
    /// Whether the server takes data, for a COPY.
    is_copying: bool,
    changes: Vec<Change>,
}

/// Whose answer comes next.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Setting,
    Running,
    Ending,
}

impl Conversation {
    /// With a client that has come with this packet.
    pub(super) fn begun_with(packet: &Bytes) -> Self {
        Self {
            to_server: packet[..].into(),
            ..Self::default()
        }
    }

    /// Whether more of what the client says can be taken. A message is passed on as a whole.
    pub(super) fn hears_client(&self) -> bool {
        let lacks = matches!(frames::has_next(&self.from_client), Ok(false));
        self.to_server.len() < ENOUGH && (self.from_client.len() < ENOUGH || lacks)
    }

    /// Whether more of what the server says can be taken.
    pub(super) fn hears_server(&self) -> bool {
        self.to_client.len() < ENOUGH
    }

    /// Passes on what can be.
    ///
    /// # Errors
    ///
    /// Where it is not the protocol.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        while self.hear_client()? || self.hear_server()? {}
        Ok(())
    }

    fn hear_client(&mut self) -> io::Result<bool> {
        if self.unit.as_ref().is_some_and(|unit| !unit.goes_on()) {
            return Ok(false);
        }
        let Some(message) = frames::take(&mut self.from_client)? else {
            return Ok(false);
        };
        self.take_from_client(&message)?;
        Ok(true)
    }

    fn take_from_client(&mut self, message: &Message) -> io::Result<()> {
        let found = self.changes_by(message)?;
        let unit = match (&mut self.unit, message.kind()) {
            (Some(unit), _) => unit,
            // Query, Parse, Bind, Describe, Close, Execute, Flush, Sync, FunctionCall
            (unit, b'Q' | b'P' | b'B' | b'D' | b'C' | b'E' | b'H' | b'S' | b'F') => {
                let may_fail = matches!(message.kind(), b'Q' | b'P' | b'B' | b'F');
                let is_kept = may_fail
                    && found.is_empty()
                    && self.is_in_transaction
                    && self.nesting.is_the_sandboxes();
                if is_kept {
                    write_own(SET, &mut self.to_server);
                }
                unit.insert(Unit::new(is_kept))
            }
            // A password, the end of the session, the rest of a COPY that has failed.
            (None, _) => {
                message.write(&mut self.to_server);
                return Ok(());
            }
        };
        // A statement that is only parsed does nothing yet.
        if message.kind() != b'P' {
            unit.changes.extend(found);
        }
        match message.kind() {
            b'Q' | b'F' => {
                unit.is_simple = true;
                unit.is_complete = true;
            }
            b'S' => unit.is_complete = true,
            // CopyDone, CopyFail
            b'c' | b'f' => unit.is_copying = false,
            _ => {}
        }
        message.write(&mut self.to_server);
        Ok(())
    }

    /// What a message of the client does to the transaction once it is carried out.
    fn changes_by(&mut self, message: &Message) -> io::Result<Vec<Change>> {
        match message.kind() {
            b'Q' => {
                let [sql] = message.texts()?;
                Ok(changes(sql))
            }
            b'P' => {
                let [name, sql] = message.texts()?;
                let changes = changes(sql);
                if changes.is_empty() {
                    self.prepared.remove(name);
                } else {
                    let name = Bytes::copy_from_slice(name);
                    self.prepared.insert(name, changes.clone());
                }
                Ok(changes)
            }
            b'B' => {
                let [_portal, name] = message.texts()?;
                Ok(self.prepared.get(name).cloned().unwrap_or_default())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn hear_server(&mut self) -> io::Result<bool> {
        let Some(message) = frames::take(&mut self.from_server)? else {
            return Ok(false);
        };
        match (message.kind(), self.unit.as_mut()) {
            (b'Z', _) => self.take_ready(&message)?,
            // Answers to our own; but not what the server says on its own account
            // (NotificationResponse, NoticeResponse, ParameterStatus), nor its last words.
            (kind, Some(unit)) if unit.stage != Stage::Running => {
                let is_for_all = matches!(kind, b'A' | b'N' | b'S');
                if is_for_all || kind == b'E' && ends_session(&message) {
                    message.write(&mut self.to_client);
                }
            }
            (kind, unit) => {
                if let (b'G', Some(unit)) = (kind, unit) {
                    unit.begins_copying();
                }
                message.write(&mut self.to_client);
            }
        }
        Ok(true)
    }

    /// The server has carried out what it was told.
    fn take_ready(&mut self, message: &Message) -> io::Result<()> {
        let status = message.body().first();
        let status = *status.ok_or_else(|| garbled("a server is ready in no state"))?;
        let is_in_transaction = status == b'T';
        if let Some(unit) = &mut self.unit {
            match unit.stage {
                Stage::Setting => {
                    unit.stage = Stage::Running;
                    unit.is_kept = is_in_transaction;
                    return Ok(());
                }
                Stage::Running if unit.is_kept && status != b'I' => {
                    unit.stage = Stage::Ending;
                    let end = if is_in_transaction { RELEASE } else { UNDO };
                    write_own(end, &mut self.to_server);
                    return Ok(());
                }
                Stage::Running | Stage::Ending => {}
            }
        }
        let changes = self.unit.take().map(|unit| unit.changes);
        // What an aborted transaction was told has been undone, or was not done at all.
        if status != b'E' {
            let changes = changes.unwrap_or_default();
            changes
                .into_iter()
                .for_each(|change| self.nesting.apply(change));
        }
        self.is_in_transaction = is_in_transaction;
        message.write(&mut self.to_client);
        Ok(())
    }
}

impl Unit {
    fn new(is_kept: bool) -> Self {
        Self {
            stage: if is_kept {
                Stage::Setting
            } else {
                Stage::Running
            },
            is_kept,
            is_simple: false,
            is_complete: false,
            is_copying: false,
            changes: Vec::new(),
        }
    }

    /// Whether what the client says next belongs to it, and not to the next. During a COPY that is
    /// all of it: a server that hears anything but data ends the session, and would else wait on.
    fn goes_on(&self) -> bool {
        !self.is_complete || self.is_copying
    }

    /// While it takes data, the server passes over a `Sync`: another has to come.
    fn begins_copying(&mut self) {
        self.is_copying = true;
        self.is_complete = self.is_simple;
    }
}

/// Whether an error is the server's last word: its severity, which no server translates.
fn ends_session(error: &Message) -> bool {
    let mut fields = error.body().split(|byte| *byte == 0);
    fields.any(|field| matches!(field, b"VFATAL" | b"VPANIC"))
}
