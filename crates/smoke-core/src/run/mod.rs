//! Runs: what starts them, what they are executed on, what bounds them.

mod arrivals;
mod ask;
mod asker;
mod berths;
mod budget;
mod catalogue;
mod clean;
mod conduct;
mod course;
mod ended;
mod engine;
mod event;
mod execution;
mod gate;
mod halt;
mod job;
mod judge;
mod lane;
mod lasting;
mod patience;
mod patrol;
mod plan;
mod record;
mod release;
mod reported;
mod rest;
mod runner;
mod stage;
mod stop;
mod suite;
mod tally;
mod trail;
mod turn;
mod wish;

pub use ask::Ask;
pub use asker::Asker;
pub use event::Event;
pub use gate::Answer;
pub use halt::Halt;
pub use runner::Runner;
pub(crate) use trail::Denial;

/// An error of the runner's own, which has no place in the user's code.
fn plain(message: impl std::fmt::Display) -> crate::Error {
    crate::Error::msg(message).with_place(None)
}

/// The runner had no time or no place for a test: that says nothing of the application.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Starved(String);

/// An error of a test that the runner had no time or no place for.
fn starved(message: impl std::fmt::Display) -> crate::Error {
    crate::Error::from(Starved(message.to_string())).with_place(None)
}

#[cfg(test)]
mod tests;
