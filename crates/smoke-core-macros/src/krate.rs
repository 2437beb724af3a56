//! Where the core is, from where the macro was written.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Ident, Path, Result};

/// The crates that have the core's items at their root, in the order in which they are looked for.
const CRATES: [&str; 4] = ["smoke-axum", "smoke-actix", "smoke-tower", "smoke-core"];

/// The path of the module that emitted code calls.
pub(crate) struct Private(TokenStream);

impl Private {
    pub(crate) fn find(named: Option<&Path>) -> Result<Self> {
        let krate = match named {
            Some(path) => quote!(#path),
            None => found()?,
        };
        Ok(Self(quote!(#krate::__private)))
    }

    /// The path where messages are to point. Its names are looked up where the user wrote theirs.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let trees = self.0.clone().into_iter().map(|mut tree| {
            tree.set_span(tree.span().located_at(span));
            tree
        });
        trees.collect()
    }
}

fn found() -> Result<TokenStream> {
    let mut names = CRATES.iter().filter_map(|package| {
        Some(match crate_name(package).ok()? {
            FoundCrate::Name(name) => name,
            // A path that begins with `crate` would be wrong in the package's doctests and
            // examples, which are crates of their own.
            FoundCrate::Itself => package.replace('-', "_"),
        })
    });
    match names.next() {
        Some(name) => {
            let name = Ident::new(&name, Span::call_site());
            Ok(quote!(::#name))
        }
        None => Err(Error::new(
            Span::call_site(),
            format!(
                "none of {} is a dependency of this package: \
                 say where the core is with `crate = \"path\"`",
                CRATES.join(", ")
            ),
        )),
    }
}
