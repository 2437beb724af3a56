//! A connection to nobody, which takes the place of one that is moved out of its pool.
//!
//! bb8 lends its connections and never gives one away, but for another of the same type. diesel-async
//! sets each connection up with two statements, so somebody has to answer: a task at the other end
//! of a pipe within the process, which agrees to everything.

use diesel_async::AsyncPgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_postgres::NoTls;
use tokio_postgres::config::{Config, SslMode};

/// How much of what is said fits into the pipe.
const PIPE: usize = 4096;

/// A connection that is closed as soon as it is used.
pub(super) async fn placeholder() -> Option<AsyncPgConnection> {
    let (ours, theirs) = duplex(PIPE);
    let connecting = async {
        let mut config = Config::new();
        config.user("nobody").ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect_raw(ours, NoTls).await.ok()?;
        tokio::select! {
            set_up = AsyncPgConnection::try_from(client) => set_up.ok(),
            _ = connection => None,
        }
    };
    tokio::select! {
        connected = connecting => connected,
        _ = agree(theirs) => None,
    }
}

/// Answers as a server that lets everybody in and for which every statement is a `SET`.
///
/// From <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
async fn agree(mut client: DuplexStream) -> Option<()> {
    // The greeting has no kind.
    pass_over(&mut client).await?;
    // They are let in, and it is their turn.
    client
        .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
        .await
        .ok()?;
    loop {
        let kind = client.read_u8().await.ok()?;
        pass_over(&mut client).await?;
        let answer: &[u8] = match kind {
            // Parsed, described (no parameters, no rows), bound, carried out, closed; and their turn.
            b'P' => b"1\0\0\0\x04",
            b'D' => b"t\0\0\0\x06\0\0n\0\0\0\x04",
            b'B' => b"2\0\0\0\x04",
            b'E' => b"C\0\0\0\x08SET\0",
            b'C' => b"3\0\0\0\x04",
            b'S' => b"Z\0\0\0\x05I",
            b'Q' => b"C\0\0\0\x08SET\0Z\0\0\0\x05I",
            _ => return None,
        };
        client.write_all(answer).await.ok()?;
    }
}

/// Reads the rest of a message, whose length counts itself.
async fn pass_over(client: &mut DuplexStream) -> Option<()> {
    let length = client.read_u32().await.ok()?.checked_sub(4)?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length < PIPE)?;
    client.read_exact(&mut vec![0; length]).await.ok()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use diesel_async::SimpleAsyncConnection;

    use super::*;

    #[tokio::test]
    async fn a_placeholder_is_a_connection_that_leads_nowhere() {
        let mut connection = placeholder().await.unwrap();
        connection.batch_execute("SELECT 1").await.unwrap_err();
    }
}
