//! What `smoke gate` says, where and in which form, and how it ends.

use std::io::Cursor;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use nix::sys::signal::Signal;
use smoke_core::Outcome;
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::fleet::{Is, Replica, answer, counts, named, own, serve_at};
use crate::formats::is_of_the_schema;
use crate::process::ended;
use crate::redact::redacted;
use crate::smoke::{BUILD, TOKEN, command, file, gate, gate_arguments, gate_until, smoke};
use crate::terminal::{Options, Terminal};
use crate::tests;

tests![
    a_fleet_that_is_well_is_a_pass,
    one_replica_runs_the_shared_tests_and_the_slow_ones,
    all_run_everything_where_that_is_wanted,
    replicas_without_tests_of_their_own_are_no_fault,
    people_read_a_table_and_what_failed,
    text_and_json_say_the_same,
    junit_has_a_suite_for_each_replica,
    progress_goes_to_standard_error_and_nowhere_where_it_is_not_wanted,
    what_cannot_be_followed_is_two,
    without_the_token_nobody_could_say,
    help_is_no_error,
    a_terminal_shows_a_table_in_colours,
    a_narrow_terminal_cuts_its_lines,
    as_many_are_asked_at_a_time_as_there_are_jobs,
    the_first_ctrl_c_stops_it,
    the_second_ctrl_c_waits_for_nobody,
    sigterm_waits_for_nobody,
];

const CTRL_C: &[u8] = b"\x03";

fn fleet(all: &[(&'static str, Is)]) -> Vec<Replica> {
    all.iter()
        .map(|(name, is)| Replica::new(name, *is))
        .collect()
}

fn urls(replicas: &[Replica]) -> Vec<String> {
    replicas.iter().map(Replica::url).collect()
}

fn arguments<'a>(more: &[&'a str], urls: &'a [String]) -> Vec<&'a str> {
    more.iter()
        .copied()
        .chain(urls.iter().map(String::as_str))
        .collect()
}

/// Without what differs from run to run: an address has the port's place in the list.
fn same_each_time(text: &str, urls: &[String]) -> String {
    let mut text = text.to_owned();
    for (at, url) in urls.iter().enumerate() {
        text = text.replace(url.as_str(), &format!("http://replica-{at}"));
    }
    text
}

fn a_fleet_that_is_well_is_a_pass() {
    let replicas = fleet(&[
        ("web-1", Is::Well),
        ("web-2", Is::Well),
        ("web-3", Is::Well),
    ]);
    let urls = urls(&replicas);
    let ended = gate(&arguments(&["-q"], &urls));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let last = ended.out.lines().last().unwrap();
    assert!(
        last.starts_with("PASS 3 of 3 passed, build 4f2a91c, 2 rounds in "),
        "{last}"
    );
}

fn one_replica_runs_the_shared_tests_and_the_slow_ones() {
    let replicas = fleet(&[
        ("web-1", Is::Well),
        ("web-2", Is::Well),
        ("web-3", Is::Well),
    ]);
    let urls = urls(&replicas);
    let ended = gate(&arguments(&["--slow", "--jobs", "2"], &urls));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    // Once in each of the two rounds.
    let of: [fn(&Replica) -> &AtomicUsize; 3] =
        [|one| &one.shared, |one| &one.slow, |one| &one.own];
    let counted = of.map(|of| counts(&replicas, of));
    assert_eq!(counted, [[2, 0, 0], [2, 0, 0], [2, 2, 2]]);
}

fn all_run_everything_where_that_is_wanted() {
    let replicas = fleet(&[("web-1", Is::Well), ("web-2", Is::Well)]);
    let urls = urls(&replicas);
    let ended = gate(&arguments(&["--all-everywhere"], &urls));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert_eq!(counts(&replicas, |one| &one.shared), [2, 2]);
}

fn replicas_without_tests_of_their_own_are_no_fault() {
    let replicas = fleet(&[("web-1", Is::Bare), ("web-2", Is::Bare)]);
    let urls = urls(&replicas);
    let ended = gate(&arguments(&["-q"], &urls));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("no tests of its own"), "{}", ended.out);
}

fn troubled() -> Vec<Replica> {
    fleet(&[
        ("web-1", Is::Well),
        ("web-2", Is::Well),
        ("web-3", Is::Broken),
        ("web-4", Is::Lacking),
        ("web-5", Is::Well),
        ("web-6", Is::OfTheBuildBefore),
    ])
}

fn people_read_a_table_and_what_failed() {
    let replicas = troubled();
    let urls = urls(&replicas);
    let ended = gate(&arguments(&["-q"], &urls));
    assert_eq!((ended.code, &*ended.err), (Some(1), ""));
    redacted(|| assert_snapshot!("gate", same_each_time(&ended.out, &urls)));
}

fn text_and_json_say_the_same() {
    let replicas = troubled();
    let urls = urls(&replicas);
    let text = gate(&arguments(&["--format", "text"], &urls));
    assert_eq!(text.code, Some(1));
    assert!(
        text.out.starts_with("FAIL\n") && !text.out.contains("PASS"),
        "{}",
        text.out
    );
    redacted(|| assert_snapshot!("gate_text", same_each_time(&text.out, &urls)));
    let json = gate(&arguments(&["--format", "json"], &urls));
    assert_eq!(json.code, Some(1));
    let read: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(read["status"], "FAIL");
    assert_eq!(read["replicas"][2]["failed"][0]["name"], "shop::disk");
    redacted(|| assert_snapshot!("gate_json", same_each_time(&json.out, &urls)));
}

fn junit_has_a_suite_for_each_replica() {
    let replicas = troubled();
    let urls = urls(&replicas);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.xml");
    let wanted = ["--format", "junit", "--junit", path.to_str().unwrap()];
    let ended = gate(&arguments(&wanted, &urls));
    assert_eq!(ended.code, Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), ended.out);
    is_of_the_schema(&ended.out);
    let read = junit_parser::from_reader(Cursor::new(&ended.out)).unwrap();
    // The gate, a case each, and the test that failed: the broken one and the build before are to blame.
    assert_eq!(
        (read.suites.len(), read.tests, read.failures, read.errors),
        (7, 8, 4, 0)
    );
    redacted(|| assert_snapshot!("gate_junit", same_each_time(&ended.out, &urls)));
}

fn progress_goes_to_standard_error_and_nowhere_where_it_is_not_wanted() {
    let replicas = fleet(&[("web-1", Is::Well)]);
    let urls = urls(&replicas);
    let loud = gate(&arguments(&[], &urls));
    let line = format!(
        " passed {} web-1 {BUILD}: 3 tests, the shared ones among them\n",
        urls[0]
    );
    assert_eq!(loud.err, line);
    let quiet = gate(&arguments(&["-q"], &urls));
    assert_eq!((quiet.code, &*quiet.err), (Some(0), ""));
}

fn what_cannot_be_followed_is_two() {
    let url = "http://127.0.0.1:1";
    for (arguments, why) in [
        (&["gate", url][..], "--build"),
        (&["gate", "--build", "", url], "--build"),
        (&["gate", "--build", BUILD], "TARGET"),
        (&["gate", "--build", BUILD, "shop"], "http://HOST:PORT"),
        (
            &["gate", "--build", BUILD, "dns+http://shop:80"],
            "--expect-replicas is needed",
        ),
        (
            &["gate", "--build", BUILD, url, "srv+http://shop"],
            "--expect-replicas is needed",
        ),
        (
            &["gate", "--build", BUILD, "--expect-replicas", "0", url],
            "0",
        ),
        (&["gate", "--build", BUILD, "--jobs", "0", url], "--jobs"),
        (
            &["gate", "--build", BUILD, "--for", "0s", url],
            "from 1s to 1day",
        ),
        (
            &[
                "gate",
                "--build",
                BUILD,
                "--cacert",
                "/nowhere",
                "https://127.0.0.1:1",
            ],
            "--cacert",
        ),
        (
            &["gate", "--build", BUILD, "--token-file", "/nowhere", url],
            "--token-file",
        ),
        (
            &["gate", "--build", BUILD, "--junit", "/nowhere/x", url],
            "--junit",
        ),
        (&["gate", "--build", BUILD, "--host", "a/b", url], "--host"),
        (
            &["gate", "--build", BUILD, "--token", "secret", url],
            "--token",
        ),
        (&["ask"], "URL"),
        (&["ask", "dns+http://shop"], "one service"),
        (&["ask", "http://me:secret@shop"], "SMOKE_TOKEN"),
        (&["asks"], "asks"),
        (&[], "Usage"),
    ] {
        let ended = smoke(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(why), "{arguments:?}: {}", ended.err);
        assert_eq!(ended.out, "");
    }
}

fn without_the_token_nobody_could_say() {
    let replicas = fleet(&[("web-1", Is::Well), ("web-2", Is::WithoutABuild)]);
    let urls = urls(&replicas);
    for token in ["", "wrong"] {
        let arguments = arguments(&["--for", "1s"], &urls);
        let mut command = command(&gate_arguments(&arguments));
        match token {
            "" => command.env_remove("SMOKE_TOKEN"),
            _ => command.env("SMOKE_TOKEN", token),
        };
        let ended = ended(&mut command);
        assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
        assert!(!ended.out.contains(TOKEN));
    }
    // With the right token, too, where no build was set.
    let ended = gate_until("1 of 1 named no build", |time| {
        gate(&["--for", time, &urls[1]])
    });
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains("1 of 1 named no build"), "{}", ended.out);
}

fn help_is_no_error() {
    for arguments in [
        &["--help"][..],
        &["gate", "--help"],
        &["ask", "--help"],
        &["--version"],
    ] {
        let ended = smoke(arguments);
        assert_eq!((ended.code, &*ended.err), (Some(0), ""), "{arguments:?}");
        assert!(ended.out.contains("smoke"), "{}", ended.out);
    }
}

fn on_terminal(more: &[&str], urls: &[String], options: &Options<'_>) -> Terminal {
    let environment = [&[("SMOKE_TOKEN", TOKEN)], options.environment].concat();
    let options = Options {
        environment: &environment,
        ..*options
    };
    Terminal::start_file(file(), &gate_arguments(&arguments(more, urls)), &options)
}

fn a_terminal_shows_a_table_in_colours() {
    let replicas = fleet(&[("web-1", Is::Well), ("web-2", Is::OfTheBuildBefore)]);
    let urls = urls(&replicas);
    let terminal = on_terminal(&[], &urls, &Options::default());
    let screen = terminal.until(|screen| screen.contains("another build than 1 other"));
    assert!(
        screen.contains(&format!(" passed {} web-1 {BUILD}", urls[0])),
        "{screen}"
    );
    assert!(
        screen.contains(&format!("  other {} web-2 0badf00", urls[1])),
        "{screen}"
    );
    assert!(screen.contains("1 of 2 passed, "), "{screen}");
    replicas[1].becomes(Is::Well);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(
        left.raw.contains("\u{1b}[1m\u{1b}[32m passed\u{1b}[0m"),
        "{}",
        left.raw
    );
    assert!(
        left.raw.contains("\u{1b}[1m\u{1b}[33m  other\u{1b}[0m"),
        "{}",
        left.raw
    );
    // The table that moved is gone: the one of the report is left.
    assert_eq!(left.screen.matches("web-2").count(), 1, "{}", left.screen);
    assert!(
        left.screen.contains("PASS 2 of 2 passed"),
        "{}",
        left.screen
    );
    let plain = Options {
        environment: &[("NO_COLOR", "1")],
        ..Options::default()
    };
    let left = on_terminal(&[], &urls, &plain).end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(!left.raw.contains("\u{1b}[32m"), "{}", left.raw);
}

fn a_narrow_terminal_cuts_its_lines() {
    let replicas = fleet(&[("web-1", Is::Well), ("web-2", Is::OfTheBuildBefore)]);
    let urls = urls(&replicas);
    let narrow = Options {
        columns: 30,
        ..Options::default()
    };
    let terminal = on_terminal(&[], &urls, &narrow);
    // While it asks: a line a replica and one that counts, each cut.
    terminal.until(|screen| {
        let lines: Vec<_> = screen.lines().collect();
        lines.iter().all(|line| line.ends_with('…'))
            && matches!(lines[..], [first, second, third] if first.starts_with(" passed http://")
                && second.starts_with("  other http://")
                && third.starts_with("round "))
    });
    replicas[1].becomes(Is::Well);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_eq!(left.screen.matches('…').count(), 2, "{}", left.screen);
}

/// Each replica answers once as many are asked as there are jobs.
fn as_many_are_asked_at_a_time_as_there_are_jobs() {
    const JOBS: usize = 3;
    const TOGETHER: Duration = Duration::from_secs(5);
    let barrier = Arc::new(Barrier::new(JOBS));
    let (asked, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let replica = |instance: &'static str| {
        let (barrier, asked, most) = (barrier.clone(), asked.clone(), most.clone());
        let run = async move || {
            let at_once = asked.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(at_once, Ordering::SeqCst);
            // One that was held up leaves the others alone.
            let _ = timeout(TOGETHER, barrier.wait()).await;
            asked.fetch_sub(1, Ordering::SeqCst);
            answer(instance, vec![own("shop::disk", Outcome::Passed)])
        };
        let app = named(instance).fallback(run);
        format!("http://{}", serve_at((Ipv4Addr::LOCALHOST, 0), app))
    };
    let urls = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"].map(replica);
    let jobs = JOBS.to_string();
    let ended = gate(&arguments(&["--jobs", &jobs, "-q"], &urls));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert_eq!(most.load(Ordering::SeqCst), JOBS);
}

fn the_first_ctrl_c_stops_it() {
    let replicas = fleet(&[("web-1", Is::Well), ("web-2", Is::OfTheBuildBefore)]);
    let urls = urls(&replicas);
    let terminal = on_terminal(&[], &urls, &Options::default());
    terminal.until(|screen| screen.contains("another build than 1 other"));
    terminal.press(CTRL_C);
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    for line in [
        "stopping: nobody else is asked",
        "reason: stopped by Ctrl-C",
        "FAIL 1 of 2 passed",
    ] {
        assert!(left.screen.contains(line), "{line}: {}", left.screen);
    }
}

fn the_second_ctrl_c_waits_for_nobody() {
    let urls = [whose_run_hangs()];
    let terminal = on_terminal(&FOR_LONG, &urls, &Options::default());
    // The run has begun: until it has said who it is, the first one would be the end.
    terminal.until(|screen| screen.contains("web-1"));
    terminal.press(CTRL_C);
    terminal.until(|screen| screen.contains("Ctrl-C again waits for nobody"));
    terminal.press(CTRL_C);
    is_stopped(terminal, 130, "reason: stopped by Ctrl-C");
}

fn sigterm_waits_for_nobody() {
    let urls = [whose_run_hangs()];
    let terminal = on_terminal(&FOR_LONG, &urls, &Options::default());
    terminal.until(|screen| screen.contains("0 of 1 passed"));
    terminal.signal(Signal::SIGTERM);
    is_stopped(terminal, 143, "reason: stopped by SIGTERM");
}

const FOR_LONG: [&str; 4] = ["--for", "1h", "--timeout", "1h"];

/// A replica that says who it is, and whose run never ends.
fn whose_run_hangs() -> String {
    let app = named("web-1").fallback(std::future::pending::<()>);
    format!("http://{}", serve_at((Ipv4Addr::LOCALHOST, 0), app))
}

fn is_stopped(terminal: Terminal, code: i32, reason: &str) {
    let left = terminal.end();
    assert_eq!(left.code, Some(code), "{}", left.screen);
    assert!(left.screen.contains(reason), "{}", left.screen);
}
