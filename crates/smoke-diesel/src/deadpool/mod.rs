//! Sandboxes for the deadpool pools of diesel-async.

mod hooks;
mod opener;
mod rollback;
mod session;

use std::sync::Arc;

use diesel::ConnectionResult;
use futures_util::future::BoxFuture;

pub use rollback::Rollback;

/// The connections that are sandboxed.
type Connection = diesel_async::AsyncPgConnection;

type Pool = diesel_async::pooled_connection::deadpool::Pool<Connection>;

/// Connects as the application does.
type Connect = Arc<dyn Fn() -> BoxFuture<'static, ConnectionResult<Connection>> + Send + Sync>;
