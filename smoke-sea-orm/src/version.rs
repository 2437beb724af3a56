//! What differs between SeaORM 2 and 1.1: this is for 2, and the crate for 1.1 has one of its own.

pub(crate) use sea_orm::DatabaseConnectionType as Behind;

/// What is behind a connection.
pub(crate) fn behind(connection: &sea_orm::DatabaseConnection) -> &Behind {
    &connection.inner
}
