#![allow(unused)]

use smoke_core::{Client, Provided, smoke_suite};

#[derive(Default)]
struct Accounts;

#[smoke_suite]
impl Accounts {
    #[suite_set_up]
    async fn warm_up(config: Provided<u32>, client: Client) {}

    #[smoke_test]
    fn test(&self) {}
}

fn main() {}
