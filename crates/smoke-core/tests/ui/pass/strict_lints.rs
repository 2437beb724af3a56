//! What is emitted raises no warning under the strictest lints.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations)]
#![deny(unused, rust_2018_idioms, single_use_lifetimes, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

use std::cell::Cell;

use smoke_core::{Provided, Result, Unique, smoke_suite, smoke_test};

#[smoke_test]
async fn nothing() {}

#[smoke_test(timeout = "5s", tags("a", "b",),)]
async fn a_future(unique: Unique) -> Result {
    let text = Cell::new(unique.name());
    drop(text.take());
    Ok(())
}

#[smoke_test(slow)]
fn a_blocking_one(value: Provided<u32>) -> std::result::Result<(), String> {
    if *value == 1 { Err("one".to_owned()) } else { Ok(()) }
}

#[deprecated]
#[smoke_test]
fn deprecated() {}

#[derive(Clone, Copy, Debug, Default)]
struct Small;

#[smoke_suite]
impl Small {
    #[suite_set_up]
    fn warm_up(value: Provided<u32>) {
        assert_eq!(*value, 1);
    }

    #[suite_tear_down]
    async fn cool_down() {}

    #[tear_down]
    fn tear_down(&self) {}

    #[smoke_test]
    fn blocking(&self, value: Provided<u32>) {
        assert_eq!(*value, 1);
    }

    #[smoke_test]
    async fn asynchronous(&self) {}
}

#[derive(Debug)]
struct Made(u32);

#[smoke_suite]
impl Made {
    #[set_up]
    fn new(value: Provided<u32>) -> Self {
        Self(*value)
    }

    #[smoke_test]
    async fn is_one(&self) -> Result {
        if self.0 == 1 { Ok(()) } else { Err("not one".into()) }
    }
}

fn main() {}
