//! `Dns` where the system asks a real name server, in a network that has no other.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::proto::rr::rdata::{A, SOA};
use hickory_server::proto::rr::{Name, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use smoke_checks::Dns;
use smoke_conformance::eventually;
use smoke_core::{Outcome, TestReport};
use smoke_testing::PATIENCE;
use tokio::net::UdpSocket;

use crate::namespace;
use crate::support::{blocking, run};

/// The address of the name that has one.
const PAYMENTS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
/// Answers nobody.
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What has the system ask the server at that address alone. It reads this again where it has changed.
fn asks(server: Ipv4Addr, options: &str) -> String {
    format!("nameserver {server}\nsearch .\noptions {options}\n")
}

/// Serves the zone `shop.test`, in which one name has an address.
async fn serve() {
    let name = |name: &str| Name::from_ascii(name).unwrap();
    let (origin, axfr) = (name("shop.test."), AxfrPolicy::Deny);
    let zone: InMemoryZoneHandler =
        InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, axfr);
    let soa = SOA::new(origin.clone(), origin.clone(), 1, 1, 1, 1, 0);
    for (of, data) in [
        (origin.clone(), RData::SOA(soa)),
        (name("payments.shop.test."), RData::A(A(PAYMENTS))),
    ] {
        assert!(zone.upsert(Record::from_rdata(of, 0, data), 1).await);
    }
    let mut catalog = Catalog::new();
    catalog.upsert(origin.into(), vec![Arc::new(zone)]);
    let mut server = Server::new(catalog);
    server.register_socket(UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).await.unwrap());
    tokio::spawn(async move { server.block_until_done().await });
}

fn failed(test: TestReport) -> String {
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    test.message.unwrap()
}

#[test]
fn a_name_server_is_asked_and_what_it_says_or_does_not_say_is_told() {
    namespace::inside_with_loopback(
        "name_server::a_name_server_is_asked_and_what_it_says_or_does_not_say_is_told",
        || {
            let folder = tempfile::tempdir().unwrap();
            let own = |name: &str, content: &str| {
                let own = folder.path().join(name);
                fs::write(&own, content).unwrap();
                namespace::replace(&Path::new("/etc").join(name), &own);
                own
            };
            own("nsswitch.conf", "hosts: dns\n");
            let resolv_conf = own("resolv.conf", "");
            blocking(asked(&resolv_conf));
        },
    );
}

async fn asked(resolv_conf: &Path) {
    serve().await;
    fs::write(resolv_conf, asks(Ipv4Addr::LOCALHOST, "timeout:30")).unwrap();
    let payments = || Dns::name("payments.shop.test").within(PATIENCE);
    let test = run(payments().includes(PAYMENTS)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    let said = failed(run(payments().includes(Ipv4Addr::new(192, 0, 2, 8))).await);
    assert!(
        said.contains("has the address 192.0.2.7, and not"),
        "{said}"
    );
    let said = failed(run(Dns::name("orders.shop.test").within(PATIENCE)).await);
    assert!(said.contains("orders.shop.test has no address: "), "{said}");

    let silent = UdpSocket::bind((SILENT, 53)).await.unwrap();
    fs::write(resolv_conf, asks(SILENT, "timeout:1 attempts:1")).unwrap();
    let look = async || {
        let said = failed(run(payments().within(Duration::from_millis(50))).await);
        let words = "were not found within 50ms: do the name servers answer?";
        assert!(said.contains(words), "{said}");
        silent.try_recv(&mut [0; 512]).is_ok()
    };
    let was_asked = eventually(PATIENCE, look, |was_asked| *was_asked);
    was_asked.await.unwrap();
}
