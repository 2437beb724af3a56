//! Very many replicas: each is one address of this machine, on one port.

use std::io::Read;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::response::IntoResponse;
use axum::serve::IncomingStream;
use hickory_server::proto::rr::RData;
use hickory_server::proto::rr::rdata::A;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoke_conformance::eventually_blocking;
use smoke_core::Outcome;
use smoke_testing::PATIENCE;
use tokio::net::TcpListener;

use crate::dns::Dns;
use crate::fleet::{answer, own, serve_at};
use crate::smoke::{command, gate_arguments, running_gate};
use crate::tests;

tests![
    a_thousand_replicas_take_little_memory,
    a_thousand_replicas_that_fail_take_little_memory,
    a_report_that_nobody_reads_keeps_nobody_from_ending_it,
];

/// In KiB.
const MOST: usize = 100 << 10;

fn a_thousand_replicas_take_little_memory() {
    let dns = Dns::start();
    let target = a_thousand(&dns, Router::new().fallback(well));
    let (code, out) = in_little_memory(&dns, &target, &[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("PASS 1000 of 1000 passed"), "{out}");
}

fn a_thousand_replicas_that_fail_take_little_memory() {
    let dns = Dns::start();
    let target = a_thousand(&dns, Router::new().fallback(loud));
    let (code, out) = in_little_memory(&dns, &target, &["--format", "junit"]);
    assert_eq!(code, Some(1));
    // The gate, the replicas and their tests.
    assert_eq!(out.matches("<failure ").count(), 1 + 1000 + 10 * 1000);
}

/// What the gate comes to, which has less than that in memory at any time.
fn in_little_memory(dns: &Dns, target: &str, more: &[&str]) -> (Option<i32>, String) {
    let server = dns.address.to_string();
    let mut gate = running_gate(&[&arguments(&server, target)[..], more].concat());
    let mut peak = 0;
    while !gate.has_ended() {
        peak = peak_of(gate.id()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(0 < peak && peak < MOST, "{peak} KiB");
    gate.end()
}

fn a_report_that_nobody_reads_keeps_nobody_from_ending_it() {
    let dns = Dns::start();
    let target = a_thousand(&dns, Router::new().fallback(well));
    let server = dns.address.to_string();
    let mut command = command(&gate_arguments(&arguments(&server, &target)));
    let mut gate = command.stdout(Stdio::piped()).spawn().unwrap();
    // All of it is more than a pipe takes.
    let mut report = gate.stdout.take().unwrap();
    report.read_exact(&mut [0]).unwrap();
    kill(
        Pid::from_raw(gate.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    let ended = eventually_blocking(PATIENCE, || gate.try_wait().unwrap(), Option::is_some);
    if ended.is_err() {
        let _ = gate.kill();
    }
    assert_eq!(ended.unwrap().unwrap().code(), Some(143));
}

fn arguments<'a>(server: &'a str, target: &'a str) -> [&'a str; 8] {
    [
        "--dns-server",
        server,
        "--expect-replicas",
        "1000",
        "--jobs",
        "16",
        "-q",
        target,
    ]
}

/// The target that leads to them.
fn a_thousand(dns: &Dns, app: Router) -> String {
    let app = app.into_make_service_with_connect_info::<At>();
    let port = serve_at((Ipv4Addr::UNSPECIFIED, 0), app).port();
    let first = Ipv4Addr::LOCALHOST.to_bits();
    let records = (first..first + 1000).map(|bits| {
        let address = A(Ipv4Addr::from_bits(bits));
        ("web.shop.test.", RData::A(address))
    });
    dns.has(&records.collect::<Vec<_>>());
    format!("dns+http://web.shop.test:{port}")
}

/// The address at which a replica is asked.
#[derive(Clone)]
struct At(String);

impl Connected<IncomingStream<'_, TcpListener>> for At {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(stream.io().local_addr().unwrap().to_string())
    }
}

/// The answer of a replica whose name is its address.
async fn well(ConnectInfo(At(instance)): ConnectInfo<At>) -> impl IntoResponse {
    answer(&instance, vec![own("shop::disk", Outcome::Passed)])
}

/// The same of one whose tests all fail, and say much.
async fn loud(ConnectInfo(At(instance)): ConnectInfo<At>) -> impl IntoResponse {
    let test = |at: usize| {
        let name = format!("shop::disk_{at}");
        own(&name, Outcome::Failed).with_message("it is full ".repeat(100))
    };
    answer(&instance, (0..10).map(test).collect())
}

/// The most that a process had in memory so far, in KiB; none where it has ended.
fn peak_of(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix(" kB")?.parse().ok()
}
