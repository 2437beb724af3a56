//! Sandboxes for diesel's r2d2 pools.

mod interact;
mod link;
mod observe;
mod opener;
mod rollback;

pub use interact::{Interact, InteractError};
pub use rollback::Rollback;

/// The pool that the application uses.
type Pool<C> = diesel::r2d2::Pool<diesel::r2d2::ConnectionManager<C>>;

type Pooled<C> = diesel::r2d2::PooledConnection<diesel::r2d2::ConnectionManager<C>>;
