//! A client as production shares one with its smoke tests.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{Runner, Selection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

type Ping = oneshot::Sender<io::Result<()>>;

/// A stand-in for the clients that are cloned all over an application: connected when it is first
/// used, by a task that carries every request from then on.
///
/// Used first in a smoke test, it lives where that test lived. It is dead for production where
/// something of that ends.
#[derive(Clone)]
pub struct SharedClient {
    server: SocketAddr,
    spawn: fn(BoxFuture<'static, ()>),
    task: Arc<OnceLock<mpsc::UnboundedSender<Ping>>>,
}

impl SharedClient {
    /// A client with a server of its own, on a thread that goes on as long as the process.
    ///
    /// # Errors
    ///
    /// When there can be no server.
    pub fn new(spawn: fn(BoxFuture<'static, ()>)) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = listener.local_addr()?;
        std::thread::Builder::new().spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut byte = [0];
                while matches!(stream.read(&mut byte), Ok(1)) && stream.write_all(&byte).is_ok() {}
            }
        })?;
        Ok(Self {
            server,
            spawn,
            task: Arc::default(),
        })
    }

    /// Has the server answer.
    ///
    /// # Errors
    ///
    /// When there is no answer: what the client needs is gone.
    pub async fn ping(&self) -> io::Result<()> {
        let task = self.task.get_or_init(|| {
            let (pings, asked) = mpsc::unbounded_channel();
            (self.spawn)(Box::pin(carry(self.server, asked)));
            pings
        });
        let (ping, answered) = oneshot::channel();
        let gone = |_| io::Error::other("the client's task is gone");
        task.send(ping).map_err(|_| gone(()))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(answered) => answered.map_err(|_| gone(()))?,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl SharedClient {
    /// Runs the smoke tests of a runner, which use the client first, and shows that the client
    /// answers after them, after the runner's shutdown, and where nothing of the runner is left.
    ///
    /// # Panics
    ///
    /// When a test does not pass, and when the client does not answer.
    pub async fn outlives(&self, runner: Runner) {
        let report = runner.run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
        self.answers("its tests").await;
        runner.shutdown().await;
        self.answers("the runner's shutdown").await;
        drop(runner);
        self.answers("the runner").await;
    }

    async fn answers(&self, after: &str) {
        if let Err(error) = self.ping().await {
            panic!("after {after} the client does not answer: {error}");
        }
    }
}

async fn carry(server: SocketAddr, mut asked: mpsc::UnboundedReceiver<Ping>) {
    let mut line = None;
    while let Some(ping) = asked.recv().await {
        let _ = ping.send(exchange(server, &mut line).await);
    }
}

async fn exchange(server: SocketAddr, line: &mut Option<TcpStream>) -> io::Result<()> {
    let stream = match line {
        Some(stream) => stream,
        None => line.insert(TcpStream::connect(server).await?),
    };
    stream.write_all(&[7]).await?;
    stream.read_u8().await.map(drop)
}

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedClient").field(&self.server).finish()
    }
}
