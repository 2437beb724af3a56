#![allow(unused)]

use smoke_core::{Client, Unique, smoke_test};

struct Config;

#[smoke_test]
async fn a_future(client: Client, config: Config) {}

#[smoke_test]
fn a_blocking_one(unique: Unique, text: Vec<String>) -> smoke_core::Result {
    Ok(())
}

fn main() {}
