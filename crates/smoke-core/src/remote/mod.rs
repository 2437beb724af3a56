//! How a service knows that another one calls it for a smoke test.

mod called;
mod key;
mod signature;

pub use called::CalledBySmokeTest;
pub use key::{KeyError, SigningKey};
pub(crate) use signature::{Origin, Unproven, sign, verify};
