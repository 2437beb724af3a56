//! Locks that no panic spoils.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock whose contents are good whatever happened to its last holder.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
