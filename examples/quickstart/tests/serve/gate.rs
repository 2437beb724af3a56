//! The gate that lets a deploy go on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use examples_support::{Service, output};
use tempfile::TempDir;

use crate::database::Database;
use crate::replica::{Replica, answer};
use crate::service;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy-gate.sh");
const BUILD: &str = "4f2a91c";
/// How long a call of the gate may take, in which nothing sleeps, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
const NOBODY: &str = "http://127.0.0.1:1";

/// One call of the gate, in which nothing sleeps: how long it would have is written down, and so
/// is what curl is called with.
struct Gate {
    folder: TempDir,
    token: &'static str,
    wait: &'static str,
}

impl Gate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var("PATH").unwrap();
        for (name, then) in [("sleep", "exit 0"), ("curl", "PATH=$REST exec curl \"$@\"")] {
            let program = folder.path().join(name);
            let log = folder.path().join(format!("{name}.log"));
            let script = format!(
                "#!/bin/sh\nREST='{path}'\nprintf '%s\\n' \"$@\" >>'{}'\n{then}\n",
                log.display()
            );
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            folder,
            token: "sec\"ret",
            wait: "",
        }
    }

    /// The exit code, and what was said.
    fn ask(&self, build: &str, replicas: &[&str]) -> (i32, String) {
        let path = std::env::var("PATH").unwrap();
        let mut gate = Command::new("sh");
        gate.arg(SCRIPT)
            .arg(build)
            .args(replicas)
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("SMOKE_TOKEN", self.token)
            .env("SMOKE_WAIT", self.wait);
        let output = output(&mut gate, PATIENCE);
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// What a program was called with, a line an argument.
    fn called(&self, program: &str) -> Vec<String> {
        let log = self.folder.path().join(format!("{program}.log"));
        let log = fs::read_to_string(log).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

fn start(database: &Database, more: &[(&str, &str)]) -> Service {
    let environment = [&[("SMOKE_BUILD", BUILD)], more].concat();
    service::start(database, &environment)
}

fn url(service: &Service) -> String {
    format!("http://{}", service.address())
}

#[test]
fn the_gate_opens_for_a_pass_of_the_wanted_build() {
    let database = Database::new();
    let services = [start(&database, &[]), start(&database, &[])];
    let [one, other] = services.each_ref().map(url);
    let (code, said) = Gate::new().ask(BUILD, &[&one, &format!("{other}/")]);
    assert_eq!(said, format!("PASS {one}\nPASS {other}/\n"));
    assert_eq!(code, 0);
}

#[test]
fn one_replica_of_the_build_runs_all_tests_and_the_others_their_own() {
    let before = Replica::start(&[answer("PASS", "0badf00", "", "")]);
    let passes = || Replica::start(&[answer("PASS", BUILD, "", "")]);
    let nothing = "x-smoke-reason: nothing\r\n";
    let has_none = Replica::start(&[answer(
        "FAIL",
        BUILD,
        nothing,
        "reason: no test is selected\n",
    )]);
    let (first, second) = (passes(), passes());
    let gate = Gate {
        wait: "0",
        ..Gate::new()
    };
    let replicas = [&before, &first, &second, &has_none];
    let urls = replicas.map(Replica::url);
    let (code, said) = gate.ask(BUILD, &urls.each_ref().map(|url| &**url));
    assert!(said.starts_with(&format!("FAIL {}: ", urls[0])), "{said}");
    let passed = urls[1..].iter().map(|url| format!("PASS {url}\n"));
    assert!(said.ends_with(&passed.collect::<String>()), "{said}");
    assert_eq!(code, 1);
    let (live, all, own) = (
        "GET /smoketest/live",
        "POST /smoketest/slow/",
        "POST /smoketest/?scope=instance",
    );
    let wanted: [&[_]; 4] = [&[live], &[live, all], &[live, own], &[live, own]];
    for (replica, wanted) in replicas.into_iter().zip(wanted) {
        let asked = replica.asked();
        let asked = asked.iter().filter_map(|head| head.split(" HTTP/").next());
        assert!(asked.eq(wanted.iter().copied()), "{:?}", replica.asked());
    }
}

#[test]
fn a_replica_whose_instance_tests_are_skipped_could_not_say() {
    let database = Database::new();
    let services = [
        start(&database, &[]),
        start(
            &database,
            &[("SMOKE_SKIP", "quickstart::smoke::service,checks")],
        ),
    ];
    let urls = services.each_ref().map(url);
    let gate = Gate {
        wait: "0",
        ..Gate::new()
    };
    let (code, said) = gate.ask(BUILD, &urls.each_ref().map(|url| &**url));
    let wanted = format!("PASS {}\nUNKNOWN {}: ", urls[0], urls[1]);
    assert!(said.starts_with(&wanted), "{said}");
    assert_eq!(code, 3);
}

#[test]
fn a_fail_that_is_none_the_second_time_lets_a_deploy_go_on() {
    let once = Replica::start(&[
        answer("PASS", BUILD, "", ""),
        answer("FAIL", BUILD, "", "tests failed: 1\n"),
        answer("PASS", BUILD, "", ""),
    ]);
    let gate = Gate::new();
    let (code, said) = gate.ask(BUILD, &[&once.url()]);
    assert_eq!((code, said), (0, format!("PASS {}\n", once.url())));
    assert_eq!(gate.called("sleep"), ["2"]);
}

#[test]
fn a_fail_shuts_the_gate_when_it_is_one_twice() {
    let database = Database::new();
    let (good, bad) = (
        start(&database, &[]),
        start(&database, &[("QUICKSTART_BREAK", "writes")]),
    );
    let (good, bad, gate) = (url(&good), url(&bad), Gate::new());
    let (code, said) = gate.ask(BUILD, &[&bad, &good]);
    let wanted = format!(
        "FAIL {bad}: status 503, build {BUILD}, wanted {BUILD}\n    FAIL\n    test classes"
    );
    assert!(said.starts_with(&wanted), "{said}");
    assert!(said.ends_with(&format!("PASS {good}\n")), "{said}");
    assert_eq!(code, 1);
    assert_eq!(gate.called("sleep"), ["2"], "it is asked once more");
}

#[test]
fn another_build_at_the_end_of_its_time_is_a_fail() {
    let database = Database::new();
    let before = service::start(&database, &[("SMOKE_BUILD", "0badf00")]);
    let gate = Gate {
        wait: "1",
        ..Gate::new()
    };
    let replica = url(&before);
    let (code, said) = gate.ask(BUILD, &[&replica]);
    let wanted = format!("FAIL {replica}: status 200, build 0badf00, wanted {BUILD}\n    PASS\n");
    assert!(said.starts_with(&wanted), "{said}");
    assert_eq!(code, 1);
}

#[test]
fn the_build_before_is_waited_out() {
    let replica = Replica::start(&[
        answer("PASS", "0badf00", "", ""),
        answer("FAIL", "0badf00", "", "reason: it ends\n"),
        answer("PASS", BUILD, "", ""),
        // It is replaced between the two requests.
        answer("FAIL", "0badf00", "", "tests failed: 1\n"),
        answer("PASS", BUILD, "", ""),
    ]);
    let gate = Gate {
        wait: "1000",
        ..Gate::new()
    };
    let (code, said) = gate.ask(BUILD, &[&replica.url()]);
    assert_eq!((code, said), (0, format!("PASS {}\n", replica.url())));
    assert_eq!(gate.called("sleep"), ["2", "2", "2"]);
}

#[test]
fn a_replica_that_is_busy_is_asked_again_when_it_says() {
    const DATE: &str = "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n";
    let busy = "reason: busy: as many runs as the limits allow\n";
    let passes = answer("PASS", BUILD, "", "");
    let busy = ["Retry-After: 3\r\n", "retry-after:0\r\n", DATE]
        .map(|more| [passes.clone(), answer("FAIL", BUILD, more, busy)]);
    let replica = Replica::start(&[&busy.concat()[..], &[passes]].concat());
    let gate = Gate {
        wait: "1000",
        ..Gate::new()
    };
    let (code, said) = gate.ask(BUILD, &[&replica.url()]);
    assert_eq!((code, said), (0, format!("PASS {}\n", replica.url())));
    assert_eq!(gate.called("sleep"), ["3", "0", "2"]);
    let asked = replica.asked();
    assert!(asked[1].starts_with("POST /smoketest/slow/ HTTP/1.1\r\n"));
}

#[test]
fn nobody_could_say_is_another_code_after_bounded_tries() {
    let database = Database::new();
    let off = start(&database, &[("SMOKE_OFF", "1")]);
    let without = service::start(&database, &[]);
    let busy = Replica::start(&[answer(
        "FAIL",
        BUILD,
        "Retry-After: 86400\r\n",
        "reason: busy\n",
    )]);
    let page = Replica::start(&[
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nPASS\n".to_owned(),
    ]);
    for (replica, shown) in [
        (url(&off), format!("status 503, build {BUILD}")),
        (url(&without), "status 200, build ".to_owned()),
        (busy.url(), format!("status 503, build {BUILD}")),
        (page.url(), "status 200, build ".to_owned()),
        (NOBODY.to_owned(), "status none, build ".to_owned()),
    ] {
        let gate = Gate {
            wait: "3",
            ..Gate::new()
        };
        let (code, said) = gate.ask(BUILD, &[&replica]);
        let wanted = format!("UNKNOWN {replica}: {shown}, wanted {BUILD}\n");
        assert!(said.starts_with(&wanted), "{said}");
        assert_eq!(code, 3, "{said}");
        let pauses = gate.called("sleep");
        let pauses: Vec<u64> = pauses.iter().map(|time| time.parse().unwrap()).collect();
        assert!(pauses.len() < 3, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause < 3), "{pauses:?}");
    }
    assert!(busy.asked().len() <= 6);
}

#[test]
fn a_fail_counts_more_than_what_nobody_knows() {
    let fails = Replica::start(&[answer("FAIL", BUILD, "", "tests failed: 1\n")]);
    let gate = Gate {
        wait: "0",
        ..Gate::new()
    };
    for replicas in [[NOBODY, &fails.url()], [&fails.url(), NOBODY]] {
        assert_eq!(gate.ask(BUILD, &replicas).0, 1);
    }
}

#[test]
fn wrong_usage_asks_nobody() {
    let replica = Replica::start(&[answer("PASS", "", "", "")]);
    let url = replica.url();
    let with = |token, wait| Gate {
        token,
        wait,
        ..Gate::new()
    };
    for (gate, build, replicas) in [
        (Gate::new(), "", vec![&*url]),
        (Gate::new(), BUILD, vec![]),
        (Gate::new(), BUILD, vec![&*url, ""]),
        (with("", ""), BUILD, vec![&*url]),
        (with("secret", "soon"), BUILD, vec![&*url]),
        (with("secret", "08"), BUILD, vec![&*url]),
        (with("secret", "999999"), BUILD, vec![&*url]),
    ] {
        assert_eq!(gate.ask(build, &replicas), (2, String::new()));
    }
    assert_eq!(replica.asked(), [""; 0]);
}

#[test]
fn the_token_is_sent_and_is_no_argument() {
    let replica = Replica::start(&[answer("PASS", BUILD, "", "")]);
    let gate = Gate::new();
    assert_eq!(gate.ask(BUILD, &[&replica.url()]).0, 0);
    let sent = format!("\r\nAuthorization: Bearer {}\r\n", gate.token);
    let asked = replica.asked();
    assert!(asked.iter().all(|head| head.contains(&sent)), "{asked:?}");
    let arguments = gate.called("curl").join("\n");
    assert!(arguments.contains("/smoketest/slow/"), "{arguments}");
    assert!(!arguments.contains("ret"), "{arguments}");
}

#[test]
fn the_guide_shows_the_gate_as_it_is() {
    let guide = include_str!("../../../../docs/deploy.md");
    let script = include_str!("../../deploy-gate.sh");
    assert!(
        guide.contains(script),
        "copy deploy-gate.sh to docs/deploy.md"
    );
}
