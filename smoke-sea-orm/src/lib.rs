//! Rolled-back sandboxes for the connections of SeaORM.
//!
//! A smoke test that asks for a `Sandbox<DatabaseConnection>` gets a connection of the
//! application's own type. Behind it is a pool whose one connection is new, is set up as the
//! application's are, and is inside a transaction from connect to close. The test and the
//! application share it. At the end everything is rolled back, and whatever kept that from
//! happening is said.
//!
//! ```no_run
//! use sea_orm::entity::prelude::*;
//! use smoke_core::{Backend, Client, Result, Sandbox, Unique, ensure_eq};
//! use smoke_sea_orm::Rollback;
//!
//! mod users {
//!     use sea_orm::entity::prelude::*;
//!
//!     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
//!     #[sea_orm(table_name = "users")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub email: String,
//!     }
//!
//!     #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     impl ActiveModelBehavior for ActiveModel {}
//! }
//!
//! /// What is given to `Registry::rollback(..)`: sandboxes that connect as production does.
//! fn rollback(production: &DatabaseConnection) -> impl Backend<Pool = DatabaseConnection> {
//!     Rollback::like(production)
//! }
//!
//! /// A user who signs up is in the database, until the test is over.
//! async fn a_user_can_sign_up(client: Client, db: Sandbox<DatabaseConnection>, unique: Unique) -> Result {
//!     let email = unique.email();
//!     client.post("/users").body(email.clone()).send().await?.ensure_status(201)?;
//!     let found = users::Entity::find().filter(users::Column::Email.eq(email)).count(&*db).await?;
//!     ensure_eq!(found, 1);
//!     Ok(())
//! }
//! ```
//!
//! SeaORM stands on sqlx, and so does this crate: what holds for [`smoke_sqlx`], and what does not,
//! holds here. Transactions nest; an isolation level of one's own (`begin_with_config`) needs a
//! connection without a transaction, and the servers refuse it within one. On MariaDB and MySQL SeaORM
//! then rolls back what it has not begun, and the test is errored, "limit of the sandbox". A sandbox is
//! read-only there until `accept_implicit_commits()` is called.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `postgres` | sandboxes on PostgreSQL |
//! | `mysql` | sandboxes on MariaDB and MySQL; links no system library |
//! | `sqlite` | sandboxes on SQLite |
//!
//! None is on unless chosen. What SeaORM itself is to be built with (the runtime, TLS, types) is chosen
//! where the application depends on it: `runtime-tokio`, since smoke tests run on Tokio.

#![cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(unused_variables, reason = "there is no database to be set up")
)]

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod errors;
mod rollback;
mod version;

pub use rollback::Rollback;
pub use smoke_core;
pub use smoke_sqlx;
