//! A real Chromium, driven by a real chromedriver: `cargo xtask test` installs both.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod alone;
mod children;
mod endings;
mod failing;
mod missing;
mod processes;
mod shop;
mod signing_up;
