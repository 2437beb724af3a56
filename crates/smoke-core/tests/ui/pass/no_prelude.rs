//! What is emitted needs no name to be in scope.
#![no_implicit_prelude]
#![deny(warnings)]

extern crate smoke_core;

mod core {}
mod std {}

mod tests {
    #[::smoke_core::smoke_test(slow, timeout = "1ms", tags("a"), serial = "b", skip = "c")]
    async fn a_future(unique: ::smoke_core::Unique) -> ::smoke_core::Result {
        ::std::mem::drop(unique);
        ::smoke_core::Result::Ok(())
    }

    #[::smoke_core::smoke_test(serial)]
    fn test() {}

    #[::smoke_core::smoke_test(crate = "super::reexported")]
    fn suite() {}
}

mod reexported {
    pub(crate) use ::smoke_core::__private;
}

struct Value;

#[::smoke_core::smoke_suite]
impl Value {
    #[set_up]
    async fn new() -> ::std::result::Result<Self, &'static str> {
        ::std::result::Result::Ok(Self)
    }

    #[tear_down]
    async fn tear_down(&self, _: ::smoke_core::Unique) {}

    #[smoke_test]
    fn suite(&self) {}

    #[smoke_test]
    async fn this(&self, this: ::smoke_core::This<Self>) -> ::smoke_core::Result {
        ::std::mem::drop(this);
        ::smoke_core::Result::Ok(())
    }
}

fn main() {}
