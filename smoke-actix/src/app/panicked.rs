//! A panic on the application's thread.

use std::any::Any;
use std::fmt;

/// The payload of the panic, which is to be continued on the test's thread.
pub(super) struct Panicked(pub(super) Box<dyn Any + Send>);

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Panicked")
    }
}
