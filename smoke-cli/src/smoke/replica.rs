//! One of those who are asked.

use std::net::SocketAddr;

use url::Host;

use super::target::{Means, PREFIX, Target};

/// Who is asked, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replica {
    /// What people and reports call it; no two have the same name.
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Its certificate is to be for that one, and `Host` says it.
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) secure: bool,
    pub(crate) prefix: String,
}

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Address(SocketAddr),
    /// To whichever address of the name answers.
    Name(String, u16),
}

impl Replica {
    /// The one that a URL means.
    pub(crate) fn itself(target: &Target) -> Self {
        let place = match &target.host {
            Host::Domain(name) => Place::Name(name.clone(), target.port),
            Host::Ipv4(ip) => Place::Address((*ip, target.port).into()),
            Host::Ipv6(ip) => Place::Address((*ip, target.port).into()),
        };
        Self::new(target, target.written.clone(), place, target.host.clone())
    }

    /// The one at an address that a name has.
    pub(crate) fn at(target: &Target, address: SocketAddr, host: Host) -> Self {
        let scheme = if target.secure { "https" } else { "http" };
        let mut name = format!("{scheme}://{address}");
        if target.prefix != PREFIX {
            name += &target.prefix;
        }
        let mut replica = Self::new(target, name, Place::Address(address), host);
        if target.means == Means::Services {
            replica.port = address.port();
        }
        replica
    }

    fn new(target: &Target, name: String, place: Place, host: Host) -> Self {
        Self {
            name,
            place,
            host,
            port: target.port,
            secure: target.secure,
            prefix: target.prefix.clone(),
        }
    }

    /// What the header `Host` says of it.
    pub(crate) fn authority(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}
