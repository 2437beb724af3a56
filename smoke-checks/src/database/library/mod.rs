//! The pools of each library.

#[cfg(feature = "bb8")]
mod bb8;
#[cfg(any(feature = "deadpool-diesel", feature = "diesel"))]
mod blocking;
#[cfg(feature = "deadpool")]
mod deadpool;
#[cfg(feature = "deadpool-diesel")]
mod deadpool_diesel;
#[cfg(feature = "diesel")]
mod diesel;
#[cfg(any(feature = "bb8", feature = "deadpool"))]
mod diesel_async;
#[cfg(any(
    feature = "bb8",
    feature = "deadpool",
    feature = "deadpool-diesel",
    feature = "diesel"
))]
mod diesel_migrations;
#[cfg(feature = "sqlx")]
mod sea_orm;
#[cfg(feature = "sqlx")]
mod sqlx;

#[cfg(feature = "sqlx")]
pub use sea_orm::SeaOrmMigrations;
