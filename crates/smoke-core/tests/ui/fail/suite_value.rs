#![allow(unused)]

use std::cell::Cell;

use smoke_core::smoke_suite;

struct NoDefault;

#[smoke_suite]
impl NoDefault {
    #[smoke_test]
    fn test(&self) {}
}

struct MadeWrong;

#[smoke_suite]
impl MadeWrong {
    #[set_up]
    async fn new() -> Option<Self> {
        Some(Self)
    }

    #[smoke_test]
    async fn test(&self) {}
}

struct MadeOfNothing;

#[smoke_suite]
impl MadeOfNothing {
    #[set_up]
    fn new() {}

    #[smoke_test]
    fn test(&self) {}
}

#[derive(Default)]
struct NotSync(Cell<u32>);

#[smoke_suite]
impl NotSync {
    #[smoke_test]
    async fn test(&self) {}
}

#[derive(Default)]
struct ReturnsANumber;

#[smoke_suite]
impl ReturnsANumber {
    #[tear_down]
    fn done(&self) -> u32 {
        1
    }

    #[smoke_test]
    async fn test(&self) -> u32 {
        1
    }
}

fn main() {}
