//! Rolled-back sandboxes for diesel and diesel-async connection pools.

#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "deadpool")))]
mod dialect;
#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "deadpool")))]
mod gate;
#[cfg(all(feature = "postgres", feature = "deadpool"))]
mod postgres;
#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "deadpool")))]
mod redact;
#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "deadpool")))]
mod savepoints;
#[cfg(all(feature = "postgres", feature = "deadpool"))]
mod steps;
#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "deadpool")))]
mod verdict;

#[cfg(all(feature = "postgres", feature = "deadpool"))]
pub mod deadpool;
#[cfg(feature = "sqlite")]
pub mod r2d2;

pub use smoke_core;
