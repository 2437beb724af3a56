//! An option holds a value, or none.

use std::fmt;

use super::explanation::Explanation;
use super::text;

/// What to say where there is no value.
#[must_use]
pub fn is_none(option: &str) -> Explanation {
    Explanation::claim(format!("{} is None", text::source(option)))
}

/// What to say where there is one.
#[must_use]
pub fn is_some(option: &str, value: &dyn fmt::Debug) -> Explanation {
    let (option, value) = (text::source(option), text::value(value));
    Explanation::claim(format!("{option} is Some({value})"))
}

/// Returns the value of an option. Fails the test if there is none.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_some};
///
/// fn test(names: &[&str]) -> Result {
///     let first = ensure_some!(names.first());
///     assert_eq!(*first, "alice");
///     Ok(())
/// }
///
/// assert!(test(&["alice"]).is_ok());
/// assert_eq!(test(&[]).unwrap_err().message(), "names.first() is None");
/// ```
#[macro_export]
macro_rules! ensure_some {
    ($option:expr $(, $($message:tt)*)?) => {
        match $option {
            ::std::option::Option::Some(value) => value,
            ::std::option::Option::None => $crate::__ensure_return!(
                $crate::__private::ensure::is_none(::std::stringify!($option))
                $(, $($message)*)?
            ),
        }
    };
}

/// Fails the test if an option holds a value.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_none};
///
/// fn test(names: &[&str]) -> Result {
///     ensure_none!(names.first());
///     Ok(())
/// }
///
/// assert!(test(&[]).is_ok());
/// assert_eq!(test(&["alice"]).unwrap_err().message(), r#"names.first() is Some("alice")"#);
/// ```
#[macro_export]
macro_rules! ensure_none {
    ($option:expr $(, $($message:tt)*)?) => {
        match &$option {
            ::std::option::Option::None => {}
            ::std::option::Option::Some(value) => $crate::__ensure_return!(
                $crate::__private::ensure::is_some(::std::stringify!($option), &value)
                $(, $($message)*)?
            ),
        }
    };
}
