//! Apache, with `docs/probers/apache.conf`.

use std::path::Path;

use probers::{Balancer, Configuration, Replica, free_address};

/// What Debian enables, and what the configuration asks for.
const MODULES: [&str; 9] = [
    "mpm_event",
    "authz_core",
    "alias",
    "slotmem_shm",
    "proxy",
    "proxy_http",
    "proxy_balancer",
    "lbmethod_byrequests",
    "proxy_hcheck",
];

async fn apache(replicas: &[&Replica], folder: &Path) -> Balancer {
    let address = free_address();
    let mut of_its_own = format!(
        "ServerRoot {0}\nServerName localhost\nPidFile {0}/apache.pid\nDefaultRuntimeDir {0}\n\
         ErrorLog /dev/stderr\n",
        folder.display()
    );
    for module in MODULES {
        let file = format!("/usr/lib/apache2/modules/mod_{module}.so");
        of_its_own += &format!("LoadModule {module}_module {file}\n");
    }
    let listens = format!("{of_its_own}Listen {address}\n");
    let mut configuration = Configuration::of("apache.conf")
        .with("Listen 8000\n", &listens)
        .with("hcinterval=2", "hcinterval=100ms");
    for nth in 1..=3 {
        let host = format!("http://shop-{nth}:8080");
        configuration = match replicas.get(nth - 1).map(|replica| replica.address()) {
            Some(address) => configuration.with(&host, &format!("http://{address}")),
            None => configuration.without_line(&host),
        };
    }
    // One process, which stays in the foreground.
    let arguments = ["-X", "-f"];
    Balancer::start("apache2", address, &arguments, configuration, folder).await
}

probers::balancer_shows!(
    apache: a_fault_that_all_replicas_share_takes_none_of_them_out,
    neither_the_off_switch_nor_a_scheduler_that_does_nothing_takes_one_out,
    an_instance_that_is_broken_leaves_alone_and_comes_back,
    an_instance_that_never_worked_does_not_join,
    a_replica_that_drains_gets_no_request_when_it_ends,
    the_endpoint_is_not_for_users,
);
