//! `Tcp` with listeners on loopback, and `Dns` with names that no name server is asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use smoke_checks::{Dns, Tcp};
use smoke_core::{Outcome, Scope};
use smoke_testing::PATIENCE;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::support::run;

#[tokio::test]
async fn a_port_that_takes_connections_passes_and_one_where_nothing_listens_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let test = run(Tcp::to(&target)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Shared);
    drop(listener);
    let test = run(Tcp::to(&target)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains("nothing listens there"), "{message}");
    assert!(message.contains(&target), "{message}");
}

#[tokio::test]
async fn a_port_that_does_not_answer_fails_in_time() {
    // Its queue is full: the system leaves further connections without an answer.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let target = listener.local_addr().unwrap();
    let _queued = fill(target).await;
    let test = run(Tcp::to(target.to_string()).within(Duration::from_millis(50))).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains(" within 50ms: is it there"), "{message}");
}

/// Connects more often than the queue has places, and returns once those are taken: with what has a place,
/// and with what waits for one.
async fn fill(target: SocketAddr) -> (Vec<TcpStream>, JoinSet<io::Result<TcpStream>>) {
    let mut waiting = JoinSet::new();
    for _ in 0..16 {
        waiting.spawn(TcpStream::connect(target));
    }
    let mut queued = Vec::new();
    // Linux has one place more than it is told.
    while queued.len() < 2 {
        queued.push(waiting.join_next().await.unwrap().unwrap().unwrap());
    }
    (queued, waiting)
}

#[tokio::test]
async fn a_name_with_an_address_passes_and_other_names_and_addresses_fail() {
    let check = || Dns::name("localhost").includes(Ipv4Addr::LOCALHOST);
    let test = run(check()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Shared);
    let test = run(check().includes(Ipv4Addr::new(192, 0, 2, 7))).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("and not 192.0.2.7: was it moved?"),
        "{message}"
    );
    // A name server is not even asked for a part that is longer than 63 bytes.
    let name = format!("{}.example", "a".repeat(64));
    let test = run(Dns::name(&name).within(PATIENCE)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    let said = format!("{name} has no address: is the name right");
    assert!(message.contains(&said), "{message}");
}

#[tokio::test]
async fn a_target_without_a_port_fails_and_says_what_to_write() {
    let test = run(Tcp::to("localhost")).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains("write HOST:PORT"), "{message}");
}
