//! Points real load balancers and monitors at replicas of a service, with the configurations that the
//! documentation gives: `docs/probers`.
//!
//! For tests alone: all of it panics where something does not do what it is to do.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test may panic"
)]

mod balancer;
mod configuration;
mod database;
pub mod figures;
mod process;
mod replica;

pub use balancer::{Answers, Balancer, Users};
pub use configuration::Configuration;
pub use database::Database;
pub use process::{Process, answered, program};
pub use replica::{Replica, free_address, get};
