//! What every load balancer shows that asks replicas whether they are ready.
//!
//! [`balancer_shows!`](crate::balancer_shows) makes tests of them.

use std::fs;
use std::path::Path;

use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

use crate::{Balancer, Database, Replica, get};

/// How often a load balancer has to have asked a replica before what it made of it is believed.
const ENOUGH: u64 = 6;

/// A load balancer in front of replicas.
pub trait Front {
    /// Where users meet it.
    fn balancer(&self) -> &Balancer;

    /// Fails where it says that a replica is out, if it says so to anybody.
    fn assert_all_up(&self) {}
}

impl Front for Balancer {
    fn balancer(&self) -> &Balancer {
        self
    }
}

/// Tests of a load balancer, which a function puts in front of replicas.
///
/// ```text
/// async fn caddy(replicas: &[&Replica], folder: &Path) -> Balancer { .. }
///
/// probers::balancer_shows!(caddy: the_endpoint_is_not_for_users);
/// ```
#[macro_export]
macro_rules! balancer_shows {
    ($before:path: $($figure:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $figure() {
            $crate::figures::$figure(env!("CARGO_BIN_EXE_replica"), $before).await;
        }
    )+};
}

/// A file that is locked, and one that is gone, are degraded and nothing else.
pub async fn a_fault_that_all_replicas_share_takes_none_of_them_out<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    a_shared_fault(Database::of_a_file(), program, before).await;
}

/// The same with a server: a table that somebody has locked, and a server that has died.
pub async fn a_server_that_all_replicas_share_takes_none_of_them_out<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    a_shared_fault(Database::of_a_server().await, program, before).await;
}

async fn a_shared_fault<F: Front>(
    database: Database,
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let (replicas, front) = three_behind(&database, program, before).await;
    let users = front.balancer().users();
    all_answer(&replicas, "/smoketest/status", 200).await;

    // Somebody has the lock for longer than anybody waits, and then nobody is there.
    let locked = database.lock();
    nobody_leaves(&front, &replicas).await;
    drop(locked);
    all_answer(&replicas, "/smoketest/status", 200).await;
    are_said_to_be(&replicas, None).await;
    database.stop().await;
    nobody_leaves(&front, &replicas).await;
    database.go_on().await;
    all_answer(&replicas, "/smoketest/status", 200).await;
    are_said_to_be(&replicas, None).await;
    front.balancer().is_served_by(3).await;

    // Users of a route without a database have felt nothing.
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
    assert_eq!(answers.of.len(), 3, "{answers:?}");
    assert_eq!(database.orders(), 0);
}

/// The status fails, and all replicas keep their traffic.
async fn nobody_leaves(front: &impl Front, replicas: &[Replica]) {
    for replica in replicas {
        let status = replica.answers("/smoketest/status", 503).await;
        assert!(!status.contains("PASS"), "{status}");
    }
    are_said_to_be(replicas, Some("degraded")).await;
    are_asked(replicas).await;
    front.assert_all_up();
    front.balancer().is_served_by(replicas.len()).await;
}

/// Waits until each of them gives that reason, and is ready all the while.
async fn are_said_to_be(replicas: &[Replica], reason: Option<&str>) {
    for replica in replicas {
        let asking = || get(replica.address(), "/smoketest/ready");
        let says_so = |ready: &Option<String>| {
            let ready = ready.as_deref().unwrap_or_default();
            assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
            let mut lines = ready.lines();
            lines.find_map(|line| line.strip_prefix("x-smoke-reason: ")) == reason
        };
        eventually(PATIENCE, asking, says_so).await.unwrap();
    }
}

/// Where nothing is known, traffic stays where it is.
pub async fn neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let database = Database::of_a_file();
    let off = [("SMOKE_OFF", "1")];
    let unscheduled = [("NO_SCHEDULER", "1")];
    let replicas = [
        Replica::start(program, "shop-1", &database, &off).await,
        Replica::start(program, "shop-2", &database, &unscheduled).await,
        Replica::start(program, "shop-3", &database, &[]).await,
    ];
    all_answer(&replicas, "/smoketest/ready", 200).await;
    are_said_to_be(&replicas[..1], Some("off")).await;
    are_said_to_be(&replicas[1..2], Some("stale")).await;
    for replica in &replicas[..2] {
        // Nobody knows whether the service works.
        replica.answers("/smoketest/status", 503).await;
    }
    let front = before(&replicas.each_ref(), &database.folder()).await;
    are_asked(&replicas).await;
    front.assert_all_up();
    front.balancer().is_served_by(3).await;
}

/// An instance test takes its own replica out, and brings it back.
pub async fn an_instance_that_is_broken_leaves_alone_and_comes_back<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let database = Database::of_a_file();
    let (replicas, front) = three_behind(&database, program, before).await;
    let users = front.balancer().users();
    replicas[1].set_broken(true);
    front.balancer().is_served_by(2).await;
    are_asked(&replicas).await;
    front.balancer().is_served_by(2).await;
    replicas[1].set_broken(false);
    front.balancer().is_served_by(3).await;
    front.assert_all_up();
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
}

/// A new replica whose instance test fails gets no traffic before it passes.
pub async fn an_instance_that_never_worked_does_not_join<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let database = Database::of_a_file();
    let well = Replica::start(program, "shop-1", &database, &[]).await;
    let folder = database.folder().join("shop-2");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("broken"), "").unwrap();
    let broken = Replica::start(program, "shop-2", &database, &[]).await;
    let front = before(&[&well, &broken], &database.folder()).await;
    broken.is_asked(ENOUGH).await;
    front.balancer().is_served_by(1).await;
    broken.set_broken(false);
    front.balancer().is_served_by(2).await;
}

/// A replica that is told to end leaves while it still answers.
pub async fn a_replica_that_drains_gets_no_request_when_it_ends<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let database = Database::of_a_file();
    let (replicas, front) = three_behind(&database, program, before).await;
    let users = front.balancer().users();
    let [_first, _second, ends] = replicas;
    ends.terminate();
    ends.answers("/smoketest/ready", 503).await;
    // Beside other users a few answers may all be of the others, while it still gets requests.
    ends.is_asked(ENOUGH).await;
    front.balancer().is_served_by(2).await;
    // A second signal ends the drain.
    ends.terminate();
    ends.ends().await;
    front.balancer().is_served_by(2).await;
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
}

/// What a stranger asks of the endpoint does not reach it, and no path but its own is kept from users.
pub async fn the_endpoint_is_not_for_users<F: Front>(
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) {
    let database = Database::of_a_file();
    let (_replicas, front) = three_behind(&database, program, before).await;
    front.balancer().hides_the_endpoint().await;
    front.balancer().is_served_by(3).await;
    front.assert_all_up();
}

/// Three replicas, each of which gets users' requests from what stands before them.
async fn three_behind<F: Front>(
    database: &Database,
    program: &str,
    before: impl AsyncFn(&[&Replica], &Path) -> F,
) -> ([Replica; 3], F) {
    let replicas = Replica::three(program, database).await;
    let front = before(&replicas.each_ref(), &database.folder()).await;
    front.balancer().is_served_by(3).await;
    (replicas, front)
}

/// Waits until a load balancer has asked each of them often enough.
pub async fn are_asked(replicas: &[Replica]) {
    for replica in replicas {
        replica.is_asked(ENOUGH).await;
    }
}

/// Waits until that path has that status at each of them.
async fn all_answer(replicas: &[Replica], path: &str, status: u16) {
    for replica in replicas {
        replica.answers(path, status).await;
    }
}
