//! A checked function, and how it is handed to the core.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Result, Signature, Type, parse_quote};

use crate::signature::{self, Role};

/// A function whose arguments are fixtures.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) conditions: Vec<Attribute>,
    is_async: bool,
    fixtures: Vec<Type>,
    returned: Option<Type>,
}

/// Where what is emitted shows up in messages, without taking part in the user's names.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

impl Function {
    pub(crate) fn new(attributes: &[Attribute], signature: &Signature, role: Role) -> Result<Self> {
        Ok(Self {
            ident: signature.ident.clone(),
            conditions: conditions(attributes),
            is_async: signature.asyncness.is_some(),
            fixtures: signature::fixtures(signature, role)?,
            returned: signature::returned(signature).cloned(),
        })
    }

    /// Says `Self` by its name, so that the types can be written outside of the `impl` block.
    pub(crate) fn naming_self(mut self, this: &Type) -> Self {
        let types = self.fixtures.iter_mut().chain(&mut self.returned);
        for written in types {
            *written = crate::suite::naming_self(written, this);
        }
        self
    }

    /// The tuple of the fixtures' types. One that is no fixture is said at the argument.
    pub(crate) fn fixtures(&self, private: &TokenStream) -> TokenStream {
        let fixtures = self.each_fixture(private);
        quote!((#(#fixtures,)*))
    }

    pub(crate) fn each_fixture(&self, private: &TokenStream) -> impl Iterator<Item = TokenStream> {
        self.fixtures
            .iter()
            .map(move |fixture| quote_spanned!(at(fixture.span())=> <#fixture as #private::Argument>::Fixture))
    }

    /// The marker by which the core knows how to call the function: as a test of no suite.
    pub(crate) fn marker(&self, private: &TokenStream) -> TokenStream {
        let (color, fixtures) = (self.color(private), self.fixtures(private));
        quote!((#color, #fixtures))
    }

    /// The marker of a method, which takes the suite's value first.
    pub(crate) fn method_marker(&self, private: &TokenStream, this: &Type) -> TokenStream {
        let (color, fixtures) = (self.color(private), self.each_fixture(private));
        quote!((#color, (#private::This<#this>, #(#fixtures,)*)))
    }

    pub(crate) fn color(&self, private: &TokenStream) -> TokenStream {
        match self.is_async {
            true => quote!(#private::Async),
            false => quote!(#private::Blocking),
        }
    }

    /// A closure that calls the free function and returns an outcome.
    pub(crate) fn closure(&self, private: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        self.calling(&quote!(#ident), None, |returned, call| {
            outcome(private, returned, call)
        })
    }

    /// A closure that calls the associated function and returns an outcome.
    pub(crate) fn associated(&self, private: &TokenStream, this: &Type) -> TokenStream {
        let ident = &self.ident;
        self.calling(&quote!(<#this>::#ident), None, |returned, call| {
            outcome(private, returned, call)
        })
    }

    /// A closure that calls the method on the suite's value and returns an outcome.
    pub(crate) fn method(&self, private: &TokenStream, this: &Type) -> TokenStream {
        let ident = &self.ident;
        let value = quote!(#private::This<#this>);
        self.calling(&quote!(<#this>::#ident), Some(value), |returned, call| {
            outcome(private, returned, call)
        })
    }

    /// A closure that calls the associated function and returns the suite's value.
    pub(crate) fn making(&self, private: &TokenStream, this: &Type) -> TokenStream {
        let ident = &self.ident;
        self.calling(&quote!(<#this>::#ident), None, |returned, call| {
            let unit = parse_quote!(());
            let returned = returned.unwrap_or(&unit);
            let span = at(self.returned.as_ref().map_or(ident.span(), Spanned::span));
            quote_spanned!(span=> <#returned as #private::Made<#this>>::made(#call))
        })
    }

    fn calling(
        &self,
        path: &TokenStream,
        this: Option<TokenStream>,
        wrap: impl FnOnce(Option<&Type>, TokenStream) -> TokenStream,
    ) -> TokenStream {
        let span = at(self.ident.span());
        let names: Vec<_> = (0..self.fixtures.len())
            .map(|index| format_ident!("fixture_{index}", span = span))
            .collect();
        let fixtures = &self.fixtures;
        let value = this.as_ref().map(|_| quote_spanned!(span=> &this,));
        let this = this.map(|this| quote_spanned!(span=> this: #this,));
        if self.is_async {
            let made = wrap(
                self.returned.as_ref(),
                quote_spanned!(span=> #path(#value #(#names),*).await),
            );
            quote_spanned!(span=> |#this #(#names: #fixtures),*| async move { #made })
        } else {
            let made = wrap(
                self.returned.as_ref(),
                quote_spanned!(span=> #path(#value #(#names),*)),
            );
            quote_spanned!(span=> |#this #(#names: #fixtures),*| { #made })
        }
    }
}

/// An outcome of what a function returns. A type that is none is said where it is written.
fn outcome(private: &TokenStream, returned: Option<&Type>, call: TokenStream) -> TokenStream {
    match returned {
        None => call,
        Some(Type::ImplTrait(returned)) => {
            quote_spanned!(at(returned.span())=> #private::IntoOutcome::into_outcome(#call))
        }
        Some(returned) => {
            quote_spanned!(at(returned.span())=> <#returned as #private::IntoOutcome>::into_outcome(#call))
        }
    }
}

/// The conditions under which an item exists, for what is emitted beside it.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    let conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    conditions.cloned().collect()
}

/// What is the form of a smoke test, and not its author's to change.
pub(crate) fn allowances() -> Attribute {
    parse_quote!(#[allow(
        clippy::needless_pass_by_value,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_async,
        clippy::unused_self
    )])
}
