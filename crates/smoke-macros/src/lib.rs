//! The attributes `#[smoke_test]` and `#[smoke_suite]`.

mod attributes;
mod call;
mod description;
mod function;
mod krate;
mod signature;
mod suite;
mod test;

use proc_macro::TokenStream;

/// Makes a smoke test of a function and registers it.
#[proc_macro_attribute]
pub fn smoke_test(attributes: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(attributes.into(), item.into()).into()
}

/// Makes smoke tests of the methods of a type and registers them.
#[proc_macro_attribute]
pub fn smoke_suite(attributes: TokenStream, item: TokenStream) -> TokenStream {
    suite::expand(attributes.into(), item.into()).into()
}
