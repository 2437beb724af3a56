//! The contract between the core and a library that knows one kind of connection pool.
//!
//! A backend implements [`Backend`] and [`Session`]. The crate `smoke-rollback` does most of that for
//! any library; nothing here knows a library or a database.

mod back_to_back;
mod backend;
mod berth;
mod last_error;
mod open;
mod verdict;
mod watch;

pub(crate) use backend::{AnyPool, ErasedBackend, erase};
pub use backend::{Backend, OpenRequest, Opened, Session};
pub(crate) use berth::Shelf;
pub use berth::{Berth, Kept};
pub use last_error::LastError;
pub(crate) use open::OpenSandbox;
pub use verdict::{RequestEnd, RollbackVerdict};
pub use watch::{HandleToken, HandleWatch};

pub use crate::redact::redact;
pub use crate::thread::only_smoke_tests_run_here;
