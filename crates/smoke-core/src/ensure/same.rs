//! Two pointers point to the same thing.

use std::rc::Rc;
use std::sync::Arc;

use super::explanation::Explanation;
use super::text;

/// A pointer to be compared with another. Found by method look-up: behind `Arc` and `Rc`, and
/// references to them, it is what they share that counts; else what the reference refers to.
#[derive(Debug)]
pub struct Pointer<'a, P: ?Sized>(pub &'a P);

/// Where a thing is and how long it is. Tables of methods are left out: one type may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(*const (), usize);

impl Identity {
    fn of<T: ?Sized>(thing: &T) -> Self {
        Self(std::ptr::from_ref(thing).cast(), size_of_val(thing))
    }
}

macro_rules! shared {
    ($($pointer:ty),*) => {$(
        impl<T: ?Sized> Pointer<'_, $pointer> {
            /// What it points to.
            #[must_use]
            pub fn identity(&self) -> Identity {
                Identity::of::<T>(self.0)
            }
        }
    )*};
}

shared!(Arc<T>, &Arc<T>, Rc<T>, &Rc<T>);

/// What a plain reference refers to.
#[diagnostic::on_unimplemented(
    message = "only an `Arc`, an `Rc` or a reference can be the same as another"
)]
pub trait Referred {
    /// What it points to.
    fn identity(&self) -> Identity;
}

impl<T: ?Sized> Referred for Pointer<'_, &T> {
    fn identity(&self) -> Identity {
        Identity::of::<T>(self.0)
    }
}

impl<T: ?Sized> Referred for Pointer<'_, &mut T> {
    fn identity(&self) -> Identity {
        Identity::of::<T>(self.0)
    }
}

/// What to say where two pointers are the same.
#[must_use]
pub fn same(left: &str, right: &str) -> Explanation {
    let (left, right) = (text::source(left), text::source(right));
    Explanation::claim(format!("{left} and {right} are the same"))
}

/// What to say where they are not.
#[must_use]
pub fn not_same(left: &str, right: &str) -> Explanation {
    let (left, right) = (text::source(left), text::source(right));
    Explanation::claim(format!("{left} and {right} are not the same"))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_same {
    ($operator:tt, $explain:ident, $left:expr, $right:expr $(, $($message:tt)*)?) => {
        match (&$left, &$right) {
            (left, right) => {
                #[allow(unused_imports)]
                use $crate::__private::ensure::{Pointer, Referred as _};
                if Pointer(left).identity() $operator Pointer(right).identity() {
                    $crate::__ensure_return!(
                        $crate::__private::ensure::$explain(
                            ::std::stringify!($left),
                            ::std::stringify!($right),
                        )
                        $(, $($message)*)?
                    )
                }
            }
        }
    };
}

/// Fails the test unless two pointers point to the same thing.
///
/// Compares two `Arc`s, `Rc`s or references, and not the values that they point to. An `Arc` and a
/// reference to it count the same. Do not compare pointers to values without a size: different ones
/// may have the same address.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use smoke_core::{Result, ensure_same};
///
/// fn test(cache: &Arc<String>, other: &Arc<String>) -> Result {
///     ensure_same!(cache, other);
///     Ok(())
/// }
///
/// let cache = Arc::new("alice".to_owned());
/// assert!(test(&cache, &cache.clone()).is_ok());
/// let other = Arc::new("alice".to_owned());
/// assert_eq!(test(&cache, &other).unwrap_err().message(), "cache and other are not the same");
/// ```
#[macro_export]
macro_rules! ensure_same {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_same!(!=, not_same, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test if two pointers point to the same thing.
///
/// Compares as [`ensure_same!`](crate::ensure_same) does.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use smoke_core::{Result, ensure_not_same};
///
/// fn test(cache: &Arc<String>, other: &Arc<String>) -> Result {
///     ensure_not_same!(cache, other, "tests must not share a cache");
///     Ok(())
/// }
///
/// let cache = Arc::new("alice".to_owned());
/// assert!(test(&cache, &Arc::new("alice".to_owned())).is_ok());
/// assert_eq!(
///     test(&cache, &cache.clone()).unwrap_err().message(),
///     "tests must not share a cache: cache and other are the same"
/// );
/// ```
#[macro_export]
macro_rules! ensure_not_same {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_same!(==, same, $left, $right $(, $($message)*)?)
    };
}
