//! The application under test, on a thread of its own.

mod body;
mod factory;
mod form;
mod in_process;
mod request;
mod thread;

pub use factory::{ServerFactory, app};
pub use form::{Configured, Served, ServerApp};
