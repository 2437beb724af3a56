//! What is emitted beside the `impl` block of a suite.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, ItemImpl, Result, Type};

use super::methods::{Method, Methods};
use super::this;
use crate::attributes::Attributes;
use crate::call::Callee;
use crate::function::{Function, at, conditions};
use crate::krate::Private;
use crate::test::{Emitted, path};

/// A checked suite.
pub(super) struct Suite<'a> {
    pub(super) this: &'a Type,
    pub(super) private: Private,
    pub(super) methods: Methods,
    block: &'a ItemImpl,
    name: String,
    attributes: Attributes,
}

impl<'a> Suite<'a> {
    pub(super) fn new(
        block: &'a ItemImpl,
        attributes: Attributes,
        methods: Methods,
    ) -> Result<Self> {
        let own_name = this::name(block)?;
        if methods.tests.is_empty() {
            return Err(Error::new_spanned(
                &block.self_ty,
                "there is no test in this suite: mark its methods with #[smoke_test]",
            ));
        }
        Ok(Self {
            this: &block.self_ty,
            private: Private::find(attributes.krate.as_ref())?,
            name: attributes.name.clone().unwrap_or(own_name),
            block,
            attributes,
            methods,
        })
    }

    pub(super) fn emit(&self) -> TokenStream {
        let private = self.private.at(Span::call_site());
        let conditions = conditions(&self.block.attrs);
        let (value, hooks, suite) = (self.value(), self.check_hooks(), self.suite());
        quote! {
            #(#conditions)*
            #[allow(deprecated)]
            const _: () = {
                #value
                #hooks
                #private::inventory::submit! { #private::Submission::suite(|| { #suite }) }
            };
        }
    }

    fn hooks(&self) -> impl Iterator<Item = &Function> {
        let Methods {
            suite_set_up,
            suite_tear_down,
            ..
        } = &self.methods;
        [suite_set_up, suite_tear_down].into_iter().flatten()
    }

    /// Says at its type when a fixture of a suite-level hook cannot be had for a whole run.
    fn check_hooks(&self) -> TokenStream {
        let checks = self.hooks().flat_map(|hook| {
            let spans = hook.spans().zip(hook.each_fixture(&self.private));
            spans.map(|(span, fixture)| {
                let private = self.private.at(span);
                quote_spanned! {span=>
                    const _: () = #private::lives_for_a_run(<#fixture as #private::Fixture>::KIND);
                }
            })
        });
        checks.collect()
    }

    /// The expression of the suite with its tests.
    fn suite(&self) -> TokenStream {
        let span = at(Span::call_site());
        let private = self.private.at(span);
        let name = path([self.name.as_str()]);
        let hook = |name: &str, hook: &Option<Function>| {
            let hook = hook.as_ref()?;
            let name = proc_macro2::Ident::new(name, hook.span());
            let marker = hook.marker(Callee::Of(self.this), &self.private);
            let closure = hook.outcome(Callee::Of(self.this), &self.private);
            Some(quote_spanned!(hook.span()=> .#name::<#marker, _>(#closure)))
        };
        let set_up = hook("set_up", &self.methods.suite_set_up);
        let tear_down = hook("tear_down", &self.methods.suite_tear_down);
        let tests = self.methods.tests.iter().map(|method| self.test(method));
        quote_spanned! {span=>
            let suite = #private::Suite::new(#name) #set_up #tear_down;
            #(#tests)*
            suite
        }
    }

    fn test(&self, method: &Method) -> TokenStream {
        let test = Emitted {
            private: &self.private,
            function: &method.function,
            callee: Callee::On(self.this),
            documentation: &method.documentation,
            attributes: &self.attributes.inherited_by(method.attributes.clone()),
            suite: Some(&self.name),
        };
        let test = test.test();
        let conditions = &method.function.conditions;
        quote_spanned! {at(Span::call_site())=>
            #(#conditions)*
            let suite = suite.with(#test);
        }
    }
}
