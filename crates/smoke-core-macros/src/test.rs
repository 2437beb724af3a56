//! `#[smoke_test]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Error, Item, ItemFn, Result};

use crate::attributes::{Attributes, Serial};
use crate::call::Callee;
use crate::description;
use crate::function::{Function, allowances};
use crate::krate::Private;
use crate::signature::Role;

pub(crate) fn expand(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = match function(item.clone()) {
        Ok(function) => function,
        Err(error) => return beside(item, &error),
    };
    match registration(attributes, &function) {
        Ok(registration) => {
            function.attrs.push(allowances());
            quote!(#function #registration)
        }
        Err(error) => beside(item, &error),
    }
}

/// An error beside the item as it was written, so that nothing else is missed.
pub(crate) fn beside(item: TokenStream, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}

fn function(item: TokenStream) -> Result<ItemFn> {
    match syn::parse2(item)? {
        Item::Fn(function) => Ok(function),
        Item::Impl(block) => Err(Error::new_spanned(
            block.impl_token,
            "an `impl` block is a suite: write #[smoke_suite]",
        )),
        other => Err(Error::new_spanned(
            other,
            "#[smoke_test] goes on a function",
        )),
    }
}

fn registration(attributes: TokenStream, item: &ItemFn) -> Result<TokenStream> {
    let attributes = Attributes::parse(attributes)?;
    let private = Private::find(attributes.krate.as_ref())?;
    let function = Function::new(&item.attrs, &item.sig, Role::FreeTest)?;
    let test = Emitted {
        private: &private,
        function: &function,
        callee: Callee::Free,
        documentation: &item.attrs,
        attributes: &attributes,
        suite: None,
    };
    let test = test.test();
    let conditions = &function.conditions;
    let private = private.at(Span::call_site());
    Ok(quote! {
        #(#conditions)*
        #[allow(deprecated)]
        const _: () = {
            #private::inventory::submit! { #private::Submission::test(|| #test) }
        };
    })
}

/// What a test is made of.
pub(crate) struct Emitted<'a> {
    pub(crate) private: &'a Private,
    pub(crate) function: &'a Function,
    pub(crate) callee: Callee<'a>,
    pub(crate) documentation: &'a [Attribute],
    pub(crate) attributes: &'a Attributes,
    pub(crate) suite: Option<&'a str>,
}

impl Emitted<'_> {
    /// The expression of the test.
    pub(crate) fn test(&self) -> TokenStream {
        let span = self.function.span();
        let private = self.private.at(span);
        let name = self.name();
        let marker = self.function.marker(self.callee, self.private);
        let closure = self.function.outcome(self.callee, self.private);
        let place = self.place();
        let settings = self.settings();
        quote_spanned! {span=>
            #private::Test::new::<#marker>(#name, #closure).place(#private::place(#place)) #settings
        }
    }

    fn name(&self) -> TokenStream {
        let own = match &self.attributes.name {
            Some(name) => name.clone(),
            None => self.function.ident.unraw().to_string(),
        };
        path(self.suite.into_iter().chain([own.as_str()]))
    }

    fn place(&self) -> TokenStream {
        // These macros say where they are written themselves.
        quote_spanned! {self.function.ident.span()=>
            ::core::file!(), ::core::line!(), ::core::column!()
        }
    }

    fn settings(&self) -> TokenStream {
        let attributes = self.attributes;
        let mut settings = TokenStream::new();
        if let Some(text) = description::of(self.documentation) {
            quote!(.description(#text)).to_tokens(&mut settings);
        }
        if attributes.slow {
            quote!(.slow()).to_tokens(&mut settings);
        }
        if attributes.instance == Some(true) {
            quote!(.instance()).to_tokens(&mut settings);
        }
        if attributes.advisory == Some(true) {
            quote!(.advisory()).to_tokens(&mut settings);
        }
        if attributes.on_request == Some(true) {
            quote!(.on_request()).to_tokens(&mut settings);
        }
        if attributes.destructive {
            quote!(.destructive()).to_tokens(&mut settings);
        }
        if let Some(timeout) = attributes.timeout {
            let (seconds, nanoseconds) = (timeout.as_secs(), timeout.subsec_nanos());
            quote!(.timeout(::core::time::Duration::new(#seconds, #nanoseconds)))
                .to_tokens(&mut settings);
        }
        if !attributes.tags.is_empty() {
            let tags = &attributes.tags;
            quote!(.tags([#(#tags),*])).to_tokens(&mut settings);
        }
        match &attributes.serial {
            None => {}
            Some(Serial::WithAll) => quote!(.serial()).to_tokens(&mut settings),
            Some(Serial::In(group)) => quote!(.serial_in(#group)).to_tokens(&mut settings),
        }
        if let Some(reason) = &attributes.skip {
            quote!(.skip(#reason)).to_tokens(&mut settings);
        }
        settings
    }
}

/// A path below the module in which the macro stands.
pub(crate) fn path<'a>(segments: impl IntoIterator<Item = &'a str>) -> TokenStream {
    let segments = segments.into_iter();
    quote!(::core::concat!(::core::module_path!() #(, "::", #segments)*))
}
