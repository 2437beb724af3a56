//! A condition holds, or does not.

use super::explanation::Explanation;
use super::text;

/// What to say where a condition should hold.
#[must_use]
pub fn does_not_hold(condition: &str) -> Explanation {
    Explanation::claim(format!("{} does not hold", text::source(condition)))
}

/// What to say where a condition should not hold.
#[must_use]
pub fn must_not_hold(condition: &str) -> Explanation {
    Explanation::claim(format!("{} must not hold", text::source(condition)))
}

/// Fails the test unless a condition holds.
///
/// Like every assertion of this crate, it returns a [`Failure`](crate::Failure) from the function
/// around it, through `From`. So the function may return a [`smoke_core::Result`](crate::Result), an
/// `anyhow` or `eyre` result, or any other whose error can be made of a `Failure`. A format message
/// may follow; the report shows it first.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure};
///
/// fn test(balance: i32) -> Result {
///     ensure!(balance > 0);
///     ensure!(balance < 100, "nobody owns as much as {balance}");
///     Ok(())
/// }
///
/// assert!(test(14).is_ok());
/// assert_eq!(test(0).unwrap_err().message(), "balance > 0 does not hold");
/// assert_eq!(
///     test(200).unwrap_err().message(),
///     "nobody owns as much as 200: balance < 100 does not hold"
/// );
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(, $($message:tt)*)?) => {
        if !$condition {
            $crate::__ensure_return!(
                $crate::__private::ensure::does_not_hold(::std::stringify!($condition))
                $(, $($message)*)?
            )
        }
    };
}

/// Fails the test if a condition holds.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_not};
///
/// fn test(locked: bool) -> Result {
///     ensure_not!(locked);
///     Ok(())
/// }
///
/// assert!(test(false).is_ok());
/// assert_eq!(test(true).unwrap_err().message(), "locked must not hold");
/// ```
#[macro_export]
macro_rules! ensure_not {
    ($condition:expr $(, $($message:tt)*)?) => {
        if $condition {
            $crate::__ensure_return!(
                $crate::__private::ensure::must_not_hold(::std::stringify!($condition))
                $(, $($message)*)?
            )
        }
    };
}
