//! Targets that are names, before a real DNS server on this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::proto::rr::rdata::{A, AAAA, SOA, SRV};
use hickory_server::proto::rr::{Name, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

use crate::fleet::{Is, RUNTIME, Replica};
use crate::smoke::{gate, gate_until, running_gate};
use crate::tests;

tests![
    each_address_of_a_name_is_a_replica,
    service_records_say_hosts_and_ports,
    an_address_that_vanished_is_dropped,
    a_name_that_leads_to_nobody_is_no_pass,
    fewer_than_expected_are_no_pass,
    an_address_of_ipv6_is_a_replica_too,
];

const ORIGIN: &str = "shop.test.";

/// A server of the zone `shop.test`.
pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    zone: Arc<InMemoryZoneHandler>,
}

impl Dns {
    pub(crate) fn start() -> Self {
        RUNTIME.block_on(async {
            let origin = Name::from_ascii(ORIGIN).unwrap();
            let zone =
                InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, AxfrPolicy::Deny);
            let zone = Arc::new(zone);
            let mut catalog = Catalog::new();
            catalog.upsert(origin.into(), vec![zone.clone()]);
            let mut server = Server::new(catalog);
            let (tcp, udp) = sockets().await;
            let address = tcp.local_addr().unwrap();
            server.register_socket(udp);
            server.register_listener(tcp, Duration::from_secs(5), 16);
            RUNTIME.spawn(async move { server.block_until_done().await.unwrap() });
            let dns = Self { address, zone };
            dns.write(&[]).await;
            dns
        })
    }

    /// From now on there are these records and no others.
    pub(crate) fn has(&self, records: &[(&str, RData)]) {
        RUNTIME.block_on(self.write(records));
    }

    async fn write(&self, records: &[(&str, RData)]) {
        self.zone.records_mut().await.clear();
        let name = |name: &str| Name::from_ascii(name).unwrap();
        let soa = SOA::new(name(ORIGIN), name(ORIGIN), 1, 1, 1, 1, 0);
        let soa = [(ORIGIN, RData::SOA(soa))];
        for (of, data) in soa.iter().chain(records) {
            let record = Record::from_rdata(name(of), 0, data.clone());
            assert!(self.zone.upsert(record, 1).await, "{of}");
        }
    }
}

/// On the same port.
async fn sockets() -> (TcpListener, UdpSocket) {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (tcp, udp);
        }
    }
}

pub(crate) fn a(address: SocketAddr) -> RData {
    match address.ip() {
        std::net::IpAddr::V4(ip) => RData::A(A(ip)),
        other => panic!("{other}"),
    }
}

/// Replicas on one port, each on an address of its own.
pub(crate) fn on_one_port(names: &[&'static str]) -> Vec<Replica> {
    'port: loop {
        let first = Replica::new(names[0], Is::Well);
        let mut all = vec![first];
        for (at, name) in names.iter().enumerate().skip(1) {
            let ip = Ipv4Addr::new(127, 0, 0, u8::try_from(at).unwrap() + 1);
            let address = SocketAddr::from((ip, all[0].address.port()));
            if std::net::TcpListener::bind(address).is_err() {
                continue 'port;
            }
            all.push(Replica::at(address, name, Is::Well));
        }
        return all;
    }
}

fn each_address_of_a_name_is_a_replica() {
    let (dns, replicas) = (Dns::start(), on_one_port(&["web-1", "web-2", "web-3"]));
    let records = replicas
        .iter()
        .map(|one| ("web.shop.test.", a(one.address)));
    dns.has(&records.collect::<Vec<_>>());
    let target = format!("dns+http://web.shop.test:{}", replicas[0].address.port());
    let server = dns.address.to_string();
    let arguments = [
        "--dns-server",
        &server,
        "--expect-replicas",
        "3",
        "-q",
        &target,
    ];
    let ended = gate(&arguments);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for replica in &replicas {
        assert!(
            ended.out.contains(&format!(" passed {} ", replica.url())),
            "{}",
            ended.out
        );
    }
}

fn service_records_say_hosts_and_ports() {
    let dns = Dns::start();
    let replicas = ["web-1", "web-2"].map(|name| Replica::new(name, Is::Well));
    let port = |at: usize| replicas[at].address.port();
    let host = |name: &str| Name::from_ascii(name).unwrap();
    let service = "_smoke._tcp.shop.test.";
    dns.has(&[
        ("a.shop.test.", a(replicas[0].address)),
        ("b.shop.test.", a(replicas[1].address)),
        (
            service,
            RData::SRV(SRV::new(1, 1, port(0), host("a.shop.test."))),
        ),
        (
            service,
            RData::SRV(SRV::new(9, 1, port(1), host("b.shop.test."))),
        ),
    ]);
    let server = dns.address.to_string();
    let target = "srv+http://_smoke._tcp.shop.test/smoketest";
    let ended = gate(&[
        "--dns-server",
        &server,
        "--expect-replicas",
        "2",
        "-q",
        target,
    ]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("PASS 2 of 2 passed"), "{}", ended.out);
}

fn an_address_that_vanished_is_dropped() {
    let (dns, replicas) = (Dns::start(), on_one_port(&["web-1", "web-2", "web-3"]));
    replicas[2].becomes(Is::OfTheBuildBefore);
    let record = |at: usize| ("web.shop.test.", a(replicas[at].address));
    dns.has(&[record(0), record(1), record(2)]);
    let target = format!("dns+http://web.shop.test:{}", replicas[0].address.port());
    let server = dns.address.to_string();
    let mut gate = running_gate(&["--dns-server", &server, "--expect-replicas", "2", &target]);
    gate.until(&format!("  other {} web-3", replicas[2].url()));
    dns.has(&[record(0), record(1)]);
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains(&replicas[2].url()), "{out}");
}

fn a_name_that_leads_to_nobody_is_no_pass() {
    let (dns, well) = (Dns::start(), Replica::new("web-1", Is::Well));
    let server = dns.address.to_string();
    let dot = SRV::new(0, 0, 0, Name::root());
    dns.has(&[("_none._tcp.shop.test.", RData::SRV(dot))]);
    for target in [
        "dns+http://web.shop.test",
        "srv+http://_smoke._tcp.shop.test",
        "srv+http://_none._tcp.shop.test",
    ] {
        let own = ["--dns-server", &server, "--expect-replicas", "1", "-q"];
        let reason = format!("reason: {target}: resolves to nothing");
        let ended = gate_until(&reason, |time| {
            gate(&[&own[..], &["--for", time, target, &well.url()]].concat())
        });
        assert_eq!(ended.code, Some(3), "{target}: {}", ended.out);
        assert!(ended.out.contains(&reason), "{}", ended.out);
    }
}

fn fewer_than_expected_are_no_pass() {
    let (dns, replicas) = (Dns::start(), on_one_port(&["web-1", "web-2"]));
    let record = |at: usize| ("web.shop.test.", a(replicas[at].address));
    dns.has(&[record(0)]);
    let target = format!("dns+http://web.shop.test:{}", replicas[0].address.port());
    let server = dns.address.to_string();
    let mut running = running_gate(&["--dns-server", &server, "--expect-replicas", "2", &target]);
    running.until(&format!(" passed {} web-1", replicas[0].url()));
    // The second one of the deploy.
    dns.has(&[record(0), record(1)]);
    assert_eq!(running.end().0, Some(0));
    dns.has(&[record(0)]);
    let own = ["--dns-server", &server, "--expect-replicas", "2"];
    let reason = "1 of 2 replicas were there";
    let ended = gate_until(reason, |time| {
        gate(&[&own[..], &["--for", time, &target]].concat())
    });
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains(reason), "{}", ended.out);
}

fn an_address_of_ipv6_is_a_replica_too() {
    let (dns, well) = (Dns::start(), Replica::new("web-1", Is::Well));
    let record = ("web.shop.test.", a(well.address));
    let nobody = RData::AAAA(AAAA(Ipv6Addr::LOCALHOST));
    dns.has(&[record.clone(), ("web.shop.test.", nobody)]);
    let port = well.address.port();
    let (server, target) = (
        dns.address.to_string(),
        format!("dns+http://web.shop.test:{port}"),
    );
    let own = ["--dns-server", &server, "--expect-replicas", "1", &target];
    let mut gate = running_gate(&own);
    gate.until(&format!("unknown http://[::1]:{port}: no connection"));
    dns.has(&[record]);
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
}
