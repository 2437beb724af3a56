//! What a client says before the first message: packets that have no kind.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::frames::{garbled, word};

const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];
const CANCELLATION: u32 = 80_877_102;

/// The longest that a server takes.
const LONGEST: u32 = 10_000;

/// The parameter that says who somebody is.
const NAME: &[u8] = b"application_name";

/// What somebody came for.
#[derive(Debug)]
pub(super) enum Greeting {
    /// A session.
    Session(Bytes),
    /// To have a statement of another session cancelled.
    Cancellation(Bytes),
}

/// Hears what somebody came for. Encryption is declined: it was agreed upon that there is none.
pub(super) async fn hear(client: &mut TcpStream) -> io::Result<Greeting> {
    let mut said = BytesMut::new();
    loop {
        match take(&mut said)? {
            Some((code, _)) if ENCRYPTION.contains(&code) => client.write_all(b"N").await?,
            Some((CANCELLATION, packet)) => return Ok(Greeting::Cancellation(packet)),
            Some((version, packet)) if version >> 16 == 3 => return Ok(Greeting::Session(packet)),
            Some(_) => return Err(garbled("a session does not begin like this")),
            None if client.read_buf(&mut said).await? == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            None => {}
        }
    }
}

/// Takes the next packet, once it is there as a whole.
fn take(said: &mut BytesMut) -> io::Result<Option<(u32, Bytes)>> {
    let (Some(length), Some(code)) = (word(said, 0), word(said, 4)) else {
        return Ok(None);
    };
    if !(8..=LONGEST).contains(&length) {
        return Err(garbled("a session does not begin like this"));
    }
    let length = length as usize;
    Ok((said.len() >= length).then(|| (code, said.split_to(length).freeze())))
}

/// The same packet of somebody who calls himself by the secret name, with the name that the
/// application has instead.
pub(super) fn with_name(packet: &[u8], secret: &str, name: Option<&str>) -> Option<Bytes> {
    let mut parameters: Vec<&[u8]> = packet.get(8..)?.split(|byte| *byte == 0).collect();
    // The last parameter and the packet end with a zero each.
    parameters.truncate(parameters.len().checked_sub(2)?);
    let mut renamed = BytesMut::from(packet.get(..8)?);
    let mut is_known = false;
    for parameter in parameters.chunks_exact(2) {
        let (key, mut value) = (parameter[0], parameter[1]);
        if key == NAME {
            is_known = bool::from(subtle::ConstantTimeEq::ct_eq(value, secret.as_bytes()));
            match name {
                Some(name) => value = name.as_bytes(),
                None => continue,
            }
        }
        for text in [key, value] {
            renamed.put_slice(text);
            renamed.put_u8(0);
        }
    }
    renamed.put_u8(0);
    let length = u32::try_from(renamed.len()).ok()?;
    renamed[..4].copy_from_slice(&length.to_be_bytes());
    is_known.then(|| renamed.freeze())
}

/// What a client says that has these parameters, each with a zero behind it.
#[cfg(test)]
pub(super) fn packet(parameters: &str) -> Vec<u8> {
    let mut packet = Vec::new();
    packet.extend((8 + parameters.len() as u32 + 1).to_be_bytes());
    packet.extend((3_u32 << 16).to_be_bytes());
    packet.extend(parameters.as_bytes());
    packet.push(0);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_the_secret_is_let_in_by_the_name_of_the_application() {
        let said = packet("user\0app\0application_name\0secret\0database\0shop\0");
        assert_eq!(with_name(&said, "another", None), None);
        assert_eq!(with_name(&packet("user\0app\0"), "", None), None);
        assert_eq!(
            with_name(&said, "secret", None).unwrap(),
            packet("user\0app\0database\0shop\0")
        );
        assert_eq!(
            with_name(&said, "secret", Some("the shop")).unwrap(),
            packet("user\0app\0application_name\0the shop\0database\0shop\0")
        );
    }

    #[test]
    fn what_is_no_packet_is_nobodys() {
        for said in [&b""[..], b"\0\0\0\x08\0\x03\0\0", b"\0\0\0\x09\0\x03\0\0\0"] {
            assert_eq!(with_name(said, "", None), None);
        }
        let mut said = BytesMut::from(&b"GET / HTTP/1.1\r\n"[..]);
        assert!(take(&mut said).is_err());
    }
}
