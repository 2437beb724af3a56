#![allow(unused)]

use smoke_core::{Unique, smoke_suite};

#[derive(Default)]
struct Accounts;

#[smoke_suite]
impl Accounts {
    #[set_up]
    fn new() -> Self {
        Self
    }

    #[set_up]
    fn another() -> Self {
        Self
    }

    #[tear_down]
    fn takes_no_self() {}

    #[suite_set_up]
    fn takes_self(&self) {}

    #[suite_tear_down(slow)]
    fn takes_arguments() {}

    #[tear_down]
    #[cfg(unix)]
    fn conditional(&self) {}

    #[set_up]
    #[tear_down]
    fn both(&self) {}

    #[smoke_test]
    fn by_value(self) {}

    #[smoke_test]
    fn mutable(&mut self) {}

    #[smoke_test]
    fn shared(self: std::sync::Arc<Self>) {}

    #[smoke_test]
    fn alone(unique: Unique) {}

    #[smoke_test]
    fn generic<T>(&self) {}

    #[smoke_test = "slow"]
    fn a_value(&self) {}

    #[smoke_test(fast)]
    fn unknown(&self) {}
}

#[derive(Default)]
struct Other;

#[smoke_suite]
impl Other {
    #[smoke_test(crate = "smoke_core")]
    fn in_another_crate(&self) {}
}

fn main() {}
