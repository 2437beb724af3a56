//! A connection that was waited for in vain, in whatever pool of deadpool's.

use std::error::Error;

use deadpool::managed::{PoolError, TimeoutType};
use smoke_core::Clue;

/// Whether that is what a pool of connections says whose manager has errors of this type.
pub(crate) fn in_vain<E: Error + 'static>(clue: Clue<'_>) -> bool {
    match clue {
        Clue::Error(error) => matches!(
            error.downcast_ref::<PoolError<E>>(),
            Some(PoolError::Timeout(TimeoutType::Wait))
        ),
        Clue::Text(said) => {
            let waited: PoolError<E> = PoolError::Timeout(TimeoutType::Wait);
            said.contains(&waited.to_string())
        }
    }
}
