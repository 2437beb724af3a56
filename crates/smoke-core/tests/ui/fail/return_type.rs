#![allow(unused)]

use smoke_core::smoke_test;

#[smoke_test]
async fn a_number() -> u32 {
    1
}

#[smoke_test]
fn a_blocking_number() -> Result<u32, String> {
    Ok(1)
}

#[smoke_test]
fn a_hidden_future() -> impl Future<Output = ()> {
    async {}
}

struct NotAnError;

#[smoke_test]
async fn an_odd_error() -> Result<(), NotAnError> {
    Ok(())
}

fn main() {}
