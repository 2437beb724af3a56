//! The thread between a client and a server.
//!
//! A thread of its own: what waits for the relay may block the threads of a runtime.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Server;
use super::conversation::Conversation;
use super::frames::write_fatal;
use crate::Result;
use crate::rollback::RollbackVerdict;
use crate::rollback::absent::OPENING;

/// How long somebody who comes too late may take to say anything.
const PATIENCE: Duration = Duration::from_secs(1);

trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<L: AsyncRead + AsyncWrite + Send + Unpin> Line for L {}

/// A relay that has its server, and takes one connection.
///
/// Whoever connects after that is told that the sandbox is closed, until this is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    _refuses: oneshot::Sender<Infallible>,
}

impl Relay {
    /// Connects to the first of these servers that can be reached.
    ///
    /// # Errors
    ///
    /// Where none can be reached.
    pub async fn to(servers: Vec<Server>) -> Result<Self> {
        let (reply, started) = oneshot::channel();
        let thread = std::thread::Builder::new().name("smoke-relay".to_owned());
        // Without a thread there is no reply.
        let _ = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(pass_on(servers, reply)),
                Err(error) => drop(reply.send(Err(error))),
            }
        });
        let started = started.await;
        started
            .unwrap_or_else(|_| Err(io::Error::other("its relay has ended")))
            .map_err(|error| {
                let cause = error.to_string();
                RollbackVerdict::Unreachable { cause }.into()
            })
    }

    /// Where the connection is taken: a port of the loopback interface. Whoever connects first has
    /// to log in at the server like anybody else.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn pass_on(servers: Vec<Server>, reply: oneshot::Sender<io::Result<Relay>>) {
    let opened = timeout(OPENING, open(&servers)).await;
    let late = || Err(io::Error::from(io::ErrorKind::TimedOut));
    let (server, listener, address) = match opened.unwrap_or_else(|_| late()) {
        Ok(opened) => opened,
        Err(error) => return drop(reply.send(Err(error))),
    };
    let (refuses, dropped) = oneshot::channel();
    let relay = Relay {
        address,
        _refuses: refuses,
    };
    if reply.send(Ok(relay)).is_err() {
        return;
    }
    let Ok(Ok((client, _))) = timeout(OPENING, listener.accept()).await else {
        return;
    };
    let refusing = async {
        tokio::select! {
            _ = dropped => {}
            () = refuse(listener) => {}
        }
    };
    let (passed, ()) = tokio::join!(between(client, server), refusing);
    if let Err(error) = passed {
        tracing::debug!(target: "smoke", "a relay to PostgreSQL ended: {error}");
    }
}

/// Tells whoever comes that it is too late.
async fn refuse(listener: TcpListener) {
    while let Ok((mut client, _)) = listener.accept().await {
        let refused = async {
            let mut said = BytesMut::new();
            // An answer to nothing would be lost with what was not read.
            client.read_buf(&mut said).await?;
            said.clear();
            write_fatal("57P03", "the sandbox is closed", &mut said);
            client.write_all_buf(&mut said).await
        };
        let _ = timeout(PATIENCE, refused).await;
    }
}

async fn open(servers: &[Server]) -> io::Result<(Box<dyn Line>, TcpListener, SocketAddr)> {
    let server = connect(servers).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((server, listener, address))
}

async fn connect(servers: &[Server]) -> io::Result<Box<dyn Line>> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for server in servers {
        let connected = match server {
            Server::Tcp(host, port) => tcp(host, *port).await,
            #[cfg(unix)]
            Server::Unix(path) => tokio::net::UnixStream::connect(path).await.map(boxed),
        };
        match connected {
            Ok(server) => return Ok(server),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn tcp(host: &str, port: u16) -> io::Result<Box<dyn Line>> {
    let server = TcpStream::connect((host, port)).await?;
    server.set_nodelay(true)?;
    Ok(boxed(server))
}

fn boxed(line: impl Line + 'static) -> Box<dyn Line> {
    Box::new(line)
}

/// Until one of them hangs up.
async fn between(client: TcpStream, server: Box<dyn Line>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (mut client, mut to_client) = client.into_split();
    let (mut server, mut to_server) = tokio::io::split(server);
    let mut talk = Conversation::default();
    loop {
        let read = tokio::select! {
            read = client.read_buf(&mut talk.from_client), if talk.hears_client() => Some(read?),
            read = server.read_buf(&mut talk.from_server), if talk.hears_server() => Some(read?),
            wrote = to_server.write_buf(&mut talk.to_server), if !talk.to_server.is_empty() => {
                wrote?;
                None
            }
            wrote = to_client.write_buf(&mut talk.to_client), if !talk.to_client.is_empty() => {
                wrote?;
                None
            }
        };
        talk.go_on()?;
        if read == Some(0) {
            // The last words of whoever hung up.
            to_server.write_all_buf(&mut talk.to_server).await?;
            return to_client.write_all_buf(&mut talk.to_client).await;
        }
    }
}
