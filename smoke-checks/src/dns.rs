//! A name has an address.

use std::net::IpAddr;
use std::time::Duration;

use smoke_core::{Result, Test, fail};

use crate::check;
use crate::connect::resolve;

/// A name that has an address, as the system finds it: in its hosts file, or by its name servers.
///
/// It is *shared*: replicas mostly ask the same name servers.
///
/// # Fails when
///
/// The name has no address, not the one that it [should have](Self::includes), or the system does not
/// say it within 3 seconds ([`within`](Self::within)).
///
/// # Errors
///
/// None: whatever keeps the address away is a failure.
///
/// # Examples
///
/// ```
/// use std::net::Ipv4Addr;
/// use smoke_checks::Dns;
/// use smoke_core::Registry;
///
/// let address = Ipv4Addr::new(192, 0, 2, 7);
/// let registry = Registry::new().test(Dns::name("payments.example").includes(address));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Dns {
    name: String,
    wanted: Vec<IpAddr>,
    within: Duration,
}

impl Dns {
    /// The check of a name.
    pub fn name(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            wanted: Vec::new(),
            within: Duration::from_secs(3),
        }
    }

    /// Adds an address that has to be among those of the name.
    pub fn includes(mut self, address: impl Into<IpAddr>) -> Self {
        self.wanted.push(address.into());
        self
    }

    /// Sets how long finding the address may take. 3 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    async fn look(self) -> Result {
        // The system looks for a port, too. Any does.
        let found = resolve(&format!("{}:0", self.name), &self.name, self.within).await?;
        let found: Vec<_> = found.iter().map(|address| address.ip()).collect();
        let missing = self.wanted.iter().find(|wanted| !found.contains(wanted));
        if let Some(missing) = missing {
            let found: Vec<_> = found.iter().map(IpAddr::to_string).collect();
            fail!(
                "{} has the address {}, and not {missing}: was it moved?",
                self.name,
                found.join(", ")
            );
        }
        Ok(())
    }
}

impl From<Dns> for Test {
    fn from(check: Dns) -> Self {
        let description = format!("{} has an address", check.name);
        let within = check.within;
        check::test("dns", description, within, move || check.clone().look())
    }
}
