//! A port takes connections.

use std::time::Duration;

use smoke_core::Test;

use crate::check;
use crate::connect::connect;

/// A port that takes TCP connections: what stands there may be anything that listens.
///
/// The connection is closed at once, and nothing is said on it.
///
/// It is *shared*: what this process cannot reach, the other replicas mostly cannot, either.
///
/// # Fails when
///
/// The name has no address, no address takes a connection, or none does within 3 seconds
/// ([`within`](Self::within)).
///
/// # Errors
///
/// None: whatever keeps the connection away is a failure.
///
/// # Examples
///
/// ```
/// use smoke_checks::Tcp;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(Tcp::to("mail.shop.example:25"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Tcp {
    target: String,
    within: Duration,
}

impl Tcp {
    /// The check of `HOST:PORT`, with IPv6 addresses as `[::1]:25`.
    pub fn to(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            within: Duration::from_secs(3),
        }
    }

    /// Sets how long connecting may take, with finding the address. 3 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }
}

impl From<Tcp> for Test {
    fn from(check: Tcp) -> Self {
        let Tcp { target, within } = check;
        let description = format!("{target} takes connections");
        check::test("tcp", description, within, move || {
            let target = target.clone();
            async move { connect(&target, within).await.map(drop) }
        })
    }
}
