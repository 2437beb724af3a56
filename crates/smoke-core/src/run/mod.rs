//! Runs: what starts them, what they are executed on, what bounds them.

mod arrivals;
mod catalogue;
mod course;
mod engine;
mod event;
mod gate;
mod isolate;
mod job;
mod lasting;
mod limits;
mod runner;
mod stage;

pub use event::Event;
pub use gate::Answer;
pub use limits::Limits;
pub use runner::{Ask, Runner};
