//! What stands between users and replicas.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use tokio::task::JoinHandle;

use crate::{Configuration, Process, get, program};

/// A load balancer, which is ended when this is dropped.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    #[expect(dead_code, reason = "is held for its drop")]
    process: Process,
}

/// What came of requests: how many each replica has answered, and what was no answer of theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// By the text of the answer.
    pub of: BTreeMap<String, usize>,
    /// What came instead, line by line.
    pub lost: Vec<String>,
}

/// Users who ask without a pause, until they are told to stop.
#[derive(Debug)]
pub struct Users {
    stop: Arc<AtomicBool>,
    asking: Vec<JoinHandle<Answers>>,
}

impl Balancer {
    /// Starts a program with that configuration, and waits until it listens at that address.
    /// `arguments` are those before the configuration's path.
    pub async fn start(
        name: &str,
        address: SocketAddr,
        arguments: &[&str],
        configuration: Configuration,
        folder: &Path,
    ) -> Self {
        let path = configuration.write(folder, name);
        let mut command = Command::new(program(name));
        command
            .args(arguments)
            .arg(path)
            .current_dir(folder)
            .env("HOME", folder);
        let process = Process::start(&mut command, folder.join(format!("{name}.log")));
        let balancer = Self { address, process };
        let asking = || async { balancer.ask("/").await.is_some() };
        let listens = eventually(PATIENCE, asking, |listens| *listens).await;
        listens.unwrap_or_else(|_| panic!("{name} does not listen"));
        balancer
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer to a GET of a user's.
    pub async fn ask(&self, path: &str) -> Option<String> {
        get(self.address, path).await
    }

    /// What comes of that many requests of a user's, one after the other.
    pub async fn answers(&self, requests: usize) -> Answers {
        let mut answers = Answers::default();
        for _ in 0..requests {
            answers.add(self.ask("/").await);
        }
        answers
    }

    /// What a stranger asks of the endpoint does not reach it, and no path but its own is kept from users.
    pub async fn hides_the_endpoint(&self) {
        for path in [
            "/smoketest/",
            "/smoketest",
            "/smoketest/?format=xml",
            "/smoketest/ready",
        ] {
            let answer = self.ask(path).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
            assert!(!answer.contains("x-smoke"), "{path}: {answer}");
        }
        let other = self.ask("/smoketests").await.unwrap();
        assert!(!other.contains("x-smoke"), "{other}");
    }

    /// Waits until all of a few requests, one after the other, are answered, by exactly so many replicas.
    pub async fn is_served_by(&self, replicas: usize) {
        let asking = || self.answers(12);
        let served = |answers: &Answers| answers.lost.is_empty() && answers.of.len() == replicas;
        eventually(PATIENCE, asking, served).await.unwrap();
    }

    /// Some users, who begin to ask at once.
    #[must_use]
    pub fn users(&self) -> Users {
        let stop = Arc::new(AtomicBool::new(false));
        let asking = (0..4).map(|_| {
            let (stop, address) = (Arc::clone(&stop), self.address);
            tokio::spawn(async move {
                let mut answers = Answers::default();
                while !stop.load(Ordering::SeqCst) {
                    answers.add(get(address, "/").await);
                }
                answers
            })
        });
        Users {
            asking: asking.collect(),
            stop,
        }
    }
}

impl Users {
    /// What came of all their requests.
    pub async fn stop(self) -> Answers {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Answers::default();
        for asking in self.asking {
            let Answers { of, lost } = asking.await.unwrap();
            for (by, count) in of {
                *all.of.entry(by).or_default() += count;
            }
            all.lost.extend(lost);
        }
        all
    }
}

impl Answers {
    fn add(&mut self, answer: Option<String>) {
        let answer = answer.unwrap_or_default();
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => {
                *self.of.entry(body.to_owned()).or_default() += 1;
            }
            _ => self
                .lost
                .push(answer.lines().next().unwrap_or("nothing").to_owned()),
        }
    }

    /// How many were answered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.of.values().sum()
    }
}
