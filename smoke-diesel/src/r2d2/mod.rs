//! Sandboxes for diesel's r2d2 pools.

mod connection;
pub(crate) mod ending;
mod interact;
#[cfg(feature = "mysql-r2d2")]
mod mysql;
mod observe;
mod opener;
#[cfg(feature = "postgres-r2d2")]
mod postgres;
mod rollback;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod threads;

use std::sync::Arc;

pub(crate) use connection::{Connection, Outside};
pub use interact::{Interact, InteractError};
pub use rollback::Rollback;

/// The pool that the application uses.
type Pool<C> = diesel::r2d2::Pool<diesel::r2d2::ConnectionManager<C>>;

/// Makes the manager that the application connects with.
type Manager<C> = Arc<dyn Fn() -> diesel::r2d2::ConnectionManager<C> + Send + Sync>;

type Pooled<C> = diesel::r2d2::PooledConnection<diesel::r2d2::ConnectionManager<C>>;
