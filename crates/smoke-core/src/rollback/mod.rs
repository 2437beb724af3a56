//! The contract between the core and a library that knows one kind of connection pool, and what
//! backends are made of.
//!
//! A backend implements [`Backend`] and [`Session`]. What two of them need is in
//! the modules here; none of it knows a library.
//!
//! | module | holds |
//! |---|---|
//! | [`Berth`] | keeps a connection from one test of a run to the next |
//! | [`gate`] | lets one connection into a sandbox's pool, and keeps what is found out about it |
//! | [`savepoints`] | the guard, the savepoint of each request, and the statements around them |
//! | [`postgres`], [`mysql`], [`sqlite`] | how a transaction is begun and ended there, and what its errors mean |
//! | [`Fault`], [`fault`], [`witness`] | what the errors of a database mean, and which of them explain a failure |
//! | [`queue`] | who has the connection and who waits for it: whether a second one was asked for |
//! | [`acting`] | tells the session's own check-outs from those of the application |
//! | [`Choices`], [`Terms`] | what an application chooses, and what a sandbox is opened with |
//! | [`absent`] | what to say where the connection is in use or gone, and how long to wait for it |

pub mod absent;
pub mod acting;
mod backend;
mod berth;
mod choices;
pub mod fault;
pub mod gate;
pub mod mysql;
mod open;
pub mod postgres;
pub mod queue;
pub mod savepoints;
pub mod sqlite;
mod statement;
mod terms;
mod verdict;
mod watch;
pub mod witness;

pub(crate) use backend::{AnyPool, ErasedBackend, erase};
pub use backend::{Backend, OpenRequest, Opened, Session};
pub(crate) use berth::Shelf;
pub use berth::{Berth, Kept};
pub use choices::Choices;
pub use fault::Fault;
pub(crate) use open::OpenSandbox;
pub use terms::Terms;
pub use verdict::{RequestEnd, RollbackVerdict};
pub use watch::{HandleToken, HandleWatch};
pub use witness::LastError;

pub use crate::panic::only_smoke_tests_run_here;
pub use crate::redact::redact;
