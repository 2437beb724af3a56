//! Which methods of the `impl` block are what.

use proc_macro2::TokenStream;
use syn::{Attribute, Error, ImplItem, ImplItemFn, ItemImpl, Meta, Result, Type};

use crate::attributes::Attributes;
use crate::function::{Function, allowances};
use crate::signature::Role;

const ROLES: [Role; 5] = [
    Role::SuiteTest,
    Role::SetUp,
    Role::TearDown,
    Role::SuiteSetUp,
    Role::SuiteTearDown,
];

/// The methods that the suite is made of. The others are their helpers.
#[derive(Default)]
pub(crate) struct Methods {
    pub(crate) set_up: Option<Function>,
    pub(crate) tear_down: Option<Function>,
    pub(crate) suite_set_up: Option<Function>,
    pub(crate) suite_tear_down: Option<Function>,
    pub(crate) tests: Vec<Method>,
}

/// A method that is a test.
pub(crate) struct Method {
    pub(crate) function: Function,
    pub(crate) documentation: Vec<Attribute>,
    pub(crate) attributes: Attributes,
}

impl Methods {
    /// Sorts the methods, and takes the attributes that say so off them.
    ///
    /// # Errors
    ///
    /// All that is wrong with them, together.
    pub(crate) fn take(block: &mut ItemImpl) -> Result<Self> {
        let this = (*block.self_ty).clone();
        let mut methods = Self::default();
        let mut errors: Option<Error> = None;
        for item in &mut block.items {
            let ImplItem::Fn(item) = item else { continue };
            if let Err(error) = methods.sort(item, &this) {
                match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                }
            }
        }
        match errors {
            Some(errors) => Err(errors),
            None => Ok(methods),
        }
    }

    fn sort(&mut self, item: &mut ImplItemFn, this: &Type) -> Result<()> {
        let mut marks = take_marks(item).into_iter();
        let Some((role, mark)) = marks.next() else {
            return Ok(());
        };
        if let Some((other, mark)) = marks.next() {
            let (role, other) = (role.attribute(), other.attribute());
            return Err(Error::new_spanned(
                mark,
                format!("one method cannot be both #[{role}] and #[{other}]"),
            ));
        }
        let function = Function::new(&item.attrs, &item.sig, role)?.naming(this);
        let documentation = item.attrs.clone();
        item.attrs.push(allowances());
        let hook = match role {
            Role::FreeTest | Role::SuiteTest => {
                let attributes = Attributes::parse(arguments(&mark)?)?;
                if attributes.krate.is_some() {
                    return Err(Error::new_spanned(
                        &mark.meta,
                        "one crate serves the whole suite: write `crate = ..` in #[smoke_suite(..)]",
                    ));
                }
                self.tests.push(Method {
                    function,
                    documentation,
                    attributes,
                });
                return Ok(());
            }
            Role::SetUp => &mut self.set_up,
            Role::TearDown => &mut self.tear_down,
            Role::SuiteSetUp => &mut self.suite_set_up,
            Role::SuiteTearDown => &mut self.suite_tear_down,
        };
        let name = role.attribute();
        if hook.is_some() {
            return Err(Error::new_spanned(
                mark,
                format!("a suite has one #[{name}]: call the one function from the other"),
            ));
        }
        if !matches!(mark.meta, Meta::Path(_)) {
            return Err(Error::new_spanned(
                &mark.meta,
                format!("#[{name}] takes no arguments"),
            ));
        }
        if let Some(condition) = function.conditions.first() {
            return Err(Error::new_spanned(
                condition,
                format!("#[{name}] cannot be conditional: put #[cfg] inside of the function"),
            ));
        }
        *hook = Some(function);
        Ok(())
    }
}

/// Takes the suite's attributes off a method: written plainly, or with the path of a crate.
fn take_marks(item: &mut ImplItemFn) -> Vec<(Role, Attribute)> {
    let mut marks = Vec::new();
    for attribute in std::mem::take(&mut item.attrs) {
        let name = attribute
            .path()
            .segments
            .last()
            .map(|it| it.ident.to_string());
        let role = ROLES
            .into_iter()
            .find(|role| name.as_deref() == Some(role.attribute()));
        match role {
            Some(role) => marks.push((role, attribute)),
            None => item.attrs.push(attribute),
        }
    }
    marks
}

fn arguments(mark: &Attribute) -> Result<TokenStream> {
    match &mark.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(_) => Err(Error::new_spanned(
            mark,
            "write #[smoke_test] or #[smoke_test(..)]",
        )),
    }
}
