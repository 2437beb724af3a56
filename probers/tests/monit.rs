//! monit, with `docs/probers/monitrc`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use probers::{Configuration, Database, Process, Replica, answered, program};
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

/// What monit says of the service, in its own words.
async fn comes_to_say(file: &Path, words: &str) {
    let asked = async || {
        let mut monit = Command::new(program("monit"));
        monit.arg("-c").arg(file).args(["-B", "status", "shop"]);
        answered(&mut monit).1
    };
    let says_so = |said: &String| {
        let mut lines = said.lines().map(str::split_whitespace);
        lines.any(|mut line| line.next() == Some("status") && line.eq(words.split(' ')))
    };
    eventually(PATIENCE, asked, says_so).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn monit_tells_a_pass_from_a_fail() {
    let database = Database::of_a_file();
    let replica = Replica::start(REPLICA, "shop-1", &database, &[]).await;
    replica.answers("/smoketest/status", 200).await;
    let folder = database.folder();
    let kept = |name: &str| folder.join(name).display().to_string();
    let of_its_own = format!(
        "set daemon 1\nset pidfile {}\nset idfile {}\nset statefile {}\n\
         set httpd unixsocket {} allow shop:shop\n",
        kept("monit.pid"),
        kept("monit.id"),
        kept("monit.state"),
        kept("monit.sock"),
    );
    let port = replica.address().port();
    let file = Configuration::of("monitrc")
        .with("set daemon 30\n", &of_its_own)
        .with("with address shop-1", "with address 127.0.0.1")
        .with("port 8080", &format!("port {port}"))
        .write(&folder, "monitrc");
    // It refuses what others may read.
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(program("monit"));
    command.arg("-I").arg("-c").arg(&file);
    let monit = Process::start(&mut command, folder.join("monit.log"));

    comes_to_say(&file, "OK").await;
    database.stop().await;
    replica.answers("/smoketest/status", 503).await;
    comes_to_say(&file, "Connection failed").await;
    let log = monit.log();
    assert!(log.contains("Server returned status 503"), "{log}");
    database.go_on().await;
    replica.answers("/smoketest/status", 200).await;
    comes_to_say(&file, "OK").await;
}
