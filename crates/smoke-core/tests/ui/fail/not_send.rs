#![allow(unused)]

use std::rc::Rc;

use smoke_core::{smoke_suite, smoke_test};

#[smoke_test]
async fn holds_a_counter() {
    let counter = Rc::new(1);
    std::future::ready(()).await;
    drop(counter);
}

#[derive(Default)]
struct Accounts;

#[smoke_suite]
impl Accounts {
    #[smoke_test]
    async fn holds_a_counter(&self) -> smoke_core::Result {
        let counter = Rc::new(1);
        std::future::ready(()).await;
        drop(counter);
        Ok(())
    }
}

fn main() {}
