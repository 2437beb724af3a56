//! Whose certificates are believed, and what is said of others.

use std::io;
use std::path::Path;
use std::sync::Arc;

use smoke_core::{Error, Failure, Result};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::outside::outside;

/// Believes the roots of the system, and those in a PEM file.
///
/// # Errors
///
/// When the file cannot be read, or when there are no roots.
fn connector(file: Option<&Path>, protocols: &[&str]) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    // Some may be what only another library reads. Where none is left, that is said below.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = file {
        let unread = |error: &dyn std::fmt::Display| {
            Error::msg(format!("{} cannot be read: {error}", path.display()))
        };
        let mut read = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unread(&error))? {
            let certificate = certificate.map_err(|error| unread(&error))?;
            roots.add(certificate).map_err(|error| unread(&error))?;
            read += 1;
        }
        if read == 0 {
            return Err(unread(&"there is no certificate in it"));
        }
    }
    if roots.is_empty() {
        return Err(Error::msg(
            "this system has no root certificates: install them (ca-certificates), or name a file",
        ));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec());
    config.alpn_protocols = protocols.collect();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// `HOST:PORT` without the port.
pub(crate) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => authority,
    }
}

/// TLS with a server whose certificate is believed and is of that host, to speak one of these protocols
/// (ALPN) or any.
///
/// # Errors
///
/// A failure when there is none; an error when there is nobody to believe.
pub(crate) async fn handshake(
    host: &str,
    roots: Option<&Path>,
    protocols: &[&'static str],
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>> {
    let (roots, protocols) = (roots.map(Path::to_owned), protocols.to_vec());
    let connector = outside(move || connector(roots.as_deref(), &protocols)).await??;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|_| Error::msg(format!("{host:?} cannot be the name of a certificate")))?;
    let connected = connector.connect(name, stream).await;
    connected.map_err(|error| distrusted(host, &error).into())
}

fn distrusted(host: &str, error: &io::Error) -> Failure {
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref());
    let why = match inside {
        // Each kind has a second one, which came later and has more to say: `ExpiredContext`. An application
        // may have a version without.
        Some(rustls::Error::InvalidCertificate(why)) => format!("{why:?}"),
        _ => String::new(),
    };
    let remedies = [
        (
            "Expired",
            "its certificate has ended, or one of its chain: renew it, and have the server load it",
        ),
        (
            "NotValidYet",
            "its certificate is not valid yet: is the clock right?",
        ),
        ("NotValidForName", "its certificate is of another name"),
        ("UnknownIssuer", UNKNOWN),
        // Another authority of the same name has issued it.
        ("BadSignature", UNKNOWN),
    ];
    let remedy = remedies.iter().find(|(kind, _)| why.starts_with(kind));
    let remedy = remedy.map_or("is there a server that speaks TLS?", |(_, remedy)| remedy);
    Failure::new(format!("no TLS with {host}: {remedy} ({error})"))
}

const UNKNOWN: &str =
    "nobody who is believed has issued its certificate: does the server send the whole chain?";
