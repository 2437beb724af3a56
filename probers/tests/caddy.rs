//! Caddy, with `docs/probers/Caddyfile`.

use std::path::Path;

use probers::{Balancer, Configuration, Database, Replica};

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

/// How often Caddy has to have asked each replica before what it made of it is believed.
const ENOUGH: u64 = 6;

async fn caddy(replicas: &[Replica], folder: &Path) -> Balancer {
    let addresses: Vec<_> = replicas
        .iter()
        .map(|replica| replica.address().to_string())
        .collect();
    let configuration = Configuration::of("Caddyfile")
        .with("shop-1:8080 shop-2:8080 shop-3:8080", &addresses.join(" "))
        .with("health_interval 2s", "health_interval 100ms");
    let arguments = ["run", "--adapter", "caddyfile", "--config"];
    Balancer::start("caddy", &arguments, configuration, folder).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_all_replicas_share_takes_none_of_them_out() {
    let database = Database::new();
    let replicas = Replica::three(REPLICA, &database).await;
    let caddy = caddy(&replicas, &database.folder()).await;
    caddy.is_served_by(3).await;
    let users = caddy.users();
    for replica in &replicas {
        replica.answers("/smoketest/status", 200).await;
    }
    let locked = database.lock();
    for replica in &replicas {
        replica.answers("/smoketest/status", 503).await;
        replica.is_asked(ENOUGH).await;
    }
    caddy.is_served_by(3).await;
    drop(locked);
    for replica in &replicas {
        replica.answers("/smoketest/status", 200).await;
    }
    database.set_there(false);
    for replica in &replicas {
        replica.answers("/smoketest/status", 503).await;
        replica.is_asked(ENOUGH).await;
    }
    caddy.is_served_by(3).await;
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
    assert_eq!(answers.of.len(), 3, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out() {
    let database = Database::new();
    let off = [("SMOKE_OFF", "1")];
    let unscheduled = [("NO_SCHEDULER", "1")];
    let replicas = vec![
        Replica::start(REPLICA, "shop-1", &database, &off).await,
        Replica::start(REPLICA, "shop-2", &database, &unscheduled).await,
        Replica::start(REPLICA, "shop-3", &database, &[]).await,
    ];
    for replica in &replicas {
        replica.answers("/smoketest/ready", 200).await;
    }
    let caddy = caddy(&replicas, &database.folder()).await;
    for replica in &replicas {
        replica.is_asked(ENOUGH).await;
    }
    caddy.is_served_by(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_broken_leaves_alone_and_comes_back() {
    let database = Database::new();
    let replicas = Replica::three(REPLICA, &database).await;
    let caddy = caddy(&replicas, &database.folder()).await;
    caddy.is_served_by(3).await;
    let users = caddy.users();
    replicas[2].set_broken(true);
    caddy.is_served_by(2).await;
    replicas[2].set_broken(false);
    caddy.is_served_by(3).await;
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_drains_gets_no_request_when_it_ends() {
    let database = Database::new();
    let mut replicas = Replica::three(REPLICA, &database).await;
    let caddy = caddy(&replicas, &database.folder()).await;
    caddy.is_served_by(3).await;
    let users = caddy.users();
    let ends = replicas.pop().unwrap();
    ends.terminate();
    caddy.is_served_by(2).await;
    ends.terminate();
    ends.ends().await;
    caddy.is_served_by(2).await;
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_is_not_for_users() {
    let database = Database::new();
    let replicas = Replica::three(REPLICA, &database).await;
    let caddy = caddy(&replicas, &database.folder()).await;
    caddy.hides_the_endpoint().await;
    caddy.is_served_by(3).await;
}
