//! Whether a rollback holds when everything else does not.
//!
//! Three questions are asked of each database, in `tests/`: what is left of smoke tests whose
//! process or network ended (`kill`), what production feels of them (`beside`), and what very many
//! leave in a process (`endurance`). `cargo xtask soak` asks them at length, `cargo xtask test` briefly.
//!
//! | module | what it is |
//! |---|---|
//! | [`stack`], [`shop`] | an application and its smoke tests, on each database |
//! | [`database`] | a new database, and the census of what is held in it |
//! | [`victim`] | the program that runs smoke tests until it is ended |
//! | [`proxy`] | a network that can go silent |
//! | [`load`], [`waits`] | production, and how long it had to wait |
//! | [`figures`] | what a process uses |
//! | [`scale`] | how much of it all |

#![expect(
    clippy::unwrap_used,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "it serves the tests alone: a panic is a failed test"
)]

pub mod database;
pub mod figures;
pub mod load;
pub mod proxy;
pub mod scale;
pub mod shop;
pub mod stack;
pub mod victim;
pub mod waits;
