//! A test ends here, whatever it has found so far.

/// Fails the test with a format message.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, fail};
///
/// fn test(status: u16) -> Result {
///     match status {
///         200 => Ok(()),
///         other => fail!("the printer answered {other}"),
///     }
/// }
///
/// assert_eq!(test(404).unwrap_err().message(), "the printer answered 404");
/// ```
#[macro_export]
macro_rules! fail {
    ($($message:tt)+) => {
        return ::std::result::Result::Err(::std::convert::From::from($crate::Failure::new(
            ::std::format!($($message)+),
        )))
    };
}

/// Skips the test, with a format message that says why.
///
/// # Examples
///
/// ```
/// use smoke_core::{ErrorKind, Result, skip};
///
/// fn test(printer: Option<&str>) -> Result {
///     let Some(_printer) = printer else {
///         skip!("no printer here");
///     };
///     Ok(())
/// }
///
/// let error = test(None).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Skipped);
/// assert_eq!(error.message(), "no printer here");
/// ```
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {
        return ::std::result::Result::Err(::std::convert::From::from($crate::Skip::new(
            ::std::format!($($reason)+),
        )))
    };
}
