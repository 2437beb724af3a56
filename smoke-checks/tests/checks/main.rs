//! Each check against the real thing: where it passes, and where it does not.

#[cfg(unix)]
mod namespace;
mod support;
#[cfg(unix)]
mod writable_folder;
