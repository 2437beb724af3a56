//! Using a sandbox from an asynchronous test.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;

use diesel::r2d2::{ConnectionManager, Pool, PoolError, R2D2Connection};

/// Runs blocking code with a pool's connection, off the thread of the asynchronous test.
///
/// # Examples
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel::r2d2::{ConnectionManager, Pool};
/// use smoke_diesel::r2d2::Interact;
/// use smoke_diesel::smoke_core::{Result, Sandbox};
///
/// diesel::table! {
///     users { id -> Integer, email -> Text, }
/// }
///
/// async fn users_have_addresses(db: Sandbox<Pool<ConnectionManager<SqliteConnection>>>) -> Result {
///     let email: String = db
///         .interact(|connection| users::table.find(1).select(users::email).first(connection))
///         .await?;
///     assert!(email.contains('@'));
///     Ok(())
/// }
/// ```
pub trait Interact {
    /// The pool's connection.
    type Connection;

    /// Checks the connection out, passes it to the function and checks it in again.
    ///
    /// The function runs to its end also when nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// When the connection is not free, when the function panics, and what the function returns.
    fn interact<T, E>(
        &self,
        work: impl FnOnce(&mut Self::Connection) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, InteractError<E>>> + Send
    where
        T: Send + 'static,
        E: Send + 'static;
}

/// Why [`Interact::interact`] gave nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum InteractError<E> {
    /// The pool gave no connection.
    Unavailable(PoolError),
    /// The function returned an error.
    Work(E),
    /// The function panicked.
    Panicked(String),
}

impl<C: R2D2Connection + Send + 'static> Interact for Pool<ConnectionManager<C>> {
    type Connection = C;

    async fn interact<T, E>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, E> + Send + 'static,
    ) -> Result<T, InteractError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let pool = self.clone();
        let working = tokio::task::spawn_blocking(move || {
            let mut connection = pool.get().map_err(InteractError::Unavailable)?;
            work(&mut connection).map_err(InteractError::Work)
        });
        working.await.unwrap_or_else(|error| {
            Err(InteractError::Panicked(match error.try_into_panic() {
                Ok(payload) => payload
                    .downcast_ref::<&str>()
                    .map(|message| (*message).to_owned())
                    .or_else(|| payload.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "no message".to_owned()),
                Err(cancelled) => cancelled.to_string(),
            }))
        })
    }
}

impl<E: fmt::Display> fmt::Display for InteractError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The pool adds the reason of the last refusal, if there was one.
            Self::Unavailable(error) => match error.to_string().split_once(": ") {
                Some((_, reason)) => f.write_str(reason),
                None => {
                    f.write_str("the sandbox's one connection is not free: something else holds it, or the sandbox is closed")
                }
            },
            Self::Work(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "the function panicked: {message}"),
        }
    }
}

impl<E: StdError + 'static> StdError for InteractError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unavailable(error) => Some(error),
            Self::Work(error) => Some(error),
            Self::Panicked(_) => None,
        }
    }
}
