//! A savepoint for each statement of a sandbox on PostgreSQL.
//!
//! On PostgreSQL an SQL error aborts the transaction: an application that goes on after one
//! (get-or-create on a unique violation) works in production, where each statement is a transaction
//! of its own, and not in a sandbox. No library lets a backend send something before and after each
//! statement. So the sandbox's connection is made by way of a *relay* in this process, which does.
//!
//! A statement gets a savepoint where the application is in no transaction of its own. In one, an
//! SQL error aborts what follows as it does in production: a test must not pass for a savepoint
//! that production lacks.
//!
//! The relay follows the protocol and the first words of each statement; where it cannot tell, it
//! sets no savepoint, and the sandbox is what it is without. It cannot look into an encrypted
//! connection, so it asks for one that is not.
//!
//! # Examples
//!
//! A backend connects with the URL that it gets:
//!
//! ```no_run
//! # async fn example() -> smoke_core::Result<()> {
//! let (url, relay) = smoke_pg_relay::by_way_of_relay("postgres://app@db/shop?sslmode=disable").await?;
//! // postgres://app@127.0.0.1:49152/shop?sslmode=disable&application_name=...
//! # Ok(())
//! # }
//! ```

mod address;
mod conversation;
mod frames;
mod greeting;
mod nesting;
mod relay;
#[cfg(test)]
mod tests;
mod words;

pub use address::Server;
pub use relay::Relay;

use address::Address;

use smoke_core::Result;

/// Connects to the server of this URL, and returns a URL of the relay and the relay itself.
///
/// The URL is good for one connection, which has to be made soon. Keep the relay for as long as
/// something may connect with the URL.
///
/// # Errors
///
/// Where the URL is none, names no server or several, or does not say `sslmode=disable`; and where
/// the server cannot be reached.
pub async fn by_way_of_relay(url: &str) -> Result<(String, Relay)> {
    let address = Address::parse(url)?;
    let relay = Relay::to(address.server.clone(), address.name.as_deref()).await?;
    Ok((address.by_way_of(&relay), relay))
}
