//! The assertions: they return a [`Failure`](crate::Failure) from the function around them, and
//! never panic.
//!
//! A macro holds only what must stand at its call: what evaluates the operands, and the `return`.
//! What is said about them is put together by the functions here.

mod almost;
mod compare;
mod contains;
mod explanation;
mod is;
mod leave;
mod matches;
mod option;
mod result;
mod same;
#[cfg(feature = "html")]
mod selects;
mod text;
mod truth;

pub use almost::Almost;
pub use contains::Contains;

/// What the macros call.
pub mod support {
    pub use super::almost::{Places, Precision, Tolerance, almost};
    pub use super::compare::comparison;
    pub use super::contains::{contains, holds};
    pub use super::explanation::Explanation;
    pub use super::is::{Concrete, Typed, is, is_not};
    pub use super::matches::no_match;
    pub use super::option::{is_none, is_some};
    pub use super::result::{is_err, is_ok};
    pub use super::same::{Pointer, Referred, not_same, same};
    #[cfg(feature = "html")]
    pub use super::selects::selects;
    pub use super::truth::{does_not_hold, must_not_hold};
}
