//! Programs that the tests have probe a service: load balancers and monitors.

use anyhow::Result;

use crate::install;

/// The programs, and Debian's packages of them.
const NEEDED: &[(&str, &[&str])] = &[
    ("haproxy", &["haproxy"]),
    ("nginx", &["nginx-light"]),
    ("caddy", &["caddy"]),
    ("varnishd", &["varnish"]),
    ("apache2", &["apache2-bin"]),
    (
        "prometheus-blackbox-exporter",
        &["prometheus-blackbox-exporter"],
    ),
    ("promtool", &["prometheus"]),
    ("check_http", &["monitoring-plugins-basic"]),
    ("monit", &["monit"]),
    ("curl", &["curl"]),
    ("systemd-analyze", &["systemd"]),
];

/// Installs those that are missing.
pub(crate) fn ensure() -> Result<()> {
    install::programs("load balancers and monitors", NEEDED)
}
