//! What is said to the developer. A closed pipe or terminal must not panic here: servers are still to be stopped.

use std::io::Write as _;

/// Says a line on standard error, beside what cargo says.
macro_rules! say {
    ($($argument:tt)*) => { $crate::terminal::line(&format!($($argument)*)) };
}
pub(crate) use say;

pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// What was asked for, on standard output.
pub(crate) fn answer(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
