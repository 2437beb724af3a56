//! nginx, with `docs/probers/nginx.conf`.

use std::path::Path;

use probers::{Balancer, Configuration, Database, Replica, free_address};

const REPLICA: &str = env!("CARGO_BIN_EXE_replica");

async fn nginx(replicas: &[&Replica], folder: &Path) -> Balancer {
    let of_its_own = format!(
        "daemon off;\nmaster_process off;\npid {0}/nginx.pid;\nerror_log stderr;\nworker_processes 1;",
        folder.display()
    );
    let mut folders = "    access_log off;\n".to_owned();
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        folders += &format!("    {kind}_temp_path {}/{kind};\n", folder.display());
    }
    let address = free_address();
    let mut configuration = Configuration::of("nginx.conf")
        .with("worker_processes 1;", &of_its_own)
        .with("    access_log off;\n", &folders)
        .with("listen 8000;", &format!("listen {address};"));
    for replica in replicas {
        let address = replica.address().to_string();
        configuration = configuration.with(&format!("{}:8080", replica.name()), &address);
    }
    Balancer::start("nginx", address, &["-c"], configuration, folder).await
}

probers::balancer_shows!(nginx: the_endpoint_is_not_for_users);

#[tokio::test(flavor = "multi_thread")]
async fn users_feel_neither_a_replica_that_ends_nor_a_fault_that_all_share() {
    let database = Database::of_a_file();
    let replicas = Replica::three(REPLICA, &database).await;
    let nginx = nginx(&replicas.each_ref(), &database.folder()).await;
    nginx.is_served_by(3).await;
    let users = nginx.users();
    database.stop().await;
    for replica in &replicas {
        replica.answers("/smoketest/status", 503).await;
    }
    nginx.is_served_by(3).await;
    let [_first, _second, ends] = replicas;
    ends.terminate();
    ends.answers("/smoketest/ready", 503).await;
    ends.terminate();
    ends.ends().await;
    nginx.is_served_by(2).await;
    let answers = users.stop().await;
    assert!(answers.lost.is_empty(), "{answers:?}");
}
