#![allow(unused)]

use smoke_core::{Client, smoke_suite};

struct Config;

struct Accounts;

#[smoke_suite]
impl Accounts {
    #[set_up]
    async fn new(config: Config) -> Self {
        Self
    }

    #[tear_down]
    fn done(&self, text: String) {}

    #[suite_set_up]
    fn warm_up(number: u32) {}

    #[smoke_test]
    async fn can_login(&self, client: Client, bytes: Vec<u8>) {}
}

fn main() {}
