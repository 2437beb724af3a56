//! What the pools of diesel-async have in common.

mod backend;
mod connection;
mod link;
#[cfg(feature = "mysql")]
mod mysql;
mod open;
mod opener;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod rollback;
#[cfg(feature = "sqlite-async")]
mod sqlite;

use std::sync::Arc;

use diesel::ConnectionResult;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use futures_util::future::BoxFuture;

pub(crate) use connection::{Connection, condemn};
pub(crate) use pool::SandboxPool;
pub use rollback::Rollback;

/// The manager that every pool has.
pub(crate) type Manager<C> = AsyncDieselConnectionManager<C>;

/// Connects as the application does.
type Connect<C> = Arc<dyn Fn() -> BoxFuture<'static, ConnectionResult<C>> + Send + Sync>;
