//! The messages of PostgreSQL's protocol, version 3: a kind, a length that counts itself, a body.
//!
//! From <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};

const HEADER: usize = 5;

/// A message, as it is on the line.
pub(super) struct Message(Bytes);

impl Message {
    pub(super) fn kind(&self) -> u8 {
        self.0[0]
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.0[HEADER..]
    }

    pub(super) fn write(&self, into: &mut BytesMut) {
        into.extend_from_slice(&self.0);
    }

    /// The texts that its body begins with, each of which ends with a zero.
    pub(super) fn texts<const N: usize>(&self) -> io::Result<[&[u8]; N]> {
        let mut texts = self.body().split(|byte| *byte == 0);
        let mut found = [&[][..]; N];
        for text in &mut found {
            *text = texts.next().ok_or_else(|| garbled("a text is cut off"))?;
        }
        // What was split off last is a text only if a zero came after it.
        texts.next().ok_or_else(|| garbled("a text has no end"))?;
        Ok(found)
    }
}

/// Whether the next message is there as a whole.
pub(super) fn has_next(bytes: &BytesMut) -> io::Result<bool> {
    Ok(length_of_next(bytes)?.is_some())
}

/// Takes the next message, once it is there as a whole.
pub(super) fn take(bytes: &mut BytesMut) -> io::Result<Option<Message>> {
    let length = length_of_next(bytes)?;
    Ok(length.map(|length| Message(bytes.split_to(length).freeze())))
}

fn length_of_next(bytes: &BytesMut) -> io::Result<Option<usize>> {
    let Some(length) = word(bytes, 1) else {
        return Ok(None);
    };
    if length < 4 {
        return Err(garbled("a message is shorter than its header"));
    }
    let length = length as usize + 1;
    Ok((bytes.len() >= length).then_some(length))
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(word))
}

/// What the statements and portals of the relay's own are called.
const OWN: &str = "smoke_statement";

/// Writes statements of the relay's own, up to a `Sync`.
///
/// A query of the simple protocol would take the client's unnamed statement and portal away. A
/// name stays on the server, which may be somebody else's next: it is given back at once.
pub(super) fn write_own(statements: &[&str], into: &mut BytesMut) {
    for sql in statements {
        write(b'C', &format!("S{OWN}\0"), into);
        write(b'P', &format!("{OWN}\0{sql}\0\0\0"), into);
        // No formats of parameters, no parameters, no formats of columns.
        write(b'B', &format!("{OWN}\0{OWN}\0\0\0\0\0\0\0"), into);
        // All rows.
        write(b'E', &format!("{OWN}\0\0\0\0\0"), into);
        write(b'C', &format!("P{OWN}\0"), into);
        write(b'C', &format!("S{OWN}\0"), into);
    }
    write(b'S', "", into);
}

/// Writes a message that is short.
fn write(kind: u8, body: &str, into: &mut BytesMut) {
    into.put_u8(kind);
    into.put_u32(4 + body.len() as u32);
    into.put_slice(body.as_bytes());
}

/// Writes an error that ends the session.
pub(super) fn write_fatal(state: &str, message: &str, into: &mut BytesMut) {
    let fields = format!("SFATAL\0VFATAL\0C{state}\0M{message}\0\0");
    write(b'E', &fields, into);
}

pub(super) fn garbled(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
