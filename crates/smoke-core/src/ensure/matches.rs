//! A value matches a pattern.

use std::fmt;

use super::explanation::Explanation;
use super::text;

/// What to say where a value does not match.
#[must_use]
pub fn no_match(expression: &str, pattern: &str, value: &dyn fmt::Debug) -> Explanation {
    let (expression, pattern) = (text::source(expression), text::source(pattern));
    Explanation::claim(format!("{expression} does not match {pattern}"))
        .detail(format!("it is {}", text::value(value)))
}

/// Fails the test unless a value matches a pattern, and a guard if there is one.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_matches};
///
/// fn test(port: Option<u16>) -> Result {
///     ensure_matches!(port, Some(80 | 443));
///     ensure_matches!(port, Some(port) if port > 80, "no plain HTTP");
///     Ok(())
/// }
///
/// assert!(test(Some(443)).is_ok());
/// assert_eq!(
///     test(None).unwrap_err().message(),
///     "port does not match Some(80 | 443): it is None"
/// );
/// assert_eq!(test(Some(80)).unwrap_err().message(), "no plain HTTP: it is Some(80)");
/// ```
#[macro_export]
macro_rules! ensure_matches {
    ($value:expr, $pattern:pat $(if $guard:expr)? $(, $($message:tt)*)?) => {
        match $value {
            $pattern $(if $guard)? => {}
            ref value => $crate::__ensure_return!(
                $crate::__private::ensure::no_match(
                    ::std::stringify!($value),
                    ::std::concat!(::std::stringify!($pattern)
                        $(, " if ", ::std::stringify!($guard))?),
                    &value,
                )
                $(, $($message)*)?
            ),
        }
    };
}
