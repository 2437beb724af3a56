//! Rolled-back sandboxes for diesel and diesel-async connection pools.

#[cfg(feature = "sqlite")]
mod dialect;
#[cfg(feature = "sqlite")]
mod gate;
#[cfg(feature = "sqlite")]
mod redact;
#[cfg(feature = "sqlite")]
mod savepoints;
#[cfg(feature = "sqlite")]
mod verdict;

#[cfg(feature = "sqlite")]
pub mod r2d2;

pub use smoke_core;
