//! Caddy, with `docs/probers/Caddyfile`.

use std::path::Path;

use probers::{Balancer, Configuration, Replica, free_address};

async fn caddy(replicas: &[&Replica], folder: &Path) -> Balancer {
    let addresses = replicas.iter().map(|replica| replica.address().to_string());
    let addresses: Vec<_> = addresses.collect();
    let address = free_address();
    let configuration = Configuration::of("Caddyfile")
        .with("8000", &address.port().to_string())
        .with("shop-1:8080 shop-2:8080 shop-3:8080", &addresses.join(" "))
        .with("health_interval 2s", "health_interval 100ms");
    let arguments = ["run", "--adapter", "caddyfile", "--config"];
    Balancer::start("caddy", address, &arguments, configuration, folder).await
}

probers::balancer_shows!(
    caddy: a_fault_that_all_replicas_share_takes_none_of_them_out,
    a_server_that_all_replicas_share_takes_none_of_them_out,
    neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out,
    an_instance_that_is_broken_leaves_alone_and_comes_back,
    an_instance_that_never_worked_does_not_join,
    a_replica_that_drains_gets_no_request_when_it_ends,
    the_endpoint_is_not_for_users,
);
