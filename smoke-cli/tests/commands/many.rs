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
use smoke_core::{Kind, Outcome, Report, Scope, TestReport};
use smoke_testing::PATIENCE;
use smoke_tower::smoke_core::Format;
use tokio::net::TcpListener;

use crate::dns::Dns;
use crate::fleet::serve_at;
use crate::smoke::{BUILD, Running, command, gate_arguments};
use crate::tests;

tests![
    a_thousand_replicas_take_little_memory,
    a_report_that_nobody_reads_keeps_nobody_from_ending_it,
];

/// In KiB.
const MOST: usize = 100 << 10;

fn a_thousand_replicas_take_little_memory() {
    let dns = Dns::start();
    let target = a_thousand(&dns);
    let server = dns.address.to_string();
    let mut gate = Running::gate(&arguments(&server, &target));
    let mut peak = 0;
    while !gate.has_ended() {
        peak = peak_of(gate.id()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("PASS 1000 of 1000 passed"), "{out}");
    assert!(0 < peak && peak < MOST, "{peak} KiB");
}

fn a_report_that_nobody_reads_keeps_nobody_from_ending_it() {
    let dns = Dns::start();
    let target = a_thousand(&dns);
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
fn a_thousand(dns: &Dns) -> String {
    let app = Router::new().fallback(well);
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
    let passed = Outcome::Passed;
    let test = TestReport::new("shop::disk", "shop", Kind::Unit, passed, Duration::ZERO);
    let report = Report::new("run")
        .with_build(BUILD)
        .with_instance(&instance)
        .with_tests([test.with_scope(Scope::Instance)]);
    let head = [
        ("x-smoke-status", "PASS".to_owned()),
        ("x-smoke-build", BUILD.to_owned()),
        ("x-smoke-instance", instance),
    ];
    (head, report.render(Format::Json))
}

/// The most that a process had in memory so far, in KiB; none where it has ended.
fn peak_of(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix(" kB")?.parse().ok()
}
