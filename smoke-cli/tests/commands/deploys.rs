//! Rolling deploys of five real replicas.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;

use crate::fleet::{Is, Replica, counts, named, serve_at};
use crate::smoke::{BUILD, gate, gate_until, running_gate, smoke};
use crate::tests;

tests![
    the_build_before_is_waited_for_until_it_is_replaced,
    the_build_before_that_stays_is_a_fail,
    one_that_hangs_could_not_say,
    one_that_fails_a_test_is_named_and_stops_the_deploy,
    a_shared_test_that_fails_stops_the_deploy,
    one_that_is_down_at_first_is_waited_for,
    one_that_is_busy_is_asked_again_when_it_says,
];

/// Four that are well, and another one.
fn five(fifth: Replica) -> (Vec<Replica>, Vec<String>) {
    let names = ["web-1", "web-2", "web-3", "web-4"];
    let four = names.map(|name| Replica::new(name, Is::Well));
    let all: Vec<_> = four.into_iter().chain([fifth]).collect();
    let urls = all.iter().map(Replica::url).collect();
    (all, urls)
}

fn arguments<'a>(more: &[&'a str], urls: &'a [String]) -> Vec<&'a str> {
    let own = ["--expect-replicas", "5"];
    let urls = urls.iter().map(String::as_str);
    own.into_iter()
        .chain(more.iter().copied())
        .chain(urls)
        .collect()
}

/// The line of the table that is about that URL.
fn row<'o>(out: &'o str, url: &str) -> &'o str {
    let mut rows = out
        .lines()
        .filter(|line| line.split(' ').any(|word| word == url));
    rows.next().unwrap_or_else(|| panic!("no {url} in {out}"))
}

fn the_build_before_is_waited_for_until_it_is_replaced() {
    let (replicas, urls) = five(Replica::new("web-5", Is::OfTheBuildBefore));
    let mut gate = running_gate(&arguments(&[], &urls));
    gate.until(&format!("  other {} web-5 0badf00", urls[4]));
    replicas[4].becomes(Is::Well);
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("PASS 5 of 5 passed"), "{out}");
    let shared = counts(&replicas, |one| &one.shared);
    assert!(shared[0] >= 2 && shared[1..] == [0; 4], "{shared:?}");
}

fn the_build_before_that_stays_is_a_fail() {
    let (replicas, urls) = five(Replica::new("web-5", Is::OfTheBuildBefore));
    let ran = std::cell::Cell::new([0; 5]);
    let ended = gate_until("FAIL 4 of 5 passed", |time| {
        let own = || <[usize; 5]>::try_from(counts(&replicas, |one| &one.own)).unwrap();
        let before = own();
        let ended = gate(&arguments(&["--for", time, "-q"], &urls));
        let after = own();
        ran.set(std::array::from_fn(|at| after[at] - before[at]));
        ended
    });
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    let row = row(&ended.out, &urls[4]);
    assert!(
        row.starts_with("  other ") && row.ends_with("another build than 4 others"),
        "{row}"
    );
    assert!(
        ended
            .out
            .contains("reason: 1 of 5 ran another build than 4f2a91c"),
        "{}",
        ended.out
    );
    // It runs nothing, and the others nothing again as long as it is waited for.
    assert_eq!(ran.get(), [1, 1, 1, 1, 0]);
    assert_eq!(counts(&replicas, |one| &one.shared)[1..], [0; 4]);
}

fn one_that_hangs_could_not_say() {
    let (_replicas, urls) = five(Replica::new("web-5", Is::Hung));
    let ended = gate_until("FAIL 4 of 5 passed", |time| {
        gate(&arguments(&["--for", time, "--timeout", "1s", "-q"], &urls))
    });
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    let row = row(&ended.out, &urls[4]);
    assert!(
        row.starts_with("unknown ") && row.ends_with("no answer within 1s"),
        "{row}"
    );
    assert!(ended.out.contains("FAIL 4 of 5 passed"), "{}", ended.out);
}

fn one_that_fails_a_test_is_named_and_stops_the_deploy() {
    let (replicas, urls) = five(Replica::new("web-5", Is::Broken));
    let ended = gate(&arguments(&["-q"], &urls));
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    let row = row(&ended.out, &urls[4]);
    assert!(row.starts_with(" failed "), "{row}");
    assert!(
        row.contains("2 tests; fails where 4 others pass: shop::disk"),
        "{row}"
    );
    assert!(ended.out.contains("it is broken"), "{}", ended.out);
    // It was asked once more, and no more often.
    assert_eq!(counts([&replicas[4]], |one| &one.own), [2]);
}

fn a_shared_test_that_fails_stops_the_deploy() {
    let (replicas, urls) = five(Replica::new("web-5", Is::Well));
    for replica in &replicas {
        replica.becomes(Is::BrokenForAll);
    }
    let ended = gate(&arguments(&["-q"], &urls));
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(
        row(&ended.out, &urls[0]).starts_with(" failed "),
        "{}",
        ended.out
    );
    assert_eq!(counts(&replicas, |one| &one.shared), [2, 0, 0, 0, 0]);
}

fn one_that_is_down_at_first_is_waited_for() {
    let (replicas, urls) = five(Replica::down_at(([127, 0, 0, 1], 0).into(), "web-5"));
    let mut gate = running_gate(&arguments(&[], &urls));
    gate.until(&format!("unknown {}: no connection", urls[4]));
    replicas[4].comes_up();
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
}

fn one_that_is_busy_is_asked_again_when_it_says() {
    let well = Replica::new("web-1", Is::Well);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let busy = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        let head = [
            ("x-smoke-status", "FAIL"),
            ("x-smoke-reason", "busy"),
            ("retry-after", "60"),
        ];
        (
            StatusCode::SERVICE_UNAVAILABLE,
            head,
            r#"{"status":"FAIL","reasons":["busy"],"build":"4f2a91c","instance":"web-2"}"#,
        )
    };
    // Who it is it says at once.
    let app = named("web-2").fallback(busy);
    let busy = format!("http://{}", serve_at((Ipv4Addr::LOCALHOST, 0), app));
    let ended = gate_until("unknown", |time| {
        asked.store(0, Ordering::SeqCst);
        let own = ["gate", "--build", BUILD, "--pause", "1s", "--for", time];
        smoke(&[&own[..], &[&well.url(), &busy]].concat())
    });
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(row(&ended.out, &busy).ends_with(" busy"), "{}", ended.out);
    // The minute is longer than the gate: without it there would be a second time.
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
