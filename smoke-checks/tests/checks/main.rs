//! Each check against the real thing: where it passes, and where it does not.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where what it needs is not there"
)]

#[cfg(unix)]
mod alone;
mod certificate;
#[cfg(unix)]
mod disk_space;
#[cfg(unix)]
mod fresh_mount;
mod http;
mod issued;
#[cfg(unix)]
mod limits;
#[cfg(target_os = "linux")]
mod name_server;
#[cfg(unix)]
mod namespace;
mod network;
#[cfg(unix)]
mod page;
mod support;
mod templates;
#[cfg(unix)]
mod variables;
mod workers;
#[cfg(unix)]
mod writable_folder;
