//! Two values compare as they should.

use std::fmt;

use super::explanation::Explanation;
use super::text;

/// What to say where a comparison does not hold.
#[must_use]
pub fn comparison(claim: &str, left: &dyn fmt::Debug, right: &dyn fmt::Debug) -> Explanation {
    Explanation::claim(format!("{} does not hold", text::source(claim))).detail(sides(left, right))
}

/// Both operands.
pub(super) fn sides(left: &dyn fmt::Debug, right: &dyn fmt::Debug) -> String {
    format!(
        "left is {}, right is {}",
        text::value(left),
        text::value(right)
    )
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_compare {
    ($operator:tt, $left:expr, $right:expr $(, $($message:tt)*)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if !(*left $operator *right) {
                    $crate::__ensure_return!(
                        $crate::__private::ensure::comparison(
                            ::std::concat!(
                                ::std::stringify!($left),
                                " ",
                                ::std::stringify!($operator),
                                " ",
                                ::std::stringify!($right)
                            ),
                            &left,
                            &right,
                        )
                        $(, $($message)*)?
                    )
                }
            }
        }
    };
}

/// Fails the test unless two values are equal.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_eq};
///
/// fn test(balance: i32) -> Result {
///     ensure_eq!(balance, 14);
///     Ok(())
/// }
///
/// assert!(test(14).is_ok());
/// assert_eq!(
///     test(3).unwrap_err().message(),
///     "balance == 14 does not hold: left is 3, right is 14"
/// );
/// ```
#[macro_export]
macro_rules! ensure_eq {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(==, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test unless two values are different.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_ne};
///
/// fn test(balance: i32) -> Result {
///     ensure_ne!(balance, 0);
///     Ok(())
/// }
///
/// assert!(test(3).is_ok());
/// assert_eq!(
///     test(0).unwrap_err().message(),
///     "balance != 0 does not hold: left is 0, right is 0"
/// );
/// ```
#[macro_export]
macro_rules! ensure_ne {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(!=, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test unless the left value is less than the right one.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_lt};
///
/// fn test(balance: i32) -> Result {
///     ensure_lt!(balance, 10);
///     Ok(())
/// }
///
/// assert!(test(3).is_ok());
/// assert_eq!(
///     test(10).unwrap_err().message(),
///     "balance < 10 does not hold: left is 10, right is 10"
/// );
/// ```
#[macro_export]
macro_rules! ensure_lt {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(<, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test unless the left value is at most the right one.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_le};
///
/// fn test(balance: i32) -> Result {
///     ensure_le!(balance, 10);
///     Ok(())
/// }
///
/// assert!(test(10).is_ok());
/// assert_eq!(
///     test(11).unwrap_err().message(),
///     "balance <= 10 does not hold: left is 11, right is 10"
/// );
/// ```
#[macro_export]
macro_rules! ensure_le {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(<=, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test unless the left value is greater than the right one.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_gt};
///
/// fn test(balance: i32) -> Result {
///     ensure_gt!(balance, 10);
///     Ok(())
/// }
///
/// assert!(test(14).is_ok());
/// assert_eq!(
///     test(10).unwrap_err().message(),
///     "balance > 10 does not hold: left is 10, right is 10"
/// );
/// ```
#[macro_export]
macro_rules! ensure_gt {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(>, $left, $right $(, $($message)*)?)
    };
}

/// Fails the test unless the left value is at least the right one.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_ge};
///
/// fn test(balance: i32) -> Result {
///     ensure_ge!(balance, 10);
///     Ok(())
/// }
///
/// assert!(test(10).is_ok());
/// assert_eq!(
///     test(9).unwrap_err().message(),
///     "balance >= 10 does not hold: left is 9, right is 10"
/// );
/// ```
#[macro_export]
macro_rules! ensure_ge {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_compare!(>=, $left, $right $(, $($message)*)?)
    };
}
