//! What the examples share, and none of it is about smoke tests: how they [`listen`] and end,
//! a server on plain hyper, and how their own tests start and ask them.

mod answer;
mod checks;
mod listen;
mod prices;
mod server;
mod service;

pub use answer::Answer;
pub use checks::{
    ends_when_told, has_smoke_tests, has_smoke_tests_of, names_ports_that_cannot_be_used, sells,
    sells_of,
};
pub use listen::{DRAIN, listen, told_to_end};
pub use prices::Prices;
pub use server::serve;
pub use service::{Asked, Service, Starting, refusal};
pub use smoke_testing::output;
