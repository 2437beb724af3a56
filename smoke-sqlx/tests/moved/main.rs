//! A connection that is moved from test to test: it saves connections, and nothing of one test is
//! left in it for the next.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod place;
mod runs;
#[path = "../version/mod.rs"]
mod version;

mod costs;
mod dead;
mod kept_pool;
mod left_open;
mod one_connection;
mod session_state;
mod statements;
