//! A real Chromium, driven by a real chromedriver: `cargo xtask test` installs both. What Firefox is asked for is
//! seen by a driver that the tests have themselves.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod alone;
mod children;
mod endings;
mod failing;
mod fake;
mod firefox;
mod missing;
mod processes;
mod program;
mod shop;
mod signing_up;
mod starting;
