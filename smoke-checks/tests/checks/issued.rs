//! An authority that issues certificates, and a server that has them.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An authority that nobody knows.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    /// Its certificate.
    pub(crate) file: NamedTempFile,
}

/// A certificate and its key.
pub(crate) struct Issued {
    pub(crate) pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    /// One whose own certificate ends then.
    pub(crate) fn until(end: SystemTime) -> Self {
        let mut params = params("the authority", end);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            file,
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Issues one that ends then.
    pub(crate) fn issue(&self, name: &str, end: SystemTime) -> Issued {
        let key = KeyPair::generate().unwrap();
        let issued = params(name, end).signed_by(&key, &self.issuer).unwrap();
        Issued {
            pem: issued.pem(),
            der: issued.der().clone(),
            key,
        }
    }

    /// A server that sends the chain and answers over HTTP. Its port.
    pub(crate) async fn serve(&self, issued: Issued) -> u16 {
        let chain = vec![issued.der, self.certificate.der().clone()];
        let key = PrivateKeyDer::try_from(issued.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not believe it goes away.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut asked = [0; 1024];
                    if stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                        let _ = stream.write_all(answer).await;
                    }
                });
            }
        });
        port
    }
}

fn params(name: &str, end: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::new([name.replace(' ', "-")]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (end - 400 * DAY).into();
    params.not_after = end.into();
    params
}
