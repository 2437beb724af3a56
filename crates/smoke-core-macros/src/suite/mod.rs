//! `#[smoke_suite]`.

mod emit;
mod methods;
mod this;
mod value;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Item, ItemImpl, Result};

use crate::attributes::Attributes;
use crate::test;
use emit::Suite;
use methods::Methods;

pub(crate) fn expand(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let mut block = match block(item.clone()) {
        Ok(block) => block,
        Err(error) => return test::beside(item, &error),
    };
    // Takes the attributes off the methods: the block is left as it is without the macro.
    let methods = Methods::take(&mut block);
    match methods.and_then(|methods| registration(attributes, &block, methods)) {
        Ok(registration) => quote!(#block #registration),
        Err(error) => test::beside(quote!(#block), &error),
    }
}

fn block(item: TokenStream) -> Result<ItemImpl> {
    match syn::parse2(item)? {
        Item::Impl(block) => Ok(block),
        Item::Fn(function) => Err(Error::new_spanned(
            function.sig.fn_token,
            "a function that stands alone is a test of no suite: write #[smoke_test]",
        )),
        other => Err(Error::new_spanned(
            other,
            "#[smoke_suite] goes on the `impl` block of a type",
        )),
    }
}

fn registration(
    attributes: TokenStream,
    block: &ItemImpl,
    methods: Methods,
) -> Result<TokenStream> {
    let attributes = Attributes::parse(attributes)?;
    Ok(Suite::new(block, attributes, methods)?.emit())
}
