//! A result is a value, or an error.

use std::fmt;

use super::explanation::Explanation;
use super::text;

/// What to say where there is a value.
#[must_use]
pub fn is_ok(result: &str, value: &dyn fmt::Debug) -> Explanation {
    let (result, value) = (text::source(result), text::value(value));
    Explanation::claim(format!("{result} is Ok({value})"))
}

/// What to say where there is an error.
#[must_use]
pub fn is_err(result: &str, error: &dyn fmt::Debug) -> Explanation {
    let (result, error) = (text::source(result), text::value(error));
    Explanation::claim(format!("{result} is Err({error})"))
}

/// Returns the value of a result. Fails the test and shows the error if the result is an error.
///
/// An error that is passed on with `?` makes the test errored. This makes it failed. Use it where the
/// result is what the test is about.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_ok};
///
/// fn test(text: &str) -> Result {
///     let number: i32 = ensure_ok!(text.parse());
///     assert_eq!(number, 14);
///     Ok(())
/// }
///
/// assert!(test("14").is_ok());
/// assert_eq!(
///     test("x").unwrap_err().message(),
///     "text.parse() is Err(ParseIntError { kind: InvalidDigit })"
/// );
/// ```
#[macro_export]
macro_rules! ensure_ok {
    ($result:expr $(, $($message:tt)*)?) => {
        match $result {
            ::std::result::Result::Ok(value) => value,
            ::std::result::Result::Err(error) => $crate::__ensure_return!(
                $crate::__private::ensure::is_err(::std::stringify!($result), &error)
                $(, $($message)*)?
            ),
        }
    };
}

/// Returns the error of a result. Fails the test and shows the value if the result is a value.
///
/// With a pattern, and perhaps a guard, it returns nothing, and fails the test unless the error
/// matches. A literal after the result is a message. To match a literal, write
/// [`ensure_matches!`](crate::ensure_matches)`(result, Err("..."))`.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_eq, ensure_err};
///
/// #[derive(Debug)]
/// enum Refused {
///     Empty,
///     Short { by: u32 },
/// }
///
/// fn pay(balance: u32) -> Result<u32, Refused> {
///     match balance {
///         0 => Err(Refused::Empty),
///         1..10 => Err(Refused::Short { by: 10 - balance }),
///         _ => Ok(balance - 10),
///     }
/// }
///
/// fn test() -> Result {
///     let error = ensure_err!(pay(0), "nothing buys nothing");
///     ensure_eq!(format!("{error:?}"), "Empty");
///     ensure_err!(pay(3), Refused::Short { by } if by == 7);
///     ensure_err!(pay(14), Refused::Short { .. } | Refused::Empty);
///     Ok(())
/// }
///
/// assert_eq!(
///     test().unwrap_err().message(),
///     "pay(14) does not match Err(Refused::Short { .. } | Refused::Empty): it is Ok(4)"
/// );
/// ```
#[macro_export]
macro_rules! ensure_err {
    ($result:expr $(,)?) => {
        $crate::__ensure_err!($result)
    };
    ($result:expr, $message:literal $(, $($arguments:tt)*)?) => {
        $crate::__ensure_err!($result, $message $(, $($arguments)*)?)
    };
    ($result:expr, $pattern:pat $(if $guard:expr)? $(, $($message:tt)*)?) => {
        match $result {
            ::std::result::Result::Err($pattern) $(if $guard)? => {}
            ref result => $crate::__ensure_return!(
                $crate::__private::ensure::no_match(
                    ::std::stringify!($result),
                    ::std::concat!("Err(", ::std::stringify!($pattern), ")"
                        $(, " if ", ::std::stringify!($guard))?),
                    result,
                )
                $(, $($message)*)?
            ),
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_err {
    ($result:expr $(, $($message:tt)*)?) => {
        match $result {
            ::std::result::Result::Err(error) => error,
            ::std::result::Result::Ok(value) => $crate::__ensure_return!(
                $crate::__private::ensure::is_ok(::std::stringify!($result), &value)
                $(, $($message)*)?
            ),
        }
    };
}
