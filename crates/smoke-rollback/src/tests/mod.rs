//! Tests with a database whose answers are written down before.

mod anew;
mod scripted;
mod session;
mod steps;
mod verdicts;
