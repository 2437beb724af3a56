//! One replica of the service.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use smoke_conformance::eventually;
use smoke_testing::{PATIENCE, wire};

use crate::{Database, Process};

/// A replica, which is ended when this is dropped.
#[derive(Debug)]
pub struct Replica {
    name: String,
    port: u16,
    folder: PathBuf,
    url: String,
    process: Process,
}

impl Replica {
    /// Starts one on a free port, and waits until it answers. `program` is the replica's,
    /// `env!("CARGO_BIN_EXE_replica")`.
    pub async fn start(
        program: &str,
        name: &str,
        database: &Database,
        with: &[(&str, &str)],
    ) -> Self {
        Self::on_port(free_port(), program, name, database, with).await
    }

    /// The same, where another one was.
    pub async fn on_port(
        port: u16,
        program: &str,
        name: &str,
        database: &Database,
        with: &[(&str, &str)],
    ) -> Self {
        let folder = database.folder().join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(program);
        command
            .env("PORT", port.to_string())
            .env("DATABASE", database.url())
            .env("FOLDER", &folder)
            .envs(with.iter().copied());
        let process = Process::start(&mut command, folder.join("log"));
        let mut replica = Self {
            name: name.to_owned(),
            port,
            folder,
            url: database.url(),
            process,
        };
        replica.answers("/smoketest/live", 200).await;
        // Else it was somebody else who answered at that port.
        assert_eq!(replica.process.ended(), None, "{name} has ended");
        replica
    }

    /// Three of them, `shop-1` to `shop-3`, each of which has ended its first run.
    pub async fn three(program: &str, database: &Database) -> [Self; 3] {
        let replicas = [
            Self::start(program, "shop-1", database, &[]).await,
            Self::start(program, "shop-2", database, &[]).await,
            Self::start(program, "shop-3", database, &[]).await,
        ];
        for replica in &replicas {
            replica.answers("/smoketest/startup", 200).await;
        }
        replicas
    }

    /// What a configuration calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Breaks this instance, or mends it.
    pub fn set_broken(&self, is_broken: bool) {
        let file = self.folder.join("broken");
        if is_broken {
            fs::write(file, "").unwrap();
        } else {
            fs::remove_file(file).unwrap();
        }
    }

    /// The database's path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until that path has that status, and returns the answer.
    pub async fn answers(&self, path: &str, status: u16) -> String {
        let asking = || get(self.address(), path);
        let is_so = |answer: &Option<String>| {
            let answer = answer.as_deref().unwrap_or_default();
            answer.starts_with(&format!("HTTP/1.1 {status} "))
        };
        let answered = eventually(PATIENCE, asking, is_so).await;
        let answered = answered.unwrap_or_else(|saw| panic!("{path} of {}: {saw}", self.name));
        answered.unwrap_or_default()
    }

    /// Waits until probers have asked that often more whether it is ready.
    pub async fn is_asked(&self, more: u64) {
        let asked = async || {
            let answer = get(self.address(), "/asked").await.unwrap_or_default();
            let (_, count) = answer.rsplit_once("\r\n\r\n").unwrap_or_default();
            count.trim().parse::<u64>().unwrap_or_default()
        };
        let before = asked().await;
        let enough = eventually(PATIENCE, asked, |now| *now >= before + more);
        enough.await.unwrap();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits until its process has ended.
    pub async fn ends(mut self) -> u16 {
        let port = self.port;
        let ended = eventually(
            PATIENCE,
            || std::future::ready(self.process.ended()),
            Option::is_some,
        );
        let status = ended.await.unwrap().unwrap();
        assert!(status.success(), "{status}");
        port
    }
}

/// The answer to a GET; none where there is no server.
pub async fn get(server: SocketAddr, path: &str) -> Option<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n");
    wire::exchange(server, &request).await.ok()
}

/// An address for a program that listens.
#[must_use]
pub fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

/// A port that nobody has now, and that connections are not given.
fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Each test's process begins elsewhere.
    let start = u16::try_from(std::process::id() % 10_000).unwrap() + 11_000;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::SeqCst) % 2_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
