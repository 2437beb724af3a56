//! Tests that do nothing.

use smoke_axum::{Registry, Test};

use crate::inserting::limits;

/// How many run at once, which is the default.
pub const AT_ONCE: usize = 4;

/// As many of them.
pub fn registry(tests: usize) -> Registry {
    (0..tests).fold(Registry::new().limits(limits(AT_ONCE)), |registry, at| {
        registry.test(Test::new(format!("bench::nothing_{at}"), async || {}))
    })
}
