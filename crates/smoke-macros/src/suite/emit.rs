//! What is emitted beside the `impl` block of a suite.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemImpl, Result, Type};

use super::methods::{Method, Methods};
use super::this;
use crate::attributes::Attributes;
use crate::function::{Function, at, conditions};
use crate::test::{Emitted, path};

/// A checked suite.
pub(crate) struct Suite {
    this: Type,
    name: String,
    attributes: Attributes,
    methods: Methods,
}

impl Suite {
    pub(crate) fn new(block: &ItemImpl, attributes: Attributes, methods: Methods) -> Result<Self> {
        let own_name = this::name(block)?;
        if methods.tests.is_empty() {
            return Err(Error::new_spanned(
                &block.self_ty,
                "there is no test in this suite: mark its methods with #[smoke_test]",
            ));
        }
        for Method {
            function,
            attributes,
            ..
        } in &methods.tests
        {
            if attributes.krate.is_some() {
                return Err(Error::new(
                    function.ident.span(),
                    "a suite's tests are in one crate: write `crate = ..` in #[smoke_suite(..)]",
                ));
            }
        }
        let this = (*block.self_ty).clone();
        Ok(Self {
            name: attributes.name.clone().unwrap_or(own_name),
            attributes,
            methods: methods.naming_self(&this),
            this,
        })
    }

    pub(crate) fn emit(&self, private: &TokenStream, block: &ItemImpl) -> TokenStream {
        let (value, suite) = (self.value(private), self.suite(private));
        let conditions = conditions(&block.attrs);
        let units = self.units(private);
        quote! {
            #(#conditions)*
            #[allow(deprecated)]
            const _: () = {
                #value
                #units
                #private::inventory::submit! { #private::Submission::suite(|| { #suite }) }
            };
        }
    }

    /// How the value is made and torn down for each test.
    fn value(&self, private: &TokenStream) -> TokenStream {
        let this = &self.this;
        let Methods {
            set_up, tear_down, ..
        } = &self.methods;
        let hooks: Vec<TokenStream> = [set_up, tear_down]
            .into_iter()
            .flatten()
            .map(|hook| hook.fixtures(private))
            .collect();
        let span = at(this.span());
        let set_up = match set_up {
            None => quote_spanned! {span=>
                #private::Result::Ok(<#this as #private::Anew>::anew())
            },
            Some(set_up) => {
                let making = set_up.making(private, this);
                let (color, fixtures) = (set_up.color(private), set_up.fixtures(private));
                quote_spanned! {span=>
                    <_ as #private::Factory<
                        (#color, #private::Fallible, #fixtures, #private::Error),
                        Self,
                    >>::build(&#making, cx).await
                }
            }
        };
        let tear_down = match tear_down {
            None => quote!(#private::Result::Ok(())),
            Some(tear_down) => {
                let marker = tear_down.method_marker(private, this);
                let method = tear_down.method(private, this);
                quote_spanned!(span=> #private::tear_down::<#marker>(cx, #method).await)
            }
        };
        quote_spanned! {span=>
            #[automatically_derived]
            impl #private::SuiteValue for #this {
                const KIND: #private::Kind = #private::Kind::Unit
                    #(.greatest(<#hooks as #private::Fixtures>::KIND))*;

                #[allow(unused_variables)]
                fn check(providers: &#private::Providers<'_>) -> #private::Result {
                    #(<#hooks as #private::Fixtures>::check(providers)?;)*
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

    /// Says at its type when a fixture cannot be had for the whole of a run.
    fn units(&self, private: &TokenStream) -> TokenStream {
        let Methods {
            suite_set_up,
            suite_tear_down,
            ..
        } = &self.methods;
        let hooks = [suite_set_up, suite_tear_down];
        let fixtures = hooks
            .into_iter()
            .flatten()
            .flat_map(|it| it.each_fixture(private));
        let checks = fixtures.map(|fixture| {
            let span = at(fixture.span());
            quote_spanned! {span=>
                const _: () = #private::lives_for_a_run(<#fixture as #private::Fixture>::KIND);
            }
        });
        checks.collect()
    }

    /// The expression of the suite with its tests.
    fn suite(&self, private: &TokenStream) -> TokenStream {
        let this = &self.this;
        let name = path([self.name.as_str()]);
        let hook = |hook: &Function| (hook.marker(private), hook.associated(private, this));
        let set_up = self.methods.suite_set_up.as_ref().map(|set_up| {
            let (marker, closure) = hook(set_up);
            quote!(.set_up::<#marker, _>(#closure))
        });
        let tear_down = self.methods.suite_tear_down.as_ref().map(|tear_down| {
            let (marker, closure) = hook(tear_down);
            quote!(.tear_down::<#marker, _>(#closure))
        });
        let tests = self
            .methods
            .tests
            .iter()
            .map(|method| self.test(private, method));
        quote_spanned! {Span::mixed_site()=>
            let suite = #private::Suite::new(#name) #set_up #tear_down;
            #(#tests)*
            suite
        }
    }

    fn test(&self, private: &TokenStream, method: &Method) -> TokenStream {
        let function = &method.function;
        let test = Emitted {
            private,
            ident: &function.ident,
            documentation: &method.documentation,
            attributes: &self.attributes.inherited_by(method.attributes.clone()),
            suite: Some(&self.name),
        };
        let marker = function.method_marker(private, &self.this);
        let test = test.test(&marker, &function.method(private, &self.this));
        let conditions = &function.conditions;
        quote_spanned! {Span::mixed_site()=>
            #(#conditions)*
            let suite = suite.add(#test);
        }
    }
}

impl Methods {
    fn naming_self(self, this: &Type) -> Self {
        let named = |function: Function| function.naming_self(this);
        Self {
            set_up: self.set_up.map(named),
            tear_down: self.tear_down.map(named),
            suite_set_up: self.suite_set_up.map(named),
            suite_tear_down: self.suite_tear_down.map(named),
            tests: self
                .tests
                .into_iter()
                .map(|test| Method {
                    function: named(test.function),
                    ..test
                })
                .collect(),
        }
    }
}
