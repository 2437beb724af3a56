//! What the command line says of connections.

use std::path::PathBuf;

use super::client::{Authority, Client};
use super::{tls, token};

/// How replicas are reached.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Connection {
    /// The name that each replica is asked by, instead of the target's: for Host, and for its
    /// certificate
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Authority::parse)]
    host: Option<Authority>,

    /// Believes the certificates in this PEM file, too, beside the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Reads the token from this file, instead of from SMOKE_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Connection {
    pub(crate) fn names_a_host(&self) -> bool {
        self.host.is_some()
    }

    /// Whoever asks so. TLS is set up where it is needed.
    pub(crate) fn client(&self, secure: bool) -> Result<Client, String> {
        let tls = secure.then(|| tls::connector(self.cacert.as_deref()));
        Ok(Client {
            tls: tls.transpose()?,
            token: token::read(self.token_file.as_deref())?,
            host: self.host.clone(),
        })
    }
}
