//! What the signature of a smoke test, a set-up or a tear-down may look like.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Generics, Receiver, Result, ReturnType, Signature, Type};

/// The arguments for which the core has implementations.
const MOST: usize = 8;

/// What a function is to the macros, in the words of the messages.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Role {
    FreeTest,
    SuiteTest,
    SetUp,
    TearDown,
    SuiteSetUp,
    SuiteTearDown,
}

impl Role {
    pub(crate) fn takes_self(self) -> bool {
        matches!(self, Role::SuiteTest | Role::TearDown)
    }

    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Role::FreeTest | Role::SuiteTest => "smoke_test",
            Role::SetUp => "set_up",
            Role::TearDown => "tear_down",
            Role::SuiteSetUp => "suite_set_up",
            Role::SuiteTearDown => "suite_tear_down",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Role::FreeTest => "a smoke test",
            Role::SuiteTest => "a suite's test",
            Role::SetUp => "a set-up",
            Role::TearDown => "a tear-down",
            Role::SuiteSetUp => "a suite's set-up",
            Role::SuiteTearDown => "a suite's tear-down",
        }
    }
}

/// The types of the fixtures that a function asks for.
///
/// # Errors
///
/// When the function cannot be called by the core, whatever its types are.
pub(crate) fn fixtures(signature: &Signature, role: Role) -> Result<Vec<Type>> {
    let noun = role.noun();
    let qualifiers = [
        (signature.constness.map(|it| it.span()), "const"),
        (signature.unsafety.map(|it| it.span()), "unsafe"),
        (signature.abi.as_ref().map(Spanned::span), "extern"),
    ];
    for (span, keyword) in qualifiers {
        if let Some(span) = span {
            return Err(Error::new(
                span,
                format!("{noun} cannot be `{keyword} fn`: write `async fn` or `fn`"),
            ));
        }
    }
    not_generic(&signature.generics, noun)?;
    receiver(signature, role)?;
    let mut types = Vec::new();
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        if let Some(cfg) = argument.attrs.iter().find(|it| it.path().is_ident("cfg")) {
            return Err(Error::new_spanned(
                cfg,
                format!("an argument of {noun} cannot be conditional: put #[cfg] on the function"),
            ));
        }
        if types.len() == MOST {
            return Err(Error::new_spanned(
                argument,
                format!(
                    "{noun} takes {MOST} fixtures at most: \
                     make one fixture of those that belong together"
                ),
            ));
        }
        fixture(&argument.ty, noun)?;
        types.push((*argument.ty).clone());
    }
    Ok(types)
}

/// The type that a function declares to return.
pub(crate) fn returned(signature: &Signature) -> Option<&Type> {
    match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, returned) => Some(returned),
    }
}

pub(crate) fn not_generic(generics: &Generics, noun: &str) -> Result<()> {
    let message = format!("{noun} cannot be generic: nobody would say for which types it runs");
    match &generics.where_clause {
        _ if !generics.params.is_empty() => Err(Error::new_spanned(&generics.params, message)),
        Some(clause) => Err(Error::new_spanned(clause, message)),
        None => Ok(()),
    }
}

fn receiver(signature: &Signature, role: Role) -> Result<()> {
    let noun = role.noun();
    let refuse = |span: Span, message: String| Err(Error::new(span, message));
    match signature.receiver() {
        None if role.takes_self() => refuse(
            signature.ident.span(),
            format!("{noun} is called on the suite's value: write `&self` as its first argument"),
        ),
        Some(receiver) if role == Role::FreeTest => refuse(
            receiver.span(),
            "a method is a smoke test in a suite only: \
             put #[smoke_suite] on the `impl` block"
                .into(),
        ),
        Some(receiver) if !role.takes_self() => refuse(
            receiver.span(),
            format!("{noun} is not called on a value: it takes fixtures, and no `self`"),
        ),
        Some(receiver) if !is_shared(receiver) => refuse(
            receiver.span(),
            format!("{noun} borrows the suite's value: write `&self`"),
        ),
        _ => Ok(()),
    }
}

fn is_shared(receiver: &Receiver) -> bool {
    receiver.colon_token.is_none()
        && receiver.mutability.is_none()
        && matches!(receiver.reference, Some((_, None)))
}

fn fixture(argument: &Type, noun: &str) -> Result<()> {
    match argument {
        Type::Reference(reference) => {
            let inner = &reference.elem;
            let inner = quote::quote!(#inner).to_string();
            Err(Error::new_spanned(
                argument,
                format!("a fixture is handed over by value: write `{inner}` without the reference"),
            ))
        }
        Type::ImplTrait(_) => Err(Error::new_spanned(
            argument,
            format!("an argument of {noun} has a type with a name, not `impl Trait`"),
        )),
        Type::Infer(_) => Err(Error::new_spanned(
            argument,
            format!("an argument of {noun} has a type with a name"),
        )),
        _ => Ok(()),
    }
}
