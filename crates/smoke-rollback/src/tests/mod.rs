//! Tests with a database whose answers are written down before.

mod scripted;
mod session;
mod steps;
mod verdicts;
