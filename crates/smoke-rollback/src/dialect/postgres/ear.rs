//! Hearing the errors in what a server sends, where a library shows them to its caller alone.

/// The kind of a message and its length, which counts itself.
const HEADER: usize = 5;

/// The longest error that is listened to.
const LONGEST: usize = 64 * 1024;

/// Follows what a server sends after the encryption is settled, and knows the errors.
///
/// From <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
#[derive(Debug, Default)]
pub struct Ear {
    /// The header of the message that comes, and its body where that is an error.
    heard: Vec<u8>,
    /// How much of the message is passed over.
    passed_over: usize,
}

/// An error as the server sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeardError {
    /// The SQLSTATE.
    pub state: String,
    /// The message, in the language of the server.
    pub message: String,
}

impl Ear {
    /// The errors that end in what the server has sent next.
    pub fn hear(&mut self, mut sent: &[u8]) -> Vec<HeardError> {
        let mut errors = Vec::new();
        while !sent.is_empty() {
            let passed = self.passed_over.min(sent.len());
            self.passed_over -= passed;
            sent = &sent[passed..];
            let (mine, rest) = sent.split_at(self.lacks().min(sent.len()));
            self.heard.extend_from_slice(mine);
            sent = rest;
            if self.lacks() > 0 {
                continue;
            }
            let length = self.length();
            if self.heard[0] == b'E' && length <= LONGEST {
                errors.extend(read(&self.heard[HEADER..]));
            } else {
                self.passed_over = length;
            }
            self.heard.clear();
        }
        errors
    }

    /// How much there has to be of the message until something can be made of it.
    fn lacks(&self) -> usize {
        let wanted = match self.heard.first() {
            Some(b'E') if self.heard.len() >= HEADER && self.length() <= LONGEST => {
                HEADER + self.length()
            }
            _ => HEADER,
        };
        wanted.saturating_sub(self.heard.len())
    }

    /// The length of the body.
    fn length(&self) -> usize {
        let length = self.heard[1..HEADER].try_into().map(u32::from_be_bytes);
        length.map_or(0, |length| (length as usize).saturating_sub(4))
    }
}

/// Fields with one letter for what they are, each ended by a zero.
fn read(body: &[u8]) -> Option<HeardError> {
    let field = |kind: u8| {
        let mut fields = body.split(|byte| *byte == 0);
        let field = fields.find(|field| field.first() == Some(&kind))?;
        Some(String::from_utf8_lossy(&field[1..]).into_owned())
    };
    Some(HeardError {
        state: field(b'C')?,
        message: field(b'M')?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn error(message: &str) -> HeardError {
        HeardError {
            state: "55P03".to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn errors_are_heard_however_what_is_sent_is_cut() {
        let body = b"SERROR\0VERROR\0C55P03\0Mdue to lock timeout\0Dof E\0L3312\0\0";
        let long = vec![b'E'; LONGEST * 2];
        let sent = [
            message(b'R', b"\0\0\0\0"),
            message(b'D', &long),
            message(b'E', body),
            message(b'Z', b"E"),
            // Longer than any error is.
            message(b'E', &long),
            message(b'1', b""),
            message(b'E', b"SERROR\0C55P03\0Mlast\0\0"),
        ];
        let sent = sent.concat();
        for size in [1, 2, 3, 5, 7, 64, 8192, sent.len()] {
            let mut ear = Ear::default();
            let heard = sent.chunks(size).flat_map(|part| ear.hear(part));
            let heard: Vec<_> = heard.collect();
            assert_eq!(
                heard,
                [error("due to lock timeout"), error("last")],
                "{size}"
            );
        }
    }

    #[test]
    fn what_is_no_protocol_is_passed_over() {
        let mut ear = Ear::default();
        assert_eq!(ear.hear(&message(b'E', b"")), []);
        assert_eq!(ear.hear(b"E\0\0\0\0E\0\0\0\x01"), []);
        assert_eq!(ear.hear(&message(b'E', b"C55P03\0Mlast")), [error("last")]);
    }
}
