//! Runs: what starts them, what they are executed on, what bounds them.

mod arrivals;
mod asker;
mod berths;
mod catalogue;
mod course;
mod engine;
mod event;
mod gate;
mod isolate;
mod job;
mod lasting;
mod limits;
mod patience;
mod rest;
mod runner;
mod stage;
mod trail;

pub use asker::Asker;
pub use event::Event;
pub use gate::Answer;
pub use limits::Limits;
pub use runner::{Ask, Runner};
pub(crate) use trail::Denial;
