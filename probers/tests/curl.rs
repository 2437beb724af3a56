//! curl, as `docs/probers/shop.service` has systemd ask with it, `docs/probers/Dockerfile` a container
//! runtime, and a deploy.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use probers::{Configuration, Database, Replica, answered, program};
use smoke_testing::{PATIENCE, output};

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

/// What follows a word in a line of a file, for a replica: the word begins what the file has run.
fn run_by(file: &str, word: &str, replica: &Replica) -> String {
    let address = replica.address().to_string();
    let text = Configuration::of(file).with("127.0.0.1:8080", &address);
    let text = text.to_string();
    let mut lines = text.lines().filter_map(|line| line.split_once(word));
    lines.next().unwrap().1.to_owned()
}

/// The exit status, and the output, of a shell that runs this.
fn run(line: &str) -> (Option<i32>, String) {
    answered(Command::new("sh").args(["-c", line]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_healthy_as_long_as_its_process_answers() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    let check = run_by("Dockerfile", " CMD ", &replica);
    let is_healthy = || {
        let (status, text) = run(&check);
        assert!(status == Some(0) && text.starts_with("PASS\n"), "{text}");
    };
    is_healthy();
    database.stop().await;
    replica.set_broken(true);
    replica.answers("/smoketest/ready", 503).await;
    replica.terminate();
    is_healthy();
    // A second signal ends the drain, and the process.
    replica.terminate();
    replica.ends().await;
    assert_eq!(run(&check), (Some(1), String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_has_started_once_its_service_is_ready() {
    let database = Database::of_a_file();
    let held = [("HOLD", "1"), ("TABLE", "no_orders")];
    let broken = Replica::start(REPLICA, "shop-1", &database, &held).await;
    let well = Replica::start(REPLICA, "shop-2", &database, &[]).await;
    let waits = run_by("shop.service", "ExecStartPost=", &well);
    assert_eq!(run(&waits).0, Some(0));
    // It asks again for as long as it may.
    let waits = run_by("shop.service", "ExecStartPost=", &broken);
    let waits = waits.replace("--retry 30", "--retry 1");
    let failed = Some(22);
    assert_eq!(run(&waits), (failed, String::new()));
}

#[test]
fn systemd_accepts_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    // It looks for the program.
    let unit = Configuration::of("shop.service")
        .with("/usr/bin/shop", REPLICA)
        .write(folder.path(), "shop.service");
    let mut verify = Command::new(program("systemd-analyze"));
    let said = output(verify.arg("verify").arg(unit), PATIENCE);
    let warned = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && warned.is_empty(), "{warned}");
}

/// `curl --fail` of a deploy takes the verdict from the status, and a script reads the first line.
#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_is_told_the_verdict() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    let url = format!("http://{}/smoketest/", replica.address());
    let (status, text) = run(&format!("curl --silent --fail {url}"));
    assert_eq!(
        (status, text.lines().next()),
        (Some(0), Some("PASS")),
        "{text}"
    );
    database.stop().await;
    // A report is used again for a moment.
    replica.answers("/smoketest/", 503).await;
    assert_eq!(run(&format!("curl --silent --fail {url}")).0, Some(22));
    let (_, text) = run(&format!("curl --silent {url}"));
    assert_eq!(text.lines().next(), Some("FAIL"), "{text}");
}
