#![allow(unused)]

use smoke_core::smoke_suite;

#[derive(Default)]
struct Generic<T>(T);

#[smoke_suite]
impl<T> Generic<T> {
    #[smoke_test]
    fn test(&self) {}
}

#[smoke_suite]
impl Generic<u32> {
    #[smoke_test]
    fn test(&self) {}
}

#[derive(Default)]
struct Value;

#[smoke_suite]
impl Clone for Value {
    fn clone(&self) -> Self {
        Self
    }
}

#[smoke_suite]
impl Value {
    fn helper(&self) {}
}

#[smoke_suite(slow, hurry)]
impl Value {
    #[smoke_test]
    fn test(&self) {}
}

#[smoke_suite]
fn free() {}

#[smoke_suite]
mod tests {}

fn main() {}
