//! Sandboxes for the pools of deadpool-diesel, whose connections block behind `interact`.

mod backend;
mod link;
mod open;
mod rollback;

pub use rollback::Rollback;

/// The manager of such a pool.
type Manager<C> = ::deadpool_diesel::Manager<C>;

/// The pool that the application uses.
type Pool<C> = ::deadpool_diesel::Pool<Manager<C>>;
