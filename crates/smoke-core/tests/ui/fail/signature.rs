#![allow(unused)]

use smoke_core::{Client, Provided, Unique, smoke_test};

#[smoke_test]
fn generic<T: Send>(value: Provided<T>) {}

#[smoke_test]
fn lifetime<'a>(value: Provided<&'a str>) {}

#[smoke_test]
const fn constant() {}

#[smoke_test]
unsafe fn not_safe() {}

#[smoke_test]
extern "C" fn foreign() {}

#[smoke_test]
async fn by_reference(client: &Client) {}

#[smoke_test]
async fn anything(client: impl Send) {}

#[smoke_test]
async fn conditional(#[cfg(unix)] unique: Unique) {}

#[smoke_test]
async fn nine(
    _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique, _: Unique,
    _: Client,
) {
}

#[smoke_test]
struct NotAFunction;

struct Value;

#[smoke_test]
impl Value {}

struct Accounts;

impl Accounts {
    #[smoke_test]
    async fn can_login(&self, client: Client) {}
}

fn main() {}
