//! The application under test, on a thread that it has for itself.

mod body;
mod factory;
mod form;
mod in_process;
mod lasting;
mod panicked;
mod request;
mod thread;

pub use factory::{ServerFactory, app, try_app};
pub use form::{Configured, Served, ServerApp};
