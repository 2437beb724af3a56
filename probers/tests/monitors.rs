//! blackbox_exporter, with `docs/probers/blackbox.yml`, promtool, and Nagios's check_http.

use std::net::SocketAddr;
use std::process::Command;

use probers::{Configuration, Database, Process, Replica, answered, free_address, get, program};
use smoke_conformance::eventually;
use smoke_testing::{PATIENCE, output, wire};

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

/// What the exporter finds when it probes that path of the replica.
async fn probed(exporter: SocketAddr, module: &str, replica: &Replica, path: &str) -> String {
    let target = format!("http://{}{path}", replica.address());
    let probe = format!("/probe?module={module}&target={target}");
    // Of an older version, so that the answer does not come in chunks.
    let request = format!("GET {probe} HTTP/1.0\r\nhost: exporter\r\n\r\n");
    let answer = wire::exchange(exporter, &request).await;
    answer.unwrap_or_default()
}

async fn succeeds(exporter: SocketAddr, module: &str, replica: &Replica, path: &str) -> bool {
    let metrics = probed(exporter, module, replica, path).await;
    let success = metrics
        .lines()
        .find_map(|line| line.strip_prefix("probe_success "));
    success.unwrap_or_else(|| panic!("{metrics}")) == "1"
}

#[tokio::test(flavor = "multi_thread")]
async fn blackbox_exporter_tells_a_pass_from_a_fail() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    let folder = database.folder();
    let address = free_address();
    let file = Configuration::of("blackbox.yml").write(&folder, "blackbox.yml");
    let mut command = Command::new(program("prometheus-blackbox-exporter"));
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address={address}"));
    let _exporter = Process::start(&mut command, folder.join("exporter.log"));
    let listens = eventually(PATIENCE, || get(address, "/-/healthy"), Option::is_some);
    listens.await.unwrap();

    replica.answers("/smoketest/status", 200).await;
    for (module, path) in [
        ("smoke_status", "/smoketest/status"),
        ("smoke_run", "/smoketest/"),
    ] {
        assert!(succeeds(address, module, &replica, path).await, "{path}");
        // Not the endpoint's.
        assert!(!succeeds(address, module, &replica, "/").await);
    }
    database.stop().await;
    replica.answers("/smoketest/status", 503).await;
    for (module, path) in [
        ("smoke_status", "/smoketest/status"),
        ("smoke_run", "/smoketest/"),
    ] {
        // A report is used again for a moment.
        replica.answers(path, 503).await;
        assert!(!succeeds(address, module, &replica, path).await, "{path}");
    }
    assert!(succeeds(address, "smoke_status", &replica, "/smoketest/ready").await);
}

/// The rules page once for a failure that most replicas share, and what else their own tests say.
#[test]
fn promtool_accepts_the_alert_rules_and_their_tests() {
    let folder = Configuration::folder();
    for arguments in [
        "check rules smoke.rules.yml",
        "test rules smoke.rules.test.yml",
        "check config --syntax-only prometheus.yml",
    ] {
        let mut promtool = Command::new(program("promtool"));
        promtool.args(arguments.split(' ')).current_dir(&folder);
        let said = output(&mut promtool, PATIENCE);
        assert!(said.status.success(), "{arguments:?}: {said:?}");
    }
}

/// What the rules ask for is what a replica tells.
#[tokio::test(flavor = "multi_thread")]
async fn promtool_accepts_the_metrics_and_the_rules_find_theirs_there() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    replica.answers("/smoketest/status", 200).await;
    let metrics = replica.answers("/smoketest/metrics", 200).await;
    let (_, metrics) = metrics.split_once("\r\n\r\n").unwrap();
    let rules = Configuration::of("smoke.rules.yml").to_string();
    for name in [
        r#"smoke_probe{probe="live"}"#,
        r#"smoke_test_down{test="orders_can_be_placed",scope="shared"}"#,
        r#"smoke_test_down{test="instance_is_well",scope="instance"}"#,
        "smoke_schedule_age_seconds{schedule=",
    ] {
        assert!(metrics.contains(name), "{name} is not in {metrics}");
        let (family, _) = name.split_once('{').unwrap();
        assert!(rules.contains(family), "{family} is not in the rules");
    }
}

/// The exit status and the output of check_http at a path, with arguments as the documentation has them.
fn check_http(replica: &Replica, path: &str) -> (Option<i32>, String) {
    let mut command = Command::new(program("check_http"));
    let port = replica.address().port().to_string();
    command.args([
        "-I",
        "127.0.0.1",
        "-H",
        "shop.example",
        "-p",
        &port,
        "-u",
        path,
    ]);
    command.args(["-e", "HTTP/1.1 200", "-s", "PASS", "-t", "25"]);
    answered(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn check_http_tells_a_pass_from_a_fail() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    replica.answers("/smoketest/status", 200).await;
    for path in ["/smoketest/", "/smoketest/status"] {
        let (status, said) = check_http(&replica, path);
        assert_eq!(status, Some(0), "{path}: {said}");
    }
    database.stop().await;
    replica.answers("/smoketest/status", 503).await;
    for path in ["/smoketest/", "/smoketest/status"] {
        replica.answers(path, 503).await;
        let (status, said) = check_http(&replica, path);
        assert_eq!(status, Some(2), "{path}: {said}");
    }
}
