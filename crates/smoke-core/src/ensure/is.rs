//! A value is of a type that the compiler may not know.

use std::any::{Any, TypeId, type_name};
use std::error::Error;
use std::sync::Arc;

use super::explanation::Explanation;
use super::text;

/// A value to be asked for its type. Found by method look-up: `dyn Any` and `dyn Error` are looked
/// through, and everything else is of the type that the compiler knows.
#[derive(Debug)]
pub struct Typed<'a, T: ?Sized>(pub &'a T);

macro_rules! dynamic {
    ($bound:ident: $object:ty) => {
        dynamic!($bound: $object, |object| object);
        dynamic!($bound: &$object, |object| &**object);
        dynamic!($bound: &mut $object, |object| &**object);
        dynamic!($bound: Box<$object>, |object| &**object);
        dynamic!($bound: &Box<$object>, |object| &***object);
        dynamic!($bound: Arc<$object>, |object| &**object);
        dynamic!($bound: &Arc<$object>, |object| &***object);
    };
    // The look through the pointer is written out: left to a coercion, the pointer itself would
    // become the trait object.
    ($bound:ident: $pointer:ty, |$object:ident| $inner:expr) => {
        impl Typed<'_, $pointer> {
            /// Whether it is a `W`.
            #[must_use]
            pub fn is<W: $bound + 'static>(&self) -> bool {
                let $object = self.0;
                <dyn $bound>::is::<W>($inner)
            }

            /// A trait object does not know the name of its type.
            #[must_use]
            pub fn name(&self) -> Option<&'static str> {
                None
            }
        }
    };
}

dynamic!(Any: dyn Any + 'static);
dynamic!(Any: dyn Any + Send + 'static);
dynamic!(Any: dyn Any + Send + Sync + 'static);
dynamic!(Error: dyn Error + 'static);
dynamic!(Error: dyn Error + Send + 'static);
dynamic!(Error: dyn Error + Send + Sync + 'static);

/// A value whose type the compiler knows.
pub trait Concrete {
    /// Whether it is a `W`.
    fn is<W: 'static>(&self) -> bool;

    /// The name of its type.
    fn name(&self) -> Option<&'static str>;
}

impl<T: 'static> Concrete for Typed<'_, T> {
    fn is<W: 'static>(&self) -> bool {
        TypeId::of::<T>() == TypeId::of::<W>()
    }

    fn name(&self) -> Option<&'static str> {
        Some(type_name::<T>())
    }
}

/// What to say where a value is of the type.
#[must_use]
pub fn is(value: &str, wanted: &str) -> Explanation {
    let (value, wanted) = (text::source(value), text::source(wanted));
    Explanation::claim(format!("{value} is of type {wanted}"))
}

/// What to say where it is not, with the name of the type that it is of, where that is known.
#[must_use]
pub fn is_not(value: &str, wanted: &str, name: Option<&str>) -> Explanation {
    let (value, wanted) = (text::source(value), text::source(wanted));
    let explanation = Explanation::claim(format!("{value} is not of type {wanted}"));
    match name {
        Some(name) => explanation.detail(format!("it is of type {}", text::source(name))),
        None => explanation,
    }
}

/// Fails the test unless a value is of a type.
///
/// The value may be a `dyn Any` or a `dyn Error`, behind a reference, a `Box` or an `Arc`. Then the
/// type of the value behind it counts.
///
/// # Examples
///
/// ```
/// use std::any::Any;
///
/// use smoke_core::{Result, ensure_is};
///
/// fn test(message: &dyn Any) -> Result {
///     ensure_is!(message, String);
///     Ok(())
/// }
///
/// assert!(test(&"hello".to_owned()).is_ok());
/// assert_eq!(test(&14).unwrap_err().message(), "message is not of type String");
/// ```
#[macro_export]
macro_rules! ensure_is {
    ($value:expr, $type:ty $(, $($message:tt)*)?) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::__private::ensure::{Concrete as _, Typed};
                if !Typed(value).is::<$type>() {
                    $crate::__ensure_return!(
                        $crate::__private::ensure::is_not(
                            ::std::stringify!($value),
                            ::std::stringify!($type),
                            Typed(value).name(),
                        )
                        $(, $($message)*)?
                    )
                }
            }
        }
    };
}

/// Fails the test if a value is of a type.
///
/// Looks at values as [`ensure_is!`](crate::ensure_is) does.
///
/// # Examples
///
/// ```
/// use std::error::Error;
///
/// use smoke_core::{Result, ensure_is_not};
///
/// fn test(error: Box<dyn Error>) -> Result {
///     ensure_is_not!(error, std::fmt::Error);
///     Ok(())
/// }
///
/// assert!(test("no printer".into()).is_ok());
/// assert_eq!(
///     test(std::fmt::Error.into()).unwrap_err().message(),
///     "error is of type std::fmt::Error"
/// );
/// ```
#[macro_export]
macro_rules! ensure_is_not {
    ($value:expr, $type:ty $(, $($message:tt)*)?) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::__private::ensure::{Concrete as _, Typed};
                if Typed(value).is::<$type>() {
                    $crate::__ensure_return!(
                        $crate::__private::ensure::is(
                            ::std::stringify!($value),
                            ::std::stringify!($type),
                        )
                        $(, $($message)*)?
                    )
                }
            }
        }
    };
}
