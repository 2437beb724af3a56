//! How the value of a suite is made and torn down for each test.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::emit::Suite;
use super::methods::Methods;
use crate::call::Callee;
use crate::function::{Function, at};

impl Suite<'_> {
    /// The implementation of `SuiteValue`.
    pub(super) fn value(&self) -> TokenStream {
        let this = self.this;
        let span = at(this.span());
        let private = self.private.at(span);
        let Methods {
            set_up, tear_down, ..
        } = &self.methods;
        let hooks = [set_up, tear_down].into_iter().flatten();
        let fixtures: Vec<_> = hooks.map(|hook| hook.fixtures(&self.private)).collect();
        let set_up = match set_up {
            Some(set_up) => self.made_by(set_up),
            None => quote_spanned!(span=> #private::Result::Ok(<#this as #private::Anew>::anew())),
        };
        let tear_down = match tear_down {
            Some(tear_down) => self.torn_down_by(tear_down),
            None => quote_spanned!(span=> #private::Result::Ok(())),
        };
        quote_spanned! {span=>
            #[automatically_derived]
            impl #private::SuiteValue for #this {
                const KIND: #private::Kind = #private::Kind::Unit
                    #(.greatest(<#fixtures as #private::Fixtures>::KIND))*;

                #[allow(unused_variables)]
                fn check(providers: &#private::Providers<'_>) -> #private::Result {
                    #(<#fixtures as #private::Fixtures>::check(providers)?;)*
                    #private::Result::Ok(())
                }

                #[allow(unused_variables)]
                async fn set_up(cx: &#private::Context) -> #private::Result<Self> {
                    #set_up
                }

                #[allow(unused_variables)]
                async fn tear_down(cx: #private::Context) -> #private::Result {
                    #tear_down
                }
            }
        }
    }

    fn made_by(&self, set_up: &Function) -> TokenStream {
        let span = at(self.this.span());
        let private = self.private.at(set_up.span());
        let fixtures = set_up.fixtures(&self.private);
        let (color, making) = (
            set_up.color(&self.private),
            set_up.making(self.this, &self.private),
        );
        let marker =
            quote_spanned!(span=> (#color, #private::Fallible, #fixtures, #private::Error));
        quote_spanned! {set_up.span()=>
            <_ as #private::Factory<#marker, Self>>::build(&#making, cx).await
        }
    }

    fn torn_down_by(&self, tear_down: &Function) -> TokenStream {
        let callee = Callee::On(self.this);
        let private = self.private.at(tear_down.span());
        let marker = tear_down.marker(callee, &self.private);
        let closure = tear_down.outcome(callee, &self.private);
        quote_spanned! {tear_down.span()=>
            #private::tear_down::<#marker>(cx, #closure).await
        }
    }
}
