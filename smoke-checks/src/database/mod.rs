//! Checks of the databases behind an application, through the pools that it has in production.
//!
//! | check | what it shows | a failure |
//! |---|---|---|
//! | [`PoolConnection`] | the pool gives a connection in time, and the database answers on it | fails, shared |
//! | [`PoolUse`] | how full the pool is | warns |
//! | [`Migrations`] | all migrations of this build are applied, as they are in this build | fails, shared |
//! | [`Commit`] | a COMMIT is possible: **it commits one row** | fails, shared; only on request |
//!
//! ```no_run
//! use smoke_checks::{Commit, Migrations, PoolConnection, PoolUse};
//! use smoke_core::Registry;
//! use sqlx::PgPool;
//! use sqlx::migrate::Migrator;
//!
//! // `migrations` is what `sqlx::migrate!()` makes.
//! fn with_database(registry: Registry, pool: &PgPool, migrations: &Migrator) -> Registry {
//!     registry
//!         .test(PoolConnection::of(pool))
//!         .test(PoolUse::of(pool))
//!         .test(Migrations::of(pool, migrations))
//!         .test(Commit::of(pool))
//! }
//! ```
//!
//! # The production pool
//!
//! Such a check keeps a clone of the pool, and uses it as a request does: outside of any sandbox, in the
//! same queue, and on the runtime on which the check was made: a connection that the pool opens for it lives
//! there, and does not stand still where a test stops the threads of the tests. Make the checks where the
//! pool is made, and give them that pool: one of the same settings is another pool. A check has one
//! connection at a time, gives it back at once and closes none. Waiting ends with the check's own limit,
//! whatever the pool's is.
//!
//! # Libraries
//!
//! | feature | pools | migrations |
//! |---|---|---|
//! | `sqlx` | `sqlx::Pool` of any database | `sqlx::migrate::Migrator`, and [`SeaOrmMigrations`] |
//! | `diesel` | `diesel::r2d2::Pool` | any `MigrationSource`, such as `EmbeddedMigrations` |
//! | `deadpool` | those of diesel-async | the same |
//! | `deadpool-diesel` | those of deadpool-diesel | the same |
//! | `bb8` | those of diesel-async | the same |
//!
//! The feature `sqlx` needs Rust 1.94, as sqlx does. SeaORM stands on sqlx: its checks take the pool
//! below its connection, such as `connection.get_postgres_connection_pool()`. For another library,
//! implement [`Pool`] for its pools, and [`Migrated`] and [`Commits`] where those checks are wanted.

mod commit;
mod connection;
mod library;
mod migrations;
mod occupancy;
mod pool;
mod production;

pub use commit::{Commit, Commits, Uncommitted};
pub use connection::PoolConnection;
#[cfg(feature = "sqlx")]
pub use library::SeaOrmMigrations;
pub use migrations::{Applied, Known, Migrated, Migrations};
pub use occupancy::PoolUse;
pub use pool::{Occupancy, Pool};
