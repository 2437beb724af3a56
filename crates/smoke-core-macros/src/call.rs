//! How a function is handed to the core: as a closure, and a marker that says what it is.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::function::{Function, at};
use crate::krate::Private;

/// Where a function is found.
#[derive(Clone, Copy)]
pub(crate) enum Callee<'a> {
    /// In the module.
    Free,
    /// In the `impl` block of a type.
    Of(&'a Type),
    /// There too, to be called on the suite's value.
    On(&'a Type),
}

impl Function {
    /// The marker of the closure, from which the core infers nothing: an error in the function
    /// is then said as what it is, and not as a closure that fits no case.
    pub(crate) fn marker(&self, callee: Callee<'_>, private: &Private) -> TokenStream {
        let (color, fixtures) = (self.color(private), self.each_fixture(private));
        let value = self.value(callee, private).map(|value| quote!(#value,));
        quote!((#color, (#value #(#fixtures,)*)))
    }

    /// A closure that calls the function and returns an outcome. A type that is none is said
    /// where it is written.
    pub(crate) fn outcome(&self, callee: Callee<'_>, private: &Private) -> TokenStream {
        let call = self.call(callee, private);
        let outcome = self.returned.as_ref().map(|returned| {
            let span = at(returned.span());
            let private = private.at(span);
            match returned {
                Type::ImplTrait(_) => quote_spanned!(span=> #private::IntoOutcome::into_outcome),
                _ => quote_spanned!(span=> <#returned as #private::IntoOutcome>::into_outcome),
            }
        });
        let body = match outcome {
            None => call,
            Some(outcome) => quote_spanned!(self.span()=> #outcome(#call)),
        };
        self.closure(callee, private, &body)
    }

    /// A closure that calls the function of a type and returns the type's value.
    pub(crate) fn making(&self, this: &Type, private: &Private) -> TokenStream {
        let call = self.call(Callee::Of(this), private);
        let span = self
            .returned
            .as_ref()
            .map_or(self.span(), |it| at(it.span()));
        let private_here = private.at(span);
        let returned = match &self.returned {
            None => quote_spanned!(span=> ()),
            Some(returned) => quote!(#returned),
        };
        let body = quote_spanned!(span=> <#returned as #private_here::Made<#this>>::made(#call));
        self.closure(Callee::Of(this), private, &body)
    }

    fn closure(&self, callee: Callee<'_>, private: &Private, body: &TokenStream) -> TokenStream {
        let span = self.span();
        let names = self.names();
        let this = self.value(callee, private);
        let this = this.map(|value| quote_spanned!(span=> this: #value,));
        let color = self.is_async.then(|| quote_spanned!(span=> async move));
        quote_spanned!(span=> |#this #(#names),*| #color { #body })
    }

    fn call(&self, callee: Callee<'_>, private: &Private) -> TokenStream {
        let (span, ident, names) = (self.span(), &self.ident, self.names());
        let arguments = self.each_argument(private, |nth, span| {
            let name = &names[nth];
            quote_spanned!(span=> argument(#name))
        });
        let call = match callee {
            Callee::Free => quote_spanned!(span=> #ident(#(#arguments),*)),
            Callee::Of(this) => quote_spanned!(span=> <#this>::#ident(#(#arguments),*)),
            Callee::On(this) => quote_spanned!(span=> <#this>::#ident(&this, #(#arguments),*)),
        };
        let wait = self.is_async.then(|| quote_spanned!(span=> .await));
        quote!(#call #wait)
    }

    /// The type of the suite's value.
    fn value(&self, callee: Callee<'_>, private: &Private) -> Option<TokenStream> {
        let private = private.at(self.span());
        match callee {
            Callee::Free | Callee::Of(_) => None,
            Callee::On(this) => Some(quote_spanned!(self.span()=> #private::This<#this>)),
        }
    }

    /// One name for each fixture: the function's own may be patterns.
    fn names(&self) -> Vec<Ident> {
        let span: Span = self.span();
        let names = (0..self.fixtures.len()).map(|nth| format_ident!("fixture_{nth}", span = span));
        names.collect()
    }
}
