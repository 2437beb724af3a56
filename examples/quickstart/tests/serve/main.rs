//! The service as its users meet it: a process that answers HTTP.

#![expect(clippy::unwrap_used, reason = "tests")]

mod command;
mod database;
mod gate;
mod nextest;
mod replica;
mod service;
mod users;

const BINARY: &str = env!("CARGO_BIN_EXE_quickstart");

/// With which the names of its tests begin.
const NAME: &str = "quickstart";

/// The variable that breaks it.
const BREAK: &str = "QUICKSTART_BREAK";

/// How many tests a fast run has, and in how many classes.
const FAST_TESTS: (u32, u32) = (13, 5);

/// How many tests a slow run has.
const SLOW_TESTS: u32 = 15;

/// A database that it cannot use, and what it says of it.
const OTHER_DATABASE: (&str, &str) = (
    "postgres://me:secret@db/shop",
    "error: DATABASE_URL begins with postgres://, and",
);
