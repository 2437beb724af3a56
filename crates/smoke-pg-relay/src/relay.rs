//! The thread between a client and a server.
//!
//! A thread of its own: what waits for the relay may block the threads of a runtime.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use uuid::Uuid;

use crate::Server;
use crate::conversation::Conversation;
use crate::frames::write_fatal;
use crate::greeting::{Greeting, hear, with_name};
use smoke_core::Result;
use smoke_core::RollbackVerdict;
use smoke_core::rollback::only_smoke_tests_run_here;
use smoke_rollback::OPENING;

/// How long somebody who comes or goes may take to say so.
const PATIENCE: Duration = Duration::from_secs(1);

trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<L: AsyncRead + AsyncWrite + Send + Unpin> Line for L {}

/// A relay that has its server, and takes one session.
///
/// Whoever comes after that is told that the sandbox is closed, until this is dropped.
pub struct Relay {
    address: SocketAddr,
    secret: String,
    _refuses: oneshot::Sender<Infallible>,
}

impl Relay {
    /// Connects to the server, for a client that has this name for it (`application_name`).
    ///
    /// # Errors
    ///
    /// Where it cannot be reached.
    pub async fn to(server: Server, application_name: Option<&str>) -> Result<Self> {
        let (reply, started) = oneshot::channel();
        let secret = Uuid::new_v4().simple().to_string();
        let known = Known {
            secret: secret.clone(),
            name: application_name.map(str::to_owned),
        };
        let thread = std::thread::Builder::new().name("smoke-relay".to_owned());
        // Without a thread there is no reply.
        let _ = thread.spawn(move || {
            only_smoke_tests_run_here();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(stand(server, known, reply)),
                Err(error) => drop(reply.send(Err(error))),
            }
        });
        let started = started.await;
        let (address, refuses) = started
            .unwrap_or_else(|_| Err(io::Error::other("its relay has ended")))
            .map_err(|error| {
                let cause = error.to_string();
                smoke_core::Error::from(RollbackVerdict::Unreachable { cause })
            })?;
        Ok(Self {
            address,
            secret,
            _refuses: refuses,
        })
    }

    /// Where the session is taken: a port of the loopback interface.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the client has to call itself as `application_name`, since anybody on the machine may
    /// knock. The server hears of the name that the application has for it.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Who is let in.
struct Known {
    secret: String,
    name: Option<String>,
}

type Started = io::Result<(SocketAddr, oneshot::Sender<Infallible>)>;

async fn stand(at: Server, known: Known, reply: oneshot::Sender<Started>) {
    let opened = timeout(OPENING, open(&at)).await;
    let late = || Err(io::Error::from(io::ErrorKind::TimedOut));
    let (server, listener, address) = match opened.unwrap_or_else(|_| late()) {
        Ok(opened) => opened,
        Err(error) => return drop(reply.send(Err(error))),
    };
    let (refuses, dropped) = oneshot::channel();
    if reply.send(Ok((address, refuses))).is_err() {
        return;
    }
    let expected = timeout(OPENING, expect(&listener, &known)).await;
    let Ok(Ok((client, packet))) = expected else {
        return;
    };
    let refusing = async {
        tokio::select! {
            _ = dropped => {}
            () = refuse(&listener, &at) => {}
        }
        drop(listener);
    };
    let (passed, ()) = tokio::join!(between(client, server, &packet), refusing);
    if let Err(error) = passed {
        tracing::debug!(target: "smoke", "a relay to PostgreSQL ended: {error}");
    }
}

/// Waits for the one client that is known.
async fn expect(listener: &TcpListener, known: &Known) -> io::Result<(TcpStream, Bytes)> {
    loop {
        let (mut client, _) = listener.accept().await?;
        let Ok(Ok(Greeting::Session(packet))) = timeout(PATIENCE, hear(&mut client)).await else {
            continue;
        };
        match with_name(&packet, &known.secret, known.name.as_deref()) {
            Some(packet) => return Ok((client, packet)),
            None => tell(&mut client, "nobody is expected by that name").await,
        }
    }
}

/// Tells whoever comes that it is too late, but for those who come to cancel a statement.
async fn refuse(listener: &TcpListener, at: &Server) {
    while let Ok((mut client, _)) = listener.accept().await {
        match timeout(PATIENCE, hear(&mut client)).await {
            Ok(Ok(Greeting::Cancellation(packet))) => {
                let cancelled = async { connect(at).await?.write_all(&packet).await };
                let _ = timeout(PATIENCE, cancelled).await;
            }
            Ok(Ok(Greeting::Session(_))) => tell(&mut client, "the sandbox is closed").await,
            _ => {}
        }
    }
}

async fn tell(client: &mut TcpStream, message: &str) {
    let mut said = BytesMut::new();
    write_fatal("57P03", message, &mut said);
    let _ = timeout(PATIENCE, client.write_all_buf(&mut said)).await;
}

async fn open(at: &Server) -> io::Result<(Box<dyn Line>, TcpListener, SocketAddr)> {
    let server = connect(at).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((server, listener, address))
}

async fn connect(server: &Server) -> io::Result<Box<dyn Line>> {
    match server {
        Server::Tcp(host, port) => {
            let server = TcpStream::connect((host.as_str(), *port)).await?;
            server.set_nodelay(true)?;
            Ok(Box::new(server))
        }
        #[cfg(unix)]
        Server::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
    }
}

/// Until one of them hangs up.
async fn between(client: TcpStream, server: Box<dyn Line>, packet: &Bytes) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (mut client, mut to_client) = client.into_split();
    let (mut server, mut to_server) = tokio::io::split(server);
    let mut talk = Conversation::begun_with(packet);
    let mut is_heard = true;
    loop {
        tokio::select! {
            read = client.read_buf(&mut talk.from_client), if talk.hears_client() => {
                if read? == 0 {
                    // Its farewell; what else it has said is rolled back anyway.
                    let farewell = to_server.write_all_buf(&mut talk.to_server);
                    return timeout(PATIENCE, farewell).await.unwrap_or(Ok(()));
                }
            }
            read = server.read_buf(&mut talk.from_server), if talk.hears_server() => {
                if read.unwrap_or(0) == 0 {
                    return to_client.write_all_buf(&mut talk.to_client).await;
                }
            }
            wrote = to_server.write_buf(&mut talk.to_server), if is_heard && !talk.to_server.is_empty() => {
                // A server that hears nothing any more may have said why.
                is_heard = wrote.is_ok();
            }
            wrote = to_client.write_buf(&mut talk.to_client), if !talk.to_client.is_empty() => {
                wrote?;
            }
        }
        talk.go_on()?;
    }
}

#[cfg(test)]
mod tests {
    use smoke_testing::PATIENCE;
    use tokio::time::timeout;

    use super::*;
    use crate::greeting::packet;

    /// What somebody says who calls himself that.
    fn called(name: &str) -> Vec<u8> {
        packet(&format!("user\0app\0application_name\0{name}\0"))
    }

    /// A server, the relay to it, and the relay's connection.
    async fn standing() -> (TcpListener, Relay, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Relay::to(Server::new("127.0.0.1", port), Some("shop")).await;
        let (server, _) = listener.accept().await.unwrap();
        (listener, relay.unwrap(), server)
    }

    async fn knock(relay: &Relay, said: &[u8]) -> TcpStream {
        let mut client = TcpStream::connect(relay.address()).await.unwrap();
        client.write_all(said).await.unwrap();
        client
    }

    async fn hears_bytes(line: &mut TcpStream) -> Vec<u8> {
        let mut heard = Vec::new();
        let heard_out = timeout(PATIENCE, line.read_to_end(&mut heard)).await;
        heard_out.expect("it hangs up in time").unwrap();
        heard
    }

    async fn hears(line: &mut TcpStream) -> String {
        String::from_utf8(hears_bytes(line).await).unwrap()
    }

    async fn hears_packet(server: &mut TcpStream, name: &str) {
        let wanted = called(name);
        let mut heard = vec![0; wanted.len()];
        let read = timeout(PATIENCE, server.read_exact(&mut heard)).await;
        read.expect("it says so in time").unwrap();
        assert_eq!(heard, wanted);
    }

    #[tokio::test]
    async fn a_stranger_is_turned_away_and_the_client_let_in() {
        let (_listener, relay, mut server) = standing().await;
        let mut stranger = knock(&relay, &called("shop")).await;
        assert!(hears(&mut stranger).await.contains("nobody is expected"));
        let mut nobody = knock(&relay, b"GET / HTTP/1.1\r\n\r\n").await;
        let mut heard = [0; 8];
        let read = timeout(PATIENCE, nobody.read(&mut heard)).await;
        assert_eq!(read.expect("it hangs up in time").unwrap_or(0), 0);
        // It asks for encryption first.
        let mut client = knock(&relay, &[0, 0, 0, 8, 4, 210, 22, 47]).await;
        let answer = timeout(PATIENCE, client.read_u8()).await;
        assert_eq!(answer.expect("it answers in time").unwrap(), b'N');
        client
            .write_all(&called(relay.secret_name()))
            .await
            .unwrap();
        hears_packet(&mut server, "shop").await;
        let mut late = knock(&relay, &called(relay.secret_name())).await;
        assert!(hears(&mut late).await.contains("the sandbox is closed"));
    }

    #[tokio::test]
    async fn a_cancellation_is_passed_on() {
        let (listener, relay, mut server) = standing().await;
        let _client = knock(&relay, &called(relay.secret_name())).await;
        hears_packet(&mut server, "shop").await;
        let cancel = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2];
        let _canceller = knock(&relay, &cancel).await;
        let accepted = timeout(PATIENCE, listener.accept()).await;
        let (mut other, _) = accepted.expect("it is passed on in time").unwrap();
        assert_eq!(hears_bytes(&mut other).await, cancel);
    }

    #[tokio::test]
    async fn whoever_hangs_up_is_heard_to_the_end() {
        let (_listener, relay, mut server) = standing().await;
        let mut client = knock(&relay, &called(relay.secret_name())).await;
        hears_packet(&mut server, "shop").await;
        let mut last = BytesMut::new();
        write_fatal("57P01", "the server goes", &mut last);
        server.write_all_buf(&mut last).await.unwrap();
        drop(server);
        assert!(hears(&mut client).await.contains("the server goes"));

        let (_listener, relay, mut server) = standing().await;
        let mut client = knock(&relay, &called(relay.secret_name())).await;
        hears_packet(&mut server, "shop").await;
        // Terminate.
        client.write_all(&[b'X', 0, 0, 0, 4]).await.unwrap();
        drop(client);
        assert_eq!(hears_bytes(&mut server).await, [b'X', 0, 0, 0, 4]);
    }

    #[tokio::test]
    async fn what_stands_nowhere_cannot_be_reached() {
        let error = Relay::to(Server::new("127.0.0.1", 1), None).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("cannot be reached"), "{error}");
    }
}
