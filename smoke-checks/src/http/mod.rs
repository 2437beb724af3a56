//! What answers over HTTP.

mod answer;
mod exchange;
mod listener;

pub use answer::Http;
pub use listener::Listener;
