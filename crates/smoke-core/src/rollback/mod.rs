//! The contract between the core and a library that knows one kind of connection pool.

mod backend;
mod open;
mod verdict;
mod watch;

pub(crate) use backend::{AnyPool, ErasedBackend, erase};
pub use backend::{Backend, OpenRequest, Opened, Session};
pub(crate) use open::OpenSandbox;
pub use verdict::RollbackVerdict;
pub use watch::{HandleToken, HandleWatch};
