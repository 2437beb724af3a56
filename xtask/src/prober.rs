//! Programs that the tests have probe a service: load balancers and monitors.

use anyhow::Result;

use crate::install;
use crate::programs::in_path;

/// The programs, and Debian's packages of them.
const NEEDED: &[(&str, &str)] = &[
    ("haproxy", "haproxy"),
    ("nginx", "nginx-light"),
    ("caddy", "caddy"),
    ("varnishd", "varnish"),
    ("apache2", "apache2-bin"),
    (
        "prometheus-blackbox-exporter",
        "prometheus-blackbox-exporter",
    ),
    ("promtool", "prometheus"),
    ("check_http", "monitoring-plugins-basic"),
    ("monit", "monit"),
    ("curl", "curl"),
    ("systemd-analyze", "systemd"),
];

/// Installs those that are missing.
pub(crate) fn ensure() -> Result<()> {
    let missing = NEEDED
        .iter()
        .filter(|(program, _)| in_path(&[program]).is_none());
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    install::install("load balancers and monitors", &packages)
}
