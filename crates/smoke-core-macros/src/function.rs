//! A function whose signature has been checked.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Result, Signature, Type, parse_quote};

use crate::krate::Private;
use crate::signature::{self, Role};

/// A function whose arguments are fixtures.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) is_async: bool,
    pub(crate) fixtures: Vec<Type>,
    pub(crate) returned: Option<Type>,
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

    /// Where messages about the function as a whole point.
    pub(crate) fn span(&self) -> Span {
        at(self.ident.span())
    }

    /// The type by which the core knows whether to await the function.
    pub(crate) fn color(&self, private: &Private) -> TokenStream {
        let private = private.at(self.span());
        if self.is_async {
            quote!(#private::Async)
        } else {
            quote!(#private::Blocking)
        }
    }

    /// Where each fixture's type is written.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        self.fixtures.iter().map(|fixture| at(fixture.span()))
    }

    /// The tuple of the fixtures' types.
    pub(crate) fn fixtures(&self, private: &Private) -> TokenStream {
        let fixtures = self.each_fixture(private);
        quote!((#(#fixtures,)*))
    }

    /// The types of the fixtures. One that is no fixture is said where it is written.
    pub(crate) fn each_fixture(&self, private: &Private) -> impl Iterator<Item = TokenStream> {
        self.each_argument(private, |_, span| quote_spanned!(span=> Fixture))
    }

    /// An item of the trait `Argument` for each fixture's type.
    pub(crate) fn each_argument(
        &self,
        private: &Private,
        item: impl Fn(usize, Span) -> TokenStream,
    ) -> impl Iterator<Item = TokenStream> {
        let fixtures = self.fixtures.iter().enumerate();
        fixtures.map(move |(nth, fixture)| {
            // What is emitted begins at the first token of the type and ends at its last. All
            // that the compiler finds wrong with it is then found at one place, and said once.
            let mut tokens = fixture.to_token_stream().into_iter();
            let first = tokens.next().map_or(self.span(), |tree| tree.span());
            let last = tokens.last().map_or(first, |tree| tree.span());
            let (private, item) = (private.at(at(first)), item(nth, last));
            let open = quote_spanned!(first=> <);
            let close = quote_spanned!(last=> >::);
            quote!(#open #fixture as #private::Argument<_> #close #item)
        })
    }
}

/// Where what is emitted shows up in messages, without taking part in the user's names.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// The conditions under which an item exists, for what is emitted beside it.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    let conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    conditions.cloned().collect()
}

/// Lints against what a smoke test has to look like, which its author cannot change.
pub(crate) fn allowances() -> Attribute {
    parse_quote!(#[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_value,
        clippy::too_many_arguments,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_async,
        clippy::unused_self
    )])
}
