//! The gate that lets a deploy go on.

use std::process::Command;

use crate::database::Database;
use crate::service::Service;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy-gate.sh");
const BUILD: &str = env!("CARGO_PKG_VERSION");

/// The exit code, and what was said.
fn gate(token: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new("sh");
    command
        .arg(SCRIPT)
        .args(arguments)
        .env("SMOKE_TOKEN", token);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), said)
}

fn url(service: &Service) -> String {
    format!("http://127.0.0.1:{}", service.port())
}

#[test]
fn the_gate_opens_for_a_pass_of_the_wanted_build() {
    let database = Database::new();
    let services = [
        Service::start(&database, &[]),
        Service::start(&database, &[]),
    ];
    let [one, other] = services.each_ref().map(url);
    let (code, said) = gate("secret", &[BUILD, &one, &other]);
    assert_eq!(said, format!("PASS {one}\nPASS {other}\n"));
    assert_eq!(code, 0);
}

#[test]
fn the_gate_stays_shut_for_anything_else() {
    let database = Database::new();
    let service = Service::start(&database, &[]);
    let broken = Service::start(&database, &[("QUICKSTART_BREAK", "writes")]);
    let (good, bad) = (url(&service), url(&broken));
    let other_page = format!("{good}/users");
    for (replicas, said) in [
        (
            vec!["0.0.0", &good],
            "status 200, build 0.1.0, wanted 0.0.0\n    PASS\n",
        ),
        (
            vec![BUILD, &good, &bad],
            "status 503, build 0.1.0, wanted 0.1.0\n    FAIL\n",
        ),
        (
            vec![BUILD, &other_page],
            "status 404, build , wanted 0.1.0\n",
        ),
        (
            vec![BUILD, "http://127.0.0.1:1"],
            "status none, build , wanted 0.1.0\n",
        ),
    ] {
        let (code, output) = gate("secret", &replicas);
        assert_eq!(code, 1, "{replicas:?}: {output}");
        assert!(
            output.contains(&format!("FAIL {}: {said}", replicas.last().unwrap())),
            "{output}"
        );
    }
    for (token, arguments) in [("", vec![BUILD, &*good]), ("secret", vec![BUILD])] {
        assert_eq!(gate(token, &arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn the_readme_shows_the_gate_as_it_is() {
    let readme = include_str!("../../../../README.md");
    let script = include_str!("../../deploy-gate.sh");
    assert!(readme.contains(script), "copy deploy-gate.sh to README.md");
}
