//! HAProxy, with `docs/probers/haproxy.cfg`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use probers::figures::{Front, are_asked};
use probers::{Balancer, Configuration, Database, Replica, free_address};
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

/// In front of these, with the configuration of the documentation.
async fn haproxy(replicas: &[&Replica], folder: &Path) -> Haproxy {
    Haproxy::with(Configuration::of("haproxy.cfg"), replicas, folder).await
}

struct Haproxy {
    balancer: Balancer,
    socket: PathBuf,
}

impl Haproxy {
    /// In front of these, which take the places of the configuration's own.
    async fn with(configuration: Configuration, replicas: &[&Replica], folder: &Path) -> Self {
        let socket = folder.join("haproxy.sock");
        let stats = format!("    maxconn 1000\n    stats socket {}", socket.display());
        let mut servers = String::new();
        for replica in replicas {
            servers += &format!("    server {} {}\n", replica.name(), replica.address());
        }
        let address = free_address();
        let configuration = configuration
            .with("8000", &address.port().to_string())
            .with("    maxconn 1000", &stats)
            .with("inter 2s", "inter 100ms")
            .with("    server shop-1 shop-1:8080\n", &servers)
            .with("    server shop-2 shop-2:8080\n", "")
            .with("    server shop-3 shop-3:8080\n", "");
        let balancer = Balancer::start("haproxy", address, &["-f"], configuration, folder).await;
        Self { balancer, socket }
    }

    /// What it makes of each replica: its name and `UP`, `DOWN` or what is between.
    fn states(&self) -> Vec<(String, String)> {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        stream.write_all(b"show stat\n").unwrap();
        let mut table = String::new();
        stream.read_to_string(&mut table).unwrap();
        let rows = table.lines().filter(|line| line.starts_with("shop,"));
        let servers = rows.filter_map(|row| {
            let cells: Vec<_> = row.split(',').collect();
            let (name, state) = (*cells.get(1)?, *cells.get(17)?);
            let is_server = !matches!(name, "FRONTEND" | "BACKEND");
            is_server.then(|| (name.to_owned(), state.to_owned()))
        });
        servers.collect()
    }

    fn state_of(&self, name: &str) -> String {
        let states = self.states();
        let found = states.into_iter().find(|(server, _)| server == name);
        found.unwrap().1
    }

    async fn waits_until(&self, name: &str, state: &str) {
        let now = || std::future::ready(self.state_of(name));
        eventually(PATIENCE, now, |now| now == state).await.unwrap();
    }

    /// Waits until what it makes of a replica rests on a check.
    async fn waits_for_a_check(&self, name: &str) {
        let now = || std::future::ready(self.state_of(name));
        let is_known = |now: &String| now == "UP" || now == "DOWN";
        eventually(PATIENCE, now, is_known).await.unwrap();
    }
}

impl Front for Haproxy {
    fn balancer(&self) -> &Balancer {
        &self.balancer
    }

    fn assert_all_up(&self) {
        for (name, state) in self.states() {
            // Not out, also where a single check was too slow for a machine that is busy.
            assert!(state.starts_with("UP"), "{name} is {state}");
        }
    }
}

async fn started(name: &str, database: &Database, with: &[(&str, &str)]) -> Replica {
    let replica = Replica::start(REPLICA, name, database, with).await;
    replica.answers("/smoketest/startup", 200).await;
    replica
}

probers::balancer_shows!(
    haproxy: a_fault_that_all_replicas_share_takes_none_of_them_out,
    a_server_that_all_replicas_share_takes_none_of_them_out,
    neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out,
    an_instance_that_is_broken_leaves_alone_and_comes_back,
    an_instance_that_never_worked_does_not_join,
    a_replica_that_drains_gets_no_request_when_it_ends,
    the_endpoint_is_not_for_users,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_build_that_is_held_gets_no_traffic() {
    let database = Database::of_a_file();
    let old = Replica::three(REPLICA, &database).await;
    // The new build expects what no migration has made: all of its replicas share that.
    let broken = [("HOLD", "1"), ("TABLE", "no_orders")];
    let new = [
        started("shop-4", &database, &broken).await,
        started("shop-5", &database, &broken).await,
        started("shop-6", &database, &broken).await,
    ];
    let all: Vec<_> = old.iter().chain(&new).collect();
    let haproxy = haproxy(&all, &database.folder()).await;
    for replica in &new {
        haproxy.waits_until(replica.name(), "DOWN").await;
    }
    are_asked(&new).await;
    are_asked(&old).await;
    for (name, state) in haproxy.states() {
        let is_old = old.iter().any(|replica| replica.name() == name);
        let wanted = if is_old { "UP" } else { "DOWN" };
        assert!(state.starts_with(wanted), "{name} is {state}");
    }
    haproxy.balancer.is_served_by(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_with_a_drain_loses_no_request() {
    const REQUESTS: usize = 1500;
    let database = Database::of_a_file();
    let replicas = Replica::three(REPLICA, &database).await;
    let haproxy = haproxy(&replicas.each_ref(), &database.folder()).await;
    haproxy.balancer.is_served_by(3).await;
    let users = haproxy.balancer.users();
    let mut restarted = Vec::new();
    for old in replicas {
        let name = old.name().to_owned();
        old.terminate();
        haproxy.waits_until(&name, "DOWN").await;
        // It is alive, and answers whoever asks it.
        old.answers("/smoketest/live", 200).await;
        old.answers("/", 200).await;
        // A second signal ends the drain.
        old.terminate();
        let port = old.ends().await;
        restarted.push(Replica::on_port(port, REPLICA, &name, &database, &[]).await);
        haproxy.waits_until(&name, "UP").await;
    }
    haproxy.balancer.is_served_by(3).await;
    let mut answers = users.stop().await;
    let left = REQUESTS.saturating_sub(answers.count());
    let mut rest = haproxy.balancer.answers(left).await;
    answers.lost.append(&mut rest.lost);
    assert!(answers.lost.is_empty(), "{answers:?}");
    assert!(answers.count() + rest.count() >= REQUESTS, "{answers:?}");
}

/// As HAProxy asks unless it is told otherwise: OPTIONS, HTTP/1.0, no Host.
#[tokio::test(flavor = "multi_thread")]
async fn its_default_check_of_the_endpoint_is_answered_as_the_status_and_runs_nothing() {
    let database = Database::of_a_file();
    let replicas = Replica::three(REPLICA, &database).await;
    for replica in &replicas {
        replica.answers("/smoketest/status", 200).await;
    }
    let asks =
        "    http-check send meth GET uri /smoketest/ready ver HTTP/1.1 hdr Host shop.example\n";
    let configuration = Configuration::of("haproxy.cfg")
        .with(asks, "")
        .with("    option httpchk\n", "    option httpchk /smoketest/\n");
    let all = replicas.each_ref();
    let haproxy = Haproxy::with(configuration, &all, &database.folder()).await;
    for replica in &replicas {
        haproxy.waits_for_a_check(replica.name()).await;
    }
    haproxy.assert_all_up();
    // The status is not for traffic: a fault that all share takes all of them out.
    database.stop().await;
    for replica in &replicas {
        haproxy.waits_until(replica.name(), "DOWN").await;
    }
}

/// A passive check judges replicas by their answers to users. What a stranger asks wrongly is no fault
/// of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_have_a_passive_check_blame_the_replicas() {
    let database = Database::of_a_file();
    let replicas = Replica::three(REPLICA, &database).await;
    let configuration = Configuration::of("haproxy.cfg")
        .with("    http-request return status 404 if smoketest\n", "")
        .with(
            "    default-server check",
            "    default-server observe layer7 error-limit 3 on-error mark-down check",
        );
    let all = replicas.each_ref();
    let haproxy = Haproxy::with(configuration, &all, &database.folder()).await;
    haproxy.balancer.is_served_by(3).await;
    for path in [
        "/smoketest/?format=xml",
        "/smoketest/?select=[",
        "/smoketest/nothing",
    ] {
        for _ in 0..30 {
            let answer = haproxy.balancer.ask(path).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        }
    }
    are_asked(&replicas).await;
    haproxy.assert_all_up();
    haproxy.balancer.is_served_by(3).await;
}
