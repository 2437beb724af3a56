//! Varnish, with `docs/probers/varnish.vcl`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use probers::{Balancer, Configuration, Replica, free_address};

async fn varnish(replicas: &[&Replica], folder: &Path) -> Balancer {
    let mut configuration = Configuration::of("varnish.vcl")
        .with(".interval = 2s", ".interval = 100ms")
        // What users get is to say which replica has answered.
        .with(
            "set req.backend_hint = shop.backend();",
            "set req.backend_hint = shop.backend();\n    return (pass);",
        );
    for nth in 1..=3 {
        let host = format!(r#".host = "shop-{nth}"; .port = "8080";"#);
        configuration = match replicas.get(nth - 1).map(|replica| replica.address()) {
            Some(address) => {
                let (ip, port) = (address.ip(), address.port());
                configuration.with(&host, &format!(r#".host = "{ip}"; .port = "{port}";"#))
            }
            None => configuration
                .without_line(&host)
                .without_line(&format!("shop.add_backend(shop_{nth});")),
        };
    }
    let (address, files) = (free_address(), folder.join("varnish"));
    fs::create_dir(&files).unwrap();
    let arguments = [
        "-F",
        // Whoever runs the tests has the folder.
        "-j",
        "none",
        "-n",
        files.to_str().unwrap(),
        "-T",
        "none",
        "-a",
        &address.to_string(),
        "-f",
    ];
    Balancer::start("varnishd", address, &arguments, configuration, folder).await
}

probers::balancer_shows!(
    varnish: a_fault_that_all_replicas_share_takes_none_of_them_out,
    neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out,
    an_instance_that_is_broken_leaves_alone_and_comes_back,
    an_instance_that_never_worked_does_not_join,
    a_replica_that_drains_gets_no_request_when_it_ends,
    the_endpoint_is_not_for_users,
);
