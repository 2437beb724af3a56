//! The type that is a suite.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, ItemImpl, Result, Type};

use crate::function::Function;
use crate::signature::not_generic;

/// The name of the type, where it can be a suite.
pub(super) fn name(block: &ItemImpl) -> Result<String> {
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "a suite is a type's own `impl` block: write `impl Type { .. }`",
        ));
    }
    not_generic(&block.generics, "a suite")?;
    let plain = match &*block.self_ty {
        Type::Path(path) if path.qself.is_none() => path
            .path
            .segments
            .last()
            .filter(|it| it.arguments.is_none()),
        _ => None,
    };
    match plain {
        Some(segment) => Ok(segment.ident.unraw().to_string()),
        None => Err(Error::new_spanned(
            &block.self_ty,
            "a suite is a type without lifetimes and generic arguments",
        )),
    }
}

impl Function {
    /// The function of an `impl` block as it is seen from outside: its types name the suite.
    pub(super) fn naming(mut self, this: &Type) -> Self {
        for written in self.fixtures.iter_mut().chain(&mut self.returned) {
            *written = naming(written, this);
        }
        self
    }
}

fn naming(written: &Type, this: &Type) -> Type {
    let tokens = replace(written.to_token_stream(), this);
    // A type in which a path stands for `Self` is a type again, but for `Self` in odd places,
    // where the compiler has something to say.
    syn::parse2(tokens).unwrap_or_else(|_| written.clone())
}

fn replace(tokens: TokenStream, this: &Type) -> TokenStream {
    let trees = tokens.into_iter().map(|tree| match tree {
        TokenTree::Ident(ident) if ident == "Self" => located(this.to_token_stream(), ident.span()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replace(group.stream(), this));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        other => other.into(),
    });
    trees.collect()
}

fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let trees = tokens.into_iter().map(|mut tree| {
        tree.set_span(tree.span().located_at(span));
        tree
    });
    trees.collect()
}
