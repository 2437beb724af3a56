//! What differs between SeaORM 2 and 1.1: this is for 1.1.

pub(crate) use sea_orm::DatabaseConnection as Behind;

/// What is behind a connection: it says so itself.
pub(crate) fn behind(connection: &sea_orm::DatabaseConnection) -> &Behind {
    connection
}
