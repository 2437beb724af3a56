//! Nothing but the code in the project's README and in its page on probes, which `cargo test` compiles from here.
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]
#![cfg_attr(doctest, doc = include_str!("../../../docs/probes.md"))]
