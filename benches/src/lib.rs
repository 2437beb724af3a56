//! Benchmarks of the workspace: what a run costs, beside what one would use instead.
//!
//! | module | what it is |
//! |---|---|
//! | [`scale`] | how much is measured |
//! | [`rounds`] | times of things that take turns |
//! | [`page`] | the tables that are shown, and kept for `RESULTS.md` |
//! | [`database`] | a new database, and what its server counts |
//! | [`way`] | the libraries and pools to reach one with |
//! | [`inserting`] | a runner of tests that insert a row each, and the bare statements |
//! | [`client`] | a client of HTTP/1.1 that keeps its connection |
//! | [`trivial`] | tests that do nothing |
//! | [`writer`] | somebody else who writes to the same database |

#![expect(
    clippy::missing_errors_doc,
    reason = "it serves the benchmarks alone: an error ends them"
)]

pub mod client;
pub mod database;
pub mod inserting;
pub mod page;
pub mod rounds;
pub mod scale;
pub mod trivial;
pub mod way;
pub mod writer;
