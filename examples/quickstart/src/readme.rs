//! Nothing but the code in the project's README, which `cargo test` compiles from here.
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]
