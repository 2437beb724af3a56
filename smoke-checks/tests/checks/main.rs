//! Each check against the real thing: where it passes, and where it does not.

#[cfg(unix)]
mod alone;
#[cfg(unix)]
mod disk_space;
#[cfg(unix)]
mod fresh_mount;
#[cfg(unix)]
mod namespace;
mod support;
#[cfg(unix)]
mod variables;
#[cfg(unix)]
mod writable_folder;
