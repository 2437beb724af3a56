//! A network that can go silent: then nothing arrives any more, not even the end of a connection.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What stands between the victims and the server, until this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    silent: watch::Sender<bool>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// One to the server of that URL.
    pub async fn to(url: &str) -> Self {
        let server = server(url).to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silent, silence) = watch::channel(false);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (server, silence) = (server.clone(), silence.clone());
                connections.spawn(carry(client, server, silence));
            }
        });
        Self {
            address,
            silent,
            _accepting: accepting,
        }
    }

    /// The URL by way of this.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        url.replace(server(url), &self.address.to_string())
    }

    /// From now on nothing arrives.
    pub fn go_silent(&self) {
        self.silent.send_replace(true);
    }
}

async fn carry(mut client: TcpStream, server: String, mut silence: watch::Receiver<bool>) {
    let carried = async {
        let mut server = TcpStream::connect(server).await.unwrap();
        let ended = tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => true,
            _ = silence.wait_for(|silent| *silent) => false,
        };
        if !ended {
            // Both ends stay open, and nobody reads what they send.
            std::future::pending::<()>().await;
        }
    };
    carried.await;
}

fn server(url: &str) -> &str {
    let (_, server) = url.rsplit_once('@').unwrap();
    server.split_once('/').unwrap().0
}
